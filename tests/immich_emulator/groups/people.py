# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of people. Which faces they have is in `faces`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row, readable_asset
from immich_emulator.groups import faces
from immich_emulator.groups.faces import person_view
from immich_emulator.http.answers import ok
from immich_emulator.http.errors import Invalid, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, bad_format, check
from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

FIELDS = (
    Field("name", "string", ("string",), required=False),
    Field("isHidden", "boolean", ("boolean",), required=False),
    Field("isFavorite", "boolean", ("boolean",), required=False),
    Field("featureFaceAssetId", "uuid", ("uuid",), required=False),
)
COLUMNS = {"name": "name", "isHidden": "hidden", "isFavorite": "favorite", "birthDate": "birth", "color": "color"}
#: From so many faces on, a person without a name is listed.
MINIMUM_FACES = 3
#: People are listed by their faces on assets of the timeline that are not in the trash. Those of no such face can be found by name.
LISTED = f"""
(SELECT count(*) FROM faces f JOIN assets a ON a.id = f.asset
 WHERE f.person = p.id AND f.deleted = 0 AND a.deleted IS NULL AND a.visibility = 'timeline')
 >= CASE WHEN p.name = '' THEN {MINIMUM_FACES} ELSE 1 END
"""


@routes.on("GET", "/people", "person.read")
def everybody(immich: Immich, request: Request) -> Response:
    """One page of the user's people; hidden ones only if they are asked for, though they are counted."""
    query = request.query_params
    size, page = int(query.get("size", 500)), int(query.get("page", 1))
    every = immich.store.all(f"SELECT * FROM people p WHERE owner = ? AND {LISTED} ORDER BY seq", request.user.id)
    rows = [row for row in every if query.get("withHidden") == "true" or not row["hidden"]]
    part = rows[(page - 1) * size : page * size]
    hidden = sum(row["hidden"] for row in every)
    return ok(
        {
            "people": [person_view(row, immich.version) for row in part],
            "hasNextPage": len(rows) > page * size,
            "total": len(every),
            "hidden": hidden,
        }
    )


@routes.on("POST", "/people", "person.create")
def create(immich: Immich, request: Request) -> Response:
    """A new person: two of one name are two."""
    about = columns_of(immich, request)
    person_id = new_id()
    empty = {"name": "", "hidden": False, "favorite": False}
    immich.store.insert("people", id=person_id, owner=request.user.id, updated=now(), **{**empty, **about})
    return ok(person_view(own_row(immich, request, "people", person_id, "person.read"), immich.version), 201)


@routes.on("GET", "/people/{id}", "person.read")
def get(immich: Immich, request: Request) -> Response:
    """One of the user's people."""
    return ok(person_view(own_row(immich, request, "people", request.path_params["id"], "person.read"), immich.version))


@routes.on("PUT", "/people/{id}", "person.update")
def update(immich: Immich, request: Request) -> Response:
    """Changes a person. When it was last changed moves by an equal change too."""
    person_id = own_row(immich, request, "people", request.path_params["id"], "person.update")["id"]
    about = columns_of(immich, request)
    asset_id = (request.state.json or {}).get("featureFaceAssetId")
    if asset_id is not None:
        readable_asset(immich, request, asset_id, "asset.read")
        face = immich.store.value("SELECT id FROM faces WHERE person = ? AND asset = ? AND deleted = 0", person_id, asset_id)
        if face is None:
            raise bad_request("Invalid assetId for feature face" + (" or asset is offline" if immich.version.is_new else ""))
        about["feature"] = face
    immich.store.update("people", person_id, updated=now(), **about)
    return ok(person_view(own_row(immich, request, "people", person_id, "person.read"), immich.version))


@routes.on("GET", "/search/person", "person.read")
def find(immich: Immich, request: Request) -> Response:
    """People by a part of their name, also those without any face."""
    query = request.query_params
    shown = "" if query.get("withHidden") == "true" else " AND NOT hidden"
    rows = immich.store.all(f"SELECT * FROM people WHERE owner = ? AND name != ''{shown} ORDER BY seq", request.user.id)
    return ok([person_view(row, immich.version) for row in rows if query["name"].casefold() in row["name"].casefold()][:100])


def columns_of(immich: Immich, request: Request) -> dict[str, Any]:
    """What a request says of a person, by column. Raises Invalid for a date that has not come, or is more than a date up to 2.7."""
    given = check(immich.version, request.state.json, *FIELDS)
    born = given.get("birthDate")
    if born is not None:
        is_date = re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?" if immich.version.is_new else r"\d{4}-\d\d-\d\d", str(born))
        if not is_date or date.fromisoformat(born[:10]) > datetime.now(UTC).date():
            raise wrong("birthDate", "birthDate must be a date string")
        given = {**given, "birthDate": born[:10]}
    if given.get("color") is not None and not re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})", str(given["color"])):
        raise wrong("color", "color must be a hexadecimal color")
    return {column: given[name] for name, column in COLUMNS.items() if name in given}


def wrong(name: str, sentence: str) -> Invalid:
    """The refusal of a field."""
    return Invalid([sentence], [bad_format("regex", None, [name], sentence)])


def people_in(immich: Immich, asset_id: str, user_id: str) -> list[dict[str, Any]]:
    """The people in an asset whom a user sees there: the user's own. Up to 2.7 each has its faces."""
    shown = [face for face in faces.of_asset(immich, asset_id) if face.person is not None]
    rows = [immich.store.one("SELECT * FROM people WHERE id = ? AND owner = ?", face.person, user_id) for face in shown]
    own = {row["id"]: row for row in rows if row is not None}
    if immich.version.is_new:
        return [person_view(row, immich.version) for row in own.values()]
    return [
        {**person_view(row, immich.version), "faces": [face.view() for face in shown if face.person == person_id]}
        for person_id, row in own.items()
    ]
