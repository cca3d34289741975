# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bytes that an archive lies in: a file, a part of a file, or memory."""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import contextmanager
from typing import Any, BinaryIO, Iterator, Optional, Tuple

from ..._client import errors

# A pipe is not waited for, and a terminal does not become ours.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY


class Container:
    """An archive as it was when it was found: `size` bytes from `start` on, in the file at `file_path`.

    `path` names the archive to a person, `key` is what the cache keys of its members begin with. `unpacked` is how many bytes of
    archives inside of it were unpacked into memory.
    """

    def __init__(self, file_path: str, identity: Tuple[int, int, int], path: str, key: bytes, start: int, size: int) -> None:
        self.path = path
        self.key = key
        self.start = start
        self.size = size
        self.unpacked = 0
        self._file_path = file_path
        self._identity = identity

    @classmethod
    def at(cls, path: str) -> Container:
        """The file of this path, as it is now. `LocalFailure` if there is none, or something else than a file."""
        try:
            found = os.stat(path)
        except FileNotFoundError as exc:
            raise errors.LocalFailure("The file does not exist on this host.") from exc
        except OSError as exc:
            raise errors.unreadable(exc, "The archive") from exc
        if not stat.S_ISREG(found.st_mode):
            raise errors.LocalFailure("The path is not a file.")
        return cls(path, _identity_of(found), path, os.fsencode(path), 0, found.st_size)

    @property
    def mtime_ns(self) -> int:
        """When the file was last written to, in nanoseconds since 1970."""
        return self._identity[1]

    @property
    def end(self) -> int:
        """Where it ends in the file."""
        return self.start + self.size

    def part(self, path: str, key: bytes, start: int, size: int) -> Container:
        """An archive that lies in this one's file as it is. `start` counts from the file's beginning."""
        return Container(self._file_path, self._identity, path, key, start, size)

    def open(self) -> BinaryIO:
        """Opens the file again, unbuffered, so that each reader has its own position in it and no descriptor stays open between them.

        Raises `FileChanged` if it is not as it was found, `LocalFailure` if it cannot be opened.
        """
        try:
            descriptor = os.open(self._file_path, _READ)
        except FileNotFoundError as exc:
            raise _vanished() from exc
        except OSError as exc:
            raise errors.unreadable(exc, "The archive") from exc
        try:
            self._require_the_same(os.fstat(descriptor))
            return open(descriptor, "rb", buffering=0)
        except BaseException:
            os.close(descriptor)
            raise

    def require_unchanged(self) -> None:
        """Raises `FileChanged` if the file is not as it was found, `LocalFailure` if it cannot be looked at."""
        try:
            found = os.stat(self._file_path)
        except FileNotFoundError as exc:
            raise _vanished() from exc
        except OSError as exc:
            raise errors.unreadable(exc, "The archive") from exc
        self._require_the_same(found)

    def _require_the_same(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode) or _identity_of(found) != self._identity:
            raise errors.FileChanged("The archive changed after it was listed. The next run uploads what is in it then.")


class Unpacked(Container):
    """An archive that was packed inside of another one and is held in memory."""

    def __init__(self, outer: Container, path: str, key: bytes, content: bytes) -> None:
        super().__init__(outer._file_path, outer._identity, path, key, 0, len(content))
        self._content = content

    def open(self) -> BinaryIO:
        """A stream of its bytes."""
        return io.BytesIO(self._content)


class ReadableStream(io.RawIOBase):
    """A stream whose `read(n)` gives as many bytes as asked for, unless its end comes before."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        block = self.read(len(view)) or b""
        view[: len(block)] = block
        return len(block)


class Window(ReadableStream):
    """The `size` bytes from `start` on of a file, as an open file that can seek. Nothing is compared with a checksum.

    `read(n)` gives as many bytes as asked for, unless the window ends before. `LocalFailure` if the file ends in it. Closing it closes
    the file.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise OSError(errno.EINVAL, "It begins after that")
        self._at = at
        return at

    def tell(self) -> int:
        return self._at

    def read(self, size: Optional[int] = -1) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        block = read_at(self._file, self._start + self._at, wanted)
        self._at += len(block)
        if len(block) < wanted:
            raise errors.LocalFailure("It ends too early: the archive was shortened.")
        return block

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def reading_an_archive() -> Iterator[None]:
    """Turns an `OSError` into a `LocalFailure`."""
    try:
        yield
    except OSError as exc:
        raise errors.unreadable(exc, "The archive") from exc


def read_at(file: BinaryIO, start: int, size: int) -> bytes:
    """The bytes at a place in the file; fewer at its end. Raises `OSError`."""
    file.seek(start)
    found = file.read(size)
    while len(found) < size:
        more = file.read(size - len(found))
        if not more:
            break
        found += more
    return found


def _identity_of(found: os.stat_result) -> Tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ino


def _vanished() -> errors.LocalFailure:
    return errors.LocalFailure("The archive vanished after it was listed.")
