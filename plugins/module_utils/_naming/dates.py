# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a date in a file's name, or in the names of its folders, says.

Only what can hardly be anything else is taken for a date: a day that the calendar has, from 1980 to tomorrow, in the order year, month,
day, with no further digit on either side.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import List, Match, NamedTuple, Optional, Pattern, Sequence, Tuple

from .. import _times

DAY, MINUTE, SECOND, MILLISECOND = "day", "minute", "second", "millisecond"

# Longer names and deeper paths do not occur on the file systems that pictures come from.
_LONGEST = 255
_DEEPEST = 64

_BLANK = "[ \u202f]"  # macOS writes the second before AM and PM
# These are texts, which are compiled when the first name seems to have a date.

# A day; then, after at most a sign or a short word ("at", "um", "kl."), a time. Of the four digits of a time without seconds nobody
# knows whether they are a number, so that it needs a sign in between. `_` is not before milliseconds: Samsung numbers bursts like that.
_DATE = r"""(?x)(?<!\d)
    (?P<year>19[89]\d|20\d\d)(?P<sign>[-_.\ ]?)(?P<month>0[1-9]|1[0-2])(?P=sign)(?P<day>0[1-9]|[12]\d|3[01])
    (?:
      (?P<glue>[-_.T\ ]|,\ |\ -\ |BLANK[^\W\d_]{1,3}\.?BLANK)?
      (?P<hour>[01]\d|2[0-3]|\d(?=[-.:]))(?P<between>[-_.:]?)(?P<minute>[0-5]\d)
      (?:(?P=between)(?P<second>[0-5]\d)(?:[-.]?(?P<fraction>\d{3})(?!\d))?|(?<=[-_.:]\d\d))
      (?!\d)
      (?:BLANK?(?P<half>[AaPp])[Mm](?![^\W_]))?
      (?P<offset>[-+]\d{4}(?!\d))?
    )?
    (?!\d)""".replace("BLANK", _BLANK)
_MILLISECONDS = r"(?<!\d)1\d{12}(?!\d)"  # since 1970; from 2001 on
_PERHAPS = re.compile(r"19[89]\d|20\d\d|1\d{12}")  # what both begin with: the search for them takes ten times as long

_YEAR, _TWO_DIGITS = r"19[89]\d|20\d\d", r"\d\d"

_LARGEST_OFFSET = timedelta(hours=14)


class NamedTime(NamedTuple):
    """A time that a name says: as a clock on the wall showed it, and how far that clock was ahead of UTC if the name says so.

    `precision` is the smallest unit that is known; what is smaller is 0. `folder`: it is the name of a folder.
    """

    local: datetime
    precision: str
    offset: Optional[timedelta] = None
    folder: bool = False


def date_in_name(name: str, folders: Sequence[str] = (), now: Optional[datetime] = None) -> Optional[NamedTime]:
    """The time in a file's name, else the day in the names of its `folders` (the outermost first), of which the innermost counts.

    Names of Pixel phones (`PXL_`) and milliseconds since 1970 are in UTC, all others in local time. What is later than a day after
    `now` (in UTC, without a zone; by default the present) is not a date.
    """
    dates = (*_in_file_name(name[:_LONGEST]), *_in_folders(tuple(folders[-_DEEPEST:])))
    if not dates:
        return None
    latest = (now or datetime.now(timezone.utc).replace(tzinfo=None)) + timedelta(days=1)
    return next((date for date in dates if date.local <= latest), None)


@lru_cache(maxsize=None)
def _date_pattern() -> Pattern[str]:
    return re.compile(_DATE)


def _in_file_name(name: str) -> List[NamedTime]:
    if not _PERHAPS.search(name):
        return []
    times = [time for time in map(_time_of, _date_pattern().finditer(name)) if time is not None]
    if name[:4].upper() == "PXL_":
        times = [moment if moment.precision == DAY else moment._replace(offset=timedelta(0)) for moment in times]
    moments = (_times.EPOCH + timedelta(milliseconds=int(match.group())) for match in re.finditer(_MILLISECONDS, name))
    return [*times, *(NamedTime(moment, MILLISECOND, timedelta(0)) for moment in moments)]


@lru_cache(maxsize=64)  # the files of one folder come one after another
def _in_folders(folders: Tuple[str, ...]) -> List[NamedTime]:
    days = []
    for depth in range(len(folders), 0, -1):
        match = _date_pattern().search(folders[depth - 1][:_LONGEST])
        day = _day(*match.group("year", "month", "day")) if match else _nested_day(folders[max(depth - 3, 0) : depth])
        if day is not None:
            days.append(NamedTime(day, DAY, folder=True))
    return days


def _nested_day(folders: Sequence[str]) -> Optional[datetime]:
    """The day that three folders say, such as `2020/05/17`."""
    if len(folders) < 3 or not re.fullmatch(_YEAR, folders[0]) or not all(re.fullmatch(_TWO_DIGITS, folder) for folder in folders[1:]):
        return None
    return _day(*folders)


def _day(year: str, month: str, day: str) -> Optional[datetime]:
    try:
        return datetime(int(year), int(month), int(day))
    except ValueError:
        return None  # 31 June


def _time_of(match: Match[str]) -> Optional[NamedTime]:
    day = _day(*match.group("year", "month", "day"))
    if day is None or match["hour"] is None:
        return None if day is None else NamedTime(day, DAY)
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return NamedTime(day, DAY)
        hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
    moment = day.replace(
        hour=hour, minute=int(match["minute"]), second=int(match["second"] or 0), microsecond=int(match["fraction"] or 0) * 1000
    )
    precision = MILLISECOND if match["fraction"] else SECOND if match["second"] else MINUTE
    return NamedTime(moment, precision, _offset_of(match))


def _offset_of(match: Match[str]) -> Optional[timedelta]:
    """The offset of ISO 8601 (`T` before the time), as Parrot's drones write it."""
    text = match["offset"]
    if text is None or match["glue"] != "T":
        return None
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return None if offset > _LARGEST_OFFSET else -offset if text[0] == "-" else offset
