# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""External libraries. Paths are those of this machine; nothing is ever found in them."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import empty, ok
from immich_emulator.http.columns import Column, changes, require_any, text
from immich_emulator.http.errors import ApiError, Invalid, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

OWNER = Field("ownerId", "uuid", ("uuid",))
RULES = ("each string", "each not empty", "array")
COLUMNS = (
    text("name", "name", filled=True),
    Column(Field("importPaths", "string[]", RULES, required=False), "paths", store=json.dumps),
    Column(Field("exclusionPatterns", "string[]", RULES, required=False), "patterns", store=json.dumps),
)
PATTERNS = ["**/@eaDir/**", "**/._*", "**/#recycle/**", "**/#snapshot/**", "**/.stversions/**", "**/.stfolder/**"]


def library_view(row: sqlite3.Row) -> dict[str, Any]:
    """A library; its count of assets is always 0."""
    view: dict[str, Any] = {"id": row["id"], "ownerId": row["owner"], "name": row["name"]}
    view |= {"createdAt": row["created"], "updatedAt": row["updated"], "refreshedAt": row["refreshed"], "assetCount": 0}
    return view | {"importPaths": json.loads(row["paths"]), "exclusionPatterns": json.loads(row["patterns"])}


def problem_with(immich: Immich, path: str) -> str:
    """Why a path cannot be imported; empty where it can."""
    if path.startswith(str(immich.store.folder)):
        return "Cannot use media upload folder for external libraries"
    if not os.path.isabs(path):
        return f"Import path must be absolute, try {os.path.abspath(path)}"
    if not os.path.exists(path):
        return "Path does not exist (ENOENT)"
    if not os.path.isdir(path):
        return "Not a directory"
    return ""


@routes.on("GET", "/libraries", "library.read", admin=True)
def libraries(immich: Immich, request: Request) -> Response:
    """All external libraries."""
    return ok([library_view(row) for row in immich.store.all("SELECT * FROM libraries ORDER BY seq")])


def refuse_repeated(found: dict[str, Any]) -> None:
    """Raises Invalid for a list that has something twice."""
    for column, name in (("paths", "importPaths"), ("patterns", "exclusionPatterns")):
        given = json.loads(found.get(column, "[]"))
        if len(set(given)) < len(given):
            issue = {"code": "custom", "path": [name], "message": "Array must have unique items"}
            raise Invalid([f"All {name}'s elements must be unique"], [issue])


@routes.on("POST", "/libraries", "library.create", admin=True)
def create(immich: Immich, request: Request) -> Response:
    """Creates a library, without checking its paths. An unknown owner violates a constraint of the database: 500."""
    owner = check(immich.version, request.state.json, OWNER)["ownerId"]
    found = changes(immich.version, request.state.json, COLUMNS)
    refuse_repeated(found)
    if immich.store.value("SELECT id FROM users WHERE id = ?", owner) is None:
        raise ApiError(500, "Failed to create library")
    patterns = json.dumps(PATTERNS[:4] if immich.version.is_old else PATTERNS)
    row = {"name": "New External Library", "paths": "[]", "patterns": patterns, "created": now(), "updated": now(), **found}
    library_id = new_id()
    immich.store.insert("libraries", id=library_id, owner=owner, **row)
    return ok(library_view(library(immich, library_id)), 201)


@routes.on("GET", "/libraries/{id}", "library.read", admin=True)
def get(immich: Immich, request: Request) -> Response:
    """One library."""
    return ok(library_view(library(immich, request.path_params["id"])))


@routes.on("PUT", "/libraries/{id}", "library.update", admin=True)
def update(immich: Immich, request: Request) -> Response:
    """Changes a library. Every path that is given is looked at, also one that is not new."""
    found = changes(immich.version, request.state.json, COLUMNS)
    refuse_repeated(found)
    row = library(immich, request.path_params["id"])
    for path in json.loads(found.get("paths", "[]")):
        problem = problem_with(immich, path)
        if problem:
            raise bad_request(f"Invalid import path: {problem}")
    immich.store.update("libraries", row["id"], updated=now(), **require_any(found, "library"))
    return ok(library_view(library(immich, row["id"])))


@routes.on("POST", "/libraries/{id}/validate", "all", admin=True)
def validate(immich: Immich, request: Request) -> Response:
    """Checks each path for whether it could be imported. Immich does not check the id of the library."""
    given = check(immich.version, request.state.json, COLUMNS[1].field)
    answer = []
    for path in given.get("importPaths") or []:
        problem = problem_with(immich, path)
        answer.append({"importPath": path, "isValid": not problem, **({"message": problem} if problem else {})})
    return ok({"importPaths": answer})


@routes.on("GET", "/libraries/{id}/statistics", "library.statistics", admin=True)
def statistics(immich: Immich, request: Request) -> Response:
    """What is in a library."""
    library(immich, request.path_params["id"])
    return ok({"photos": 0, "videos": 0, "total": 0, "usage": 0})


@routes.on("POST", "/libraries/{id}/scan", "library.update", admin=True)
def scan(immich: Immich, request: Request) -> Response:
    """Looks for files."""
    row = library(immich, request.path_params["id"])
    immich.store.update("libraries", row["id"], refreshed=now())
    return empty()


@routes.on("DELETE", "/libraries/{id}", "library.delete", admin=True)
def delete(immich: Immich, request: Request) -> Response:
    """Deletes a library."""
    row = library(immich, request.path_params["id"])
    immich.store.run("DELETE FROM libraries WHERE id = ?", row["id"])
    return empty()


def library(immich: Immich, library_id: str) -> sqlite3.Row:
    """The row. Raises ApiError 400 when there is no such library."""
    row = immich.store.one("SELECT * FROM libraries WHERE id = ?", library_id)
    if row is None:
        raise bad_request("Library not found")
    return row
