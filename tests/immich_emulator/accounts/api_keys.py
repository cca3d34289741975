# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""API keys: one's own."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.auth import Key
from immich_emulator.http.answers import empty, ok
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
    """The key of a request that got past `authenticate`."""
    key: Key = request.state.key
    return key


def own_key(immich: Immich, request: Request, key_id: str) -> sqlite3.Row:
    """The user's key. Raises ApiError 400 when it is missing or another's."""
    row = immich.store.one("SELECT * FROM keys WHERE id = ? AND owner = ?", key_id, request.user.id)
    if row is None:
        raise bad_request("API Key not found")
    return row


@routes.on("GET", "/api-keys/me", since=(1, 139))
def this_key(immich: Immich, request: Request) -> Response:
    """The key that asks; needs no scope."""
    return ok(key_view(own_key(immich, request, asking_key(request).id)))


@routes.on("GET", "/api-keys", "apiKey.read")
def list_keys(immich: Immich, request: Request) -> Response:
    """The user's keys, newest first."""
    rows = immich.store.all("SELECT * FROM keys WHERE owner = ? ORDER BY seq DESC", request.user.id)
    return ok([key_view(row) for row in rows])


@routes.on("POST", "/api-keys", "apiKey.create")
def create(immich: Immich, request: Request) -> Response:
    """A new key, which cannot have more scopes than the one that makes it. The secret is shown this once."""
    permissions = Field("permissions", "enum[]", ("each enum", "minimum", "array"), values=immich.version.facts["permissions"], minimum=1)
    given = check(immich.version, request.state.json, Field("name", "string", ("string",), required=False), permissions)
    if any(not asking_key(request).allows(scope) for scope in given["permissions"]):
        raise ApiError(400, "Cannot grant permissions you do not have")
    key_id, secret = immich.keys.make(request.user.id, given.get("name") or "API Key", given["permissions"])
    return ok({"secret": secret, "apiKey": key_view(own_key(immich, request, key_id))}, 201)


@routes.on("GET", "/api-keys/{id}", "apiKey.read")
def get(immich: Immich, request: Request) -> Response:
    """One key."""
    return ok(key_view(own_key(immich, request, request.path_params["id"])))


@routes.on("DELETE", "/api-keys/{id}", "apiKey.delete")
def delete(immich: Immich, request: Request) -> Response:
    """Deletes a key."""
    row = own_key(immich, request, request.path_params["id"])
    immich.store.run("DELETE FROM keys WHERE id = ?", row["id"])
    immich.keys.forget()
    return empty()
