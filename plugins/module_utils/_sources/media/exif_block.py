# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the EXIF block of a picture is: a TIFF document of its own, whatever the file around it.

exifread would find it too, but not each version that is in use: 2.3 (Debian 11 and 12) knows no PNG, 3.0 (Debian 13) stops at the first
box of a HEIC file that it does not know, which all of them have. The block itself they all read.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

from . import structure
from .structure import Box, boxes, content_of, find, segments

_APP1, _EXIF = 0xE1, b"Exif\0"
_MOST_CHUNKS = 1000
_LARGEST_BLOCK = 1024 * 1024
_FAR = 1 << 62  # no file ends there
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


def exif_blocks(file: structure.BoundedReader) -> List[structure.BoundedReader]:
    """The EXIF blocks of a file, from their first byte on; more than one in Canon's CR3, none where there is none or none is found."""
    head = file.at(0, 92)
    if head[:2] in (b"II", b"MM"):  # TIFF, and the raw files that are made like it
        return [file]
    if head.startswith(b"FUJIFILMCCD-RAW"):
        found = _in_jpeg(file, int.from_bytes(head[84:88], "big"))
    elif head.startswith(b"\xff\xd8"):
        found = _in_jpeg(file, 0)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        found = _in_chunks(file, 8, b"eXIf", "big")
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        found = _in_chunks(file, 12, b"EXIF", "little")
    elif head[4:8] == b"ftyp":
        found = _in_boxes(file)
    else:
        return []
    return [structure.BoundedReader(block) for block in found if block[:2] in (b"II", b"MM")]


def _in_jpeg(file: structure.BoundedReader, start: int) -> Iterator[bytes]:
    file.seek(start)
    for _marker, payload in segments(file, (_APP1,)):
        if payload.startswith(_EXIF):
            yield payload[6:]
            return


def _in_chunks(file: structure.BoundedReader, at: int, wanted: bytes, order: str) -> Iterator[bytes]:
    """PNG has the size before the kind and a checksum behind, RIFF the kind before the size and even sizes."""
    for _number in range(_MOST_CHUNKS):
        head = file.at(at, 8)
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
    for box in boxes(file, 0, _FAR):
        if box.kind == b"meta":
            block = _item_in(file, box)
            if block is not None:
                yield block
            return
        if box.kind == b"moov":  # Canon's CR3: the camera in CMT1, the picture in CMT2
            for inner in find(file, box, b"uuid"):
                if file.at(inner.start, 16) == _CANON:
                    for part in boxes(file, inner.start + 16, inner.end):
                        if part.kind in (b"CMT1", b"CMT2"):
                            yield content_of(file, part)
            return


def _item_in(file: structure.BoundedReader, meta: Box) -> Optional[bytes]:
    """The item of type Exif that a HEIF file has (ISO/IEC 23008-12): how far ahead the block begins, and the block."""
    parts: Dict[bytes, Box] = {box.kind: box for box in boxes(file, meta.start + 4, meta.end)}
    if b"iinf" not in parts or b"iloc" not in parts:
        return None
    number = _exif_item(file, parts[b"iinf"])
    if number is None:
        return None
    place = _place_of(content_of(file, parts[b"iloc"]), number)
    if place is None:
        return None
    method, start, size = place
    if method == 1 and b"idat" in parts:
        start += parts[b"idat"].start
    elif method != 0:
        return None
    item = file.at(start, min(size or _LARGEST_BLOCK, _LARGEST_BLOCK))
    return item[4 + int.from_bytes(item[:4], "big") :]


def _exif_item(file: structure.BoundedReader, iinf: Box) -> Optional[int]:
    wide = file.at(iinf.start, 1) != b"\0"
    for box in boxes(file, iinf.start + (8 if wide else 6), iinf.end):
        entry = file.at(box.start, 14)
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
    wide = 4 if version == 2 else 2
    for _number in range(min(reader.next(wide), len(iloc))):
        item = reader.next(wide)
        method = reader.next(2) & 15 if version else 0
        reader.next(2)
        base = reader.next(base_size)
        extents = []
        for _extent in range(min(reader.next(2), len(iloc))):
            reader.next(index_size if version else 0)
            extents.append((reader.next(offset_size), reader.next(length_size)))
        if item == wanted and len(extents) == 1:
            return method, base + extents[0][0], extents[0][1]
        if item == wanted or reader.at_end:
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

    def next(self, size: int) -> int:
        self._at += size
        return int.from_bytes(self._content[self._at - size : self._at], "big")
