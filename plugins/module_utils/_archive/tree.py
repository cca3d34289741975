# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder of an archive: what is written to it, and moved within it.

Each folder below the archive's own is opened from within the one above it, and none through a link, so that nothing is written elsewhere.
A file is written under `immich-archive/partial`, brought to the disk, and then moved to its place: it is there whole or not at all, and
what a run that was killed has left lies in one folder of ours.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections import OrderedDict
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO, Iterator, List, Optional, Set, Tuple

from .. import _text
from .._archive_format import record
from .._client import errors
from .._own_files import disk_advice, failing, is_in_folder, lock_file, open_regular, read_start, sync_open_folder
from .partial_file import PartialOriginal

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_MOST_OPEN = 64
_BLOCK = 1024 * 1024
_PARTIAL = re.compile(r"[0-9a-f]{32}\.part")
_TRIES = 1000

# What ends the run, since the next file would meet it too.
_HOPELESS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)

_IN_THE_WAY = "a link or a file is in the place of a folder or a file of the archive"
_REASONS = {
    errno.ENOTDIR: _IN_THE_WAY,
    errno.ELOOP: _IN_THE_WAY,
    errno.EMLINK: _IN_THE_WAY,
    errno.EXDEV: "its folder is on another disk than the archive",
    errno.EFBIG: "it is larger than the file system or the limits of this user allow",
}


class DiskFailure(errors.LocalFailure):
    """The disk takes nothing more."""

    fatal = True


Parts = Tuple[str, ...]

# What lies at the top of a disk or a share that nobody has put anything on.
_OF_SYSTEMS = ("lost+found", "@eaDir", "#recycle", "#snapshot", "$RECYCLE.BIN", "System Volume Information")


def refuse_foreign_folder(path: str) -> None:
    """Raises `LocalFailure` for a folder with files in it that is not an archive: a name that was mistyped would mix both for good.

    A run that was killed before it wrote what the folder is has left nothing in it but the folder of ours.
    """
    marks = [os.path.join(path, record.FOLDER, name) for name in (record.ABOUT, record.MANIFEST)]  # either may be lost, and comes again
    with failing("%s cannot be read" % _text.printable(path), "dest"), suppress(FileNotFoundError):
        names = os.listdir(path)
        others = [name for name in names if not name.startswith(".") and name not in (record.FOLDER, *_OF_SYSTEMS)]
        if others and all(read_start(mark, 1) is None for mark in marks):
            raise errors.LocalFailure(
                "%s has other files in it (%s) and is not an archive, so it is left unchanged. Name an empty or a new folder with the "
                "option O(dest)." % (_text.printable(path), _text.one_line(_text.printable(min(others)))),
                options=("dest",),
            )


