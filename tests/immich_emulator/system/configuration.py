# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration and libraries, as far as an admin's client looks at them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()


@routes.on("GET", "/system-config", "systemConfig.read", admin=True)
def config(immich: Immich, request: Request) -> Response:
    """The whole configuration."""
    stored = immich.store.value("SELECT value FROM settings WHERE name = 'config'")
    return ok(json.loads(stored) if stored else immich.version.facts["system_config"])


@routes.on("PUT", "/system-config", "systemConfig.update", admin=True)
def update_config(immich: Immich, request: Request) -> Response:
    """Replaces the whole configuration."""
    given = check(immich.version, request.state.json)
    sql = "INSERT OR REPLACE INTO settings VALUES ('config', ?)"
    immich.store.run(sql, json.dumps(given))
    return ok(given)


@routes.on("GET", "/libraries", "library.read", admin=True)
def libraries(immich: Immich, request: Request) -> Response:
    """All external libraries."""
    return ok([json.loads(text) for text in immich.store.column("SELECT document FROM libraries")])


@routes.on("POST", "/libraries", "library.create", admin=True)
def create(immich: Immich, request: Request) -> Response:
    """A new library; nothing is ever found in it here."""
    given = check(immich.version, request.state.json, Field("ownerId", "uuid", ("uuid",)))
    moment = now()
    library: dict[str, Any] = {"id": new_id(), "ownerId": given["ownerId"], "name": given.get("name") or "New library"}
    library |= {"createdAt": moment, "updatedAt": moment, "refreshedAt": None, "assetCount": 0}
    library |= {name: given.get(name) or [] for name in ("importPaths", "exclusionPatterns")}
    immich.store.insert("libraries", id=library["id"], document=json.dumps(library))
    return ok(library, 201)


@routes.on("POST", "/libraries/{id}/scan", "library.update", admin=True)
def scan(immich: Immich, request: Request) -> Response:
    """Looks for files."""
    library(immich, request)
    return empty()


@routes.on("DELETE", "/libraries/{id}", "library.delete", admin=True)
def delete(immich: Immich, request: Request) -> Response:
    """Deletes a library."""
    library(immich, request)
    immich.store.run("DELETE FROM libraries WHERE id = ?", request.path_params["id"])
    return empty()


def library(immich: Immich, request: Request) -> None:
    """Raises ApiError 400 when there is no such library."""
    if immich.store.value("SELECT id FROM libraries WHERE id = ?", request.path_params["id"]) is None:
        raise bad_request("Library not found")
