# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ZIP archives, whose members are read where they lie.

Python's zipfile reads the table of contents and unpacks members. What it trusts is checked here: how large the table is, where a member
lies, and that its own header agrees (PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.5).
"""

from __future__ import annotations

import calendar
import io
import stat
import struct
import zipfile
import zlib
from operator import attrgetter
from typing import BinaryIO, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple, cast

from ... import _option_names
from ..._client import errors
from .. import base
from . import containers

_LARGEST_TABLE = 64 * 1024 * 1024  # bytes: some 500,000 members, each of which zipfile keeps in 0.7 kB while the table is read

_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_FIELD = struct.Struct("<HH")
_LOCAL_MARK, _END_MARK = b"PK\3\4", b"PK\5\6"
_LOCAL_HEAD = 512  # bytes: holds most local headers with the name
_LONGEST_COMMENT = 0xFFFF
_TIME_FIELD, _NAME_FIELD = 0x5455, 0x7075
_ENCRYPTED, _UTF8 = 0x1, 0x800

_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}
_DOS_SYSTEMS = (0, 10, 14)  # where a backslash stands between folders: DOS, NTFS, VFAT
_UNIX_SYSTEMS = (3, 19)  # which write the mode of a file in the upper half of its attributes: Unix, macOS
_HEAD = 1024 * 1024  # bytes of a large deflated member that are looked into

_IS_ENCRYPTED = "It is encrypted. Unpack the archive and name its folder in O(src), or make the archive without a password."
_OTHER_METHOD = "It is packed in a way that is not supported (%s). Unpack the archive, or pack it as an ordinary ZIP."
_OVERLAPS = "Its bytes reach into what follows it in the archive, which is damaged or malicious. Download the archive again."
_TWO_SIZES = "The archive gives two sizes for it, so it is damaged. Download the archive again."
_DISAGREES = "The archive's table of contents and the member itself disagree, so one of them is damaged. Download the archive again."
_INCOMPLETE = "This is not a complete ZIP archive: %s. Download it again."
_DAMAGED = "It is damaged: it cannot be unpacked, or its checksum (CRC) is not the one in the archive. Download the archive again."


class ZipMember(containers.ArchiveMember):
    """A file in a ZIP archive. `flaw` says why it cannot be read, where that is known from the table of contents.

    `offset` is where its local header begins in the container's file, and `limit` where what follows it does.
    """

    __slots__ = ("_method", "_name_crc", "_packed", "crc", "flaw", "limit", "offset")

    crc: int

    def __init__(self, container: containers.Container, listed: _TableEntry, inner: str, number: int) -> None:
        info = listed.info
        super().__init__(container, inner, number, info.file_size, _mtime_ns(info))
        self.crc = info.CRC
        self.flaw = _flaw_of(info)
        self.offset = container.start + info.header_offset
        self.limit = 0
        self._packed = info.compress_size
        self._method = info.compress_type
        self._name_crc = zlib.crc32(listed.raw_name)

    @property
    def _mark(self) -> int:
        return self.crc

    def open(self) -> BinaryIO:
        file = self.container.open()
        try:
            with containers.reading_an_archive():
                file.seek(self.locate(file))
            info = zipfile.ZipInfo()
            info.compress_type, info.compress_size, info.file_size, info.CRC = self._method, self._packed, self.size, self.crc
            return cast(BinaryIO, _MemberStream(zipfile.ZipExtFile(file, "r", info, None, True), self.size))
        except BaseException:
            file.close()
            raise

    def open_seekable(self) -> BinaryIO:
        """A deflated member is unpacked into memory, of one above 16 MiB the first MiB."""
        if not self.is_stored:
            with self.open() as stream:
                return io.BytesIO(stream.read(self.size if self.size <= containers.LARGEST_LOOKED_INTO else _HEAD))
        file = self.container.open()
        try:
            with containers.reading_an_archive():
                return cast(BinaryIO, containers.MemberWindow(file, self.locate(file), self.size))
        except BaseException:
            file.close()
            raise

    def locate(self, file: BinaryIO) -> int:
        """Where its packed bytes begin in the container's file. `LocalFailure` if they cannot be used; raises `OSError` too."""
        if self.flaw:
            raise errors.LocalFailure(self.flaw)
        is_inside = self.container.start <= self.offset < self.container.end
        head = containers.read_at(file, self.offset, _LOCAL_HEAD) if is_inside else b""
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
        return self._method == zipfile.ZIP_STORED


