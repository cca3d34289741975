# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the files of photos and videos are built of: boxes (ISO/IEC 14496-12: MP4, QuickTime, HEIF, CR3) and JPEG's segments (ISO 10918-1);
and how each type begins.

All is read through `BoundedReader`, which costs little whatever a file says. No library for boxes is in all of the distributions that
the collection is for, reads from a stream, and gives out what is needed here: mutagen knows the tags of iTunes only, hachoir does not
give out Apple's content identifier, pymediainfo needs a native library.
"""

from __future__ import annotations

import io
from typing import BinaryIO, Container, Iterator, NamedTuple, Optional, Tuple, Union

from .._client import errors

_MOST_BYTES = 4 * 1024 * 1024
_MOST_READS = 20_000


class ReadLimitExceeded(Exception):
    """More of the file was asked for than any picture makes necessary: its structure loops or is false."""


class BoundedReader:
    """Reads here and there in a file's bytes, or in an open file, and raises `ReadLimitExceeded` when that was too often or too much.

    `LocalFailure` if it cannot be read.
    """

    def __init__(self, source: Union[bytes, BinaryIO]) -> None:
        self._reads, self._bytes = _MOST_READS, _MOST_BYTES
        try:
            if isinstance(source, bytes):
                source = io.BytesIO(source)
            self._stream = source
            self.seek(0)
        except OSError as exc:
            raise errors.unreadable(exc) from exc

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all; never more than may still be read."""
        self._reads -= 1
        if self._reads < 0 or self._bytes <= 0:
            raise ReadLimitExceeded
        try:
            block = self._stream.read(self._bytes if size < 0 else min(size, self._bytes))
        except OSError as exc:
            raise errors.unreadable(exc) from exc
        self._bytes -= len(block)
        return block

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._stream.seek(offset, whence)
        except (OSError, OverflowError) as exc:  # before the beginning, or where no file reaches
            raise ReadLimitExceeded from exc

    def tell(self) -> int:
        return self._stream.tell()

    def read_at(self, offset: int, size: int) -> bytes:
        """The bytes from there on; fewer, or none, at the end of the file, and none for a `size` below 0: of a box that says too little."""
        self.seek(offset)
        return self.read(max(0, size))


FAR = 1 << 62
"""A place at which no file ends."""

_MOST = 1000  # boxes beside each other; real files have a few dozen
_LARGEST = 1024 * 1024  # of what is read whole


class Box(NamedTuple):
    """A box: its `kind` of four bytes, and where its content begins and ends."""

    kind: bytes
    start: int
    end: int


def boxes(file: BoundedReader, start: int, end: int) -> Iterator[Box]:
    """The boxes one after another between two places. What ends too early, or says that it does, ends them."""
    for _number in range(_MOST):
        head = file.read_at(start, 16) if start + 8 <= end else b""
        if len(head) < 8:
            return
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1 and len(head) == 16:
            size, content = int.from_bytes(head[8:], "big"), start + 16
        after = end if size == 0 else start + size  # 0: up to the end of the file
        if after < content:
            return
        yield Box(kind, content, min(after, end))
        start = after


def find_boxes(file: BoundedReader, outer: Box, *kinds: bytes) -> Iterator[Box]:
    """The boxes of some kinds inside of another one."""
    return (box for box in boxes(file, outer.start, outer.end) if box.kind in kinds)


def content_of(file: BoundedReader, box: Box) -> bytes:
    """What is in a box, as far as the first MiB."""
    return file.read_at(box.start, min(box.end - box.start, _LARGEST))


_MOST_SEGMENTS = 1000
_IMAGE_DATA, _END = 0xDA, 0xD9  # markers


def segments(file: BoundedReader, wanted: Container[int]) -> Iterator[Tuple[int, bytes]]:
    """The segments before the image whose marker is wanted, as marker and payload. The reader is at the beginning of the JPEG file."""
    if file.read(2) != b"\xff\xd8":
        return
    for _number in range(_MOST_SEGMENTS):
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (_IMAGE_DATA, _END):
            return
        size = int.from_bytes(head[2:], "big") - 2
        if size < 0:
            return
        if head[1] in wanted:
            yield head[1], file.read(size)
        else:
            file.seek(size, io.SEEK_CUR)


HEAD_BYTES = 64
"""How much of a file `extension_by_content` takes."""

_BEGINNINGS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"BM", ".bmp"),
    (b"\xff\x0a", ".jxl"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", ".jxl"),
    (b"\x00\x00\x01\xba", ".mpg"),
    (b"\x00\x00\x01\xb3", ".mpg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ".wmv"),
    (b"FLV\x01", ".flv"),
)
_RIFF = {b"WEBP": ".webp", b"AVI ": ".avi"}
# ISO/IEC 14496-12: the major brand; anything else that has one is taken for MP4.
_BRANDS = {
    b"heic": ".heic",
    b"heix": ".heic",
    b"heim": ".heic",
    b"heis": ".heic",
    b"hevc": ".heic",
    b"mif1": ".heic",
    b"msf1": ".heic",
    b"avif": ".avif",
    b"avis": ".avif",
    b"qt  ": ".mov",
    b"M4V ": ".m4v",
    b"3gp4": ".3gp",
    b"3gp5": ".3gp",
    b"3gp6": ".3gp",
}
# QuickTime files from before 2001 have no brand: they begin with one of these.
_QUICKTIME = (b"moov", b"mdat", b"wide")


def extension_by_content(head: bytes) -> Optional[str]:
    """The extension, with its dot, that a photo or video with this beginning should have; None if it is neither."""
    for beginning, extension in _BEGINNINGS:
        if head.startswith(beginning):
            return extension
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], ".mp4")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return ".webm" if b"webm" in head else ".mkv"
    return ".mov" if head[4:8] in _QUICKTIME else None
