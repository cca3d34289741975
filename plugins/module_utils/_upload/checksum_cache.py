# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checksum cache: what the SHA-1 of a file was when it was last read, so that an unchanged file is not read again.

It says what a file is, never that the server has it. It is kept in a SQLite database.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import closing, contextmanager, suppress
from typing import Any, Iterable, Iterator, List, Optional, Sequence, Tuple, Type
from urllib.parse import quote

from .. import _option_names
from .._client import errors
from .._files import base
from .._own_files import lock_file
from .._text import printable

try:
    import sqlite3
except ImportError:  # some small Pythons come without it
    USABLE = False
else:
    USABLE = True

# A file that was written to less than this long before it was read could be written to again without a change of its time.
# Two seconds is the coarsest clock of a file system still in use (FAT).
_SETTLED_NS = 2_000_000_000

# SQLite keeps 64 bits with a sign. Some file systems number their inodes beyond that, and so are times after the year 2262.
_LIMIT = 2**63

_DAY = 86400
_SEEN_AGAIN_AFTER = 30  # days: so that a run over unchanged files writes next to nothing
_AT_ONCE = 500  # SQLite allows 999 parameters at least

Row = Tuple[bytes, int, int, int, bytes, int]
CameraFactsRow = Tuple[bytes, Optional[str], Optional[int], Optional[str]]
"""A picture's checksum, the local time of its camera in ISO 8601 and how many minutes that is ahead of UTC, its make and model."""

# Marks the file as ours ("IMCC"). It stands in the header, 100 bytes at the beginning (https://www.sqlite.org/fileformat.html).
_APPLICATION_ID = 0x494D4343
_HEADER, _MAGIC, _ID_AT = 100, b"SQLite format 3\0", slice(68, 72)
_SCHEMA_VERSION = 1
_SCHEMA = """
PRAGMA application_id = 0x494D4343;
CREATE TABLE files (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    sha1 BLOB NOT NULL, seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE pruned (day INTEGER NOT NULL);
INSERT INTO pruned VALUES (0);
PRAGMA user_version = 1;
"""
# Came later than the others: a cache that was made before has none until it is opened for writing.
_CAMERA_FACTS = """
CREATE TABLE IF NOT EXISTS camera_facts (sha1 BLOB PRIMARY KEY, local TEXT, minutes INTEGER, camera TEXT) WITHOUT ROWID
"""
_WAL = ("-wal", "-shm")  # what SQLite keeps beside an open database
_FORGET_AFTER = 365  # days since a file was last seen
_MOST_ROWS = 5_000_000  # about a gigabyte
_LOCK_SECONDS = 10.0


