# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be said of a photo or video, whoever says it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Optional


class LocalTime(NamedTuple):
    """A time as a clock on the wall showed it, and how far that clock was ahead of UTC; None where that is not known."""

    local: datetime
    offset: Optional[timedelta]


class Position(NamedTuple):
    """A place on earth, in degrees (north and east are positive) and metres above the sea; None where the height is not known."""

    latitude: float
    longitude: float
    altitude: Optional[float] = None


class Dated(NamedTuple):
    """When a photo or video was taken, as a server knows it: `created_ns` in nanoseconds since 1970 (UTC).

    `original` is the local time for the sidecar, in ISO 8601, and `offset` how far that is ahead of UTC, as `+02:00`; None where nothing
    has to be said there.
    """

    created_ns: int
    original: Optional[str]
    offset: Optional[str]
