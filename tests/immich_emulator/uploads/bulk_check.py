# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /assets/bulk-upload-check`: which checksums of a list the user has already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import ok
from immich_emulator.http.errors import ApiError, Invalid
from immich_emulator.http.json_body import MISSING
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check, new_check, old_check
from immich_emulator.uploads.checksums import from_text

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

#: Parameters that PostgreSQL takes in one statement, less those of the statement itself.
BULK_LIMIT = 65_532


@routes.on("POST", "/assets/bulk-upload-check", "asset.upload")
def bulk_check(immich: Immich, request: Request) -> Response:
    """Which of the given checksums the user has; an empty list and one beyond the database's limit are 500."""
    version = immich.version
    entries = check(version, request.state.json, Field("assets", "object[]", ("array",)))["assets"]
    id_field = Field("id", "string", ("not empty", "string"))
    checksum_field = Field("checksum", "string", ("not empty", "string"))
    sentences, issues = [], []
    for number, entry in enumerate(entries):
        for wanted in (id_field, checksum_field):
            value = entry.get(wanted.name, MISSING) if isinstance(entry, dict) else MISSING
            if isinstance(value, str) and value:
                continue
            if version.is_new:
                issues += new_check(wanted, value, ["assets", number, wanted.name])
            else:
                sentences += old_check(wanted, value, f"assets.{number}.{wanted.name}")
    if sentences or issues:
        raise Invalid(sentences, issues)
    if not 0 < len(entries) <= BULK_LIMIT:
        raise ApiError(500, "Failed to check bulk upload")
    return ok({"results": results(immich, request.user.id, entries)})


def results(immich: Immich, owner: str, entries: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The check's answer, entry by entry."""
    answer = []
    look_up = immich.store.db.execute
    sql = "SELECT id, deleted IS NOT NULL FROM assets WHERE owner = ? AND checksum = ?"
    for entry in entries:
        row = look_up(sql, (owner, from_text(entry["checksum"]))).fetchone()
        if row is None:
            answer.append({"id": entry["id"], "action": "accept"})
        else:
            found = {"reason": "duplicate", "assetId": row[0], "isTrashed": bool(row[1])}
            answer.append({"id": entry["id"], "action": "reject", **found})
    return answer
