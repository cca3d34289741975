# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups on this host: where they lie, what is there already, and the file that is not whole yet."""

from __future__ import annotations

import errno
import os
import re
import stat
import zlib
from contextlib import contextmanager, suppress
from typing import Any, ContextManager, Dict, Iterator, List, NamedTuple, Optional, Tuple

from .._client import errors
from .._client.endpoints.backups import BackupFile
from .._own_files import (
    disk_advice,
    disk_space,
    is_folder,
    is_locked,
    is_open_at,
    lock_file,
    look_at,
    open_regular,
    refuse_foreign,
    sync_folder,
    write_all,
)
from .._text import printable
from . import listing, manifests, proof

_EXTENSIONS = (".sql", ".sql.gz")
_PARTIAL = re.compile(r"\.[A-Za-z0-9_][A-Za-z0-9_.-]{0,240}\.sql(\.gz)?\.part")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_TRIES = 10
_START = 4 * 1024 * 1024  # bytes of a dump, as stored and as text, in which all of Immich's tables are made; they take some 200 KiB
_TABLE = b"public.version_history"  # 1.135.3 to 3.1.0 have it


class LocalBackup(NamedTuple):
    """Where a backup lies, or will lie: in `folder` under `name`. `named`: that is the backup's own name, not one of the user's."""

    folder: str
    name: str
    named: bool

    @classmethod
    def at(cls, dest: str, filename: str) -> LocalBackup:
        """`dest`, an absolute path, is a file if it ends as a dump does, else a folder."""
        folder, name = os.path.split(dest)
        if name.endswith(_EXTENSIONS) and not os.path.isdir(dest):
            return cls(folder, name, False)
        return cls(dest.rstrip("/") or "/", filename, True)

    @property
    def path(self) -> str:
        """Its path."""
        return os.path.join(self.folder, self.name)

    def looks_like(self, size: int, created: Optional[float]) -> bool:
        """Whether there is a file that has the size, and under another name than the backup's also the time, of a backup."""
        try:
            status = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return False
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            return False
        return self.named or (created is not None and int(status.st_mtime) == int(created))

    def refuse_foreign(self) -> None:
        """Raises `LocalFailure` where a path of the user's has anything but a backup of Immich's, or cannot be written. Changes nothing."""
        if not self.named and os.path.lexists(self.path):
            refuse_foreign(self.path, lambda _head: self._is_of_immich(), option="dest", what="a backup of Immich's database")

    def _is_of_immich(self) -> bool:
        """Whether the file begins as a dump of Immich's database. It may be cut or damaged after that."""
        with open(open_regular(self.path), "rb") as stream:
            start = stream.read(_START)
        try:
            return _TABLE in (zlib.decompressobj(proof.WITH_HEADER).decompress(start, _START) if proof.is_compressed(self.name) else start)
        except zlib.error:
            return False

    def partial(self) -> PartialFile:
        """The file to be received, with what an earlier run has received of it. Raises `LocalFailure`, also if another run has it."""
        with failing(self.folder, "cannot be written to"):
            with suppress(FileExistsError):
                os.mkdir(self.folder, 0o700)
            return PartialFile(self)


def find_folder(path: str) -> str:
    """The folder that `path` is, or the nearest one above it where it can be made. Raises `LocalFailure` where a file is in the way."""
    while path:
        status = look_at(path, "dest")
        if is_folder(status):
            break
        if status is not None or os.path.islink(path):
            raise errors.LocalFailure(
                "%s is not a folder. Name a folder as O(dest), or a file that ends with .sql.gz." % printable(path), options=("dest",)
            )
        path = os.path.dirname(path)
    return path


