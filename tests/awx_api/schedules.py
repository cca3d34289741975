# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which recurrence rules AWX takes: SchedulePreviewSerializer.validate_rrule in awx/api/serializers.py of AWX 24.6, without dateutil."""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime

_RRULE = re.compile(r"DTSTART(?:;TZID=(?P<zone>[^:]+):(?P<local>\d{8}T\d{6})|:(?P<utc>\d{8}T\d{6})Z) RRULE:(?P<rule>\S+)")
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYHOUR", "BYMINUTE", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"}
_FREQUENCIES = {"MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}


def problems(rrule: str) -> list[str]:
    """Why AWX refuses a rule."""
    found = _RRULE.fullmatch(rrule)
    if not found:
        return ["Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ"]
    parts = dict(part.partition("=")[::2] for part in found["rule"].split(";"))
    wrong = []
    if "INTERVAL" not in parts:
        wrong.append(f"INTERVAL required in rrule: RRULE:{found['rule']}")
    if "COUNT" in parts and "UNTIL" in parts:
        wrong.append("RRULE may not contain both COUNT and UNTIL")
    if re.match(r"\d", parts.get("BYDAY", "")):
        wrong.append("BYDAY with numeric prefix not supported")
    if set(parts) - _PARTS or parts.get("FREQ") not in _FREQUENCIES:
        wrong.append(f"rrule parsing failed validation: {found['rule']}")
    try:
        datetime.strptime(found["local"] or found["utc"], "%Y%m%dT%H%M%S")
        zoneinfo.ZoneInfo(found["zone"] or "UTC")
    except (ValueError, zoneinfo.ZoneInfoNotFoundError) as error:
        wrong.append(f"rrule parsing failed validation: {error}")
    return wrong
