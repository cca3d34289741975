# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the camera wrote into a picture: EXIF. It is a TIFF document of its own, whatever the file around it, found here and read with the
library exifread, which nothing else imports.

exifread would find it too, but not each version that is in use: 2.3 (Debian 11 and 12) knows no PNG, 3.0 (Debian 13) stops at the first
box of a HEIC file that it does not know, which all of them have. The block itself they all read.
"""

from __future__ import annotations

import logging
import re
import traceback
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, BinaryIO, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union, cast

from .._client import errors
from .._metadata import model
from . import structure

_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([-+])(\d\d):?(\d\d)|Z")
_FRACTION = re.compile(r"\d{1,9}")
_LONGEST_TEXT = 200

# Apple's notes: TIFF's entries in the order of Motorola, whose places count from the beginning of the notes. What it has under this number
# ExifTool calls ContentIdentifier.
_APPLE, _CONTENT_IDENTIFIER = b"Apple iOS\0\0\1MM", 0x0011
_MOST_NOTES = 200
_IDENTIFIER = re.compile(r"[0-9A-Za-z-]{8,64}")

_APP1, _EXIF = 0xE1, b"Exif\0"
_MOST_CHUNKS = 1000
_LARGEST_BLOCK = 1024 * 1024
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


class CameraData(NamedTuple):
    """What EXIF says of a picture; None of what it does not say. `fractions`: the time is known to fractions of a second.

    `content_identifier` is what the still and the video of an Apple live photo have in common.
    """

    time: Optional[model.LocalTime] = None
    fractions: bool = False
    make: Optional[str] = None
    model: Optional[str] = None
    content_identifier: Optional[str] = None

    @property
    def name(self) -> Optional[str]:
        """Make and model of the camera."""
        return " ".join(part for part in (self.make, self.model) if part) or None


NO_CAMERA = CameraData()


@lru_cache(maxsize=None)
def require_exifread() -> Any:
    """The library, which is loaded where it is needed only. Raises `MissingLibrary` where it is not installed."""
    try:
        import exifread
    except ImportError:
        raise errors.MissingLibrary("exifread", traceback.format_exc()) from None
    logging.getLogger("exifread").setLevel(logging.CRITICAL + 1)  # it logs everything that it finds wrong in a picture
    return exifread


def read_camera(source: Union[bytes, BinaryIO]) -> CameraData:
    """The EXIF of a picture in its bytes, or in an open file: JPEG, HEIF, PNG, WebP, TIFF, and the raw files of most makers.

    Whatever is not EXIF, or broken, is `NO_CAMERA`. At most some MiB are read; of a file that cannot seek, the first. An open file is
    anywhere afterwards. Raises `MissingLibrary` where exifread is not installed, and `LocalFailure` if the file cannot be read.
    """
    require_exifread()  # also where there is nothing for it to read: a run must not depend on that
    tags: Dict[str, Any] = {}
    identifier: Optional[str] = None
    try:
        for block in exif_blocks(structure.BoundedReader(source)):
            tags.update(_tags_of(block))
            if _text(tags, "Make") == "Apple":
                identifier = _content_identifier(block.read_at(0, _LARGEST_BLOCK))
    except structure.ReadLimitExceeded:
        return NO_CAMERA
    taken = _time_of(tags)
    fraction = _FRACTION.fullmatch(_text(tags, "SubSecTimeOriginal") or "")
    if taken and fraction:
        taken = taken.replace(microsecond=int(fraction.group().ljust(6, "0")[:6]))
    return CameraData(
        time=model.LocalTime(taken, parse_offset(_text(tags, "OffsetTimeOriginal") or "")) if taken else None,
        fractions=bool(taken and fraction),
        make=_text(tags, "Make"),
        model=_text(tags, "Model"),
        content_identifier=identifier,
    )


def parse_offset(text: str) -> Optional[timedelta]:
    """The offset from UTC in EXIF and QuickTime (`+02:00`, `+0200`, `Z`)."""
    match = _OFFSET.fullmatch(text)
    if match is None or match[1] is None:
        return timedelta(0) if match else None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return None if offset > timedelta(hours=14) else -offset if match[1] == "-" else offset


def _tags_of(block: structure.BoundedReader) -> Dict[str, Any]:
    try:
        return dict(require_exifread().process_file(cast(BinaryIO, block), details=False))
    except errors.ImmichError:
        raise
    except Exception:  # noqa: BLE001  # broken EXIF makes it raise nearly anything
        return {}


def _content_identifier(block: bytes) -> Optional[str]:
    """What Apple's notes in a block say; exifread (2.3 to 3.5) looks for the values of Apple's notes 14 bytes too far on."""
    start = block.find(_APPLE)
    if start < 0:
        return None
    at = start + len(_APPLE)
    for _number in range(min(int.from_bytes(block[at : at + 2], "big"), _MOST_NOTES)):
        entry = block[at + 2 : at + 14]
        if int.from_bytes(entry[:2], "big") == _CONTENT_IDENTIFIER:
            size, place = int.from_bytes(entry[4:8], "big"), start + int.from_bytes(entry[8:], "big")
            text = block[place : place + min(size, _LONGEST_TEXT)].split(b"\0")[0].decode("ascii", "replace")
            return text if _IDENTIFIER.fullmatch(text) else None
        at += 12
    return None


def _time_of(tags: Dict[str, Any]) -> Optional[datetime]:
    """When the picture was taken, in the order in which Immich looks for it."""
    for name in ("DateTimeOriginal", "DateTimeDigitized"):
        match = _TIME.match(_text(tags, name) or "")
        if match:
            try:
                return datetime(*(int(number) for number in match.groups()))  # type: ignore[arg-type]
            except ValueError:
                continue  # 0000:00:00, of cameras whose clock was not set
    return None


def _text(tags: Dict[str, Any], name: str) -> Optional[str]:
    """In CR3 what is EXIF elsewhere stands in a block of its own, as if it were TIFF's."""
    for group in ("EXIF ", "Image "):
        value = getattr(tags.get(group + name), "values", None)
        if isinstance(value, bytes):  # exifread leaves it at that if it is not UTF-8
            value = value.decode("utf-8", "replace")
        text = value[:_LONGEST_TEXT].strip(" \0\t\r\n") if isinstance(value, str) else ""
        if text:
            return text
    return None


