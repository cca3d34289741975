# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ZIP archives, whose members are read where they lie. Private to the collection."""

from __future__ import annotations

import stat
import struct
import zlib
from typing import BinaryIO, Dict, Iterator, List, Optional, Set, Tuple, cast

from ..._client import errors
from .. import base
from . import containers
from .directory import Record, find_directory, records
from .member import Archive, ArchiveMember
from .names import inner_path
from .streams import DeflatedStream, StoredStream, Window

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\3\4"
_HEAD = 512  # bytes: holds most local headers with the name

_STORED, _DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}

_ENCRYPTED = 0x1
_DOS_SYSTEMS = (0, 10, 14)  # where a backslash stands between folders: DOS, NTFS, VFAT
_UNIX_SYSTEMS = (3, 19)  # which write the mode of a file in the upper half of its attributes: Unix, macOS

_IS_ENCRYPTED = "It is encrypted. Unpack the archive and name its folder in src, or make the archive without a password."
_OTHER_METHOD = "It is packed in a way that is not supported (%s). Unpack the archive, or pack it as an ordinary ZIP."
_OVERLAPS = "Its bytes reach into what follows it in the archive, which is damaged or malicious. Download the archive again."
_TWO_SIZES = "The archive gives two sizes for it, so it is damaged. Download the archive again."
_DISAGREES = "The archive's table of contents and the member itself disagree, so one of them is damaged. Download the archive again."


class ZipMember(ArchiveMember):
    """A file in a ZIP archive. `flaw` says why it cannot be read, where that is known from the table of contents.

    `offset` is where its local header begins in the container's file, and `limit` where what follows it does.
    """

    __slots__ = ("_method", "_name_crc", "_packed", "crc", "flaw", "limit", "offset")

    crc: int

    def __init__(self, container: containers.Container, record: Record, inner: str, number: int, limit: int) -> None:
        super().__init__(container, inner, number, record.size, record.mtime_ns)
        self.crc = record.crc
        self.flaw = _flaw(record)
        self.offset = record.offset
        self.limit = limit
        self._packed = record.packed
        self._method = record.method
        self._name_crc = zlib.crc32(record.raw_name)

    @property
    def _mark(self) -> int:
        return self.crc

    def open(self) -> BinaryIO:
        """See `Item`.

        Where its SHA-1 is known the CRC is not compared again: the sender compares the SHA-1.
        """
        file = self.container.open()
        try:
            start = self.locate(file)
            crc = None if self.sha1 else self.crc
            if self._method == _STORED:
                return cast(BinaryIO, StoredStream(file, start, self.size, crc))
            return cast(BinaryIO, DeflatedStream(file, start, self._packed, self.size, crc))
        except OSError as exc:
            file.close()
            raise errors.unreadable(exc, "The archive") from exc
        except BaseException:
            file.close()
            raise

    def look(self) -> Optional[BinaryIO]:
        """See `Item`. What is deflated is unpacked in memory for it, if it is not large."""
        if self._method != _STORED:
            return self.held_in_memory()
        file = self.container.open()
        try:
            return cast(BinaryIO, Window(file, self.locate(file), self.size))
        except OSError as exc:
            file.close()
            raise errors.unreadable(exc, "The archive") from exc
        except BaseException:
            file.close()
            raise

    def locate(self, file: BinaryIO) -> int:
        """Where its packed bytes begin in the container's file. `LocalFailure` if they cannot be used; raises `OSError` too."""
        if self.flaw:
            raise errors.LocalFailure(self.flaw)
        is_inside = self.container.start <= self.offset < self.container.end
        head = containers.read_at(file, self.offset, _HEAD) if is_inside else b""
        if len(head) < _LOCAL.size:
            raise errors.LocalFailure(_DISAGREES)
        mark, _version, flags, method, _time, _date, _crc, _packed, _size, name_size, extra_size = _LOCAL.unpack_from(head)
        if _LOCAL.size + name_size > len(head):
            head = containers.read_at(file, self.offset, _LOCAL.size + name_size)
        name = head[_LOCAL.size : _LOCAL.size + name_size]
        if mark != _LOCAL_MARK or method != self._method or flags & _ENCRYPTED or zlib.crc32(name) != self._name_crc:
            raise errors.LocalFailure(_DISAGREES)
        start = self.offset + _LOCAL.size + name_size + extra_size
        if start + self._packed > self.limit:
            raise errors.LocalFailure(_OVERLAPS)
        return int(start)

    @property
    def is_stored(self) -> bool:
        """Whether it lies in the archive as it is."""
        return self._method == _STORED


class ZipArchive(Archive):
    """A ZIP archive. A member that is listed again under its name with the same size and CRC counts once."""

    def __init__(self, container: containers.Container, listener: base.Listener) -> None:
        super().__init__(container, listener)
        self._first: Dict[str, ZipMember] = {}
        self._repeated: Set[Tuple[str, int, int]] = set()

    def items(self) -> Iterator[ZipMember]:
        """See `Archive`. A member that cannot be read is yielded as well, and fails when it is opened."""
        found: List[ZipMember] = []
        try:
            with self.container.open() as file:
                directory = find_directory(file, self.container)
                for record in records(file, directory):
                    member = self._member(record, directory.start)
                    if member is not None:
                        found.append(member)
            self.warn_if_empty(found)
        except OSError as exc:
            self.listener.unreadable(self.container.path, errors.unreadable(exc, "The archive"))
        except errors.LocalFailure as exc:
            self.listener.unreadable(self.container.path, exc)
        following: Optional[ZipMember] = None
        for member in sorted(found, key=_offset, reverse=True):
            if following is not None:
                member.limit = following.offset
            following = member
        return iter(found)

    def _member(self, record: Record, limit: int) -> Optional[ZipMember]:
        """None for what is not a file, or was there before, or has a name that is not taken."""
        name = record.name
        if record.system in _DOS_SYSTEMS and "/" not in name:
            name = name.replace("\\", "/")
        mode = record.attributes >> 16 if record.system in _UNIX_SYSTEMS else 0
        if name.endswith("/") or stat.S_ISDIR(mode):
            return None
        if stat.S_ISLNK(mode):
            self.skip_link(name)
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            self.skip_special(name)
        else:
            try:
                inner = inner_path(name)
            except errors.LocalFailure as exc:
                self.listener.unreadable(self.path_of(name), exc, size=record.size)
            else:
                return self._of_its_name(record, inner, limit)
        return None

    def _of_its_name(self, record: Record, inner: str, limit: int) -> Optional[ZipMember]:
        first = self._first.get(inner)
        number = 0
        if first is not None:
            identity = (inner, record.size, record.crc)
            if identity in self._repeated or identity == (inner, first.size, first.crc):
                return None
            self._repeated.add(identity)
            number = self.number(inner) + 1
        member = ZipMember(self.container, record, inner, number, limit)
        if first is None:
            self._first[inner] = member
        return member


def _offset(member: ZipMember) -> int:
    return member.offset


def _flaw(record: Record) -> str:
    if record.flags & _ENCRYPTED:
        return _IS_ENCRYPTED
    if record.method not in (_STORED, _DEFLATED):
        return _OTHER_METHOD % _METHODS.get(record.method, "method %d" % record.method)
    return _TWO_SIZES if record.method == _STORED and record.packed != record.size else ""
