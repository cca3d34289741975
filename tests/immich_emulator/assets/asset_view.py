# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the JSON of an asset, which differs by version and by endpoint."""

from __future__ import annotations

import base64
import json
import mimetypes
import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

#: What `exifInfo` shows before the metadata job has run, and the order of its entries.
EXIF_FIELDS = [
    "make",
    "model",
    "exifImageWidth",
    "exifImageHeight",
    "fileSizeInByte",
    "orientation",
    "dateTimeOriginal",
    "modifyDate",
    "timeZone",
    "lensModel",
    "fNumber",
    "focalLength",
    "iso",
    "exposureTime",
    "latitude",
    "longitude",
    "city",
    "state",
    "country",
    "description",
    "projectionType",
    "rating",
]
NO_DURATION = "0:00:00.00000"


def user_view(row: sqlite3.Row) -> dict[str, Any]:
    """A user as others see them."""
    return {
        "id": row["id"],
        "email": row["email"],
        "name": row["name"],
        "profileImagePath": "",
        "avatarColor": row["color"],
        "profileChangedAt": row["created"],
    }


def with_offset(moment: str) -> str:
    """`2021-03-04T05:06:07.000Z` → `2021-03-04T05:06:07+00:00`, as the database writes moments inside lists."""
    return moment.removesuffix("Z").removesuffix(".000") + "+00:00"


def exif_view(row: sqlite3.Row) -> dict[str, Any]:
    """The asset's `exifInfo`."""
    known = json.loads(row["exif"] or "{}")
    exif = {name: known.get(name) for name in EXIF_FIELDS}
    exif["fileSizeInByte"] = row["size"]
    exif["description"] = exif["description"] or ""
    for name in ("dateTimeOriginal", "modifyDate"):
        if exif[name]:
            exif[name] = with_offset(exif[name])
    return exif


def asset_view(
    immich: Immich,
    row: sqlite3.Row,
    *,
    exif: bool = True,
    faces: bool = False,
    inside: bool = False,
) -> dict[str, Any]:
    """The JSON of an asset. `inside` another object (an album, a stack), Immich writes its times in another format."""
    version = immich.version
    moment = with_offset if inside else str
    view: dict[str, Any] = {
        "id": row["id"],
        "createdAt": row["uploaded"],
        "deviceAssetId": row["device_asset_id"],
        "ownerId": row["owner"],
        "deviceId": row["device_id"],
        "libraryId": row["library"],
        "type": row["type"],
        "originalPath": row["shown_path"],
        "originalFileName": row["name"],
        "originalMimeType": mime_type(row["name"]),
        "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI" if row["thumbnail"] else None,
        "fileCreatedAt": moment(row["file_created"]),
        "fileModifiedAt": moment(row["file_modified"]),
        "localDateTime": moment(row["local_date"]),
        "updatedAt": row["updated"],
        "isFavorite": bool(row["favorite"]),
        "isArchived": row["visibility"] == "archive",
        "isTrashed": row["deleted"] is not None,
        "visibility": row["visibility"],
        "duration": None if version.is_new else row["duration"] or NO_DURATION,
    }
    if exif:
        view["exifInfo"] = exif_view(row)
    view |= {
        "livePhotoVideoId": row["live_video"],
        "people": [],
        "unassignedFaces": [],
        "checksum": base64.b64encode(bytes.fromhex(row["checksum"])).decode(),
        "isOffline": bool(row["offline"]),
        "hasMetadata": True,
        "duplicateId": row["duplicate"],
        "resized": True,
        "width": row["width"],
        "height": row["height"],
        "isEdited": row["picture_edits"] is not None,
    }
    absent = ["deviceAssetId", "deviceId"] if version.is_new else []
    absent += ["createdAt", "width", "height", "isEdited"] if version.is_old else []
    absent += [] if faces and not version.is_new else ["unassignedFaces"]
    for name in absent:
        del view[name]
    return view


def whole_asset_view(immich: Immich, row: sqlite3.Row) -> dict[str, Any]:
    """An asset asked for by its id: with owner, tags and stack."""
    store = immich.store
    owner = store.one("SELECT * FROM users WHERE id = ?", row["owner"])
    assert owner is not None
    tags = store.all("SELECT t.* FROM tags t JOIN tag_assets a ON a.tag = t.id WHERE a.asset = ?", row["id"])
    return {
        **asset_view(immich, row, faces=True),
        "owner": user_view(owner),
        "tags": [tag_view(tag) for tag in tags],
        "stack": stack_of(immich, row),
    }


def stack_of(immich: Immich, row: sqlite3.Row) -> dict[str, Any] | None:
    """The stack of an asset: its id, primary asset and count. None where only the primary asset is in the timeline."""
    stack = immich.store.one("SELECT * FROM stacks WHERE id = ?", row["stack"]) if row["stack"] else None
    if stack is None:
        return None
    sql = "SELECT count(*) FROM assets WHERE stack = ? AND id != ? AND deleted IS NULL AND visibility = 'timeline'"
    others = immich.store.value(sql, stack["id"], stack["primary_asset"])
    return {"id": stack["id"], "primaryAssetId": stack["primary_asset"], "assetCount": others + 1} if others else None


def tag_view(row: sqlite3.Row) -> dict[str, Any]:
    """A tag; without a parent there is no `parentId`."""
    view = {"id": row["id"], "parentId": row["parent"], "name": row["value"].rsplit("/", 1)[-1], "value": row["value"]}
    view |= {"createdAt": row["created"], "updatedAt": row["updated"], "color": row["color"]}
    return {name: value for name, value in view.items() if value is not None}


def mime_type(name: str) -> str:
    """The media type that goes with a file's name."""
    return mimetypes.guess_type(name.lower())[0] or "application/octet-stream"
