# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of contents at the end of a ZIP archive (PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.5).

Python's zipfile reads it in one piece whatever its size, keeps 0.7 kB a member, and refuses the whole archive for one bad record; what
else it refuses depends on the version of Python. So it is read here, record by record. Private to the collection.
"""

from __future__ import annotations

import calendar
import struct
import zlib
from typing import BinaryIO, Iterator, NamedTuple, Optional, Tuple

from ..._client import errors
from . import containers
from .member import MOST_MEMBERS
from .names import decode

_LARGEST = 512 * 1024 * 1024  # bytes

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_RECORD = struct.Struct("<4s6H3L5H2L")
_FIELD = struct.Struct("<HH")

_END_MARK, _END64_MARK, _LOCATOR_MARK, _RECORD_MARK, _LOCAL_MARK = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"
_LONGEST_COMMENT = 0xFFFF
_IN_ZIP64 = 0xFFFFFFFF  # stands where the true number is in the extra field

_ZIP64_FIELD, _TIME_FIELD, _NAME_FIELD = 0x0001, 0x5455, 0x7075
_UTF8 = 0x800

_BLOCK = 1024 * 1024

_INCOMPLETE = "This is not a complete ZIP archive: %s. Download it again."
_DAMAGED = "The archive's table of contents is damaged. The files before the damage are uploaded. Download it again."


class Record(NamedTuple):
    """What the table says of one member. `offset` is where its local header begins in the container's file.

    `system` is where the archive was made (0: DOS), `attributes` what it says about the file there.
    """

    raw_name: bytes
    name: str
    system: int
    flags: int
    method: int
    mtime_ns: int
    crc: int
    packed: int
    size: int
    attributes: int
    offset: int


class Directory(NamedTuple):
    """Where the table lies in the container's file, how many members it has, and how many bytes stand before the archive."""

    start: int
    size: int
    members: int
    shift: int


def find_directory(file: BinaryIO, container: containers.Container) -> Directory:
    """Where the table of contents is. `LocalFailure` if there is none that can be used; raises `OSError` too."""
    tail_size = min(container.size, _END.size + _LONGEST_COMMENT)
    tail = containers.read_at(file, container.start + container.size - tail_size, tail_size)
    at = tail.rfind(_END_MARK)
    while at >= 0:
        if at + _END.size <= len(tail):
            end = _END.unpack_from(tail, at)
            if at + _END.size + end[7] <= len(tail):  # else it is something else that looks like it
                return _directory(file, container, container.size - tail_size + at, end)
        at = tail.rfind(_END_MARK, 0, at)
    raise _not_an_archive(containers.read_at(file, container.start, 512))


def records(file: BinaryIO, directory: Directory) -> Iterator[Record]:
    """What the table says of each member. Raises `LocalFailure` where it is damaged, after what stands before; and `OSError`."""
    file.seek(directory.start)
    window, count = _Window(file, directory.size), 0
    while window.has(1):
        if not window.has(_RECORD.size):
            raise errors.LocalFailure(_DAMAGED)
        fields = _RECORD.unpack_from(window.data, window.at)
        size = _RECORD.size + fields[10] + fields[11] + fields[12]
        if fields[0] != _RECORD_MARK or not window.has(size):
            raise errors.LocalFailure(_DAMAGED)
        count += 1
        if count > MOST_MEMBERS:
            raise _too_large()
        yield _record(fields, window.data, window.at + _RECORD.size, directory.shift)
        window.at += size
    if (count - directory.members) & 0xFFFF:  # a program that does not know ZIP64 writes the last 16 bits of a larger number
        raise errors.LocalFailure(_DAMAGED)