class ZipArchive(containers.Archive):
    """A ZIP archive. A member that is listed again under its name with the same size and CRC counts once."""

    def __init__(self, container: containers.Container, listener: base.Listener) -> None:
        super().__init__(container, listener)
        self._first: Dict[str, ZipMember] = {}
        self._repeated: Set[Tuple[str, int, int]] = set()

    def items(self) -> Iterator[ZipMember]:
        """Its files in the order of the table of contents. One that cannot be read is yielded as well, and fails when it is opened."""
        members: List[ZipMember] = []
        limit = 0
        try:
            with containers.reading_an_archive(), self.container.open() as file:
                listed, limit = _read_table(file, self.container)
            for info in listed:
                member = self._member(info)
                if member is not None:
                    members.append(member)
            self.warn_if_empty(members)
        except errors.LocalFailure as exc:
            self.listener.unreadable(self.container.path, exc)
        for member in sorted(members, key=attrgetter("offset"), reverse=True):
            member.limit = limit
            limit = member.offset
        return iter(members)

    def _member(self, listed: _TableEntry) -> Optional[ZipMember]:
        """None for what is not a file, or was there before, or has a name that is not accepted."""
        name, info = listed.name, listed.info
        if info.create_system in _DOS_SYSTEMS and "/" not in name:
            name = name.replace("\\", "/")
        mode = info.external_attr >> 16 if info.create_system in _UNIX_SYSTEMS else 0
        if name.endswith("/") or stat.S_ISDIR(mode):
            return None
        if stat.S_ISLNK(mode):
            self.skip_link(name)
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            self.skip_special(name)
        else:
            try:
                inner = containers.inner_path(name)
            except errors.LocalFailure as exc:
                self.listener.unreadable(self.path_of(name), exc, size=info.file_size)
            else:
                return self._keep_unless_repeated(listed, inner)
        return None

    def _keep_unless_repeated(self, listed: _TableEntry, inner: str) -> Optional[ZipMember]:
        first = self._first.get(inner)
        number = 0
        if first is not None:
            identity = (inner, listed.info.file_size, listed.info.CRC)
            if identity in self._repeated or identity == (inner, first.size, first.crc):
                return None
            self._repeated.add(identity)
            number = self.count_name(inner) + 1
        member = ZipMember(self.container, listed, inner, number)
        if first is None:
            self._first[inner] = member
        return member


class _MemberStream(containers.ReadableStream):
    """A member as zipfile unpacks it, forward. zipfile compares its CRC-32 before it hands out the last bytes.

    Raises `LocalFailure` where it is damaged, each time from then on; and `OSError`.
    """

    def __init__(self, file: zipfile.ZipExtFile, size: int) -> None:
        super().__init__()
        self._file = file
        self._left = size
        self._failure = ""

    def read(self, size: Optional[int] = -1) -> bytes:
        """As many bytes as asked for, unless the member ends before."""
        if self._failure:
            raise errors.LocalFailure(self._failure)
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        try:
            block = self._file.read(wanted)  # no more than that: what it asks for, zipfile unpacks into memory
        except EOFError as exc:
            self._failure = "It ends too early: the archive was shortened."
            raise errors.LocalFailure(self._failure) from exc
        except (zipfile.BadZipFile, zlib.error) as exc:
            self._failure = _DAMAGED
            raise errors.LocalFailure(self._failure) from exc
        if len(block) < wanted:
            self._failure = _DAMAGED  # it unpacks to fewer bytes than the archive says, and its checksum is right
            raise errors.LocalFailure(self._failure)
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._file.close()
        super().close()


class _TableEntry(NamedTuple):
    """A record of the table of contents, with the name's bytes, and the name as it was meant."""

    info: zipfile.ZipInfo
    raw_name: bytes
    name: str


class _Table(containers.MemberWindow):
    """The archive as zipfile may read it: not the whole of it in one piece, whatever it says how large its table is."""

    def read(self, size: Optional[int] = -1) -> bytes:
        if size is not None and size > _LARGEST_TABLE:
            raise errors.LocalFailure(
                "The archive has a table of contents of more than %d MiB (some 500,000 files). Unpack it, or split it up."
                % (_LARGEST_TABLE // 1024**2)
            )
        return super().read(size)


def _read_table(file: BinaryIO, container: containers.Container) -> Tuple[List[_TableEntry], int]:
    """What the table of contents says of each member, and where the table begins in the file. `LocalFailure` if it cannot be used."""
    _require_one_part(file, container)
    try:
        with zipfile.ZipFile(cast(BinaryIO, _Table(file, container.start, container.size))) as archive:
            return [_record_of(info) for info in archive.infolist()], container.start + archive.start_dir
    except UnicodeDecodeError as exc:
        raise errors.LocalFailure(
            "One of the names in the archive is not valid UTF-8. Unpack it, and name its folder in O(src).", options=("src",)
        ) from exc
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, struct.error) as exc:
        raise _not_an_archive(containers.read_at(file, container.start, 512)) from exc


