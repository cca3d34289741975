# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checksum cache: what the SHA-1 of a file was when it was last read, so that an unchanged file is not read again.

It says what a file is, never that the server has it.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ..._client import errors
from ..._metadata import model
from ..._sources import base
from .cachefile import USABLE, CacheFile, cache_errors

# A file that was written to less than this long before it was read could be written to again without a change of its time.
# Two seconds is the coarsest clock of a file system still in use (FAT).
_SETTLED_NS = 2_000_000_000

# SQLite keeps 64 bits with a sign. Some file systems number their inodes beyond that, and so are times after the year 2262.
_LIMIT = 2**63

_DAY = 86400
_SEEN_AGAIN_AFTER = 30  # days: so that a run over unchanged files writes next to nothing
_AT_ONCE = 500  # SQLite allows 999 parameters at least


class CameraFacts(NamedTuple):
    """What a picture says: the camera's `time`, and its make and model in `camera`. None of what it does not say."""

    time: Optional[model.LocalTime] = None
    camera: Optional[str] = None


class ChecksumCache:
    """One thread's view of the cache; several threads and several runs may each have one at the same time.

    With `read_only` (check mode) nothing is written, and a cache that is missing stays so. A cache that cannot be used never stops an
    upload: it is left alone from then on, and `problem` says why.
    """

    def __init__(self, path: str, *, read_only: bool) -> None:
        self.problem: Optional[str] = None
        self._read_only = read_only
        self._today = int(time.time()) // _DAY
        self._file: Optional[CacheFile] = None
        if not USABLE:
            self.problem = "The Python on this host has no sqlite3, so there is no checksum cache, and every run reads every file."
            return
        if read_only and not os.path.exists(path):
            return
        try:
            self._file = CacheFile(path, self._today, read_only=read_only)
        except cache_errors() as exc:
            self._give_up(exc)

    def fill_in(self, batch: base.Batch) -> None:
        """Sets `sha1` on those files that are as they were when they were last read."""
        for start in range(0, len(batch), _AT_ONCE):
            if self._file is None:
                return
            try:
                self._fill_in(self._file, batch[start : start + _AT_ONCE])
            except cache_errors() as exc:
                self._recover(exc)

    def store(self, batch: Sequence[base.Item]) -> None:
        """Remembers the checksums of files that were just read."""
        if self._file is None or self._read_only or not batch:
            return
        rows = [
            (item.cache_key, *item.identity, item.sha1, self._today)
            for item in batch
            if abs(item.read_ns - item.mtime_ns) > _SETTLED_NS and all(-_LIMIT <= one < _LIMIT for one in item.identity)
        ]
        try:
            self._file.write(rows)
        except cache_errors() as exc:
            self._recover(exc)

    def camera_facts(self, sha1s: Sequence[bytes]) -> Dict[bytes, CameraFacts]:
        """What is known of pictures by their checksums."""
        found: Dict[bytes, CameraFacts] = {}
        for start in range(0, len(sha1s), _AT_ONCE):
            if self._file is None:
                break
            try:
                rows = self._file.read_camera_facts(sha1s[start : start + _AT_ONCE])
            except cache_errors() as exc:
                self._recover(exc)
                break
            for sha1, local, minutes, camera in rows:
                with suppress(TypeError, ValueError, OverflowError):  # a damaged row
                    found[sha1] = CameraFacts(_time(local, minutes), None if camera is None else str(camera))
        return found

    def store_camera_facts(self, camera_facts: Sequence[Tuple[bytes, CameraFacts]]) -> None:
        """Remembers what pictures say that were just looked into."""
        if self._file is None or self._read_only or not camera_facts:
            return
        try:
            self._file.write_camera_facts([(sha1, *_as_columns(facts_found)) for sha1, facts_found in camera_facts])
        except cache_errors() as exc:
            self._recover(exc)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _fill_in(self, cache: CacheFile, batch: Sequence[base.Item]) -> None:
        by_key = {item.cache_key: item for item in batch}
        again: List[bytes] = []
        for key, size, mtime_ns, inode, sha1, seen in cache.read(list(by_key)):
            item = by_key[key]
            # A wrong checksum from a damaged file does no harm: it is noticed when the file is sent.
            if not (isinstance(sha1, bytes) and len(sha1) == 20 and isinstance(seen, int)):
                continue  # a damaged row
            if (size, mtime_ns, inode) == item.identity:
                item.sha1 = sha1
                if self._today - seen > _SEEN_AGAIN_AFTER:
                    again.append(key)
        if again and not self._read_only:
            cache.seen(again, self._today)

    def _recover(self, exc: Exception) -> None:
        """Goes on with a fresh cache after damage, without one after any other trouble (a full disk, a lock that is not freed)."""
        cache, self._file = self._file, None
        try:
            if cache is not None and cache.rebuild_after(exc):
                self._file = cache
                return
        except cache_errors() as another:
            exc = another
        self._give_up(exc)

    def _give_up(self, exc: Exception) -> None:
        self.problem = "The checksum cache cannot be used, so every run reads every file: %s." % exc
        if self._file is not None:
            self._file.close()
        self._file = None


def _time(local: object, minutes: object) -> Optional[model.LocalTime]:
    if local is None:
        return None
    offset = None if minutes is None else timedelta(minutes=int(str(minutes)))
    return model.LocalTime(datetime.fromisoformat(str(local)), offset)


def _as_columns(facts_found: CameraFacts) -> Tuple[Optional[str], Optional[int], Optional[str]]:
    if facts_found.time is None:
        return None, None, facts_found.camera
    offset = facts_found.time.offset
    return facts_found.time.local.isoformat(), None if offset is None else offset // timedelta(minutes=1), facts_found.camera


class CameraFactsReader:
    """Knows the pictures of one run by their checksums. Used by one thread. Without a cache, each run looks into them again."""

    def __init__(self, cache: Optional[ChecksumCache]) -> None:
        self._cache = cache
        self._known: Dict[bytes, Optional[CameraFacts]] = {}

    def learn(self, items: Iterable[base.Item]) -> None:
        """Looks into those that are not known."""
        unknown = {item.sha1: item for item in items if item.sha1 not in self._known}
        if self._cache is not None:
            for sha1, facts_found in self._cache.camera_facts(list(unknown)).items():
                self._known[sha1] = facts_found
                del unknown[sha1]
        found: List[Tuple[bytes, CameraFacts]] = []
        for sha1, item in unknown.items():
            seen = _look(item)
            self._known[sha1] = seen
            if seen is not None:
                found.append((sha1, seen))
        if self._cache is not None:
            self._cache.store_camera_facts(found)

    def of(self, item: base.Item) -> Optional[CameraFacts]:
        """What is known of a picture that was learned; None of one that cannot be read."""
        return self._known.get(item.sha1)


def _look(item: base.Item) -> Optional[CameraFacts]:
    try:
        camera = item.camera()
    except errors.MissingLibrary:
        raise
    except errors.LocalFailure:
        return None
    return CameraFacts(camera.time, " ".join(one for one in (camera.make, camera.model) if one) or None)