class _Window:
    """The part of the table that is in memory; what comes next is at `at` in `data`."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.data = b""
        self.at = 0
        self._file = file
        self._left = size

    def has(self, size: int) -> bool:
        """Whether the next `size` bytes are there, after reading on if need be."""
        while len(self.data) - self.at < size:
            more = self._file.read(min(self._left, _BLOCK))
            if not more:
                return False
            self._left -= len(more)
            self.data, self.at = self.data[self.at :] + more, 0
        return True


def _directory(file: BinaryIO, container: containers.Container, end_at: int, end: Tuple[int, ...]) -> Directory:
    """From the record at the end of the archive, or from that of ZIP64 which stands before it."""
    _mark, disk, first_disk, count_here, count, size, start, _comment = end
    before = end_at
    locator = containers.read_at(file, container.start + end_at - _LOCATOR.size, _LOCATOR.size) if end_at >= _LOCATOR.size else b""
    if locator.startswith(_LOCATOR_MARK):
        _mark, _disk, end64_at, disks = _LOCATOR.unpack(locator)
        if disks > 1:
            raise _split()
        # Its place as it is written down is wrong if there is something in front of the archive.
        for before in (end64_at, end_at - _LOCATOR.size - _END64.size):
            found = containers.read_at(file, container.start + before, _END64.size) if 0 <= before <= end_at - _END64.size else b""
            if len(found) == _END64.size and found.startswith(_END64_MARK):
                disk, first_disk, count_here, count, size, start = _END64.unpack(found)[4:]
                break
        else:
            raise errors.LocalFailure(_INCOMPLETE % "its table of contents cannot be found")
    elif 0xFFFF in (disk, first_disk) or _IN_ZIP64 in (size, start):
        raise errors.LocalFailure(_INCOMPLETE % "its table of contents cannot be found")
    if disk or first_disk or count_here != count:
        raise _split()
    if count > MOST_MEMBERS or size > _LARGEST:
        raise _too_large()
    for place in (start, before - size):
        if 0 <= place <= before - size and (not count or containers.read_at(file, container.start + place, 4) == _RECORD_MARK):
            return Directory(container.start + place, size, count, container.start + place - start)
    raise errors.LocalFailure(_INCOMPLETE % "its table of contents is not where it should be")


def _record(fields: Tuple[int, ...], data: bytes, at: int, shift: int) -> Record:
    system, flags, method, time, date, crc, packed, size = fields[1] >> 8, *fields[3:10]
    name_end = at + fields[10]
    raw_name = data[at:name_end]
    attributes, offset = fields[15], fields[16]
    unicode_path: Optional[bytes] = None
    seconds: Optional[int] = None
    extra_end = name_end + fields[11]
    at = name_end
    while at + _FIELD.size <= extra_end:
        kind, length = _FIELD.unpack_from(data, at)
        at += _FIELD.size
        if at + length > extra_end:
            break
        if kind == _TIME_FIELD and length >= 5 and data[at] & 1:
            seconds = int.from_bytes(data[at + 1 : at + 5], "little", signed=True)
        elif kind == _NAME_FIELD and length > 5 and data[at] == 1:
            if int.from_bytes(data[at + 1 : at + 5], "little") == zlib.crc32(raw_name):
                unicode_path = data[at + 5 : at + length]
        elif kind == _ZIP64_FIELD:
            numbers = [int.from_bytes(data[one : one + 8], "little") for one in range(at, at + length - 7, 8)]
            if size == _IN_ZIP64 and numbers:
                size = numbers.pop(0)
            if packed == _IN_ZIP64 and numbers:
                packed = numbers.pop(0)
            if offset == _IN_ZIP64 and numbers:
                offset = numbers.pop(0)
        at += length
    return Record(
        raw_name,
        decode(raw_name, utf8=bool(flags & _UTF8), unicode_path=unicode_path),
        system,
        flags,
        method,
        (_seconds(date, time) if seconds is None else seconds) * 1_000_000_000,
        crc,
        packed,
        size,
        attributes,
        offset + shift,
    )


def _seconds(date: int, time: int) -> int:
    """The time of DOS, which has no zone, as if it were UTC. A month or day of 0 counts as 1."""
    day = (1980 + (date >> 9), min(12, date >> 5 & 15) or 1, date & 31 or 1)
    return calendar.timegm((*day, time >> 11, time >> 5 & 63, (time & 31) * 2, 0, 0, 0))


def _too_large() -> errors.LocalFailure:
    return errors.LocalFailure(
        "The archive has more than %d members, or a table of contents of more than %d MiB. Unpack it, or split it up."
        % (MOST_MEMBERS, _LARGEST // 1024**2)
    )


def _split() -> errors.LocalFailure:
    return errors.LocalFailure("This is one part of a split ZIP archive. Join its parts first (zip -s 0 first.zip --out whole.zip).")


def _not_an_archive(beginning: bytes) -> errors.LocalFailure:
    if beginning.startswith(_LOCAL_MARK):
        return errors.LocalFailure(_INCOMPLETE % "its end is missing")
    if beginning.startswith(b"\x1f\x8b"):
        return errors.LocalFailure(
            "This is not a ZIP archive but a compressed file, such as a .tgz. Rename it, so that its name ends in .tgz."
        )
    if beginning.lstrip()[:1] == b"<":
        return errors.LocalFailure(
            "This is a web page and not a ZIP archive: the download had expired, or needed a login. Download it again."
        )
    return errors.LocalFailure(_INCOMPLETE % "it has no table of contents")
