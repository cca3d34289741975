# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moments as users write them in options."""

from __future__ import annotations

import datetime
from typing import Optional

from .._client import errors
from .._text import one_line
from .._times import parse_iso, to_iso_utc

_DAY = len("2024-07-31")


def moment_of(option: str, value: Optional[str], *, end_of_day: bool) -> Optional[datetime.datetime]:
    """The moment in UTC, which it is also taken to be in where it has no offset. `end_of_day`: a day alone means its last millisecond.

    None for None or an empty text. `InvalidRequest` with the option's name if it is not a date.
    """
    if not value:
        return None
    try:
        moment = parse_iso(value)
        if len(value) == _DAY and end_of_day:
            moment = moment.replace(hour=23, minute=59, second=59, microsecond=999000)
        return moment.astimezone(datetime.timezone.utc) if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
    except (ValueError, OverflowError):
        raise errors.InvalidRequest(
            "%s must be a date such as 2024-07-31 or a moment such as 2024-07-31T18:00:00+02:00, not '%s'." % (option, one_line(value))
        ) from None


def iso_moment(option: str, value: Optional[str], *, end_of_day: bool) -> Optional[str]:
    """The same in ISO 8601 as Immich takes it, in UTC with `Z`."""
    moment = moment_of(option, value, end_of_day=end_of_day)
    return None if moment is None else to_iso_utc(moment.replace(tzinfo=None))