def check_space(local: LocalBackup, size: int) -> None:
    """Raises `LocalFailure` if the disk has no room for so many bytes."""
    folder = find_folder(local.folder)
    with failing(local.folder, "cannot be looked at"):
        free, _size = disk_space(folder)
    with suppress(OSError):
        size -= os.stat(_partial_path(local), follow_symlinks=False).st_size
    if size > free:
        raise errors.LocalFailure(
            "The disk of %s has %d MiB left, and %d MiB are still to be fetched. Free some space; what was fetched before is untouched."
            % (printable(local.folder), free // 1024**2, size // 1024**2 + 1)
        )


def _partial_path(local: LocalBackup) -> str:
    return os.path.join(local.folder, ".%s.part" % local.name)


class PartialFile:
    """A file beside its place, readable for its owner only. It is ours alone until it is closed, and stays there if it is not whole."""

    def __init__(self, local: LocalBackup) -> None:
        """Raises `OSError`, and `LocalFailure` if another run has it."""
        self._local = local
        self._path = _partial_path(local)
        self._descriptor = self._open()
        self.size = os.fstat(self._descriptor).st_size

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, block: bytes) -> None:
        """Adds bytes. Raises `LocalFailure`; on a full disk what was received is deleted, so that it does not stay full."""
        with self._failing():
            try:
                os.lseek(self._descriptor, self.size, os.SEEK_SET)
                write_all(self._descriptor, block)
            except OSError as exc:
                if exc.errno in _NO_SPACE:
                    self.delete()
                raise
        self.size += len(block)

    def empty(self) -> None:
        """Begins again. Raises `LocalFailure`."""
        with self._failing():
            os.ftruncate(self._descriptor, 0)
        self.size = 0

    def delete(self) -> None:
        """Removes it."""
        with suppress(OSError):
            os.unlink(self._path)

    def prove(self, expected_size: int) -> proof.Proof:
        """Reads it again from the disk. Raises `DamagedBackup` and `LocalFailure`."""
        with self._failing():
            os.fsync(self._descriptor)
            with open(os.dup(self._descriptor), "rb") as stream:
                stream.seek(0)
                return proof.check_stream(stream, compressed=proof.is_compressed(self._local.name), expected_size=expected_size)

    def put_in_place(self, created: Optional[float]) -> None:
        """Moves it over what is there. Its time is that of the backup, if that is known. Raises `LocalFailure`."""
        with self._failing():
            if created is not None:
                with suppress(OSError, OverflowError):
                    os.utime(self._descriptor, (created, created))
            os.replace(self._path, self._local.path)
        with suppress(OSError):  # it is in place, and nothing is gained by a failure
            sync_folder(self._local.folder)
        with suppress(OSError):
            _clean(self._local.folder)

    def _failing(self) -> ContextManager[None]:
        return failing(self._local.path, "cannot be written")

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        for _try in range(_TRIES):
            descriptor = os.open(self._path, flags, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise errors.LocalFailure("%s is not a file." % printable(self._path))
                if _is_planted(os.fstat(descriptor), self._local.folder):
                    raise errors.LocalFailure(
                        "%s belongs to another user or has a second name, so it is left unchanged. Delete it." % printable(self._path)
                    )
                lock_file(descriptor)
                os.fchmod(descriptor, 0o600)
                if is_open_at(descriptor, self._path):
                    return descriptor
            except BlockingIOError:
                os.close(descriptor)
                raise errors.LocalFailure("Another run is fetching %s. Wait until it has ended." % printable(self._local.path)) from None
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # another run has moved it to its place meanwhile
        raise errors.LocalFailure("%s is moved again and again by another run." % printable(self._path))


def _is_planted(status: os.stat_result, folder: str) -> bool:
    """Whether somebody else could read what is written to a file, or lose by it. On a share, the folder's owner may stand for root."""
    return status.st_nlink > 1 or status.st_uid not in (os.geteuid(), os.stat(folder).st_uid)


def _clean(folder: str) -> None:
    """Deletes what runs that were killed have left of other backups, and nobody goes on with."""
    for name in os.listdir(folder):
        if _PARTIAL.fullmatch(name):
            is_locked(os.path.join(folder, name), remove=True)


def failure(exc: OSError, path: str, what: str) -> errors.LocalFailure:
    """What the operating system says about a path. `what` is what it was in the way of: `cannot be written`."""
    advice = disk_advice(exc)
    message = "%s %s: %s.%s" % (printable(path), what, exc.strerror or exc, advice)
    return errors.LocalFailure(message + (" What was fetched before is untouched." if advice else ""))


@contextmanager
def failing(path: str, what: str) -> Iterator[None]:
    """Around work on a file or folder: what the operating system says becomes a `failure`."""
    try:
        yield
    except OSError as exc:
        raise failure(exc, path, what) from exc


def fetched_files(folder: str, *, verify: bool) -> Tuple[List[Dict[str, Any]], List[str]]:
    """The backups in a folder that are whole, the newest first, and in words what is wrong with the others. Without `verify`, none is read:
    those that are there, without their checksums."""
    backups: List[Dict[str, Any]] = []
    problems: List[str] = []
    names: List[str] = []
    with failing(folder, "cannot be read"), suppress(FileNotFoundError):
        names = sorted(name for name in os.listdir(folder) if name.endswith(_EXTENSIONS) and not name.startswith("."))
    for name in names:
        path = os.path.join(folder, name)
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                raise errors.LocalFailure("%s is not a file." % printable(path))
            checksum = proof.prove_dump(path).sha256 if verify else None
        except (errors.DamagedBackup, errors.LocalFailure) as exc:
            problems.append(exc.msg)
            continue
        except OSError as exc:
            problems.append(failure(exc, path, "cannot be read").msg)
            continue
        kind = listing.describe_file(BackupFile(name, status.st_size, None)).kind
        restored = manifests.read_proof(path, checksum, status.st_size)
        facts = {"filename": name, "path": path, "size": status.st_size, "checksum": checksum}
        backups.append({**facts, "created": status.st_mtime, "kind": kind, "proof": restored})
    return sorted(backups, key=lambda backup: float(backup["created"]), reverse=True), problems
