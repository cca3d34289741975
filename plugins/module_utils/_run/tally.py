# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of each file: counts, failures, the report, and the module's result. Private to the collection."""

from __future__ import annotations

import threading
import time
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .._client import errors
from .._sources import base
from .._sources.counting import count_kind
from .._text import as_utf8, printable
from .report import UPLOAD, Report, Verb

_MOST_FAILURES = 100
_MOST_WARNINGS = 10
_MOST_PATHS = 1000


class Tally(base.Listener):
    """Counts what becomes of the files; safe to use from all threads. Sizes are in bytes.

    A file counts once as uploaded, duplicate or failed, and as failed too when it is on the server but not in its album.
    """

    def __init__(self, *, report: Optional[Report], return_assets: int, verb: Verb = UPLOAD) -> None:
        """`verb` is what the run does with the files."""
        self.verb = verb
        self._lock = threading.Lock()
        self._report = report
        self._return_assets = return_assets
        self._began = time.monotonic()
        self.uploaded = self.duplicates = self.failures = self.missing_paths = 0
        self.restored = self.deleted = self.completed = self.in_trash = 0
        self.files_seen = self.files_done = self.bytes_seen = self.bytes_done = self.bytes_uploaded = 0
        self.is_export = False
        """Whether the files are those of an export. Then the report says how each was placed."""
        self.skip_reasons: Dict[str, int] = {}
        self.first_failures: List[Dict[str, Any]] = []
        self.first_failure: Optional[errors.ImmichError] = None
        self.assets: List[Dict[str, Any]] = []
        self.warnings: List[str] = []
        self.paths: Dict[str, List[str]] = {verb.infinitive: [], "restore": [], "complete": [], "delete_local": []}

    def found(self, files: int, size: int) -> None:
        """Files to upload were found."""
        with self._lock:
            self.files_seen += files
            self.bytes_seen += size

    def skipped(self, path: str, kind: str, reason: str) -> None:
        """A file is not taken. `kind` is what it is counted as (see the module's `skip_reasons`), `reason` a sentence."""
        with self._lock:
            self.files_seen += 1
            self.files_done += 1
            count_kind(self.skip_reasons, kind)
            self._line(path, "skipped", reason=reason)

    def stored(self, item: base.Item, asset_id: Optional[str], *, created: bool, trashed: bool = False, seconds: float = 0.0) -> None:
        """The server has the file (or would have: then there is no id), because it was `created` or because it was there."""
        status = "created" if created else "in_trash" if trashed else "duplicate"
        with self._lock:
            self.files_done += 1
            self.bytes_done += item.size
            if created:
                self.uploaded += 1
                self.bytes_uploaded += item.size
                self._path(self.verb.infinitive, item)
            else:
                self.duplicates += 1
                self.in_trash += trashed
            if len(self.assets) < self._return_assets:
                self.assets.append({"path": as_utf8(item.path), "id": asset_id, "status": status})
            self._line(item.path, status, item, asset_id=asset_id, seconds=seconds)

    def failed(
        self,
        path: str,
        error: errors.ImmichError,
        *,
        item: Optional[base.Item] = None,
        size: Optional[int] = None,
        asset_id: Optional[str] = None,
        seconds: float = 0.0,
    ) -> None:
        """A file, folder or path failed."""
        with self._lock:
            self.failures += 1
            if isinstance(error, errors.MissingPath):
                self.missing_paths += 1
            elif item is None:
                self.files_seen += 1
                self.files_done += 1
            elif asset_id is None:
                self.files_done += 1
                self.bytes_done += item.size
            if self.first_failure is None:
                self.first_failure = error
            if len(self.first_failures) < _MOST_FAILURES:
                self.first_failures.append({"path": printable(path), "kind": error.kind, "msg": printable(error.msg)})
            failure = {"kind": error.kind, "status": error.status, "msg": error.msg}
            self._line(path, "failed", item, size=size, asset_id=asset_id, seconds=seconds, failure=failure)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        """A file, folder or path of the source failed."""
        self.failed(path, error, size=size)

    def unused(self, files: Sequence[Tuple[str, str]]) -> None:
        """Files that say something of a picture that is not there, each with a sentence why. They do not count."""
        with self._lock:
            for path, reason in files:
                self._line(path, "unused", reason=reason)

    def was_restored(self, items: List[base.Item]) -> None:
        """Files were taken out of the server's trash."""
        with self._lock:
            self.restored += len(items)
            self.in_trash -= len(items)
            for item in items:
                self._path("restore", item)
                self._line(item.path, "restored", item)

    def was_completed(self, item: base.Item) -> None:
        """An asset that was there before got what it lacked from what is known of this file."""
        with self._lock:
            self.completed += 1
            self._path("complete", item)
            self._line(item.path, "metadata_completed", item)

    def was_deleted(self, item: base.Item) -> None:
        """A local file was deleted."""
        with self._lock:
            self.deleted += 1
            self._path("delete_local", item)
            self._line(item.path, "deleted_local", item)

    def warn(self, text: str) -> None:
        """Something a person should know that is not a failure. Only the first ones are kept, each once."""
        with self._lock:
            if len(self.warnings) < _MOST_WARNINGS and printable(text) not in self.warnings:
                self.warnings.append(printable(text))

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    @property
    def skipped_count(self) -> int:
        """How many files were skipped."""
        return sum(self.skip_reasons.values())

    def result(self, albums: Sequence[Mapping[str, Any]], tags: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
        """The counts and lists of the module's result, with those of its `albums` and `tags`, of which a task that failed shows a few."""
        with self._lock:
            return {
                "uploaded": self.uploaded,
                "duplicates": self.duplicates,
                # `skipped` and `failed` mean something else to Ansible at the top of a result, so all counts stand together here.
                "counts": {
                    "uploaded": self.uploaded,
                    "duplicates": self.duplicates,
                    "skipped": self.skipped_count,
                    "failed": self.failures - self.missing_paths,
                    "missing_paths": self.missing_paths,
                    "in_trash": self.in_trash,
                    "restored": self.restored,
                    "deleted_local": self.deleted,
                    "albums_created": sum(1 for album in albums if album["created"]),
                    "albums_added_to": sum(1 for album in albums if album["added"] and not album["created"]),
                    "tags_given": sum(tag["added"] for tag in tags),
                },
                "skip_reasons": dict(sorted(self.skip_reasons.items())),
                "bytes_sent": self.bytes_uploaded,
                "seconds": round(self.seconds, 3),
                "failures": list(self.first_failures),
                "assets": list(self.assets),
                "report": self._report.path if self._report else None,
            }

    def _path(self, what: str, item: base.Item) -> None:
        if len(self.paths[what]) < _MOST_PATHS:
            self.paths[what].append(printable(item.path))

    def _line(
        self,
        path: str,
        action: str,
        item: Optional[base.Item] = None,
        *,
        size: Optional[int] = None,
        asset_id: Optional[str] = None,
        seconds: float = 0.0,
        failure: Optional[Dict[str, Any]] = None,
        reason: Optional[str] = None,
    ) -> None:
        if self._report is not None:
            self._report.line(
                path=as_utf8(path),
                size=item.size if item else size,
                checksum=item.sha1.hex() or None if item else None,
                action=action,
                asset_id=asset_id,
                seconds=round(seconds, 4),
                finished=round(time.time(), 3),
                failure=failure,
                reason=reason,
                **(_of_export(item) if item is not None and self.is_export else {}),
            )


def _of_export(item: base.Item) -> Dict[str, Any]:
    """How an export's file was placed."""
    facts = item.facts
    return {
        "rule": facts.rule,
        "sidecar": as_utf8(facts.sidecar) if facts.sidecar else None,
        "albums": [album.name for album in facts.albums],
        "dated_by": item.dated_by,
    }
