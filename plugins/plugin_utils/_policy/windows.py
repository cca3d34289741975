# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time windows of the wall clock, right across midnight and the change to and from summer time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Any, List, Mapping, NamedTuple, Optional, Tuple

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class PolicyError(Exception):
    """A policy makes no sense; the text says what to write instead."""


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHOLE_DAY = 24 * 60


class Window(NamedTuple):
    """A daily span of the wall clock, in minutes since midnight. `end` may lie before `start`: then it ends the day after.

    `days` are those on which it begins (0 is Monday).
    """

    name: str
    start: int
    end: int
    days: Tuple[int, ...]
    zone: ZoneInfo
    queues: List[str]

    def ends(self, now: datetime) -> Optional[datetime]:
        """When the window that holds `now` (aware) ends, in UTC; None when none does.

        A wall-clock time that comes twice, when summer time ends, is the first one for the start and the second one for the
        end. One that never comes, when summer time begins, counts as if the clock had not been changed yet.
        """
        today = now.astimezone(self.zone).date()
        for begun in (today, today - timedelta(days=1)):
            if begun.weekday() in self.days:
                start = self._at(begun, self.start, fold=0)
                end = self._at(begun, self.end if self.end > self.start else self.end + _WHOLE_DAY, fold=1)
                if start <= now < end:
                    return end
        return None

    def _at(self, day: date, minutes: int, fold: int) -> datetime:
        days, rest = divmod(minutes, _WHOLE_DAY)
        wall = datetime.combine(day + timedelta(days=days), time(*divmod(rest, 60)), self.zone).replace(fold=fold)
        if wall.astimezone(timezone.utc).astimezone(self.zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
            wall = wall.replace(fold=0)  # in the gap, fold 1 would lie before it
        return wall.astimezone(timezone.utc)


def parse_window(given: Mapping[str, Any]) -> Window:
    """A window from `{from, to, days, timezone, queues, name}`. Raises `PolicyError`, whose message is for the user."""
    start, end = _minutes(given.get("from"), "from"), _minutes(given.get("to"), "to")
    days = given.get("days") or list(DAYS)
    unknown = [day for day in days if str(day).lower()[:3] not in DAYS]
    if unknown:
        raise PolicyError("The days of a window in immich_policy_windows are %s, not %s." % (", ".join(DAYS), ", ".join(map(str, unknown))))
    zone = str(given.get("timezone") or "UTC")
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise PolicyError(
            "The timezone %s is not known on the controller. Use a name such as Europe/Berlin. If the name is right, install tzdata there."
            % zone
        ) from exc
    name = given.get("name") or "%s to %s %s" % (_clock(start), _clock(end), zone)
    numbers = tuple(sorted({DAYS.index(str(day).lower()[:3]) for day in days}))
    return Window(str(name), start, end, numbers, where, list(given.get("queues") or ["upload"]))


def _minutes(given: Any, option: str) -> int:
    """Minutes since midnight from `22:30`. YAML reads an unquoted 22:30 as the number 1350, which is the same."""
    text = str(given)
    hours, colon, minutes = text.partition(":")
    try:
        total = int(hours) * 60 + int(minutes) if colon else int(text)
    except ValueError:
        total = -1
    if isinstance(given, bool) or not 0 <= total <= _WHOLE_DAY or (colon and int(minutes) > 59):
        raise PolicyError('A window\'s %s is a time such as "22:30", not %s.' % (option, given))
    return total


def _clock(minutes: int) -> str:
    return "%02d:%02d" % divmod(minutes, 60)
