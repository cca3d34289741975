# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /assets`: an upload, written to disk as it arrives."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from typing import TYPE_CHECKING, Any

from python_multipart.multipart import parse_options_header
from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import ok
from immich_emulator.http.errors import bad_request
from immich_emulator.http.form_parser import FormParser
from immich_emulator.http.routing import Routes
from immich_emulator.storage import Store, new_id, now
from immich_emulator.system.jobs import queue_upload
from immich_emulator.uploads.checksums import find, from_text
from immich_emulator.uploads.upload_fields import check_fields, to_utc
from immich_emulator.uploads.upload_form import UploadForm

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()


@routes.on("POST", "/assets", "asset.upload")
async def upload(immich: Immich, request: Request) -> Response:
    """Takes one asset. A checksum header that is known answers without the body; it is never compared with the body."""
    if (claimed := request.headers.get("x-immich-checksum")) and (known := find(immich, request.user.id, from_text(claimed))):
        return duplicate(known)
    form = UploadForm(immich)
    try:
        await receive(request, form)
        await asyncio.sleep(immich.options.contention * immich.queues.active())
        return create(immich, request, form)
    finally:
        form.discard()
        request.state.form = form.summary()


async def receive(request: Request, form: UploadForm) -> None:
    """Reads the body into the form. Raises ApiError for one that is not whole, ClientDisconnect when the client leaves."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        given = request.state.json if isinstance(request.state.json, dict) else {}
        form.fields.update({name: str(value) for name, value in given.items()})
        return
    boundary = options.get(b"boundary")
    if not boundary:
        raise bad_request("Multipart: Boundary not found")
    parser = FormParser(boundary, form)
    async for chunk in request.stream():
        parser.feed(chunk)
    parser.finish()


def create(immich: Immich, request: Request, form: UploadForm) -> Response:
    """Makes the asset of a whole form, in Immich's order of checks."""
    store = immich.store
    check_fields(immich.version, form.fields, form.repeated)
    stored = form.files.get("assetData")
    if stored is None:
        raise bad_request("File is required")
    owner = store.one("SELECT quota, usage FROM users WHERE id = ?", request.user.id)
    assert owner is not None
    if owner["quota"] is not None and owner["quota"] < owner["usage"] + stored.size:
        raise bad_request("Quota has been exceeded!")
    live_video = form.fields.get("livePhotoVideoId")
    if live_video:
        check_live_video(store, request.user.id, live_video)
    asset_id, row = new_id(), columns(immich, request.user.id, form)
    try:
        store.insert("assets", id=asset_id, **row)
    except sqlite3.IntegrityError:
        known = find(immich, request.user.id, stored.sha1.hexdigest())
        assert known is not None
        return duplicate(known)
    store.run("UPDATE users SET usage = usage + ? WHERE id = ?", stored.size, request.user.id)
    if live_video:
        store.update("assets", live_video, visibility="hidden")
    form.keep(row["path"], row["sidecar"])
    queue_upload(immich, asset_id)
    return ok({"id": asset_id, "status": "created"}, 201)


def columns(immich: Immich, owner: str, form: UploadForm) -> dict[str, Any]:
    """The new asset's row. A `filename` field counts for the name, the file's own name for its ending on disk."""
    fields, stored, sidecar = form.fields, form.files["assetData"], form.files.get("sidecarData")
    file_id, moment, created = new_id(), now(), to_utc(form.fields["fileCreatedAt"])
    name = fields.get("filename") or stored.name
    ending = os.path.splitext(stored.name)[1].lower()
    path = str(immich.store.uploads / f"{file_id}{ending}")
    return {
        "owner": owner,
        "exif": "{}",
        "checksum": stored.sha1.hexdigest(),
        "name": name,
        "type": immich.version.extensions.get(os.path.splitext(name)[1].lower(), "OTHER"),
        "size": stored.size,
        "path": None if stored.path is None else path,
        "shown_path": f"/data/upload/{owner}/{file_id[:2]}/{file_id[2:4]}/{file_id}{ending}",
        "file_created": created,
        "file_modified": to_utc(fields["fileModifiedAt"]),
        "local_date": created,
        "uploaded": moment,
        "updated": moment,
        "favorite": fields.get("isFavorite") == "true",
        "visibility": fields.get("visibility") or "timeline",
        "duration": fields.get("duration"),
        "device_asset_id": fields.get("deviceAssetId", ""),
        "device_id": fields.get("deviceId", ""),
        "live_video": fields.get("livePhotoVideoId") or None,
        "sidecar": f"{path}.xmp" if sidecar else None,
        "sidecar_sha1": sidecar.sha1.hexdigest() if sidecar else None,
    }


def check_live_video(store: Store, owner: str, video_id: str) -> None:
    """Raises ApiError unless a live photo's video is a video of the same user."""
    video = store.one("SELECT owner, type FROM assets WHERE id = ?", video_id)
    if video is None:
        raise bad_request("Live photo video not found")
    if video["type"] != "VIDEO":
        raise bad_request("Live photo video must be a video")
    if video["owner"] != owner:
        raise bad_request("Live photo video does not belong to the user")


def duplicate(asset_id: str) -> Response:
    """The answer to an upload of a file that the user has already."""
    return ok({"status": "duplicate", "id": asset_id})
