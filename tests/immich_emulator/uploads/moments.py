# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The moment and the local time of a picture, as Immich computes them from time and place in the file and its sidecar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from immich_emulator.storage import iso

#: Immich looks a zone up on a map; here the nearest of these places tells it.
PLACES = {
    "America/Los_Angeles": (34.05, -118.24),
    "America/New_York": (40.71, -74.01),
    "America/Sao_Paulo": (-23.55, -46.63),
    "Europe/London": (51.5, -0.12),
    "Europe/Berlin": (52.52, 13.4),
    "Europe/Rome": (41.9, 12.5),
    "Africa/Nairobi": (-1.28, 36.82),
    "Asia/Kathmandu": (27.72, 85.32),
    "Asia/Tokyo": (35.68, 139.76),
    "Australia/Sydney": (-33.87, 151.21),
}


@dataclass
class Said:
    """What a file, or a sidecar, says. `in_date` is the offset in its date itself, `offset` that beside it; `position` is in degrees."""

    clock: datetime | None = None
    in_date: timedelta | None = None
    offset: timedelta | None = None
    position: tuple[float, float] | None = None

    def take_date(self, text: str) -> None:
        """A date in ISO 8601, with an offset or local."""
        moment = datetime.fromisoformat(text)
        self.clock, self.in_date = moment.replace(tzinfo=None), moment.utcoffset()

    @property
    def zone(self) -> tzinfo | None:
        """The zone that it is in: an offset beside the date counts more than the place, and that more than the date's own."""
        if self.offset is not None:
            return timezone(self.offset)
        if self.position is not None and any(self.position):
            return zone_at(self.position)
        return None if self.in_date is None else timezone(self.in_date)

    @property
    def instant(self) -> datetime | None:
        """The moment, as far as that is known: without any zone the time counts as UTC."""
        if self.clock is None:
            return None
        zone = timezone(self.in_date) if self.in_date is not None else self.zone or UTC
        return self.clock.replace(tzinfo=zone).astimezone(UTC)


class Moment(NamedTuple):
    """The moment in UTC and the local time, both as `iso` writes them, and the name of the zone."""

    taken: str | None
    local: str | None
    zone: str | None


def moment_of(own: Said, beside: Said, *, is_old: bool) -> Moment:
    """What Immich makes of a file and of its sidecar, whose date and place each win over the file's (observed on 1.135.3, 2.7.5, 3.1.0).

    Since 2.7 the local time is the moment in the zone, even where the moment has become one only by taking a clock for UTC: a place
    without a time moves such a clock. 1.135 shows what the clock showed.
    """
    said = own if beside.clock is None else beside
    zone = beside.zone if beside.clock is None and beside.position is not None else said.zone
    name = None if zone is None else zone.key if isinstance(zone, ZoneInfo) else name_of(zone.utcoffset(None) or timedelta(0))
    instant = said.instant
    if instant is None or said.clock is None:
        return Moment(None, None, name)
    local = said.clock if is_old else instant.astimezone(zone or UTC).replace(tzinfo=None)
    return Moment(iso(instant), iso(local.replace(tzinfo=UTC)), name)


def zone_at(position: tuple[float, float]) -> ZoneInfo:
    """The zone of a place."""
    return ZoneInfo(min(PLACES, key=lambda one: (PLACES[one][0] - position[0]) ** 2 + (PLACES[one][1] - position[1]) ** 2))


def name_of(offset: timedelta) -> str:
    """`UTC+2`, and `UTC` where a clock shows just that."""
    return f"UTC{offset.total_seconds() / 3600:+g}" if offset else "UTC"
