# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fields of an upload must be, version by version."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from immich_emulator.http.errors import Invalid, bad_request
from immich_emulator.http.json_body import MISSING
from immich_emulator.http.validation import Field, bad_format, check, new_check, wrong_type
from immich_emulator.storage import iso

if TYPE_CHECKING:
    from immich_emulator.versions import Version

VISIBILITIES = ("archive", "timeline", "hidden", "locked")
DEVICE_FIELDS = tuple(Field(name, "string", ("string", "not empty")) for name in ("deviceAssetId", "deviceId"))
DATE_FIELDS = tuple(Field(name, "datetime", ("date", "not empty")) for name in ("fileCreatedAt", "fileModifiedAt"))
FAVORITE = Field("isFavorite", "boolean", ("boolean",), required=False)
VISIBILITY = Field("visibility", "enum", ("enum",), required=False, values=VISIBILITIES)
LIVE_VIDEO = Field("livePhotoVideoId", "uuid", ("uuid",), required=False)
#: ISO 8601 as ≥3.0 wants it: with `Z` or an offset.
DATETIME = re.compile(
    r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-"
    r"(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):"
    r"[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))$"
)


def check_fields(version: Version, fields: dict[str, str], repeated: set[str]) -> None:
    """Raises ApiError for what is wrong with the form's fields; those of `repeated` came more than once."""
    given: dict[str, Any] = {**fields, **{name: [fields[name]] for name in repeated}}
    if version.is_new:
        check_new(given)
    else:
        check_old(version, given)


def check_new(given: dict[str, Any]) -> None:
    """≥3.0: each field by itself, all issues at once. Raises Invalid."""
    issues: list[dict[str, Any]] = []
    for name, look in NEW_CHECKS.items():
        value = given.get(name, MISSING)
        issues += [wrong_type("string", [name], value)] if isinstance(value, list) else look(value)
    if issues:
        raise Invalid([], issues)


def check_old(version: Version, given: dict[str, Any]) -> None:
    """≤2.7: dates first and alone, then all the others at once. Raises ApiError."""
    for date in DATE_FIELDS:
        if date.name in given and not is_old_date(given[date.name]):
            raise bad_request(f"{date.name} must be a date string")
    if isinstance(favorite := given.get("isFavorite"), str):
        given["isFavorite"] = {"true": True, "false": False}.get(favorite, favorite)
    check(version, given, *DEVICE_FIELDS, *DATE_FIELDS, FAVORITE, VISIBILITY, LIVE_VIDEO)


def favorite_issues(value: Any) -> list[dict[str, Any]]:
    """zod's issues for a switch."""
    if value is MISSING or value in ("true", "false"):
        return []
    issue = {"code": "invalid_value", "expected": "stringbool", "values": ["true", "false"], "path": ["isFavorite"]}
    return [{**issue, "message": 'Invalid option: expected one of "true"|"false"'}]


def duration_issues(value: Any) -> list[dict[str, Any]]:
    """zod's issues for a number of milliseconds."""
    if value is MISSING or is_number(value):
        return []
    issue = {"expected": "number", "code": "invalid_type", "received": "NaN", "path": ["duration"]}
    return [{**issue, "message": "Invalid input: expected number, received NaN"}]


def date_issues(date: Field, value: Any) -> list[dict[str, Any]]:
    """zod's issues for a date."""
    if value is MISSING:
        issue = wrong_type("ISO 8601 datetime string", [date.name], value)
        return [{**issue, "expected": "string"}]
    if DATETIME.match(value):
        return []
    message = "Invalid input: expected ISO 8601 datetime string, received string"
    return [bad_format("datetime", f"/{DATETIME.pattern}/", [date.name], message)]


def is_old_date(text: Any) -> bool:
    """What ≤2.7 takes for a date: ISO 8601, with or without an offset."""
    try:
        datetime.fromisoformat(text)
    except (TypeError, ValueError):
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


#: ≥3.0's fields, in the order of its issues.
NEW_CHECKS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {
    **{date.name: partial(date_issues, date) for date in DATE_FIELDS},
    "isFavorite": favorite_issues,
    "visibility": partial(new_check, VISIBILITY),
    "duration": duration_issues,
    "livePhotoVideoId": partial(new_check, LIVE_VIDEO),
}
