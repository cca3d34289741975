# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tally of an upload or a copy, whose files are items of a source, and may become assets of the server.

`CountAhead` counts them before the pipeline comes to them, for the progress of a large upload.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence

from .. import _text
from .._client import errors
from .._files import base
from .._run import report, tally

DUPLICATE = tally.Action("duplicates", "duplicate")
IN_TRASH = DUPLICATE._replace(line="in_trash")
RESTORED = tally.Action("restored", diff="restore", handles=False)
COMPLETED = tally.Action("metadata_completed", diff="complete", handles=False)
DELETED_LOCAL = tally.Action("deleted_local", diff="delete_local", handles=False)
MOVED_LOCAL = tally.Action("moved_local", diff="move_local", handles=False)


class ItemTally(tally.Tally):
    """A file counts once as uploaded, duplicate or failed, and as failed too when it is on the server but not in its album."""

    def __init__(self, verb: report.Verb, *, return_assets: int = 0, keeps_failed: bool = False) -> None:
        """`verb` is what the run does with the files; `return_assets` is how many of them the result lists. `keeps_failed`: those that
        failed before the server had them are in `failed_items`, the paths of others that could not be read in `unread_paths`."""
        self.verb = verb
        self.is_export = False
        """Whether the files are those of an export. Then the report says how each was placed."""
        self._uploaded = tally.Action("uploaded", "created", diff=verb.infinitive)
        super().__init__((self._uploaded, DUPLICATE, RESTORED, COMPLETED, DELETED_LOCAL, MOVED_LOCAL))
        self.counts["in_trash"] = 0  # of the duplicates
        self.failed_items: List[base.Item] = []
        self.unread_paths: List[str] = []
        self._keeps_failed = keeps_failed
        self._bytes_uploaded = 0
        self._return_assets = return_assets
        self._assets: List[Dict[str, Any]] = []

    @property
    def uploaded(self) -> int:
        """How many new files the server got, or would get."""
        return self.counts[self._uploaded.name]

    @property
    def duplicates(self) -> int:
        """How many files the server had."""
        return self.counts[DUPLICATE.name]

    @property
    def deleted(self) -> int:
        """How many local files were deleted."""
        return self.counts[DELETED_LOCAL.name]

    def stored(self, item: base.Item, asset_id: Optional[str], *, created: bool, trashed: bool = False, seconds: float = 0.0) -> None:
        """The server has the file (or would have: then there is no id), because it was `created` or because it was there."""
        action = self._uploaded if created else IN_TRASH if trashed else DUPLICATE
        with self._lock:
            if self._frozen:
                return
            self.done(action, item.path, **self._about(item, seconds), size=item.size, asset_id=asset_id)
            self.counts["in_trash"] += action is IN_TRASH
            self._bytes_uploaded += item.size if created else 0
            if len(self._assets) < self._return_assets:
                self._assets.append({"path": _text.as_utf8(item.path), "id": asset_id, "status": action.line})

    def failed(
        self,
        path: str,
        error: errors.ImmichError,
        *,
        item: Optional[base.Item] = None,
        asset_id: Optional[str] = None,
        counted: bool = False,
        seconds: float = 0.0,
    ) -> None:
        """A file, folder or path failed; one that is `counted` is on the server already, or would be after a run."""
        if item is None:
            self.unreadable(path, error)
        else:
            line = self._about(item, seconds)
            self.note_failure(path, error, **line, size=item.size, handled=not counted, asset_id=asset_id)
            if self._keeps_failed and not counted:
                self.failed_items.append(item)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        super().unreadable(path, error, size=size)
        if self._keeps_failed:
            self.unread_paths.append(path)

    def was_restored(self, items: List[base.Item]) -> None:
        """Files were taken out of the server's trash."""
        with self._lock:
            for item in items:
                self._count(RESTORED, item)
                self.counts["in_trash"] -= not self._frozen

    def was_completed(self, item: base.Item) -> None:
        """An asset that was there before got what it lacked from what is known of this file."""
        self._count(COMPLETED, item)

    @property
    def moved(self) -> int:
        """How many local files were moved."""
        return self.counts[MOVED_LOCAL.name]

    def was_removed(self, item: base.Item, done: str) -> None:
        """A local file was `deleted` or `moved`."""
        self._count(DELETED_LOCAL if done == "deleted" else MOVED_LOCAL, item)

    def result(self, albums: Sequence[Mapping[str, Any]], tags: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
        """The counts and lists of the module's result, those of its `albums` and `tags` counted. Freezes the tally."""
        result = self.freeze()
        counts = result["counts"]
        counts.update(
            missing_paths=self.missing_paths,
            albums_created=sum(1 for album in albums if album["created"]),
            albums_added_to=sum(1 for album in albums if album["added"] and not album["created"]),
            tags_given=sum(tag["added"] for tag in tags),
        )
        result["metadata_completed"] = counts.pop(COMPLETED.name)
        return {
            **result,
            "uploaded": self.uploaded,
            "duplicates": self.duplicates,
            "bytes_sent": self._bytes_uploaded,
            "assets": list(self._assets),
        }

    def _count(self, action: tally.Action, item: base.Item) -> None:
        self.done(action, item.path, **self._about(item, 0.0), size=item.size)

    def _about(self, item: base.Item, seconds: float) -> Dict[str, Any]:
        """What else the report says of a file."""
        line: Dict[str, Any] = {"checksum": item.sha1.hex() or None, "seconds": round(seconds, 4)}
        if self.is_export:
            facts = item.facts
            line.update(
                rule=facts.rule,
                sidecar=_text.as_utf8(facts.sidecar) if facts.sidecar else None,
                albums=[album.name for album in facts.albums],
                dated_by=item.dated_by,
            )
        return line


class CountAhead:
    """A look through the source that keeps only two numbers. `new_source` makes one that reports to a listener what it leaves out.

    The pipeline's own source is held back by what comes after it, so that of a large library it would know only towards the end how
    much there is. Looking twice costs little: the second look finds the folders in the operating system's memory.
    """

    def __init__(self, new_source: Callable[[base.Listener], base.Source]) -> None:
        self.done = False
        self.files = self.bytes = 0
        self._new_source = new_source
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begins to count, unless it has begun."""
        if not self._thread.ident:
            self._thread.start()

    def look(self) -> Iterator[base.Batch]:
        """The files, as far as they can be read: the first look meets what cannot be, and says it."""
        with suppress(errors.ImmichError, OSError):
            yield from self._new_source(_Counter()).batches()

    def _run(self) -> None:
        left_out = _Counter()
        files = size = 0
        try:
            for batch in self._new_source(left_out).batches():
                files += len(batch)
                size += sum(item.size for item in batch)
        except (errors.ImmichError, OSError):
            return  # the first look meets it too, and says it
        self.files, self.bytes = files + left_out.files, size
        self.done = True


class _Counter(base.Listener):
    """Counts the files that are not yielded. The pipeline will report them again."""

    def __init__(self) -> None:
        self.files = 0

    def skipped(self, path: str, kind: str, reason: str) -> None:
        self.files += 1

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        self.files += not isinstance(error, errors.MissingPath)

    def warn(self, text: str) -> None:
        pass