def refuse_foreign(path: str) -> None:
    """Raises `LocalFailure` if there is something in the cache's place that is not a cache of ours. Changes nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW)
    except OSError:
        # Whatever cannot be read is not used as a cache either, but a link leads to something that is not to be written to.
        if os.path.islink(path):
            raise errors.LocalFailure(
                "O(checksum_cache): %s is a link, which is not followed. Name the file itself." % path, options=("checksum_cache",)
            ) from None
        return
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        header = os.read(descriptor, _HEADER) if is_file else b"?"
    except OSError:
        return
    finally:
        os.close(descriptor)
    # Empty: it has yet to be filled. Zeros: what a file may hold after a power failure.
    ours = header[: len(_MAGIC)] == _MAGIC and int.from_bytes(header[_ID_AT], "big") == _APPLICATION_ID
    if header.strip(b"\0") and not ours:
        raise errors.LocalFailure(
            "O(checksum_cache): %s is not a checksum cache and was left unchanged. Give another path." % path, options=("checksum_cache",)
        )


def cache_errors() -> Tuple[Type[Exception], ...]:
    """What making, reading and writing may raise."""
    return (errors.LocalFailure, OSError, sqlite3.Error) if USABLE else (errors.LocalFailure, OSError)


class ChecksumCache:
    """One thread's view of the cache; several threads and several runs may each have one at the same time.

    Without a path it knows nothing and keeps nothing. With `read_only` (check mode) nothing is written, and a cache that is missing stays
    so. A cache that cannot be used never stops an upload: it is left alone from then on, and `problem` says why.
    """

    def __init__(self, path: Optional[str], *, read_only: bool) -> None:
        self.problem: Optional[str] = None
        self._path = path or ""
        self._read_only = read_only
        self._today = int(time.time()) // _DAY
        self._file: Optional[CacheFile] = None
        if not path:
            return
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
            with self._recovering():
                self._fill_in(self._file, batch[start : start + _AT_ONCE])

    def store(self, batch: Sequence[base.Item]) -> None:
        """Remembers the checksums of files that were just read."""
        if self._file is None or self._read_only or not batch:
            return
        rows = [
            (item.cache_key, *item.identity, item.sha1, self._today)
            for item in batch
            if abs(item.read_ns - item.mtime_ns) > _SETTLED_NS and all(-_LIMIT <= number < _LIMIT for number in item.identity)
        ]
        with self._recovering():
            self._file.write(rows)

    def camera_rows(self, sha1s: Sequence[bytes]) -> List[Tuple[Any, ...]]:
        """What is known of pictures by their checksums, a `CameraFactsRow` each, if nothing is damaged."""
        rows: List[Tuple[Any, ...]] = []
        for start in range(0, len(sha1s), _AT_ONCE):
            if self._file is None:
                break
            with self._recovering():
                rows += self._file.read_camera_facts(sha1s[start : start + _AT_ONCE])
        return rows

    def store_camera_rows(self, rows: Sequence[CameraFactsRow]) -> None:
        """Remembers what pictures say that were just looked into."""
        if self._file is None or self._read_only or not rows:
            return
        with self._recovering():
            self._file.write_camera_facts(rows)

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
            cache.note_seen(again)

    @contextmanager
    def _recovering(self) -> Iterator[None]:
        try:
            yield
        except cache_errors() as exc:
            self._recover(exc)

    def _recover(self, exc: Exception) -> None:
        """Goes on with a fresh cache after damage, and without one after anything else (a full disk, a lock that is not freed)."""
        cache, self._file = self._file, None
        try:
            if cache is not None and cache.rebuild_after(exc):
                self._file = cache
                return
        except cache_errors() as another:
            exc = another
        self._give_up(exc)

    def _give_up(self, exc: Exception) -> None:
        self.problem = (
            "The checksum cache cannot be used, so every run reads every file: %s. It is %s. If its disk is full, free some space on it, "
            "or name another file with the option %s."
            % (str(exc).rstrip("."), printable(self._path), _option_names.named("checksum_cache"))
        )
        if self._file is not None:
            self._file.close()
        self._file = None


class CacheFile:
    """An open cache, made if it is missing or damaged. `seen` and `today` are days since 1970.

    With `read_only` (check mode) nothing is made, written or locked: what another run writes meanwhile may be missed.
    """

    def __init__(self, path: str, today: int, *, read_only: bool) -> None:
        self._path = path
        self._today = today
        self._read_only = read_only
        if read_only:
            self._open()
            return
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
        with self._alone():
            try:
                self._make_if_missing()
                self._open()
            except sqlite3.DatabaseError as exc:
                if not _damaged(exc):
                    raise
                self._remake()

    def read(self, paths: Sequence[bytes]) -> List[Tuple[Any, ...]]:
        """What is known of these files (at most 999): a `Row` each, if nothing is damaged (SQLite keeps any type in any column)."""
        return self._rows("SELECT path, size, mtime_ns, inode, sha1, seen FROM files WHERE path IN (%s)", paths)

    def write(self, rows: Iterable[Row]) -> None:
        """Adds or replaces."""
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)

    def note_seen(self, paths: Iterable[bytes]) -> None:
        """Notes that these files are still there."""
        with self._database:
            self._database.executemany("UPDATE files SET seen = ? WHERE path = ?", [(self._today, path) for path in paths])

    def read_camera_facts(self, sha1s: Sequence[bytes]) -> List[Tuple[Any, ...]]:
        """What is known of pictures (at most 999) by their checksums, a `CameraFactsRow` each, if nothing is damaged."""
        return (
            self._rows("SELECT sha1, local, minutes, camera FROM camera_facts WHERE sha1 IN (%s)", sha1s) if self._has_camera_facts else []
        )

    def write_camera_facts(self, rows: Iterable[CameraFactsRow]) -> None:
        """Adds or replaces."""
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO camera_facts VALUES (?, ?, ?, ?)", rows)

    def rebuild_after(self, exc: Exception) -> bool:
        """Starts with an empty cache if `exc` says that the file is damaged; false if it says something else."""
        self.close()
        if self._read_only or not _damaged(exc):
            return False
        with self._alone():
            self._remake()
        return True

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def _open(self) -> None:
        how = "?immutable=1" if self._read_only else "?mode=rw"
        uri = "file:" + quote(os.fsencode(self._path)) + how
        self._database: Any = sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS, check_same_thread=False)
        try:
            if not self._read_only:
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
            if self._value("PRAGMA user_version") != _SCHEMA_VERSION:
                raise _OtherVersion("made by another version of this collection")
            self._database.execute("SELECT path, size, mtime_ns, inode, sha1, seen FROM files LIMIT 1").fetchone()
            if not self._read_only:
                self._database.execute(_CAMERA_FACTS)
                self._prune()
            self._has_camera_facts = bool(self._value("SELECT count(*) FROM sqlite_master WHERE name = 'camera_facts'"))
        except BaseException:
            self._database.close()
            raise

    def _make_if_missing(self) -> None:
        """Makes it beside its place and moves it there whole, so that it is never there without the mark of ours."""
        refuse_foreign(self._path)
        if os.path.exists(self._path) and os.path.getsize(self._path):
            os.chmod(self._path, 0o600)
            return
        beside = self._path + ".new"
        for ending in (".new", ".new-journal", *_WAL):  # left by a run that was killed
            with suppress(FileNotFoundError):
                os.unlink(self._path + ending)
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with closing(sqlite3.connect(beside)) as database:
            database.executescript(_SCHEMA)
        os.replace(beside, self._path)

    def _remake(self) -> None:
        refuse_foreign(self._path)
        os.replace(self._path, self._path + ".damaged")  # not deleted, since a run that has it open goes on with it
        self._make_if_missing()
        self._open()

    def _rows(self, query: str, keys: Sequence[bytes]) -> List[Tuple[Any, ...]]:
        rows: List[Tuple[Any, ...]] = self._database.execute(query % ",".join("?" * len(keys)), keys).fetchall()
        return rows

    def _value(self, query: str) -> Any:
        return self._database.execute(query).fetchone()[0]

    def _prune(self) -> None:
        """Once a day forgets files that were not seen for a year, and the oldest when there are too many."""
        if self._value("SELECT day FROM pruned") == self._today:
            return
        with self._database:
            self._database.execute("UPDATE pruned SET day = ?", (self._today,))
            self._database.execute("DELETE FROM files WHERE seen < ?", (self._today - _FORGET_AFTER,))
            surplus = self._value("SELECT count(*) FROM files") - _MOST_ROWS
            if surplus > 0:
                oldest = "SELECT path FROM files ORDER BY seen LIMIT ?"
                self._database.execute("DELETE FROM files WHERE path IN (%s)" % oldest, (surplus,))
            self._database.execute("DELETE FROM camera_facts WHERE sha1 NOT IN (SELECT sha1 FROM files)")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other runs from opening or replacing the file meanwhile."""
        descriptor = os.open(self._path + ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            try:
                lock_file(descriptor, _LOCK_SECONDS)
            except BlockingIOError as exc:
                raise OSError(errno.EAGAIN, "another run keeps it locked") from exc
            yield
        finally:
            os.close(descriptor)


if USABLE:

    class _OtherVersion(sqlite3.DatabaseError):
        """The file has a schema that this version does not know: it is only a cache, so an empty one takes its place."""


def _damaged(exc: Exception) -> bool:
    if not isinstance(exc, sqlite3.DatabaseError):
        return False
    if not isinstance(exc, sqlite3.OperationalError):
        return True
    text = str(exc)
    return "malformed" in text or "no such table" in text or "no such column" in text or "not a database" in text
