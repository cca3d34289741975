# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integrity report of ≥3.0, as 3.1.0 was seen to keep it: a check adds entries, and takes away only what it is said to."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import ApiError, Invalid
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import not_among
from immich_emulator.storage import now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

SINCE = (3, 0)
TYPES = ("untracked_file", "missing_file", "checksum_mismatch")
PAGE = 500
ENTRY_ID = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
#: Files that a check for untracked ones sees: those whose names end as a photo's or video's do.
MEDIA = "media"


def disk_path(immich: Immich, shown: str) -> Path:
    """Where a file lies that Immich calls `/data/…`. An upload's original lies elsewhere, see `assets.path`."""
    return immich.store.folder / MEDIA / shown.removeprefix("/data/").lstrip("/")


def carry_out(immich: Immich, job: str) -> None:
    """One of the manual jobs `integrity-…`."""
    if job.startswith("integrity-untracked-files"):
        drop(immich, "untracked_file", lambda row: not disk_path(immich, row["path"]).exists())
        if job == "integrity-untracked-files":
            find_untracked(immich)
    elif job == "integrity-missing-files":
        drop(immich, "missing_file", lambda row: is_there(immich, row))
        find_originals(immich, "missing_file", lambda path, _sha1: not path.exists())
    elif job == "integrity-checksum-mismatch":
        drop(immich, "checksum_mismatch", lambda row: not is_there(immich, row))
        find_originals(immich, "checksum_mismatch", lambda path, sha1: path.exists() and sha1_of(path) != sha1)


def sha1_of(path: Path) -> str:
    """A file's SHA-1 in hex."""
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()


def drop(immich: Immich, kind: str, outdated: Any) -> None:
    """Deletes entries that are out of date. Immich 3.1.0 keeps one whose file has become an asset's since (observed)."""
    for row in immich.store.all("SELECT * FROM integrity_report WHERE type = ?", kind):
        if outdated(row):
            immich.store.run("DELETE FROM integrity_report WHERE id = ?", row["id"])


def is_there(immich: Immich, row: sqlite3.Row) -> bool:
    """Whether the original of an entry's asset is on the disk."""
    path = immich.store.value("SELECT path FROM assets WHERE id = ?", row["asset"])
    return path is not None and Path(path).exists()


def find_untracked(immich: Immich) -> None:
    """Adds the files that no asset has. Thumbnails are known by the asset's id in their names."""
    root = immich.store.folder / MEDIA
    tracked = set(immich.store.column("SELECT shown_path FROM assets"))
    ids = set(immich.store.column("SELECT id FROM assets"))
    for path in sorted(root.rglob("*")):
        shown = "/data/" + str(path.relative_to(root))
        thumbnail = shown.startswith("/data/thumbs/") and path.name[:36] in ids
        if path.is_file() and path.suffix in immich.version.extensions and shown not in tracked and not thumbnail:
            add(immich, "untracked_file", shown, None)


def find_originals(immich: Immich, kind: str, wrong: Any) -> None:
    """Adds the originals that are wrong, but for those in the trash."""
    for row in immich.store.all("SELECT * FROM assets WHERE path IS NOT NULL AND deleted IS NULL"):
        if wrong(Path(row["path"]), row["checksum"]):
            add(immich, kind, row["shown_path"], row["id"])


def add(immich: Immich, kind: str, path: str, asset: str | None, ago: float = 0.0) -> None:
    """A new entry, made so many seconds ago. One of the same path keeps its id."""
    values = (new_entry_id(time.time() - ago), kind, path, asset, now())
    sql = "INSERT INTO integrity_report VALUES (?, ?, ?, ?, ?) ON CONFLICT (type, path) DO UPDATE SET asset = excluded.asset"
    immich.store.run(sql, *values)


def new_entry_id(seconds: float) -> str:
    """A UUID of version 7 of that moment."""
    millis, random = int(seconds * 1000), uuid.uuid4().hex
    text = f"{millis:012x}7{random[:3]}8{random[17:]}"
    return str(uuid.UUID(text))


def kind_of(given: str | None) -> str:
    """A type of the report. Raises Invalid for another one."""
    if given not in TYPES:
        raise Invalid([], [not_among(TYPES, ["type"])])
    return given


