# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run of an archive from beginning to end: what the module calls. Private to the collection."""

from __future__ import annotations

import datetime
import threading
import time
from contextlib import suppress
from typing import Any, Dict, List, Optional

from .._client import api, errors
from .._run.cancellation import Cancellation, Signals
from .._run.failures import ConsecutiveFailures, too_many
from .._run.progress import Snapshot, progress_file
from .._run.report import ARCHIVE, Report, RunLines, refuse_report
from .._sources.server.library import Library
from .._sources.server.selection import Selection
from .._text import printable
from .album_files import AlbumFiles, write_about
from .archiver import Archiver
from .fetch import Fetcher
from .filenames import parse_layout
from .manifest import PATH as MANIFEST_PATH
from .manifest import Header, Manifest
from .memberships import Memberships
from .options import Options
from .places import Places
from .prune import Pruning
from .tally import ACTIONS, ALREADY_IN_PLACE, ARCHIVED, REMOVED, REPAIRED, UNCHANGED, UPDATED, Tally
from .tree import Tree

Result = Dict[str, Any]

_GRACE = 5.0  # seconds that the run has to write down what it did, once it is to end
_GRACE_OF_THREADS = 1.0
_LOOK_EVERY = 0.1

SCOPES = {
    "user.read": "tell the user's photos from those of others",
    "asset.read": "find photos",
    "asset.download": "download them",
    "album.read": "find albums",
    "tag.read": "find tags",
    "stack.read": "find stacks",
    "person.read": "find people",
}
"""The scopes that a run needs, each with what it is for."""


def archive(
    client: api.Immich, options: Options, *, check_mode: bool, signals: Signals, lines: RunLines, progress_path: Optional[str] = None
) -> Result:
    """Brings the archive up to the state of the server; returns the module's result.

    `signals` must have been entered. `lines` gets the report. Raises an `ImmichError` with the result so far as its attribute `result`.
    """
    run = _Run(client, options, lines, check_mode=check_mode)
    thread = threading.Thread(target=run.work, daemon=True)
    progress = progress_file(progress_path, run.look)
    deadline = float("inf")
    thread.start()
    while thread.is_alive() and time.monotonic() < deadline:
        thread.join(_LOOK_EVERY)
        if signals.requested() and not run.cancellation.cancelled:
            run.cancellation.cancel(signals.error())
        if run.cancellation.cancelled:
            deadline = min(deadline, time.monotonic() + _GRACE)
        if progress is not None:
            progress.write()
    if progress is not None:
        progress.write(now=True)
    return run.conclude()


