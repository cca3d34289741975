# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings an archive up to the state of the server, asset by asset, and moves aside what the server no longer has."""

from __future__ import annotations

import os
import stat
import time
from typing import Callable, Dict, List, Optional, Set

from .. import _ids
from .._archive_format import record as archive_format
from .._archive_format.kept import keep_record
from .._archive_format.record import SIDECAR, ArchiveRecord
from .._client import errors, values
from .._files import base
from .._metadata.xmp import archive_sidecar
from .._run.consecutive_failures import ConsecutiveFailures
from .._run.tally import Action, Tally
from .fetch import DownloadJob, DownloadResult, Fetcher
from .manifest import Manifest
from .partial_file import PartialOriginal
from .paths import AssetPaths
from .tree import ArchiveTree

ARCHIVED = Action("archived", diff="archived")
"""It was downloaded."""
ALREADY_IN_PLACE = Action("already_in_place", diff="already_in_place")
"""It was there, and not in the manifest."""
UPDATED = Action("updated", diff="updated")
"""Its sidecar was written again."""
REPAIRED = Action("repaired", diff="repaired")
"""It was missing or had changed."""
REMOVED = Action("removed", diff="removed", handles=False)
"""It was moved aside."""
UNCHANGED = Action("unchanged")
ACTIONS = (ARCHIVED, ALREADY_IN_PLACE, UPDATED, REPAIRED, REMOVED, UNCHANGED)
"""What becomes of an asset, which counts as one of these."""

_FLUSH_EVERY = 200  # assets whose files are brought to the disk at once
_FLUSH_SECONDS = 5.0
_FEW = 10  # assets that may be gone however small the archive is

_MISSING = "Its original is gone from the external library that it was in."
_NO_NAME = "No free file name was found in the archive."