def entry_of(immich: Immich, request: Request) -> sqlite3.Row | None:
    """The entry of a path; None for one that there is not. Raises Invalid for an id of another version than 7."""
    entry_id = request.path_params["entry"]
    if not ENTRY_ID.fullmatch(entry_id):
        where = {"origin": "string", "code": "invalid_format", "format": "uuid", "pattern": f"/^({ENTRY_ID.pattern})$/"}
        raise Invalid([], [{**where, "path": ["id"], "message": "Invalid UUID"}])
    return immich.store.one("SELECT * FROM integrity_report WHERE id = ?", entry_id)


@routes.on("GET", "/admin/integrity/summary", "maintenance", admin=True, since=SINCE)
def summary(immich: Immich, request: Request) -> Response:
    """How many entries of each type."""
    return ok({kind: immich.store.value("SELECT count(*) FROM integrity_report WHERE type = ?", kind) for kind in TYPES})


@routes.on("GET", "/admin/integrity/report", "maintenance", admin=True, since=SINCE)
def report(immich: Immich, request: Request) -> Response:
    """A page, the newest first. Every `limit` is refused, and a cursor that is not an id is a failure (observed)."""
    kind, cursor = kind_of(request.query_params.get("type")), request.query_params.get("cursor")
    if "limit" in request.query_params:
        message = "Invalid input: expected number, received string"
        raise Invalid([], [{"expected": "number", "code": "invalid_type", "path": ["limit"], "message": message}])
    try:
        newest = str(uuid.UUID(cursor)) if cursor else "g"
    except ValueError:
        raise ApiError(500, "Failed to get integrity report") from None
    sql = "SELECT * FROM integrity_report WHERE type = ? AND id <= ? ORDER BY id DESC LIMIT ?"
    rows = immich.store.all(sql, kind, newest, PAGE + 1)
    items = [
        {"id": row["id"], "type": kind, "path": row["path"], "assetId": row["asset"], "fileAssetId": None, "createdAt": row["created"]}
        for row in rows[:PAGE]
    ]
    return ok({"items": items, **({"nextCursor": rows[PAGE]["id"]} if len(rows) > PAGE else {})})


@routes.on("GET", "/admin/integrity/report/{type}/csv", "maintenance", admin=True, since=SINCE)
def as_csv(immich: Immich, request: Request) -> Response:
    """All entries of a type, the path in quotes (integrity.service.ts, 3.1.0)."""
    lines = ["id,type,assetId,fileAssetId,path\n"]
    for row in immich.store.all("SELECT * FROM integrity_report WHERE type = ?", kind_of(request.path_params["type"])):
        path = row["path"].replace('"', '""')
        lines.append(f'{row["id"]},{row["type"]},{row["asset"] or "null"},null,"{path}"\n')
    return Response("".join(lines), media_type="text/csv", headers={"Cache-Control": "private, no-cache, no-transform"})


@routes.on("GET", "/admin/integrity/report/{entry}/file", "maintenance", admin=True, since=SINCE)
def file(immich: Immich, request: Request) -> Response:
    """The file of an entry."""
    row = entry_of(immich, request)
    path = None if row is None else disk_path(immich, row["path"])
    if path is None or not path.exists():
        raise ApiError(404, "Not Found")
    shown = quote(path.name, safe="!'()*~")  # as JavaScript's encodeURIComponent
    headers = {"Cache-Control": "private, no-cache, no-transform", "Content-Disposition": f"inline; filename*=UTF-8''{shown}"}
    return Response(path.read_bytes(), headers=headers, media_type="application/octet-stream")  # whole: a client may delete it at once


@routes.on("DELETE", "/admin/integrity/report/{entry}", "maintenance", admin=True, since=SINCE)
def delete(immich: Immich, request: Request) -> Response:
    """Deletes an entry with its file, or puts the asset into the trash. Nobody looks whether the file is an asset's by now (observed)."""
    row = entry_of(immich, request)
    if row is None:
        raise ApiError(500, "Failed to delete integrity report")
    if row["asset"]:
        immich.store.update("assets", row["asset"], deleted=now())
    else:
        disk_path(immich, row["path"]).unlink(missing_ok=True)
    immich.store.run("DELETE FROM integrity_report WHERE id = ?", row["id"])
    return empty(200)