class _Run:
    """The work of a run, done by one thread, and looked at by another."""

    def __init__(self, client: api.Immich, options: Options, lines: RunLines, *, check_mode: bool) -> None:
        """Raises `InvalidRequest` for options that make no sense, `LocalFailure` for a report that cannot be written."""
        self.cancellation = Cancellation()
        self._layout = parse_layout(options.layout)
        _refuse_nonsense(options)
        if options.report:
            refuse_report(options.report)
        self._client = client
        self._options = options
        self._lines = lines
        self._predicting = check_mode
        self._day = datetime.date.today().isoformat()
        self._report: Optional[Report] = None
        self._tally = Tally(None)
        self._fetcher: Optional[Fetcher] = None
        self._album_files: Optional[AlbumFiles] = None
        self._problem: Optional[errors.ImmichError] = None
        self._written: List[str] = []  # of the files that are about the archive as a whole
        self._listed = self._is_over = False

    def work(self) -> None:
        """Does it; what ends it is in `cancellation`."""
        try:
            self._begin()
            self._archive()
        except errors.ImmichError as exc:
            self.cancellation.cancel(exc)
        except BaseException as exc:  # noqa: BLE001  # raised again by the main thread
            self.cancellation.crash = exc
        self._is_over = True

    def look(self) -> Snapshot:
        """How far it is."""
        tally = self._tally
        counts = tally.counts
        return {
            "phase": "done" if self._is_over else "upload" if self._listed else "scan",
            "scan_done": self._listed,
            "files_seen": tally.files_seen,
            "bytes_seen": tally.bytes_seen,
            "files_done": tally.files_done,
            "bytes_done": tally.bytes_done,
            "bytes_hashed": 0,
            "bytes_sent": self._fetcher.bytes if self._fetcher else 0,
            "uploaded": counts[ARCHIVED] + counts[ALREADY_IN_PLACE],
            "updated": counts[UPDATED],
            "repaired": counts[REPAIRED],
            "removed": counts[REMOVED],
            "duplicates": counts[UNCHANGED],
            "skipped": tally.skipped_count,
            "failed": tally.failures,
            "seconds": round(tally.seconds, 3),
            "receives": True,
        }

    def conclude(self) -> Result:
        """The result. Raises what the task fails with."""
        if self.cancellation.crash is not None:
            raise self.cancellation.crash
        albums = self._album_files.written if self._album_files else []
        removed = self._album_files.removed if self._album_files else []
        result = self._tally.result()
        result.update(
            changed=any(result["counts"][action] for action in ACTIONS) or bool(albums or removed or self._written),
            albums=[printable(name) for name in albums],
            removed_albums=[printable(name) for name in removed],
            archive_files=list(self._written),
            bytes_received=self._fetcher.bytes if self._fetcher else 0,
        )
        self._lines.interrupted = self.cancellation.error is not None
        error = self.cancellation.error or self._problem or too_many(self._tally, self._options.max_failures)
        error = error or (self._report.problem if self._report else None)
        if error is not None:
            error.msg, error.result = printable(error.msg), result
            raise error
        changes = ["%s %s" % (action, path) for action in ACTIONS for path in sorted(self._tally.paths[action])]
        changes += ["album %s" % printable(name) for name in albums] + ["removed album %s" % printable(name) for name in removed]
        changes += ["written %s" % path for path in self._written]
        result["diff"] = {"before": "", "after": "".join(line + "\n" for line in changes)}
        return result

    def _begin(self) -> None:
        """The first contact. A server that is not supported is reported before all else."""
        client = self._client
        client.version  # noqa: B018
        client.require(SCOPES)
        if self._options.report and not self._predicting:
            self._report = Report(self._options.report)
            self._tally = Tally(self._report)
            self._lines.begin(self._report, self._tally, ARCHIVE, server=client.connection.root, version=str(client.version))

    def _archive(self) -> None:
        user = self._client.server.me()
        tree = Tree(self._options.dest, reads=self._predicting)
        is_idle = True
        try:
            manifest = Manifest(tree, Header(user.id, self._client.connection.root))
            try:
                if manifest.damaged:
                    self._tally.warn(
                        "%d lines of the archive's manifest are damaged. What they were about is found again by its checksum."
                        % manifest.damaged
                    )
                self._bring_up_to_date(tree, manifest, user.name)
            finally:
                is_idle = self._fetcher is None or self._fetcher.end(_GRACE_OF_THREADS)
                manifest.close()
        finally:
            tree.unlock()
            if is_idle:
                tree.close()

    def _bring_up_to_date(self, tree: Tree, manifest: Manifest, owner: str) -> None:
        options, predicting = self._options, self._predicting
        library = Library(self._client, Selection())
        memberships = Memberships(library)
        self._fetcher = Fetcher(
            tree,
            library,
            threads=options.concurrency,
            bandwidth_limit=options.bandwidth_limit,
            check_cancelled=self.cancellation.check,
        )
        places = Places(self._layout, memberships, owner)
        archiver = Archiver(
            tree,
            manifest,
            places,
            self._fetcher,
            ConsecutiveFailures(self._client, options.concurrency, "run", lambda client: client.server.me()),
            self._tally,
            memberships.has_albums,
            day=self._day,
            verify=options.verify,
            predicting=predicting,
            check_cancelled=self.cancellation.check,
        )
        self._written += write_about(tree, predicting=predicting)
        try:
            for page in library.assets(people=True):
                for asset in page:
                    archiver.take(asset)
            self._listed = True
            archiver.finish()
        except BaseException:
            with suppress(errors.ImmichError):  # what ended the run is what there is to say
                archiver.flush()
            raise
        self._album_files = AlbumFiles(tree, day=self._day, predicting=predicting)
        self._album_files.write(memberships.albums, archiver.path_of)
        if options.prune:
            pruning = Pruning(tree, manifest, self._tally, library.one, day=self._day, limit=options.prune_limit, predicting=predicting)
            try:
                pruning.prune(manifest.missing(archiver.seen), len(archiver.seen))
                self._album_files.prune(memberships.albums, options.prune_limit)
            except errors.LocalFailure as exc:
                self._problem = exc
        archiver.flush()
        if manifest.damaged:
            self._written.append(MANIFEST_PATH)
        if not predicting:
            manifest.tidy()


def _refuse_nonsense(options: Options) -> None:
    if options.concurrency < 1:
        raise errors.InvalidRequest("concurrency must be at least 1.")
    if options.bandwidth_limit is not None and options.bandwidth_limit < 1:
        raise errors.InvalidRequest("bandwidth_limit must be at least 1 byte per second.")
    if not 0 <= options.prune_limit <= 100:
        raise errors.InvalidRequest("prune_limit must be a percentage from 0 to 100.")
