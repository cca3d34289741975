# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the camera wrote into a picture: EXIF, read with the library exifread. Its only importer."""

from __future__ import annotations

import logging
import re
import traceback
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, BinaryIO, Dict, NamedTuple, Optional, Union, cast

from ..._client import errors
from ..._metadata import model
from . import structure
from .exif_block import exif_blocks

_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([-+])(\d\d):?(\d\d)|Z")
_FRACTION = re.compile(r"\d{1,9}")
_LONGEST_TEXT = 200

_LARGEST_BLOCK = 1024 * 1024
# Apple's notes: TIFF's entries in the order of Motorola, whose places count from the beginning of the notes. What it has under this number
# ExifTool calls ContentIdentifier.
_APPLE, _CONTENT_IDENTIFIER = b"Apple iOS\0\0\1MM", 0x0011
_MOST_NOTES = 200
_IDENTIFIER = re.compile(r"[0-9A-Za-z-]{8,64}")


class Camera(NamedTuple):
    """What EXIF says of a picture; None of what it does not say. `fractions`: the time is known to fractions of a second.

    `content_identifier` is what the still and the video of an Apple live photo have in common.
    """

    time: Optional[model.LocalTime] = None
    fractions: bool = False
    make: Optional[str] = None
    model: Optional[str] = None
    content_identifier: Optional[str] = None


NO_CAMERA = Camera()


@lru_cache(maxsize=None)
def require_exifread() -> Any:
    """The library, which is loaded where it is needed only. Raises `MissingLibrary` where it is not installed."""
    try:
        import exifread
    except ImportError:
        raise errors.MissingLibrary("exifread", traceback.format_exc()) from None
    logging.getLogger("exifread").setLevel(logging.CRITICAL + 1)  # it logs everything that it finds wrong in a picture
    return exifread


def read_camera(source: Union[bytes, BinaryIO]) -> Camera:
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
                identifier = _content_identifier(block.at(0, _LARGEST_BLOCK))
    except structure.ReadLimitExceeded:
        return NO_CAMERA
    taken = _time_of(tags)
    fraction = _FRACTION.fullmatch(_text(tags, "SubSecTimeOriginal") or "")
    if taken and fraction:
        taken = taken.replace(microsecond=int(fraction.group().ljust(6, "0")[:6]))
    return Camera(
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
    """What Apple's notes in a block say; exifread (2.3 to 3.5) looks for the values of Apple's notes 14 bytes too far behind."""
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