class Archiver:
    """Takes assets as the server lists them. With `predicting` (check mode) nothing is written, and no original asked for.

    `seen` has the keys of all assets that were listed (see `pack_id`), `listed` is how many these are. `has_albums` says by its id whether
    one is in an album, `day` names the folder for what is moved aside. `describe` adds to an asset what lists do not say of it.
    """

    def __init__(
        self,
        tree: ArchiveTree,
        manifest: Manifest,
        paths: AssetPaths,
        fetcher: Fetcher,
        failures: ConsecutiveFailures,
        tally: Tally,
        has_albums: Callable[[str], bool],
        describe: Callable[[values.Asset], values.Asset],
        *,
        day: str,
        verify: bool,
        predicting: bool,
        check_cancelled: Callable[[], None],
    ) -> None:
        self.seen = _ids.CompactMap(_ids.ID_SIZE)
        self.listed = 0
        self._tree = tree
        self._manifest = manifest
        self._paths = paths
        self._fetcher = fetcher
        self._failures = failures
        self._tally = tally
        self._has_albums = has_albums
        self._add_details = describe
        self._day = day
        self._verify = verify
        self._predicting = predicting
        self._check_cancelled = check_cancelled
        self._members: Dict[bytes, str] = {}
        self._warned_of: Set[bytes] = set()  # the keys of those of which not all can be kept
        self._wanted: Dict[str, Action] = {}  # by the ids of assets, why their originals are asked for
        self._unwritten = 0
        self._flush_at = time.monotonic() + _FLUSH_SECONDS

    def handle(self, asset: values.Asset) -> None:
        """Archives one asset. A failure that is about it alone goes to the tally; raises what ends the run."""
        self._check_cancelled()
        if not self.seen.add(_ids.pack_id(asset.id)):
            return
        self.listed += 1
        self._tally.note_found(1, asset.size or 0)
        try:
            self._decide(self._add_details(asset))
        except errors.ImmichError as exc:
            self._fail(asset, asset.name, exc)
        while self._fetcher.is_full:
            self._store(self._fetcher.take())
        if self._unwritten >= _FLUSH_EVERY or time.monotonic() >= self._flush_at:
            self.flush()

    def finish(self) -> None:
        """Waits for the downloads under way, and brings everything to the disk."""
        while self._fetcher.in_flight:
            self._store(self._fetcher.take())
        self.flush()

    def flush(self) -> None:
        """Brings what was placed to the disk, and then says so in the manifest. What a kill in between leaves is found again."""
        if not self._predicting:
            self._tree.sync()
            self._manifest.write()
        self._unwritten = 0
        self._flush_at = time.monotonic() + _FLUSH_SECONDS

    def prune(self, find_asset: Callable[[str], Optional[values.Asset]], limit: int) -> None:
        """Moves aside what the server no longer has, once all that it lists was handled. `find_asset` asks it for an asset by its id.

        Nothing moves unless everything speaks for it: the list is not suddenly much shorter, by more than `limit` percent, and the server,
        asked for each asset that is missing from it, says that it does not have it. Raises `LocalFailure` else.
        """
        missing = self._manifest.missing(self.seen)
        if not missing:
            return
        if not self.listed or len(missing) > max(_FEW, len(self._manifest) * limit // 100):
            raise errors.LocalFailure(
                "Nothing was moved by prune: the server lists %d photos and videos, and %d of the %d in the archive are not among them, "
                "which is more than O(prune_limit) (%d%%) allows. If they were deleted on purpose, raise O(prune_limit) for one run."
                % (self.listed, len(missing), len(self._manifest), limit),
                options=("prune_limit",),
            )
        removed: List[ArchiveRecord] = []
        for asset_id in missing:
            self._check_cancelled()
            asset = find_asset(asset_id)
            if asset is not None and not asset.trashed:
                raise errors.LocalFailure(
                    "Nothing was moved by prune: the server's list was not complete. It did not have %s, which is still there. Run the "
                    "archive again." % asset.name
                )
            record = self._manifest.get(asset_id)
            if asset is None and record is not None:
                removed.append(record)
        for record in removed:
            self._check_cancelled()
            self._remove(record)

    def path_of(self, key: bytes) -> Optional[str]:
        """Where a member of an album lies; None for one that is not in the archive."""
        return self._members.get(key)

    def _decide(self, asset: values.Asset) -> None:
        old = self._manifest.get(asset.id)
        if asset.missing:
            if old is not None:
                self._note_path(asset, old.path)
            self._tally.note_skipped(asset.name, "missing", _MISSING, size=0, asset_id=asset.id)
        elif old is not None:
            self._compare(asset, old)
        else:
            self._find_path(asset)

    def _find_path(self, asset: values.Asset) -> None:
        for path in self._paths.candidates(asset):
            if self._manifest.is_taken(path) or self._collides_with_sidecar(path):
                continue
            status = self._tree.stat(path)
            if status is None:
                self._request(asset, path, ARCHIVED)
                return
            if stat.S_ISREG(status.st_mode) and self._has_bytes_of(asset, path, status.st_size):
                self._describe(asset, self._record(asset, path, asset.sha1, status.st_size), ALREADY_IN_PLACE)
                return
        raise errors.LocalFailure(_NO_NAME)

    def _collides_with_sidecar(self, path: str) -> bool:
        """Whether its sidecar would lie where another file is, or it where another's sidecar is."""
        stem, extension = os.path.splitext(path)
        return self._manifest.is_taken(_sidecar_path(path)) or (extension.lower() == SIDECAR and self._manifest.is_taken(stem))

    def _has_bytes_of(self, asset: values.Asset, path: str, size: int) -> bool:
        """Whether a file that the manifest does not know is this asset: of a run that was killed, or after the manifest was lost."""
        return not asset.external and asset.size in (None, size) and self._tree.sha1(path) == asset.sha1

    def _compare(self, asset: values.Asset, old: ArchiveRecord) -> None:
        new = self._record(asset, old.path, old.checksum, old.size)
        status = self._tree.stat(old.path)
        if new.server_checksum != old.server_checksum or (asset.external and new.modified != old.modified):
            self._request(asset, old.path, UPDATED)
        elif not self._is_whole(old, status):
            if status is not None:
                self._tally.warn(
                    "%s does not have the bytes that the archive's manifest says. It %s moved to %s/%s and downloaded again. If nobody has "
                    "changed it, look after the disk."
                    % (old.path, "would be" if self._predicting else "was", archive_format.FOLDER, archive_format.REMOVED)
                )
            self._request(asset, old.path, REPAIRED)
        elif new != old:
            self._describe(asset, new, UPDATED)
        elif _ids.pack_id(asset.id) in self._manifest.partial or not self._has_sidecar(new):
            self._describe(asset, new, REPAIRED)
        else:
            self._note_path(asset, new.path)
            self._tally.done(UNCHANGED, new.path, asset_id=asset.id, size=new.size, checksum=new.checksum)

    def _record(self, asset: values.Asset, path: str, checksum: str, size: int) -> ArchiveRecord:
        """What is written of it. What of that cannot be kept is said once."""
        record, cut = keep_record(self._paths.record(asset, path, checksum=checksum, size=size))
        if cut and _ids.pack_id(asset.id) not in self._warned_of:
            self._warned_of.add(_ids.pack_id(asset.id))
            self._tally.warn("%s: the archive leaves out %s. All else of it is kept." % (path, "; ".join(cut)))
        return record

    def _is_whole(self, record: ArchiveRecord, status: Optional[os.stat_result]) -> bool:
        if status is None or not stat.S_ISREG(status.st_mode) or status.st_size != record.size:
            return False
        return not self._verify or self._tree.sha1(record.path) == record.checksum

    def _has_sidecar(self, record: ArchiveRecord) -> bool:
        path = _sidecar_path(record.path)
        if self._verify:
            return self._tree.content(path, base.LARGEST_SIDECAR) == archive_sidecar(record.metadata)
        return self._tree.stat(path) is not None

    def _request(self, asset: values.Asset, path: str, why: Action) -> None:
        self._manifest.take(path)
        self._note_path(asset, path)
        if self._predicting:
            self._record(asset, path, asset.sha1, asset.size or 0)  # which warns of what cannot be kept
            self._tally.done(why, path, asset_id=asset.id, size=asset.size or 0)
            return
        self._wanted[asset.id] = why
        self._fetcher.submit(DownloadJob(asset, path))

    def _store(self, fetched: DownloadResult) -> None:
        asset, path = fetched.job
        why = self._wanted.pop(asset.id)
        if fetched.error is not None or fetched.file is None:
            if not isinstance(fetched.error, errors.ImmichError):
                raise fetched.error or AssertionError("no file")
            self._fail(asset, path, fetched.error)
            self._failures.add(fetched.error)
            return
        self._failures.reset()
        try:
            with fetched.file as file:
                self._place(file, path, is_new=why == ARCHIVED)
                self._write(self._record(asset, path, fetched.checksum, fetched.size))
        except errors.ImmichError as exc:
            self._fail(asset, path, exc)
            return
        self._tally.done(why, path, asset_id=asset.id, size=fetched.size, checksum=fetched.checksum)

    def _place(self, file: PartialOriginal, path: str, *, is_new: bool) -> None:
        """Nothing is written over: what is there goes aside first, whoever wrote it."""
        if not is_new and self._tree.stat(path) is not None:
            self._tree.set_aside(path, self._day)
        self._tree.place(file, path, replace=False)

    def _describe(self, asset: values.Asset, record: ArchiveRecord, action: Action) -> None:
        """Writes the sidecar and the line of a file that is as it should be."""
        self._manifest.take(record.path)
        self._note_path(asset, record.path)
        if not self._predicting:
            self._write(record)
        self._tally.done(action, record.path, asset_id=asset.id, size=record.size, checksum=record.checksum)

    def _write(self, record: ArchiveRecord) -> None:
        """The sidecar, and the line of the manifest. A sidecar that a person has changed is not lost."""
        path, content = _sidecar_path(record.path), archive_sidecar(record.metadata)
        on_disk = self._tree.content(path, base.LARGEST_SIDECAR)
        if on_disk != content:
            old = self._manifest.get(record.id)
            if on_disk is not None and (old is None or on_disk != archive_sidecar(old.metadata)):
                self._tree.set_aside(path, self._day)
            self._tree.write(path, content)
        self._manifest.add(record)
        self._unwritten += 1

    def _remove(self, record: ArchiveRecord) -> None:
        if not self._predicting:
            for path in (record.path, _sidecar_path(record.path)):
                if self._tree.stat(path) is not None:
                    self._tree.set_aside(path, self._day)
            self._tree.sync()
            self._manifest.remove(record)
        self._tally.done(REMOVED, record.path, asset_id=record.id, size=record.size, checksum=record.checksum)

    def _note_path(self, asset: values.Asset, path: str) -> None:
        """Notes that the asset lies there, or will."""
        self._paths.note(asset, path)
        if self._has_albums(asset.id):
            self._members[_ids.pack_id(asset.id)] = path

    def _fail(self, asset: values.Asset, path: str, exc: errors.ImmichError) -> None:
        if exc.fatal:
            raise exc
        self._tally.note_failure(os.path.join(self._tree.path, path), exc, size=asset.size or 0, asset_id=asset.id)


def _sidecar_path(path: str) -> str:
    return path + SIDECAR