def exif_blocks(file: structure.BoundedReader) -> List[structure.BoundedReader]:
    """The EXIF blocks of a file, from their first byte on; more than one in Canon's CR3, none where there is none or none is found."""
    head = file.read_at(0, 92)
    if head[:2] in (b"II", b"MM"):  # TIFF, and the raw files that are made like it
        return [file]
    if head.startswith(b"FUJIFILMCCD-RAW"):
        blocks = _in_jpeg(file, int.from_bytes(head[84:88], "big"))
    elif head.startswith(b"\xff\xd8"):
        blocks = _in_jpeg(file, 0)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        blocks = _in_chunks(file, 8, b"eXIf", "big")
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        blocks = _in_chunks(file, 12, b"EXIF", "little")
    elif head[4:8] == b"ftyp":
        blocks = _in_boxes(file)
    else:
        return []
    return [structure.BoundedReader(block) for block in blocks if block[:2] in (b"II", b"MM")]


def _in_jpeg(file: structure.BoundedReader, start: int) -> Iterator[bytes]:
    file.seek(start)
    for _marker, payload in structure.segments(file, (_APP1,)):
        if payload.startswith(_EXIF):
            yield payload[6:]
            return


def _in_chunks(file: structure.BoundedReader, at: int, wanted: bytes, order: str) -> Iterator[bytes]:
    """PNG has the size before the kind and a checksum behind, RIFF the kind before the size and even sizes."""
    for _number in range(_MOST_CHUNKS):
        head = file.read_at(at, 8)
        if len(head) < 8:
            return
        if order == "big":
            size, kind, behind = int.from_bytes(head[:4], "big"), head[4:], 4
        else:
            kind, size = head[:4], int.from_bytes(head[4:], "little")
            behind = size % 2
        if kind == wanted:
            block = file.read(min(size, _LARGEST_BLOCK))
            yield block[6:] if block.startswith(_EXIF) else block  # some programs write it as in JPEG
            return
        at += 8 + size + behind


def _in_boxes(file: structure.BoundedReader) -> Iterator[bytes]:
    for box in structure.boxes(file, 0, structure.FAR):
        if box.kind == b"meta":
            block = _item_in(file, box)
            if block is not None:
                yield block
            return
        if box.kind == b"moov":  # Canon's CR3: the camera in CMT1, the picture in CMT2
            for inner in structure.find_boxes(file, box, b"uuid"):
                if file.read_at(inner.start, 16) == _CANON:
                    for part in structure.boxes(file, inner.start + 16, inner.end):
                        if part.kind in (b"CMT1", b"CMT2"):
                            yield structure.content_of(file, part)
            return


def _item_in(file: structure.BoundedReader, meta: structure.Box) -> Optional[bytes]:
    """The item of type Exif that a HEIF file has (ISO/IEC 23008-12): how far ahead the block begins, and the block."""
    parts: Dict[bytes, structure.Box] = {box.kind: box for box in structure.boxes(file, meta.start + 4, meta.end)}
    if b"iinf" not in parts or b"iloc" not in parts:
        return None
    number = _exif_item(file, parts[b"iinf"])
    if number is None:
        return None
    place = _place_of(structure.content_of(file, parts[b"iloc"]), number)
    if place is None:
        return None
    method, start, size = place
    if method == 1 and b"idat" in parts:
        start += parts[b"idat"].start
    elif method != 0:
        return None
    item = file.read_at(start, min(size or _LARGEST_BLOCK, _LARGEST_BLOCK))
    return item[4 + int.from_bytes(item[:4], "big") :]


def _exif_item(file: structure.BoundedReader, iinf: structure.Box) -> Optional[int]:
    wide = file.read_at(iinf.start, 1) != b"\0"
    for box in structure.boxes(file, iinf.start + (8 if wide else 6), iinf.end):
        entry = file.read_at(box.start, 14)
        length = 4 if entry[:1] == b"\3" else 2
        if entry[6 + length : 10 + length] == b"Exif":
            return int.from_bytes(entry[4 : 4 + length], "big")
    return None


def _place_of(iloc: bytes, wanted: int) -> Optional[Tuple[int, int, int]]:
    """How an item is kept (0: in the file, 1: in the box `idat`), where it begins and its size, 0 for all that follows."""
    reader = _Numbers(iloc)
    version, _flags = reader.next(1), reader.next(3)
    sizes = reader.next(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    index_size = index_size if version else 0
    wide = 4 if version == 2 else 2
    for _number in range(min(reader.next(wide), len(iloc))):
        item = reader.next(wide)
        method = reader.next(2) & 15 if version else 0
        reader.next(2)
        base = reader.next(base_size)
        count = reader.next(2)
        if item == wanted:
            reader.skip(index_size)
            return (method, base + reader.next(offset_size), reader.next(length_size)) if count == 1 else None
        reader.skip(count * (index_size + offset_size + length_size))
        if reader.at_end:
            break
    return None


class _Numbers:
    """Numbers one after another; 0 where there are no more."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._content)

    def skip(self, size: int) -> None:
        self._at += size

    def next(self, size: int) -> int:
        self._at += size
        return int.from_bytes(self._content[self._at - size : self._at], "big")
