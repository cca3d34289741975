# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the content of a file says that its name does not.

Sources for motion photos: Android's "Motion Photo format 1.0" (the container's directory in XMP), and Google's older `MicroVideo`.
Samsung's own trailer is not looked for: Immich does not find the video of all of those, so that their loose video must stay.
"""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Optional

from ...._client import errors
from ... import base

HEAD_BYTES = 64
"""How much of a file it takes."""

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

# EXIF and XMP each fill a segment of up to 64 KiB, and maker notes may fill another.
_XMP_BYTES = 256 * 1024
_SECOND = timedelta(seconds=1)
_STEP = 1024 * 1024
_MICRO_VIDEO = re.compile(rb"""MicroVideoOffset\s*(?:=\s*["']|>)\s*([0-9]{1,12})""")
_ENTRY = re.compile(rb"<\w{1,20}:Item\b([^>]{0,2000})>")
_ATTRIBUTE = re.compile(rb"""Item:(Semantic|Length)\s*=\s*["']([^"']{0,40})["']""")


def extension_of(head: bytes) -> Optional[str]:
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


def holds_video(item: base.Item) -> bool:
    """Whether there is a video where the metadata says so. False as well if the file cannot be read."""
    try:
        with item.open_seekable() as stream:
            head = stream.read(_XMP_BYTES)
            from_end = _distance_from_end(head)
            if from_end is None or not 0 < from_end < item.size:
                return False
            position = item.size - from_end + 4
            if stream.seek(0, io.SEEK_END) < item.size:  # only its beginning can be looked into
                return _read_forward(item, position, 4) == b"ftyp"
            stream.seek(position)
            return stream.read(4) == b"ftyp"
    except (errors.ImmichError, OSError):
        return False


def same_moment(one: base.Item, other: base.Item) -> Optional[bool]:
    """Whether two pictures say themselves that they were taken at the same time; None unless both can be read and say when.

    Google's edited copies keep the time that the camera wrote into EXIF, with or without the fractions of its second.
    """
    try:
        here, there = one.camera().time, other.camera().time
    except (errors.ImmichError, OSError):
        return None
    return abs(here.local - there.local) < _SECOND if here is not None and there is not None else None


def _distance_from_end(head: bytes) -> Optional[int]:
    """How many bytes before the end of the file the video begins, by the metadata; None if there is none."""
    distance = 0
    is_there = False
    for entry in _ENTRY.finditer(head):
        about = dict(_ATTRIBUTE.findall(entry.group(1)))
        if about.get(b"Semantic") == b"MotionPhoto":
            is_there, distance = True, 0
        if is_there:
            distance += _number(about.get(b"Length"))
    if is_there and distance:
        return distance
    match = _MICRO_VIDEO.search(head)
    return int(match.group(1)) if match else None


def _number(text: Optional[bytes]) -> int:
    return int(text) if text and text.isdigit() and len(text) <= 12 else 0


def _read_forward(item: base.Item, position: int, count: int) -> bytes:
    with item.open() as stream:
        while position:
            step = len(stream.read(min(position, _STEP)))
            if not step:
                return b""
            position -= step
        return stream.read(count)
