# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a photo or an album an archive can keep, so that whatever is written can be read again.

Immich itself limits neither the length of a description nor the number of tags, and a later version may say what this one does not know.
"""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from . import record as archive_format

_LONGEST_NAME = 4096  # bytes, as of those below
_LONGEST_ZONE = 256
_LONGEST_MOMENT = 64
_LONGEST_LISTS = {"tags": 256 * 1024, "people": 128 * 1024, "albums": 128 * 1024}  # the rest of a line is the description's
_LONGEST_ALBUM_TEXT = 1024 * 1024
_MOST_BYTES = 6  # with which JSON writes a character


class Kept(NamedTuple):
    """What is written of a photo. `cut` says in words what Immich says of it and is not in there."""

    record: archive_format.Record
    cut: List[str]


def kept(record: archive_format.Record) -> Kept:
    """The part of a record that a line of the manifest can hold; the same each time for the same record."""
    cut: List[str] = []
    changes: Dict[str, Any] = {}
    if record.visibility not in archive_format.VISIBILITIES:
        changes["visibility"] = "timeline"
        cut.append("its visibility '%s', which this version of the collection does not know" % record.visibility)
    if not (_is_on_earth("latitude", record.latitude) and _is_on_earth("longitude", record.longitude)):
        changes.update(latitude=None, longitude=None)
        cut.append("its position, which is not on earth")
    name = _short_name(record.name)
    if name != record.name:
        changes["name"] = name
        cut.append("the end of its name")
    if record.zone is not None and _size(record.zone) > _LONGEST_ZONE:
        changes["zone"] = None
        cut.append("the name of its time zone, which is too long")
    for field, longest in _LONGEST_LISTS.items():
        texts: Tuple[str, ...] = getattr(record, field)
        first = _first(texts, longest)
        if len(first) < len(texts):
            changes[field] = first
            cut.append("%d of its %d %s" % (len(texts) - len(first), len(texts), field))
    short = record._replace(**changes) if changes else record
    whole = record.description
    if len(whole) * _MOST_BYTES > archive_format.LONGEST_WRITTEN // 4:  # else there is room for it in any case
        room = archive_format.LONGEST_WRITTEN - len(short._replace(description="").line) - len(',"description":""')
        short = short._replace(description=_beginning(whole, room))
        if short.description != whole:
            cut.append("all but the first %d characters of its description, which has %d" % (len(short.description), len(whole)))
    return Kept(short, cut)


def kept_album(album: archive_format.AlbumRecord) -> archive_format.AlbumRecord:
    """The same for an album: of texts that are far too long for one it is their beginning."""
    return album._replace(
        name=_beginning(album.name, _LONGEST_NAME),
        description=_beginning(album.description, _LONGEST_ALBUM_TEXT),
        shared_with=album.shared_with[: archive_format.MOST_TEXTS],
        created=_beginning(album.created, _LONGEST_MOMENT),
    )


def _is_on_earth(field: str, degrees: Any) -> bool:
    return degrees is None or (math.isfinite(degrees) and abs(degrees) <= archive_format.MOST_DEGREES[field])


def _first(texts: Sequence[str], longest: int) -> Tuple[str, ...]:
    """Those that fit, from the beginning; one that is too long by itself is left out."""
    found: List[str] = []
    left = longest
    for text in texts:
        size = _size(text) + len('"",')
        if size <= left and len(found) < archive_format.MOST_TEXTS:
            left -= size
            found.append(text)
    return tuple(found)


def _short_name(name: str) -> str:
    stem, dot, last = name.rpartition(".")
    stem, extension = (stem, dot + last) if dot else (name, "")
    if _size(name) <= _LONGEST_NAME:
        return name
    if _size(extension) >= _LONGEST_NAME:
        return _beginning(name, _LONGEST_NAME)
    return _beginning(stem, _LONGEST_NAME - _size(extension)) + extension


def _beginning(text: str, room: int) -> str:
    """The longest beginning of a text that takes so many bytes in a line."""
    if len(text) * _MOST_BYTES <= room or _size(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _size(text[:middle]) <= room else (low, middle - 1)
    return text[:low]


def _size(text: str) -> int:
    """Bytes of a text in a line, without its quotation marks."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - len('""')
