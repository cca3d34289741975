# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What archives of all kinds have in common: the bytes that they lie in, which are a file, a part of a file, or memory; their members; and
the names that are accepted.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import Any, BinaryIO, Dict, Iterator, Optional, Sequence, Tuple

from ..._client import errors
from .. import base
from ..opening import READ, identity_of

_LONGEST = 4096  # characters: more than a path may have bytes on Linux, from which such names come

_UNPACK = "If you trust the archive, unpack it, and name its folder in O(src)."

_DRIVE = re.compile(r"[A-Za-z]:(/|\\|$)")

# An Item takes half a kilobyte. Google's largest parts have fewer than a hundred thousand members.
MOST_MEMBERS = 2_000_000

LARGEST_LOOKED_INTO = 16 * 1024 * 1024
"""Bytes of a member without a way back that is looked into as a whole: the videos of live photos have some 5 MiB."""


class Container:
    """An archive as it was when it was found: `size` bytes from `start` on, in the file at `file_path`.

    `path` is how messages name the archive, `key` what the cache keys of its members begin with. `unpacked` is how many bytes of archives
    inside of it were unpacked into memory.
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
            status = os.stat(path)
        except FileNotFoundError as exc:
            raise errors.LocalFailure("The file does not exist on this host.") from exc
        except OSError as exc:
            raise errors.unreadable(exc, "The archive") from exc
        if not stat.S_ISREG(status.st_mode):
            raise errors.LocalFailure("The path is not a file.")
        return cls(path, identity_of(status), path, os.fsencode(path), 0, status.st_size)

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
        with _listed_file():
            descriptor = os.open(self._file_path, READ)
        try:
            self._require_identity(os.fstat(descriptor))
            return open(descriptor, "rb", buffering=0)
        except BaseException:
            os.close(descriptor)
            raise

    def require_unchanged(self) -> None:
        """Raises `FileChanged` if the file is not as it was found, `LocalFailure` if it cannot be looked at."""
        with _listed_file():
            status = os.stat(self._file_path)
        self._require_identity(status)

    def _require_identity(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode) or identity_of(status) != self._identity:
            raise errors.FileChanged("The archive changed after it was listed. The next run uploads what is in it then.")


class NestedArchive(Container):
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


class SeekableStream(ReadableStream, ABC):
    """The `size` bytes of a member, as an open file that can seek. Nothing is compared with a checksum."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._at = 0

    @abstractmethod
    def _read_at(self, position: int, size: int) -> bytes:
        """The bytes at a position in the member, which has at least `size` from there on. Raises if the archive has fewer."""

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
        block = self._read_at(self._at, left if size is None or size < 0 else min(size, left))
        self._at += len(block)
        return block


class MemberWindow(SeekableStream):
    """The bytes from `start` on of a file. `LocalFailure` if the file ends before the window. Closing it closes the file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__(size)
        self._file = file
        self._start = start

    def _read_at(self, position: int, size: int) -> bytes:
        block = read_at(self._file, self._start + position, size)
        if len(block) < size:
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
    block = file.read(size)
    while len(block) < size:
        more = file.read(size - len(block))
        if not more:
            break
        block += more
    return block


@contextmanager
def _listed_file() -> Iterator[None]:
    """Turns an `OSError` into a `LocalFailure`, for a file that was there when it was listed."""
    try:
        yield
    except FileNotFoundError as exc:
        raise errors.LocalFailure("The archive vanished after it was listed.") from exc
    except OSError as exc:
        raise errors.unreadable(exc, "The archive") from exc


class Archive(ABC):
    """An archive whose members are yielded once. What cannot be read or is not a file is reported to the listener."""

    def __init__(self, container: Container, listener: base.Listener) -> None:
        self.container = container
        self.listener = listener
        self._names: Dict[str, int] = {}

    @abstractmethod
    def items(self) -> Iterator[base.Item]:
        """Its files, in the archive's own order."""

    def warn_if_empty(self, items: Sequence[base.Item]) -> None:
        """Is called when it was read to its end."""
        if not items:
            self.listener.warn("There are no files in %s." % self.container.path)

    def count_name(self, inner: str) -> int:
        """Counts a member, and returns how many of its name came before."""
        number = self._names.get(inner, 0)
        self._names[inner] = number + 1
        return number

    def path_of(self, name: str) -> str:
        """The path of a member, as messages and reports name it."""
        return "%s: %s" % (self.container.path, name)

    def skip_link(self, name: str) -> None:
        """Reports that a member is a link."""
        self.listener.skipped(self.path_of(name), "link", "It is a link inside an archive.")

    def skip_special(self, name: str) -> None:
        """Reports that a member is neither a file nor a folder nor a link."""
        self.listener.skipped(self.path_of(name), "special file", "It is a pipe, a socket or a device.")


class ArchiveMember(base.Item):
    """A file in an archive. `number` is how many of its name stand before it. There is no sidecar beside it, and it cannot be deleted."""

    __slots__ = ("_place", "container", "inner", "mtime_ns", "number", "size")

    inner: str
    mtime_ns: int
    size: int

    def __init__(self, container: Container, inner: str, number: int, size: int, mtime_ns: int) -> None:
        super().__init__(inner.rpartition("/")[2])
        self.container = container
        self.inner = inner
        self._place = 0  # where its path inside the archive begins in `inner`
        self.number = number
        self.size = size
        self.mtime_ns = mtime_ns

    @property
    def path(self) -> str:
        return "%s: %s" % (self.container.path, self.inner[self._place :])

    def move_below(self, folder: str) -> None:
        """Puts it into a folder: the archive itself, for one that lies inside of an export."""
        self.inner = folder + "/" + self.inner
        self._place = len(folder) + 1

    @property
    def cache_key(self) -> bytes:
        """The archive's path and the path inside it, with a NUL byte between, which neither can have."""
        key = self.container.key + b"\0" + self.inner.encode("utf-8", "surrogateescape")
        return key + b"\0%d" % self.number if self.number else key

    @property
    def identity(self) -> Tuple[int, int, int]:
        """Its size, when the archive was last written to, and its `_mark`."""
        return self.size, self.container.mtime_ns, self._mark

    @property
    @abstractmethod
    def _mark(self) -> int:
        """What tells it from another member of its size in the same archive."""

    def require_unchanged(self) -> None:
        self.container.require_unchanged()

    def refresh(self) -> None:
        """Raises `FileChanged` if the archive is not as it was listed: where its members lie now is not known."""
        self.container.require_unchanged()
        self.clear_checksum()


def inner_path(name: str) -> str:
    """A member's name as a path below the archive, without `.` and empty parts; "" for the archive's own top folder.

    `LocalFailure` for a name that would lead out of the archive if it were unpacked, that no file can have, or that is too long.
    """
    if "\0" in name:
        raise errors.LocalFailure("Its name holds a NUL byte, so the archive is damaged or malicious. It is left out.")
    if len(name) > _LONGEST:
        raise errors.LocalFailure("Its name is longer than %d characters, so the archive is damaged or malicious." % _LONGEST)
    if name.startswith("/") or _DRIVE.match(name):
        raise errors.LocalFailure("Its name is an absolute path, so it is left out. %s" % _UNPACK, options=("src",))
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise errors.LocalFailure("Its name leads out of the archive (..), so it is left out. %s" % _UNPACK, options=("src",))
    return "/".join(parts)
