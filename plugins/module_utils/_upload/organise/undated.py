# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that went up before what an export says of them was there: which these are, and what they lack. Private to the collection.

A picture of a Takeout whose JSON file was in a part that was missing has the date of its file, and is neither a favourite nor archived.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Dict, Mapping, Optional

from ..._client import values
from ..._sources import base, facts
from ..._sources.naming.dates import NamedTime
from ..._sources.text import extension_of
from ..metadata.taken import decide_taken, in_iso, named_time, own_time, zone_of
from ..options import Options

_EPOCH = datetime(1970, 1, 1)
_MINUTE = 60  # seconds: some exports know no smaller unit
_SAME = 0.0015  # seconds: Immich tells milliseconds, and 1.135 may be one early
_SECOND = 1.0
_BILLION = 1_000_000_000


class Undated:
    """Knows them by their dates: what Immich shows is what it makes of the file alone, and not what the export says.

    So nothing is overwritten that a user has changed. Where both dates are the same, the description tells whether the export was there.
    """

    def __init__(self, options: Options, kinds: Mapping[str, str]) -> None:
        self._options = options
        self._kinds = kinds

    def lacking(self, item: base.Item, found: values.Organised) -> Dict[str, Any]:
        """The date, the favourite mark and the archive as far as an asset lacks them, as `AssetCalls.describe` takes them.

        The file is looked into where its date is not that of the export, or where something else is lacking. Raises as `own_time`.
        """
        about = item.facts
        if not is_timed(about) or about.taken is None or found.taken is None:
            return {}
        rest = self._unmarked(about, found)
        if not rest and abs(found.taken - about.taken) < _MINUTE:
            return {}
        own = self._own_time(item)
        named = named_time(item) if self._options.date_from_name else None
        if not _shows(found, own, named, about.year):
            return {}
        dated = decide_taken(about, own, named, item.mtime_ns)
        if _is_moment(dated.original) and abs(dated.created_ns / _BILLION - found.taken) >= _SECOND:
            return {"dateTimeOriginal": dated.original, **rest}
        return rest if not (about.description and found.described) else {}

    def with_time(self, item: base.Item, changes: Dict[str, Any], found: values.Organised) -> bool:
        """Adds to a position the time that has to go along, so that Immich does not move it. False if none is known.

        Immich takes a local time without a zone for UTC, and shows it in the zone of the place. What has a zone, as a video has, or no time
        but that of the file's last change, stays. The file is looked into where Immich knows no zone. Raises as `own_time`.
        """
        about = item.facts
        if "dateTimeOriginal" in changes or found.zone not in ("", "UTC", "UTC+0") or found.taken is None or found.local is None:
            return True
        own = self._own_time(item)
        if own is not None and own.offset is not None:
            return True
        if own is None and found.modified is not None and abs(found.taken - found.modified) <= _SAME:
            return True
        try:
            local, moment = (_EPOCH + timedelta(seconds=seconds) for seconds in (found.local, about.taken or 0.0))
        except OverflowError:
            return False
        offset = None if about.taken is None else zone_of(local, moment, minutes=about.minutes)
        if not offset:
            return False
        changes["dateTimeOriginal"] = in_iso(local, offset)
        return True

    def _own_time(self, item: base.Item) -> Optional[facts.LocalTime]:
        return own_time(item, video=self._kinds.get(extension_of(item.inner)) == "video")

    def _unmarked(self, about: facts.Facts, found: values.Organised) -> Dict[str, Any]:
        lacking: Dict[str, Any] = {}
        if about.favorite and not found.favorite:
            lacking["isFavorite"] = True
        if about.visibility == "archive" and found.visibility == self._options.visibility == "timeline":
            lacking["visibility"] = "archive"
        return lacking


def is_timed(about: facts.Facts) -> bool:
    """Whether an export says when a file was taken; what comes from a server is not for this."""
    return about.taken is not None and about.dated is None


def _is_moment(text: Optional[str]) -> bool:
    """Whether a time in ISO 8601 has an offset."""
    return text is not None and (text[-1] == "Z" or text[-6] in "+-")


def _shows(found: values.Organised, own: Optional[facts.LocalTime], named: Optional[NamedTime], year: Optional[int]) -> bool:
    """Whether Immich shows what it makes of a file that was sent without an export: its own time, or else that of its last change, or what
    its name or folder says.

    Of a later export the file has another time of last change, so that the one counts which Immich was told.
    """
    if own is not None:
        locals_sent = [own.local]
    elif found.taken is not None and found.modified is not None and abs(found.taken - found.modified) <= _SAME:
        return True
    else:
        locals_sent = [named.local] if named is not None else []
        locals_sent += [datetime(year, 1, 1)] if year is not None and 1 <= year <= 9999 else []
    return any(found.local is not None and abs(found.local - (one - _EPOCH).total_seconds()) < _SECOND for one in locals_sent)
