# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of the user's own API keys."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.auth import Key
from immich_emulator.http.answers import empty, ok
from immich_emulator.http.columns import Column, changes, require_any, text
from immich_emulator.http.errors import ApiError, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()


def key_view(row: sqlite3.Row) -> dict[str, Any]:
    """A key without its secret."""
    moments = {"createdAt": row["created"], "updatedAt": row["created"]}
    return {"id": row["id"], "name": row["name"], **moments, "permissions": json.loads(row["permissions"])}


def asking_key(request: Request) -> Key:
    """The API key of a request that `authenticate` has accepted."""
    key: Key | None = request.state.key
    if key is None:
        raise ApiError(403, "Not authenticated with an API Key")
    return key


def permissions_field(immich: Immich, *, required: bool) -> Field:
    """Checks the field `permissions`: a list of at least one scope that this version knows."""
    known = immich.version.facts["permissions"]
    return Field("permissions", "enum[]", ("each enum", "minimum", "array"), required=required, values=known, minimum=1)


def refuse_more_than_own(request: Request, wanted: Sequence[str]) -> None:
    """Raises ApiError 400 for a scope that the asking key lacks; a session has all."""
    key: Key | None = request.state.key
    if key is not None and any(not key.allows(scope) for scope in wanted):
        raise ApiError(400, "Cannot grant permissions you do not have")


def own_key(immich: Immich, request: Request, key_id: str) -> sqlite3.Row:
    """The user's key. Raises ApiError 400 when it is missing or another's."""
    row = immich.store.one("SELECT * FROM keys WHERE id = ? AND owner = ?", key_id, request.user.id)
    if row is None:
        raise bad_request("API Key not found")
    return row


@routes.on("GET", "/api-keys/me", since=(1, 139))
def this_key(immich: Immich, request: Request) -> Response:
    """Shows the API key that sends this request. It needs no scope for that."""
    return ok(key_view(own_key(immich, request, asking_key(request).id)))


@routes.on("GET", "/api-keys", "apiKey.read")
def list_keys(immich: Immich, request: Request) -> Response:
    """The user's keys, newest first."""
    rows = immich.store.all("SELECT * FROM keys WHERE owner = ? ORDER BY seq DESC", request.user.id)
    return ok([key_view(row) for row in rows])


@routes.on("POST", "/api-keys", "apiKey.create")
def create(immich: Immich, request: Request) -> Response:
    """A new key, which cannot have more scopes than the one that makes it. The secret is shown this once."""
    name = Field("name", "string", ("string",), required=False)
    given = check(immich.version, request.state.json, name, permissions_field(immich, required=True))
    refuse_more_than_own(request, given["permissions"])
    key_id, secret = immich.keys.make(request.user.id, given.get("name") or "API Key", given["permissions"])
    view = key_view(own_key(immich, request, key_id))
    return ok({**(view if immich.version.at_least(3, 2) else {}), "secret": secret, "apiKey": view}, 201)


@routes.on("GET", "/api-keys/{id}", "apiKey.read")
def get(immich: Immich, request: Request) -> Response:
    """One key."""
    return ok(key_view(own_key(immich, request, request.path_params["id"])))


@routes.on("PUT", "/api-keys/{id}", "apiKey.update")
def update(immich: Immich, request: Request) -> Response:
    """Changes a key, whose secret stays. Before 2.5 it may get more scopes than the asking one has."""
    permissions = Column(permissions_field(immich, required=False), "permissions", store=json.dumps)
    found = changes(immich.version, request.state.json, (text("name", "name", filled=True), permissions))
    row = own_key(immich, request, request.path_params["id"])
    if immich.version.at_least(2, 5):
        refuse_more_than_own(request, json.loads(found.get("permissions", "[]")))
    immich.store.update("keys", row["id"], **require_any(found, "api key"))
    immich.keys.forget()
    return ok(key_view(own_key(immich, request, row["id"])))


@routes.on("DELETE", "/api-keys/{id}", "apiKey.delete")
def delete(immich: Immich, request: Request) -> Response:
    """Deletes a key."""
    row = own_key(immich, request, request.path_params["id"])
    immich.store.run("DELETE FROM keys WHERE id = ?", row["id"])
    immich.keys.forget()
    return empty()
