# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moments: from and to ISO 8601, seconds and nanoseconds since 1970. A `datetime` without a zone is in UTC here."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Optional

EPOCH = datetime(1970, 1, 1)
AWARE_EPOCH = EPOCH.replace(tzinfo=timezone.utc)

# What Immich can be sent: it reads a year below 100 as one of the 20th or 21st century (observed on 1.135 to 3.1), and has no notation for
# one with five digits. A day from either end, so that an offset does not lead beyond it.
EARLIEST, LATEST = datetime(100, 1, 2), datetime(9999, 12, 30)

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (datetime.max - EPOCH) // timedelta(seconds=1)


def parse_iso(text: str) -> datetime:
    """A date or moment in ISO 8601, with its offset if it has one. `Z` is one too. Raises `ValueError`."""
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)


def seconds_of_iso(text: str) -> Optional[float]:
    """A moment as Immich writes it; None for one without an offset, and for a year that Python does not know."""
    try:
        return (parse_iso(text) - AWARE_EPOCH).total_seconds()
    except (TypeError, ValueError):
        return None


def seconds_of_rfc3339(text: Any) -> Optional[float]:
    """A moment as programs in Go write it, with up to nine digits behind the second; None for anything else.

    Go writes the year 1 for no date.
    """
    match = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    seconds = seconds_of_iso(match.group(1) + match.group(3)) if match and not text.startswith("0001-") else None
    return None if match is None or seconds is None else seconds + float(match.group(2) or 0)


def seconds_of_http_date(date: Optional[str]) -> Optional[float]:
    """A date of HTTP's (RFC 9110, section 5.6.7); None for nonsense."""
    if not date or not date.isascii():
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ArithmeticError, LookupError, TypeError, ValueError):  # which of them depends on Python's version
        return None


def from_seconds(seconds: Optional[float]) -> Optional[datetime]:
    """The moment so many seconds after 1970, to the millisecond (as Immich has times); None for None, and beyond Python's calendar."""
    try:
        return None if seconds is None else EPOCH + timedelta(milliseconds=round(seconds * 1000))
    except (OverflowError, ValueError):
        return None


def to_seconds(moment: datetime) -> float:
    """Seconds since 1970 of a moment without a zone."""
    return (moment - EPOCH).total_seconds()


def to_ns(moment: datetime) -> int:
    """Nanoseconds since 1970 of a moment without a zone."""
    return (moment - EPOCH) // _MICROSECOND * 1000


def to_iso(local: datetime, offset: Optional[timedelta] = None) -> str:
    """A time in ISO 8601, with milliseconds where it has any, and with the offset if there is one: `Z`, `+02:00`."""
    text = local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")
    if offset is None:
        return text
    minutes = offset // timedelta(minutes=1)
    return text + ("%s%02d:%02d" % ("-" if minutes < 0 else "+", *divmod(abs(minutes), 60)) if minutes else "Z")


def to_iso_utc(moment: datetime) -> str:
    """A moment (without a zone) as Immich takes it: in UTC, with milliseconds and `Z`.

    3.0.0 takes no other offset (its OpenAPI document; 3.1 takes `±hh:mm` too). What Immich would misread is moved to the nearest end.
    """
    return min(max(moment, EARLIEST), LATEST).isoformat(timespec="milliseconds") + "Z"


def seconds_to_iso_utc(seconds: float) -> str:
    """The same for seconds since 1970, without their fraction."""
    return ns_to_iso_utc(int(seconds) * 1_000_000_000)


def seconds_to_iso(seconds: float) -> str:
    """Seconds since 1970 as `2026-01-31T12:00:00Z`, without their fraction. What is before 1970, or beyond the calendar, is moved to the
    nearest end: a clock may say anything."""
    return to_iso(EPOCH + timedelta(seconds=int(max(0.0, min(seconds, _LAST)))), timedelta())


def ns_to_iso_utc(ns: int) -> str:
    """The same for nanoseconds since 1970, which may be any number."""
    try:
        moment = EPOCH + timedelta(microseconds=ns // 1000)
    except OverflowError:
        moment = LATEST if ns > 0 else EARLIEST
    return to_iso_utc(moment)
