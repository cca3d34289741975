# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of the database: a manual job makes one, and since 2.5 they are listed, downloaded, uploaded and deleted."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import ApiError, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.system import dumps

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

LISTED_SINCE = (2, 5)
NAME = re.compile(r"[\w.-]+\.sql(?:\.gz)?", re.ASCII)
ROUTINE = re.compile(r"immich-db-backup-\d{8}T\d{6}-v.*-pg.*\.sql\.gz")

#: How a dump is damaged before it is written, by the name that a test gives.
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "no_gzip": lambda content: b"<html>not a backup</html>",
    "no_end": dumps.without_end,
}


def make(immich: Immich, prefix: str = "") -> str | None:
    """Makes a backup, and returns its name; None where it fails. Immich's counts of jobs do not show that failure."""
    if not immich.backups_work:
        return None
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    name = f"{prefix}immich-db-backup-{moment}-v{immich.version.number}-pg17.12.sql.gz"
    temporary = folder(immich) / f"{name}.tmp"
    temporary.write_bytes(DAMAGES[immich.backup_damage](dumps.dump(immich)))
    temporary.rename(folder(immich) / name)
    if not prefix:
        clean_up(immich)
    return name


def clean_up(immich: Immich) -> None:
    """Deletes the oldest backups, but for the number that the configuration keeps."""
    kept = immich.configuration()["backup"]["database"]["keepLastAmount"]
    for name in sorted((one for one in names(immich) if ROUTINE.fullmatch(one)), reverse=True)[kept:]:
        (folder(immich) / name).unlink()


def folder(immich: Immich) -> Path:
    """The folder of the backups."""
    path = immich.store.folder / "backups"
    path.mkdir(exist_ok=True)
    return path


def names(immich: Immich) -> list[str]:
    """The names of the finished backups in the order of the list: the newest first, uploaded ones apart."""
    found = [name for name in sorted(os.listdir(folder(immich))) if NAME.fullmatch(name)]
    return sorted(found, key=functools.cmp_to_key(compare))[::-1]


def compare(one: str, other: str) -> int:
    """Immich's comparison of two names."""
    if one.startswith("uploaded-") != other.startswith("uploaded-"):
        return 1
    return (one > other) - (one < other)


@routes.on("GET", "/admin/database-backups", "maintenance", admin=True, since=LISTED_SINCE)
def listed(immich: Immich, request: Request) -> Response:
    """Lists all backups. The answer of 2.5 has no time zone."""
    extra = {"timezone": "UTC"} if immich.version.at_least(2, 7) else {}
    sizes = {name: (folder(immich) / name).stat().st_size for name in names(immich)}
    return ok({"backups": [{"filename": name, "filesize": size, **extra} for name, size in sizes.items()]})


@routes.on("GET", "/admin/database-backups/{filename}", "backup.download", admin=True, since=LISTED_SINCE)
def download(immich: Immich, request: Request) -> Response:
    """One file, or a part of it."""
    name = request.path_params["filename"]
    if not NAME.fullmatch(name):
        raise ApiError(404, "Not Found") if immich.version.is_new else bad_request("Invalid backup name!")
    path = folder(immich) / name
    if not path.exists():
        return missing_file(immich, name)
    if begins_beyond(request.headers.get("Range", ""), path):
        return late_error(immich, ApiError(404, "Not Found") if immich.version.is_new else ApiError(500, "Internal server error"))
    kind = "application/gzip" if name.endswith(".gz") else "application/sql"
    headers = {"Cache-Control": "private, no-cache, no-transform", "Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}"}
    about = path.stat()
    headers["ETag"] = f'W/"{about.st_size:x}-{int(about.st_mtime * 1000):x}"'
    return FileResponse(path, headers=headers, media_type=kind)


def begins_beyond(wanted: str, path: Path) -> bool:
    """Whether a `Range` begins where the file has ended."""
    match = re.match(r"bytes=(\d+)-", wanted)
    return match is not None and int(match[1]) >= path.stat().st_size


def missing_file(immich: Immich, name: str) -> Response:
    """The answer for a missing backup: 404 since 3.0. Version 2 has set the headers of a gzip file by then, and answers 500 with them."""
    if immich.version.is_new:
        raise ApiError(404, "Not Found")
    return late_error(immich, ApiError(500, "Internal server error"))


def late_error(immich: Immich, error: ApiError) -> Response:
    """Version 2's error after it has set the headers of a gzip file."""
    body = error.body(immich.version)
    body.pop("error", None)
    answer = ok(body, error.status)
    answer.headers["Content-Type"] = "application/gzip; charset=utf-8"
    return answer


@routes.on("POST", "/admin/database-backups/upload", "backup.upload", admin=True, since=LISTED_SINCE)
async def upload(immich: Immich, request: Request) -> Response:
    """Stores the file of the field `file` as a backup. Immich adds a prefix to its name, and replaces a backup of that name."""
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ApiError(500, "Internal server error")
    name = os.path.basename(file.filename or "")
    if not NAME.fullmatch(name):
        raise bad_request("Invalid backup name!")
    (folder(immich) / f"uploaded-{name}").write_bytes(await file.read())
    return empty(201)


@routes.on("DELETE", "/admin/database-backups", "backup.delete", admin=True, since=LISTED_SINCE)
def delete(immich: Immich, request: Request) -> Response:
    """Deletes backups. A missing one is no error."""
    given = check(immich.version, request.state.json, Field("backups", "string[]", ("each string",)))["backups"]
    if any(not NAME.fullmatch(name) for name in given):
        raise bad_request("Invalid backup name!")
    for name in given:
        (folder(immich) / name).unlink(missing_ok=True)
    return empty(200)
