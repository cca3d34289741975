# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a file's bytes say, found out without a library: the keywords of a JPEG, and whether it may say when it was taken.

Keywords are in XMP and in IPTC (ISO 10918-1, ISO 16684-3, IPTC-IIM 4.2). A date is looked for in files of plain folders, on hosts that may
not have exifread, so that an upload of many is not slower for it. What is not certain counts as a date: then all stays as the file has it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import BinaryIO, List, Tuple, Union

from ..._metadata import model
from ..._sources.media import structure
from ..._sources.media.exif_block import exif_blocks
from ..._sources.media.movie import read_movie
from ..._sources.media.structure import segments

_XMP = (0xE1, b"http://ns.adobe.com/xap/1.0/\0")
_PHOTOSHOP = (0xED, b"Photoshop 3.0\0")
_WANTED = (_XMP[0], _PHOTOSHOP[0])
_RESOURCE, _IPTC = b"8BIM", 0x0404
_ENCODING, _KEYWORD = (1, 90), (2, 25)  # record and data set
_UTF8 = b"\x1b%G"


def embedded_keywords(source: Union[BinaryIO, bytes]) -> model.Keywords:
    """The keywords in a file's bytes, or in a stream that can seek; none unless it is a JPEG. `LocalFailure` if it cannot be read."""
    from ..._metadata.xmp import keywords_of  # only here: a date needs none of it

    found = model.NO_KEYWORDS
    iptc: List[str] = []
    with suppress(structure.ReadLimitExceeded):
        for marker, payload in segments(structure.BoundedReader(source), _WANTED):
            if _is(_XMP, marker, payload):
                with suppress(model.Unreadable):  # Immich does not get anything out of it either
                    found = keywords_of(payload[len(_XMP[1]) :])
            elif _is(_PHOTOSHOP, marker, payload):
                iptc += _iptc_keywords(payload[len(_PHOTOSHOP[1]) :])
    return found._replace(plain=found.plain or [keyword for keyword in iptc if model.is_text(keyword)])


def _is(kind: Tuple[int, bytes], marker: int, payload: bytes) -> bool:
    return marker == kind[0] and payload.startswith(kind[1])


def _iptc_keywords(resources: bytes) -> List[str]:
    """The keywords in Photoshop's image resources."""
    at = 0
    while resources[at : at + 4] == _RESOURCE and at + 12 <= len(resources):
        number = int.from_bytes(resources[at + 4 : at + 6], "big")
        name = resources[at + 6] + 1
        at += 6 + name + name % 2
        size = int.from_bytes(resources[at : at + 4], "big")
        if number == _IPTC:
            return _keywords_in(resources[at + 4 : at + 4 + size])
        at += 4 + size + size % 2
    return []


def _keywords_in(records: bytes) -> List[str]:
    encoding, at = "cp1252", 0
    found: List[bytes] = []
    while at + 5 <= len(records) and records[at] == 0x1C:
        kind = records[at + 1], records[at + 2]
        size = int.from_bytes(records[at + 3 : at + 5], "big")
        value = records[at + 5 : at + 5 + size]
        if kind == _ENCODING and value == _UTF8:
            encoding = "utf-8"
        elif kind == _KEYWORD:
            found.append(value)
        at += 5 + size
    return [value.decode(encoding, "replace") for value in found]


_HEAD = 64 * 1024
# As EXIF and XMP write it. Cameras whose clock was not set write zeros.
_DATE = re.compile(rb"[12]\d{3}([:-])\d\d\1\d\d[ T]\d\d:\d\d")


def may_have_own_date(source: Union[bytes, BinaryIO], *, video: bool) -> bool:
    """Given a file's bytes, or an open file, which is anywhere afterwards. `LocalFailure` if it cannot be read.

    Of a video the movie box is looked for, at its end too, which takes three or four reads: a phone's video has its date there. Videos
    that are not MP4 or QuickTime count as dated.
    """
    if video:
        container = read_movie(source)
        return container is None or container.time is not None
    file = structure.BoundedReader(source)
    try:
        return _has_date(file) or any(_has_date(block) for block in exif_blocks(file) if block is not file)
    except structure.ReadLimitExceeded:
        return True


def _has_date(file: structure.BoundedReader) -> bool:
    return _DATE.search(file.at(0, _HEAD)) is not None