class ArchiveTree:
    """An archive's folder at `path`, which must be there unless this only `reads`. Used by one thread, but for `new_file`.

    Paths are relative to it, with `/` between folders.
    """

    def __init__(self, path: str, *, reads: bool) -> None:
        """Raises `LocalFailure`. With `reads` (check mode) nothing is made or written, and the folder need not be there."""
        self.path = path
        self._open: OrderedDict[Parts, int] = OrderedDict()
        self._written: Set[Parts] = set()
        self._lock: Optional[int] = None
        self._root: Optional[int] = None
        with self.failing("", "cannot be used"), suppress(FileNotFoundError):
            if not reads:
                with suppress(FileExistsError):
                    os.mkdir(path)
            self._root = os.open(path, _DIRECTORY)  # the user named it, so it may be a link
        if not reads:
            try:
                with self.failing(record.FOLDER, "cannot be written to"):
                    self._partial = self._inside((record.FOLDER, record.PARTIAL), make=True)
                self._take_lock()
                self._clean()
            except BaseException:
                self.close()
                raise

    def unlock(self) -> None:
        """Lets another run begin, which deletes the files that a thread of this one is still writing."""
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def close(self) -> None:
        """Closes everything. No thread may use it any more."""
        descriptors = (self._root, *self._open.values())
        self._open.clear()
        self._root = None
        with ExitStack() as closing:
            for descriptor in descriptors:
                if descriptor is not None:
                    closing.callback(os.close, descriptor)
            closing.callback(self.unlock)

    def stat(self, path: str) -> Optional[os.stat_result]:
        """What lies there, links not followed; None for nothing. Raises `LocalFailure` if the folder cannot be looked into."""
        with self.failing(path, "cannot be looked at"), suppress(FileNotFoundError):
            folder, name = self._place_of(path)
            return os.stat(name, dir_fd=folder, follow_symlinks=False)
        return None

    def read(self, path: str) -> BinaryIO:
        """Opens a file. `LocalFailure` if it cannot be opened or is not a regular file."""
        with self.failing(path, "cannot be read"):
            folder, name = self._place_of(path)
            return open(open_regular(name, dir_fd=folder), "rb")

    def content(self, path: str, limit: int) -> Optional[bytes]:
        """The file's bytes, at most one more than `limit`; None if there is no such file."""
        with self.failing(path, "cannot be read"), suppress(FileNotFoundError):
            folder, name = self._place_of(path)
            return read_start(name, limit + 1, dir_fd=folder)
        return None

    def sha1(self, path: str) -> str:
        """The checksum of a file, in hex."""
        digest = hashlib.sha1()
        with self.failing(path, "cannot be read"), self.read(path) as stream:
            for block in iter(lambda: stream.read(_BLOCK), b""):
                digest.update(block)
        return digest.hexdigest()

    def names(self, folder: str) -> List[str]:
        """The names in a folder, sorted; none if it is not there."""
        with self.failing(folder, "cannot be read"), suppress(FileNotFoundError):
            return sorted(os.listdir(self._inside(tuple(folder.split("/")))))
        return []

    def new_file(self) -> PartialOriginal:
        """A file that has no place yet. By any thread."""
        name = secrets.token_hex(16) + ".part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with self.failing("%s/%s" % (record.FOLDER, record.PARTIAL), "cannot be written to"):
            return PartialOriginal(name, os.open(name, flags, 0o666, dir_fd=self._partial), self._partial, self.failing)

    def place(self, file: PartialOriginal, path: str, *, replace: bool) -> None:
        """Moves a file that was `finish`ed to its place. What is there is only replaced if that is asked for; else it is an error.

        It is for certain there after `sync`.
        """
        with self.failing(path, "cannot be written"):
            into, name = self._place_of(path, make=True)
            if not replace and is_in_folder(name, into):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            os.rename(file.name, name, src_dir_fd=self._partial, dst_dir_fd=into)
        file.placed = True
        self._written.add(_folders_of(path))

    def write(self, path: str, content: bytes) -> None:
        """Writes a small file, in place of the one that is there."""
        with self.new_file() as file:
            file.write(content)
            file.finish()
            self.place(file, path, replace=True)

    def set_aside(self, path: str, day: str) -> str:
        """Moves a file to where nothing is deleted: below `immich-archive/removed`. Returns its new path."""
        to = (record.FOLDER, record.REMOVED, day, *_folders_of(path))
        with self.failing(path, "cannot be moved to %s" % "/".join(to)):
            folder, name = self._place_of(path)
            into = self._inside(to, make=True)
            stem, extension = os.path.splitext(name)
            names = (name, *("%s~%d%s" % (stem, number, extension) for number in range(2, _TRIES)))
            free = next((free for free in names if not is_in_folder(free, into)), None)
            if free is None:
                raise errors.LocalFailure("%s cannot be moved: there are too many of its name." % _text.printable(self._full(path)))
            os.rename(name, free, src_dir_fd=folder, dst_dir_fd=into)
        self._written.update((_folders_of(path), to))
        return "/".join((*to, free))

    def sync(self) -> None:
        """Brings the names of what was placed and moved to the disk."""
        for parts in self._written:
            with self.failing("/".join(parts), "cannot be written to the disk"):
                sync_open_folder(self._inside(parts))
        self._written.clear()

    def append(self, path: str) -> int:
        """Opens a file of ours to be added to; the descriptor."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        with self.failing(path, "cannot be written"):
            folder, name = self._place_of(path, make=True)
            return os.open(name, flags, 0o666, dir_fd=folder)

    def _place_of(self, path: str, *, make: bool = False) -> Tuple[int, str]:
        """The descriptor of the folder in which a file lies, and its name there. Raises `OSError` as `_inside`."""
        return self._inside(_folders_of(path), make=make), os.path.basename(path)

    def _inside(self, parts: Parts, *, make: bool = False) -> int:
        """The descriptor of a folder. Raises `OSError`; a link in its place is not followed."""
        if self._root is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not parts:
            return self._root
        if parts in self._open:
            self._open.move_to_end(parts)
            return self._open[parts]
        above = self._inside(parts[:-1], make=make)
        try:
            descriptor = os.open(parts[-1], _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        except FileNotFoundError:
            if not make:
                raise
            with suppress(FileExistsError):
                os.mkdir(parts[-1], dir_fd=above)
            descriptor = os.open(parts[-1], _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
            sync_open_folder(above)
        self._open[parts] = descriptor
        while len(self._open) > _MOST_OPEN:
            for oldest in self._open:
                if oldest != (record.FOLDER, record.PARTIAL):
                    os.close(self._open.pop(oldest))
                    break
        return descriptor

    def _take_lock(self) -> None:
        """A lock on a file that is open for writing: on a network share that is what other clients see."""
        path = "%s/%s" % (record.FOLDER, record.LOCK)
        self._lock = self.append(path)
        try:
            lock_file(self._lock)
        except BlockingIOError:
            raise errors.LocalFailure(
                "Another run is writing to the archive %s. Wait until it has ended." % _text.printable(self.path)
            ) from None
        except OSError as exc:
            raise errors.LocalFailure(
                "The archive %s cannot be locked: %s. Without a lock a second run could write to it at the same time. If it is on a "
                "network share, mount that with locks. For NFS, a lock service must run on both sides."
                % (_text.printable(self.path), exc.strerror or exc)
            ) from exc

    def _clean(self) -> None:
        """Deletes what runs that were killed have left. Nobody else is at work here: the lock is ours."""
        with self.failing("%s/%s" % (record.FOLDER, record.PARTIAL), "cannot be read"):
            names = os.listdir(self._partial)
        for name in names:
            if _PARTIAL.fullmatch(name):
                with suppress(OSError):
                    os.unlink(name, dir_fd=self._partial)

    def _full(self, path: str) -> str:
        return os.path.join(self.path, path) if path else self.path

    @contextmanager
    def failing(self, path: str, what: str) -> Iterator[None]:
        """Around work on a file. Raises `LocalFailure` with what the operating system says, and `what` that was in the way of:
        `cannot be read`."""
        try:
            yield
        except OSError as exc:
            message = "%s %s: %s." % (_text.printable(self._full(path)), what, _REASONS.get(exc.errno or 0) or exc.strerror or exc)
            message += disk_advice(exc)
            if exc.errno in _HOPELESS:
                raise DiskFailure(message + " What was there before is unchanged, and the next run continues.") from exc
            raise errors.LocalFailure(message) from exc


def _folders_of(path: str) -> Parts:
    return tuple(path.split("/")[:-1])
