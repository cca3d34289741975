# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assets after their upload: look at, change, download, delete."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from immich_emulator.accounts.access import own_row, readable_asset, require
from immich_emulator.assets.asset_view import asset_view, mime_type, whole_asset_view
from immich_emulator.groups import faces
from immich_emulator.groups.people import people_in
from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import ApiError
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check, is_uuid
from immich_emulator.storage import iso, now
from immich_emulator.system.jobs import ONE
from immich_emulator.system.queues import Job
from immich_emulator.uploads.upload_fields import FAVORITE, LIVE_VIDEO, VISIBILITY
from immich_emulator.uploads.uploads import check_live_video

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

IDS = Field("ids", "uuid[]", ("each uuid", "not empty", "array"))
#: Changes that are also written to the sidecar, and so make the metadata be read again.
EDITS = ("description", "rating", "dateTimeOriginal", "latitude", "longitude")


@routes.on("GET", "/assets/statistics", "asset.statistics")
def statistics(immich: Immich, request: Request) -> Response:
    """How many pictures and films the user has in the timeline and the archive."""
    sql = "SELECT type, count(*) FROM assets WHERE owner = ? AND deleted IS NULL AND visibility IN ('timeline', 'archive') GROUP BY type"
    counts = dict(immich.store.db.execute(sql, (request.user.id,)).fetchall())
    images, videos = counts.get("IMAGE", 0), counts.get("VIDEO", 0)
    return ok({"images": images, "videos": videos, "total": sum(counts.values())})


@routes.on("GET", "/assets/{id}", "asset.read")
def get(immich: Immich, request: Request) -> Response:
    """One asset."""
    row = readable_asset(immich, request, request.path_params["id"], "asset.read")
    view = {**whole_asset_view(immich, row), "people": people_in(immich, row["id"], request.user.id)}
    if not immich.version.is_new:
        view["unassignedFaces"] = [face.view() for face in faces.of_asset(immich, row["id"]) if face.person is None]
    return ok(view)


@routes.on("PUT", "/assets/{id}", "asset.update")
def update(immich: Immich, request: Request) -> Response:
    """Changes one asset."""
    changes = check(immich.version, request.state.json, FAVORITE, VISIBILITY, LIVE_VIDEO)
    own_row(immich, request, "assets", request.path_params["id"], "asset.update")
    if changes.get("livePhotoVideoId"):
        check_live_video(immich.store, request.user.id, changes["livePhotoVideoId"])
        immich.store.run("UPDATE assets SET visibility = 'hidden' WHERE id = ? AND visibility = 'timeline'", changes["livePhotoVideoId"])
        immich.store.update("assets", request.path_params["id"], live_video=changes["livePhotoVideoId"])
    change(immich, request.path_params["id"], changes)
    row = immich.store.one("SELECT * FROM assets WHERE id = ?", request.path_params["id"])
    assert row is not None
    return ok(asset_view(immich, row, faces=True))


@routes.on("PUT", "/assets", "asset.update")
def update_several(immich: Immich, request: Request) -> Response:
    """Changes several assets in the same way. Immich changes none if one of them is not the user's."""
    changes = check(immich.version, request.state.json, IDS, FAVORITE, VISIBILITY)
    require(immich, request, "assets", changes["ids"], "asset.update")
    if "duplicateId" in changes and changes["duplicateId"] is not None and not is_uuid(changes["duplicateId"]):
        raise ApiError(500, "Failed to update assets")
    for asset_id in changes["ids"]:
        change(immich, asset_id, changes)
        if "duplicateId" in changes:
            immich.store.update("assets", asset_id, duplicate=changes["duplicateId"])
    return empty()


def change(immich: Immich, asset_id: str, changes: dict[str, Any]) -> None:
    """Writes an asset's changes; edits of the metadata go to the sidecar too.

    When it was last changed does not move by these, but once the jobs have written and read the sidecar (observed on 1.135 to 3.1).
    """
    store = immich.store
    edits = {name: changes[name] for name in EDITS if name in changes}
    columns: dict[str, Any] = {} if edits.keys() == changes.keys() else {"updated": now()}
    if "isFavorite" in changes:
        columns["favorite"] = changes["isFavorite"]
    if changes.get("visibility"):
        columns["visibility"] = changes["visibility"]
    if edits:
        row = store.one("SELECT exif, edits FROM assets WHERE id = ?", asset_id)
        assert row is not None
        shown = dict(edits)
        if "dateTimeOriginal" in shown:
            moment = datetime.fromisoformat(shown["dateTimeOriginal"])
            shown["dateTimeOriginal"] = iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        columns["exif"] = json.dumps({**json.loads(row["exif"] or "{}"), **shown})
        columns["edits"] = json.dumps({**json.loads(row["edits"] or "{}"), **edits})
    store.update("assets", asset_id, **columns)
    if edits:
        immich.queues.add("sidecar", Job(ONE, asset_id))


@routes.on("DELETE", "/assets", "asset.delete")
def delete(immich: Immich, request: Request) -> Response:
    """Moves assets to the trash, or with `force` has the background queue delete them for good."""
    given = check(immich.version, request.state.json, IDS, Field("force", "boolean", ("boolean",), required=False))
    require(immich, request, "assets", given["ids"], "asset.delete")
    for asset_id in given["ids"]:
        immich.store.update("assets", asset_id, deleted=now(), trashed_by_user=1)
        if given.get("force"):
            immich.queues.add("backgroundTask", Job("delete with file", asset_id))
    return empty()


@routes.on("GET", "/assets/{id}/original", "asset.download")
def original(immich: Immich, request: Request) -> Response:
    """The file as it was uploaded, or a range of it."""
    row = readable_asset(immich, request, request.path_params["id"], "asset.download")
    return send_file(immich, row)


@routes.on("GET", "/assets/{id}/thumbnail", "asset.view")
def thumbnail(immich: Immich, request: Request) -> Response:
    """Answers with the bytes of the original once the thumbnail job has run, or with its preview: this server draws nothing smaller."""
    row = own_row(immich, request, "assets", request.path_params["id"], "asset.view")
    if request.query_params.get("size") == "preview":
        return Response(faces.preview(immich, row), media_type="image/jpeg")
    if not row["thumbnail"]:
        raise ApiError(404, "Asset media not found")
    return send_file(immich, row)


def send_file(immich: Immich, row: sqlite3.Row) -> Response:
    """A stored file, or the range of it that is asked for. Raises ApiError 404 where bodies are discarded."""
    if row["path"] is None or not Path(row["path"]).exists():
        raise ApiError(404, "Asset media not found")
    caching = "private, max-age=86400, no-transform"
    headers = {}
    if not immich.version.is_old:
        headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(row['name'])}"
        caching += ", stale-while-revalidate=2592000, stale-if-error=2592000"
    return FileResponse(row["path"], headers={**headers, "Cache-Control": caching}, media_type=mime_type(row["name"]))
