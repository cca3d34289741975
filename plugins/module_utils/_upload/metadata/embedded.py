# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keywords inside of a JPEG file, in XMP and in IPTC (ISO 10918-1, ISO 16684-3, IPTC-IIM 4.2). Private to the collection."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import BinaryIO, Iterator, List, Tuple, Union

from ..._client import errors
from .xmp import NO_KEYWORDS, Keywords, Unreadable, is_text, keywords_of

_MOST_SEGMENTS = 1000

_IMAGE_DATA, _END = 0xDA, 0xD9  # markers
_XMP = (0xE1, b"http://ns.adobe.com/xap/1.0/\0")
_PHOTOSHOP = (0xED, b"Photoshop 3.0\0")
_RESOURCE, _IPTC = b"8BIM", 0x0404
_ENCODING, _KEYWORD = (1, 90), (2, 25)  # record and data set
_UTF8 = b"\x1b%G"


def embedded_keywords(source: Union[BinaryIO, bytes]) -> Keywords:
    """The keywords in a file's bytes, or in a stream at its beginning; none unless it is a JPEG. `LocalFailure` if it cannot be read."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    found = NO_KEYWORDS
    iptc: List[str] = []
    try:
        for marker, payload in _segments(stream):
            if _is(_XMP, marker, payload):
                with suppress(Unreadable):  # Immich does not get anything out of it either
                    found = keywords_of(payload[len(_XMP[1]) :])
            elif _is(_PHOTOSHOP, marker, payload):
                iptc += _iptc_keywords(payload[len(_PHOTOSHOP[1]) :])
    except OSError as exc:
        raise errors.LocalFailure("The file cannot be read: %s." % (exc.strerror or exc)) from exc
    return found._replace(plain=found.plain or [keyword for keyword in iptc if is_text(keyword)])


def _is(kind: Tuple[int, bytes], marker: int, payload: bytes) -> bool:
    return marker == kind[0] and payload.startswith(kind[1])


def _segments(stream: BinaryIO) -> Iterator[Tuple[int, bytes]]:
    """The segments before the image, as marker and payload."""
    if stream.read(2) != b"\xff\xd8":
        return
    for _number in range(_MOST_SEGMENTS):
        head = stream.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (_IMAGE_DATA, _END):
            return
        size = int.from_bytes(head[2:], "big") - 2
        if size < 0:
            return
        if head[1] in (_XMP[0], _PHOTOSHOP[0]):
            yield head[1], stream.read(size)
        else:
            stream.read(size)  # not every stream can be wound on, and a segment is small


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
