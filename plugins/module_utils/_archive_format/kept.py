# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a photo or an album an archive can keep, so that whatever is written can be read again.

Immich itself limits neither the length of a description nor the number of tags, and a later version may say what this one does not know.
"""

from __future__ import annotations

from typing import List, NamedTuple

from .._metadata import fields, value_types
from . import record as archive_format

_LONGEST_NAME = 4096  # bytes, as the limits below
_LONGEST_MOMENT = 64
_LONGEST_ALBUM_TEXT = 1024 * 1024
_MOST_BYTES = 6  # with which JSON writes a character


class KeptRecord(NamedTuple):
    """What is written of a photo. `cut` has, as parts of a sentence, what Immich says of it and is not in there."""

    record: archive_format.ArchiveRecord
    cut: List[str]


def keep_record(record: archive_format.ArchiveRecord) -> KeptRecord:
    """The part of a record that a line of the manifest can hold; the same each time for the same record."""
    metadata, cut = fields.keep(record.metadata)
    name = _short_name(record.name)
    if name != record.name:
        cut.append("the end of its name")
    short, whole = record._replace(name=name, metadata=metadata), metadata.description
    if len(whole) * _MOST_BYTES > archive_format.LONGEST_WRITTEN // 4:  # else there is room for it in any case
        room = archive_format.LONGEST_WRITTEN - len(_described(short, "").line) - len(',"description":""')
        short = _described(short, _beginning(whole, room))
        if short.metadata.description != whole:
            cut.append("all but the first %d characters of its description, which has %d" % (len(short.metadata.description), len(whole)))
    return KeptRecord(short, cut)


def _described(record: archive_format.ArchiveRecord, description: str) -> archive_format.ArchiveRecord:
    return record._replace(metadata=record.metadata._replace(description=description))


def keep_album(album: archive_format.AlbumRecord) -> archive_format.AlbumRecord:
    """The same for an album: of texts that are far too long for one it is their beginning."""
    return album._replace(
        name=_beginning(album.name, _LONGEST_NAME),
        description=_beginning(album.description, _LONGEST_ALBUM_TEXT),
        shared_with=album.shared_with[: value_types.MOST_TEXTS],
        created=_beginning(album.created, _LONGEST_MOMENT),
    )


def _short_name(name: str) -> str:
    stem, dot, last = name.rpartition(".")
    stem, extension = (stem, dot + last) if dot else (name, "")
    if value_types.size_in_line(name) <= _LONGEST_NAME:
        return name
    if value_types.size_in_line(extension) >= _LONGEST_NAME:
        return _beginning(name, _LONGEST_NAME)
    return _beginning(stem, _LONGEST_NAME - value_types.size_in_line(extension)) + extension


def _beginning(text: str, room: int) -> str:
    """The longest beginning of a text that takes so many bytes in a line."""
    if len(text) * _MOST_BYTES <= room or value_types.size_in_line(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if value_types.size_in_line(text[:middle]) <= room else (low, middle - 1)
    return text[:low]
