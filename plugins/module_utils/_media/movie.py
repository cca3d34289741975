# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What MP4 and QuickTime files say of themselves (ISO/IEC 14496-12, Apple's QuickTime File Format)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import BinaryIO, Dict, NamedTuple, Optional, Union

from .._metadata import model
from . import exif, structure

_EPOCH = datetime(1904, 1, 1)
_TO_1970 = 2_082_844_800  # seconds
_LATEST = 1 << 33  # seconds since 1904: in the year 2176
_MOST_KEYS = 1000
_LONGEST_TEXT = 200

_CREATION_DATE, _CONTENT_IDENTIFIER = b"com.apple.quicktime.creationdate", b"com.apple.quicktime.content.identifier"
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(.*)")


class Movie(NamedTuple):
    """What a video says of itself; None of what it does not say. `seconds` is how long it is.

    `time` is Apple's local time with its offset, else the movie header's, which is in UTC. `content_identifier` is what the still and the
    video of an Apple live photo have in common.
    """

    time: Optional[model.LocalTime] = None
    seconds: Optional[float] = None
    content_identifier: Optional[str] = None


def read_movie(source: Union[bytes, BinaryIO]) -> Optional[Movie]:
    """What the movie box of a video says, given the file's bytes or an open file; None if there is none, or none is found.

    The box may stand at the end: only the boxes' heads before it are read. Of a file that cannot seek only the first MiB is read. An open
    file is anywhere afterwards. `LocalFailure` if it cannot be read.
    """
    file = structure.BoundedReader(source)
    try:
        if file.read_at(4, 4) not in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return None
        for box in structure.boxes(file, 0, structure.FAR):
            if box.kind == b"moov":
                return _movie(file, box)
    except structure.ReadLimitExceeded:
        pass
    return None


def _movie(file: structure.BoundedReader, moov: structure.Box) -> Movie:
    movie = Movie()
    texts: Dict[bytes, str] = {}
    for box in structure.find_boxes(file, moov, b"mvhd", b"meta"):
        if box.kind == b"mvhd":
            movie = _header(file.read_at(box.start, 32))
        else:
            texts = _texts(file, box)
    time = _creation_date(texts.get(_CREATION_DATE, ""))
    return movie._replace(time=time or movie.time, content_identifier=texts.get(_CONTENT_IDENTIFIER))


def _header(mvhd: bytes) -> Movie:
    size = 8 if mvhd[:1] == b"\1" else 4
    created = int.from_bytes(mvhd[4 : 4 + size], "big")
    scale = int.from_bytes(mvhd[4 + 2 * size : 8 + 2 * size], "big")
    duration = mvhd[8 + 2 * size : 8 + 3 * size]
    known = scale and len(duration) == size and duration != b"\xff" * size
    return Movie(_header_time(created), int.from_bytes(duration, "big") / scale if known else None)


def _header_time(created: int) -> Optional[model.LocalTime]:
    """Seconds since 1904; 0 is unknown. Some programs count from 1970, which ExifTool, by which Immich reads it, takes for granted then."""
    if not 0 < created < _LATEST:
        return None
    return model.LocalTime(_EPOCH + timedelta(seconds=created if created >= _TO_1970 else created + _TO_1970), timedelta(0))


def _creation_date(text: str) -> Optional[model.LocalTime]:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        local = datetime(*(int(number) for number in match.groups()[:6]))  # type: ignore[arg-type]
    except ValueError:
        return None
    return model.LocalTime(local, exif.parse_offset(match[7]))


def _texts(file: structure.BoundedReader, meta: structure.Box) -> Dict[bytes, str]:
    """QuickTime's metadata by their keys: the names stand in one box, the values by the names' numbers in another."""
    start = meta.start if file.read_at(meta.start + 4, 4) == b"hdlr" else meta.start + 4  # QuickTime's has no version
    parts = {box.kind: box for box in structure.boxes(file, start, meta.end)}
    if b"keys" not in parts or b"ilst" not in parts:
        return {}
    names = _names(structure.content_of(file, parts[b"keys"]))
    texts: Dict[bytes, str] = {}
    for item in structure.boxes(file, parts[b"ilst"].start, parts[b"ilst"].end):
        name = names.get(int.from_bytes(item.kind, "big"))
        if name in (_CREATION_DATE, _CONTENT_IDENTIFIER):
            for data in structure.find_boxes(file, item, b"data"):  # its type and its language stand before the value
                texts[name] = file.read_at(data.start + 8, min(data.end - data.start - 8, _LONGEST_TEXT)).decode("utf-8", "replace")
    return texts


def _names(keys: bytes) -> Dict[int, bytes]:
    names: Dict[int, bytes] = {}
    at = 8
    for number in range(1, _MOST_KEYS):
        size = int.from_bytes(keys[at : at + 4], "big")
        if size < 8:
            break
        names[number] = keys[at + 8 : at + size]
        at += size
    return names
