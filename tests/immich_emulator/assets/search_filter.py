# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches of Immich 3.2 and later: a tree of conditions, `filter`, in place of single fields, and a cursor in place of a page's number.

Read in the server's source, not observed. Nothing is left out by itself but what is locked: what is in the trash is found too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from immich_emulator.http.errors import ApiError, Invalid, bad_request
from immich_emulator.uploads.checksums import from_text
from immich_emulator.versions import Version

SINCE = (3, 2)
NEW_FIELDS = ("filter", "orderBy", "cursor")
#: What may stand beside them; all others are of the older way.
BESIDE = (*NEW_FIELDS, "size", "withExif", "withPeople", "withStacked")
COLUMNS = {
    "id": "a.id",
    "libraryId": "a.library",
    "type": "a.type",
    "visibility": "a.visibility",
    "takenAt": "a.file_created",
    "createdAt": "a.uploaded",
    "updatedAt": "a.updated",
    "trashedAt": "a.deleted",
    "checksum": "a.checksum",
    "originalFileName": "a.name",
    "originalPath": "a.shown_path",
} | {name: f"json_extract(a.exif, '$.{name}')" for name in ("make", "model", "city", "state", "country")}
TESTS = {
    "isFavorite": "a.favorite",
    "isMotion": "a.live_video IS NOT NULL",
    "isOffline": "a.offline",
    "hasAlbums": "a.id IN (SELECT asset FROM album_assets)",
}
IDS = {
    "albumIds": "a.id IN (SELECT asset FROM album_assets WHERE album = ?)",
    "personIds": "a.id IN (SELECT asset FROM faces WHERE person = ?)",
    "tagIds": (
        "a.id IN (SELECT l.asset FROM tags w JOIN tags t ON t.owner = w.owner AND (t.id = w.id OR "
        "substr(t.value, 1, length(w.value) + 1) = w.value || '/') JOIN tag_assets l ON l.tag = t.id WHERE w.id = ?)"
    ),
}
COMPARISONS = {"eq": "IS", "ne": "IS NOT", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
PATTERNS = {"like": "%{}%", "startsWith": "{}%", "endsWith": "%{}"}

Condition = tuple[str, list[Any]]


def is_new_way(version: Version, wanted: dict[str, Any]) -> bool:
    """Whether a request searches by `filter`. Raises Invalid for one that has single fields too."""
    used = [name for name in NEW_FIELDS if name in wanted]
    if not used or not version.at_least(*SINCE):
        return False
    old = [name for name in wanted if name not in BESIDE]
    if old:
        message = "Deprecated field {} cannot be combined with " + "/".join(used)
        raise Invalid([], [{"code": "custom", "path": [name], "message": message.format(name)} for name in old])
    return True


def conditions(filters: dict[str, Any]) -> Iterator[Condition]:
    """The SQL of a filter's conditions, each with the values of its `?`.

    Raises Invalid for what the server does not know, ApiError 401 for what is locked.
    """
    for name, said in filters.items():
        if not isinstance(said, dict) or not said:
            raise Invalid([], [{"code": "custom", "path": ["filter", name], "message": "At least one condition is required"}])
        for operator, value in said.items():
            yield condition(name, operator, value)
    visibility = filters.get("visibility", {})
    if "locked" in (visibility.get("eq"), *visibility.get("in", ())):
        raise ApiError(401, "Elevated permission is required")
    if not visibility:
        yield "a.visibility != 'locked'", []


def condition(name: str, operator: str, value: Any) -> Condition:
    """The SQL of a single condition, with the values of its `?`."""
    if name in TESTS and operator == "eq":
        return f"({TESTS[name]}) = ?", [value]
    if name in IDS and operator in ("any", "all", "none") and value:
        several = (" AND " if operator == "all" else " OR ").join(IDS[name] for _id in value)
        return f"{'NOT ' if operator == 'none' else ''}({several})", list(value)
    if name in COLUMNS and operator in COMPARISONS:
        return f"{COLUMNS[name]} {COMPARISONS[operator]} ?", [from_text(value) if name == "checksum" else value]
    if name in COLUMNS and operator in ("in", "notIn") and value:
        return f"{COLUMNS[name]} {'NOT ' * (operator == 'notIn')}IN ({', '.join('?' * len(value))})", list(value)
    if name in COLUMNS and operator in PATTERNS and value:
        escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"{COLUMNS[name]} LIKE ? ESCAPE '\\'", [PATTERNS[operator].format(escaped)]
    raise Invalid([], [{"code": "unrecognized_keys", "keys": [name], "path": ["filter"], "message": f'Unrecognized key: "{name}"'}])


def cursor_of(offset: int) -> str:
    """The cursor that stands for an offset."""
    return base64.urlsafe_b64encode(json.dumps({"o": offset}, separators=(",", ":")).encode()).decode().rstrip("=")


def offset_of(cursor: str | None) -> int:
    """The offset that a cursor stands for. Raises ApiError 400 for a cursor that the server never gave out."""
    if cursor is None:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))["o"])
    except (ValueError, KeyError, TypeError):
        raise bad_request("Invalid cursor") from None
