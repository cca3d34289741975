# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of tar that are not compressed, whose members are read where they lie; and the headers of any tar archive.

tarfile reads them (ustar, GNU, PAX). What it may read is not left to the archive: it never goes back or around in a circle, and takes
up no more memory than a header may, whichever version of Python it comes with.
"""

from __future__ import annotations

import math
import struct
import tarfile
from typing import BinaryIO, Iterator, List, Optional, Protocol, cast

from ..._client import errors
from . import containers
from .gzip_reader import Truncated

_LARGEST = 256 * 1024  # bytes of headers before a member's content: a path of 4096 bytes, and extended attributes
_END = bytes(tarfile.BLOCKSIZE)
_LATEST = 2**63 // 10**9  # seconds since 1970

_DAMAGED = "The archive is damaged. The files before the damage are uploaded. Download it again."


class Forward(Protocol):
    """A file that is read forward."""

    def read(self, size: int) -> bytes:
        """As many bytes as asked for, unless the end comes before."""

    def seek(self, target: int) -> object:
        """Goes forward."""


class HeaderReader:
    """The file that tarfile is given: forward only, and bounded between two calls of `allow_a_header`. `start` is where the archive begins.

    `last` is what was read last.
    """

    def __init__(self, file: Forward, start: int) -> None:
        self.last = b""
        self._file = file
        self._start = start
        self._at = 0
        self._left = _LARGEST

    def allow_a_header(self) -> None:
        """Allows another 256 KiB of headers, for the next member."""
        self._left = _LARGEST

    def tell(self) -> int:
        """Where the next read begins, from the beginning of the archive."""
        return self._at

    def read(self, size: int) -> bytes:
        """Bytes of a header. `LocalFailure` if there were too many of them."""
        if not 0 <= size <= self._left:
            raise errors.LocalFailure(_DAMAGED)
        self._left -= size
        self.last = self.read_content(size)
        return self.last

    def seek(self, target: int) -> None:
        """Goes forward. `LocalFailure` if that is back."""
        if target < self._at:
            raise errors.LocalFailure(_DAMAGED)
        self._file.seek(self._start + target)
        self._at = target

    def read_content(self, size: int) -> bytes:
        """Bytes of a member; fewer at the end of the archive."""
        block = self._file.read(size)
        self._at += len(block)
        return block


def read_headers(reader: HeaderReader) -> Iterator[tarfile.TarInfo]:
    """The header of each member. After each, `reader` is where the content begins. Raises `OSError`, and `LocalFailure` for damage."""
    count = 0
    try:
        tar = tarfile.TarFile(fileobj=cast(BinaryIO, reader), mode="r", encoding="utf-8", errors="surrogateescape")
        while not (reader.last == _END and not count):  # in an empty archive, tarfile would go back for a member
            reader.allow_a_header()
            info = tar.next()
            if info is None:
                break
            tar.members.clear()  # type: ignore[attr-defined]  # it would keep all of them
            count += 1
            if count > containers.MOST_MEMBERS:
                raise errors.LocalFailure("The archive has more than %d members. Unpack it, or split it up." % containers.MOST_MEMBERS)
            yield info
    except (tarfile.TarError, ArithmeticError, LookupError, ValueError, RuntimeError, struct.error) as exc:
        if not count:
            raise errors.LocalFailure("This is not a tar archive, or it is damaged from the beginning. Download it again.") from exc
        raise (errors.LocalFailure(_DAMAGED) if reader.last else Truncated()) from exc
    # tarfile takes anything that is not a header for the end.
    if reader.last != _END:
        raise errors.LocalFailure(_DAMAGED) if len(reader.last) == len(_END) else Truncated()


def accept_member(archive: containers.Archive, info: tarfile.TarInfo) -> Optional[str]:
    """The path of a file below the archive. None for a folder, and for what is not a file or has a name that is not accepted, which is
    reported.
    """
    if info.isdir():
        return None
    if info.issym() or info.islnk():
        archive.skip_link(info.name)
    elif info.issparse():
        message = "It is stored as a sparse file, which cannot be read here. Unpack the archive, and name its folder in O(src)."
        archive.listener.unreadable(archive.path_of(info.name), errors.LocalFailure(message, options=("src",)))
    elif not info.isreg():
        archive.skip_special(info.name)
    elif info.size < 0:
        raise errors.LocalFailure(_DAMAGED)
    else:
        try:
            return containers.inner_path(info.name) or None
        except errors.LocalFailure as exc:
            archive.listener.unreadable(archive.path_of(info.name), exc, size=info.size)
    return None


def mtime_ns(info: tarfile.TarInfo) -> int:
    """When a member was last written to, in nanoseconds since 1970; 0 if the archive says something impossible."""
    if not abs(info.mtime) < _LATEST:  # nor is that true of "not a number"
        return 0
    seconds = math.floor(info.mtime)
    return seconds * 10**9 + int((info.mtime - seconds) * 10**9)


class TarMember(containers.ArchiveMember):
    """A file in a tar archive, from `start` on in the container's file. There is no checksum of it."""

    __slots__ = ("start",)

    def __init__(self, container: containers.Container, inner: str, number: int, size: int, mtime_ns: int, start: int) -> None:
        super().__init__(container, inner, number, size, mtime_ns)
        self.start = start

    @property
    def _mark(self) -> int:
        return self.start

    def open(self) -> BinaryIO:
        return cast(BinaryIO, containers.MemberWindow(self.container.open(), self.start, self.size))


class TarArchive(containers.Archive):
    """A tar archive. The members of one that was cut off are yielded as far as they are whole."""

    def items(self) -> Iterator[TarMember]:
        container = self.container
        members: List[TarMember] = []
        try:
            with container.open() as file:
                for info in read_headers(HeaderReader(file, container.start)):
                    if info.isreg() and not info.issparse() and info.offset_data + info.size > container.size:
                        raise Truncated
                    inner = accept_member(self, info)
                    if inner is not None:
                        start = container.start + info.offset_data
                        members.append(TarMember(container, inner, self.count_name(inner), info.size, mtime_ns(info), start))
            self.warn_if_empty(members)
        except OSError as exc:
            self.listener.unreadable(container.path, errors.unreadable(exc, "The archive"))
        except errors.LocalFailure as exc:
            self.listener.unreadable(container.path, exc)
        return iter(members)
