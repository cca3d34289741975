# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of people and faces, without recognition: a test creates people and faces by hand."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row
from immich_emulator.http.answers import ok
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()


@routes.on("GET", "/people", "person.read")
def everybody(immich: Immich, request: Request) -> Response:
    """One page of the user's people; hidden ones only if they are asked for."""
    query = request.query_params
    size, page = int(query.get("size", 500)), int(query.get("page", 1))
    shown = "" if query.get("withHidden") == "true" else " AND NOT hidden"
    rows = immich.store.all(f"SELECT * FROM people WHERE owner = ?{shown} ORDER BY seq", request.user.id)
    part = rows[(page - 1) * size : page * size]
    hidden = sum(row["hidden"] for row in rows)
    return ok({"people": [person_view(row) for row in part], "hasNextPage": len(rows) > page * size, "total": len(rows), "hidden": hidden})


@routes.on("POST", "/people", "person.create")
def create(immich: Immich, request: Request) -> Response:
    """A new person."""
    given = check(immich.version, request.state.json, Field("name", "string", ("string",), required=False))
    person_id = new_id()
    hidden = bool(given.get("isHidden"))
    immich.store.insert("people", id=person_id, owner=request.user.id, name=given.get("name") or "", hidden=hidden, updated=now())
    return ok(person_view(own_row(immich, request, "people", person_id, "person.read")), 201)


@routes.on("GET", "/people/{id}", "person.read")
def get(immich: Immich, request: Request) -> Response:
    """One of the user's people."""
    return ok(person_view(own_row(immich, request, "people", request.path_params["id"], "person.read")))


@routes.on("POST", "/faces", "face.create")
def mark(immich: Immich, request: Request) -> Response:
    """Creates a face: says that a person is in an asset."""
    given = check(immich.version, request.state.json, *(Field(name, "uuid", ("uuid",)) for name in ("assetId", "personId")))
    own_row(immich, request, "assets", given["assetId"], "asset.read")
    own_row(immich, request, "people", given["personId"], "person.read")
    immich.store.run("INSERT OR IGNORE INTO faces VALUES (?, ?)", given["personId"], given["assetId"])
    return Response(status_code=201)


def person_view(row: sqlite3.Row) -> dict[str, Any]:
    """A person."""
    view = {"id": row["id"], "name": row["name"], "birthDate": None, "thumbnailPath": "", "isHidden": bool(row["hidden"])}
    return {**view, "isFavorite": False, "updatedAt": row["updated"]}


def people_in(immich: Immich, asset_id: str) -> list[dict[str, Any]]:
    """The people in an asset."""
    rows = immich.store.all("SELECT p.* FROM people p JOIN faces f ON f.person = p.id WHERE f.asset = ? ORDER BY p.seq", asset_id)
    return [person_view(row) for row in rows]
