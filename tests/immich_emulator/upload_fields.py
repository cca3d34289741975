# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fields of an upload must be, version by version."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from immich_emulator.errors import Invalid, bad_request
from immich_emulator.http import MISSING
from immich_emulator.storage import iso
from immich_emulator.validation import Field, bad_format, check, new_check, wrong_type

if TYPE_CHECKING:
    from immich_emulator.versions import Version

VISIBILITIES = ("archive", "timeline", "hidden", "locked")
DEVICE_FIELDS = tuple(Field(name, "string", ("string", "not empty")) for name in ("deviceAssetId", "deviceId"))
DATE_FIELDS = tuple(Field(name, "datetime", ("date", "not empty")) for name in ("fileCreatedAt", "fileModifiedAt"))
OTHER_FIELDS = (
    Field("visibility", "enum", ("enum",), required=False, values=VISIBILITIES),
    Field("livePhotoVideoId", "uuid", ("uuid",), required=False),
)
#: ISO 8601 as ≥3.0 wants it: with `Z` or an offset.
DATETIME = re.compile(
    r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-"
    r"(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):"
    r"[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))$"
)


def check_fields(version: Version, fields: dict[str, str]) -> None:
    """Raises ApiError for the first thing that is wrong with the form's fields."""
    given: dict[str, Any] = dict(fields)
    if version.is_new:
        issues = [issue for date in DATE_FIELDS for issue in date_issues(date, given.get(date.name, MISSING))]
        if given.get("isFavorite", "true") not in ("true", "false"):
            issue = {"code": "invalid_value", "expected": "stringbool", "values": ["true", "false"]}
            message = 'Invalid option: expected one of "true"|"false"'
            issues.append({**issue, "path": ["isFavorite"], "message": message})
        issues += new_check(OTHER_FIELDS[0], given.get("visibility", MISSING))
        if "duration" in given and not is_number(given["duration"]):
            message = "Invalid input: expected number, received NaN"
            issue = {"expected": "number", "code": "invalid_type", "received": "NaN"}
            issues.append({**issue, "path": ["duration"], "message": message})
        issues += new_check(OTHER_FIELDS[1], given.get("livePhotoVideoId", MISSING))
        if issues:
            raise Invalid([], issues)
        return
    for date in DATE_FIELDS:
        if date.name in given and not is_old_date(given[date.name]):
            raise bad_request(f"{date.name} must be a date string")
    if "isFavorite" in given:
        given["isFavorite"] = {"true": True, "false": False}.get(given["isFavorite"], given["isFavorite"])
    favorite = Field("isFavorite", "boolean", ("boolean",), required=False)
    check(version, given, *DEVICE_FIELDS, *DATE_FIELDS, favorite, *OTHER_FIELDS)


def date_issues(date: Field, value: Any) -> list[dict[str, Any]]:
    """zod's issues for a date."""
    if value is MISSING:
        issue = wrong_type("ISO 8601 datetime string", [date.name], value)
        return [{**issue, "expected": "string"}]
    if DATETIME.match(value):
        return []
    message = "Invalid input: expected ISO 8601 datetime string, received string"
    return [bad_format("datetime", f"/{DATETIME.pattern}/", [date.name], message)]


def is_old_date(text: str) -> bool:
    """What ≤2.7 takes for a date: ISO 8601, with or without an offset."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "-" in text


def is_number(text: str) -> bool:
    """Whether JavaScript would read a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def to_utc(text: str) -> str:
    """A date of the form, as it is stored; without an offset it is the server's own time, UTC."""
    moment = datetime.fromisoformat(text)
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
