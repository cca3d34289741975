# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""External libraries. Paths are those of this machine."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import empty, ok
from immich_emulator.http.columns import Column, changes, require_any, text
from immich_emulator.http.errors import ApiError, Invalid, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.storage import iso, new_id, now
from immich_emulator.system.queues import Job

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
    immich.queues.add("library", Job("scan", row["id"]))
    return empty()


@routes.on("DELETE", "/libraries/{id}", "library.delete", admin=True)
def delete(immich: Immich, request: Request) -> Response:
    """Deletes a library, and has what is in it deleted, but for its files."""
    row = library(immich, request.path_params["id"])
    immich.store.run("DELETE FROM libraries WHERE id = ?", row["id"])
    for asset_id in immich.store.column("SELECT id FROM assets WHERE library = ?", row["id"]):
        immich.queues.add("backgroundTask", Job("delete", asset_id))
    return empty()


def carry_out(immich: Immich, job: Job) -> None:
    """Scans one library, or all."""
    for library_id in [job.asset] if job.asset else immich.store.column("SELECT id FROM libraries ORDER BY seq"):
        row = immich.store.one("SELECT * FROM libraries WHERE id = ?", library_id)
        if row is not None:
            sync(immich, row)


def sync(immich: Immich, row: sqlite3.Row) -> None:
    """Imports files that are new, and marks what is not there, also if a whole path is away (observed on 1.135 to 3.1).

    What is missing is in the trash, with all that is known of it. Once it is there again it comes back as it was, but for what its user has
    trashed. Paths are compared as texts: what is below `/a/b2` counts as below `/a/b` (observed).
    """
    paths, patterns = json.loads(row["paths"]), json.loads(row["patterns"])
    there = {file: None for path in paths for file in files_below(immich, path, patterns)}
    for asset in immich.store.all("SELECT * FROM assets WHERE library = ?", row["id"]):
        path = asset["shown_path"]
        is_there = path.startswith(tuple(paths)) and os.path.exists(path) and not is_excluded(path, patterns)
        there.pop(path, None)
        if not is_there and not asset["offline"]:
            immich.store.update("assets", asset["id"], offline=1, deleted=asset["deleted"] or now(), updated=now())
        elif is_there and asset["offline"]:
            deleted = asset["deleted"] if asset["trashed_by_user"] else None
            immich.store.update("assets", asset["id"], offline=0, deleted=deleted, updated=now())
    for path in there:
        import_file(immich, row, path)
    immich.store.update("libraries", row["id"], refreshed=now())


def files_below(immich: Immich, folder: str, patterns: list[str]) -> Iterator[str]:
    """The pictures and films below a folder."""
    for above, _folders, names in os.walk(folder):
        for name in sorted(names):
            path = os.path.join(above, name)
            if os.path.splitext(name)[1].lower() in immich.version.extensions and not is_excluded(path, patterns):
                yield path


def is_excluded(path: str, patterns: list[str]) -> bool:
    """Whether a pattern leaves a file out."""
    return any(fnmatchcase(path, pattern.replace("**", "*")) for pattern in patterns)


def import_file(immich: Immich, row: sqlite3.Row, path: str) -> None:
    """A new asset. Its checksum is that of its path, so that a file which was moved is another asset. Of two sidecars, that with the whole
    name is taken (both observed on 1.135 to 3.1)."""
    try:
        about = os.stat(path)
    except FileNotFoundError:  # it went in this moment
        return
    modified = iso(datetime.fromtimestamp(about.st_mtime, UTC))
    asset_id, moment, name = new_id(), now(), os.path.basename(path)
    immich.store.insert(
        "assets",
        id=asset_id,
        owner=row["owner"],
        library=row["id"],
        checksum=hashlib.sha1(b"path:" + os.fsencode(path)).hexdigest(),
        name=name,
        type=immich.version.extensions[os.path.splitext(name)[1].lower()],
        size=about.st_size,
        path=path,
        shown_path=path,
        sidecar=next(filter(os.path.exists, (f"{path}.xmp", os.path.splitext(path)[0] + ".xmp")), None),
        exif="{}",
        visibility="timeline",
        favorite=0,
        device_asset_id=name.replace(" ", ""),
        device_id="Library Import",
        **dict.fromkeys(("file_created", "file_modified", "local_date"), modified),
        **dict.fromkeys(("uploaded", "updated"), moment),
    )
    immich.queues.add("metadataExtraction", Job("one", asset_id, upload=True))


def run_nightly_jobs(immich: Immich, days: float) -> None:
    """A scan of all libraries, unless that is switched off, and the deletion of what has been in the trash for too long.

    `days` is how much time has gone by since all of it was put there. With the trash switched off, what is missing goes at once (observed).
    """
    config = immich.configuration()
    for asset in immich.store.all("SELECT id, deleted FROM assets WHERE deleted IS NOT NULL"):
        immich.store.update("assets", asset["id"], deleted=iso(datetime.fromisoformat(asset["deleted"]) - timedelta(days=days)))
    if config["library"]["scan"]["enabled"]:
        immich.queues.add("library", Job("scan all"))
    kept = config["trash"]["days"] if config["trash"]["enabled"] else 0
    limit = iso(datetime.now(UTC) - timedelta(days=kept))
    for asset in immich.store.all("SELECT id, offline FROM assets WHERE deleted < ?", limit):
        immich.queues.add("backgroundTask", Job("delete" if asset["offline"] else "delete with file", asset["id"]))


def library(immich: Immich, library_id: str) -> sqlite3.Row:
    """The row. Raises ApiError 400 when there is no such library."""
    row = immich.store.one("SELECT * FROM libraries WHERE id = ?", library_id)
    if row is None:
        raise bad_request("Library not found")
    return row