def _record_of(info: zipfile.ZipInfo) -> _TableEntry:
    utf8 = bool(info.flag_bits & _UTF8)
    raw_name = info.orig_filename.encode("utf-8" if utf8 else "cp437")
    return _TableEntry(info, raw_name, _member_name(info, raw_name, utf8=utf8))


def _member_name(info: zipfile.ZipInfo, raw: bytes, *, utf8: bool) -> str:
    """A member's name.

    Without its flag a name is in code page 437 (APPNOTE.TXT, appendix D), but many programs write UTF-8 all the same: what can be read
    as that is that. Info-ZIP's extra field counts if it belongs to these bytes.
    """
    if utf8 or raw.isascii():
        return info.orig_filename
    field = _extra_field(info, _NAME_FIELD)
    candidates = [raw]
    if len(field) > 5 and field[0] == 1 and int.from_bytes(field[1:5], "little") == zlib.crc32(raw):
        candidates.insert(0, field[5:])
    for candidate in candidates:
        try:
            return candidate.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _mtime_ns(info: zipfile.ZipInfo) -> int:
    """When a member was last written to, in nanoseconds since 1970: from the extra field of Unix, or from the time of DOS, which has no
    zone, as if it were UTC. A month or day of 0 counts as 1.
    """
    field = _extra_field(info, _TIME_FIELD)
    if len(field) >= 5 and field[0] & 1:
        return int.from_bytes(field[1:5], "little", signed=True) * 10**9
    year, month, day, hours, minutes, seconds = info.date_time
    return calendar.timegm((year, min(12, month) or 1, day or 1, hours, minutes, seconds, 0, 0, 0)) * 10**9


def _extra_field(info: zipfile.ZipInfo, wanted: int) -> bytes:
    """An extra field; nothing if it is not there."""
    extra, at = info.extra, 0
    while at + _FIELD.size <= len(extra):
        kind, length = _FIELD.unpack_from(extra, at)
        at += _FIELD.size
        if kind == wanted and at + length <= len(extra):
            return extra[at : at + length]
        at += length
    return b""


def _flaw_of(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return _option_names.name_options(_IS_ENCRYPTED, "src")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _OTHER_METHOD % _METHODS.get(info.compress_type, "method %d" % info.compress_type)
    if info.CRC and not info.file_size:
        return _DAMAGED  # zipfile compares no checksum where there is nothing to read
    return _TWO_SIZES if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size else ""


def _require_one_part(file: BinaryIO, container: containers.Container) -> None:
    """Raises `LocalFailure` if the record at the end says that this is a part of a split archive."""
    size = min(container.size, _END.size + _LONGEST_COMMENT)
    tail = containers.read_at(file, container.end - size, size)
    at = tail.rfind(_END_MARK)
    if not 0 <= at <= len(tail) - _END.size:
        return
    end = _END.unpack_from(tail, at)
    if end[1] not in (0, 0xFFFF) and at + _END.size + end[7] == len(tail):  # else a comment looks like it
        raise errors.LocalFailure("This is one part of a split ZIP archive. Join its parts first (zip -s 0 first.zip --out whole.zip).")


def _not_an_archive(beginning: bytes) -> errors.LocalFailure:
    if beginning.startswith(_LOCAL_MARK):
        return errors.LocalFailure(_INCOMPLETE % "its table of contents, which stands at its end, is missing or damaged")
    if beginning.startswith(b"\x1f\x8b"):
        return errors.LocalFailure(
            "This is not a ZIP archive but a compressed file, such as a .tgz. Rename it, so that its name ends in .tgz."
        )
    if beginning.lstrip()[:1] == b"<":
        return errors.LocalFailure(
            "This is a web page and not a ZIP archive: the download had expired, or needed a login. Download it again."
        )
    return errors.LocalFailure(_INCOMPLETE % "it has no table of contents")
