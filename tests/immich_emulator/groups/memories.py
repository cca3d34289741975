# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memories, and comments in albums: what shows assets, and forgets those whose files are missing until they are back."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row, owned
from immich_emulator.assets.asset_view import asset_view, user_view
from immich_emulator.groups.albums import album_for
from immich_emulator.http.answers import ok, sort_new
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

SHOWN = "SELECT a.* FROM assets a JOIN memory_assets m ON m.asset = a.id WHERE m.memory = ? AND a.deleted IS NULL ORDER BY a.seq"
WITH_HIDDEN_PEOPLE = "SELECT f.asset FROM faces f JOIN people p ON p.id = f.person WHERE p.hidden"
KINDS = Field("type", "enum", ("enum",), values=("comment", "like"))


def memory_view(immich: Immich, row: sqlite3.Row) -> dict[str, Any]:
    """A memory with those of its assets that are not in the trash."""
    assets = [asset_view(immich, asset, inside=True) for asset in immich.store.all(SHOWN, row["id"])]
    view = {"id": row["id"], "createdAt": row["created"], "updatedAt": row["created"], "memoryAt": row["at"], "ownerId": row["owner"]}
    return {**view, "type": "on_this_day", "data": {"year": row["year"]}, "isSaved": False, "assets": assets}


@routes.on("GET", "/memories", "memory.read")
def memories(immich: Immich, request: Request) -> Response:
    """The user's memories. From 3.0 on, without assets that show a hidden person, and without those that show nothing then (observed on
    3.1)."""
    rows = immich.store.all("SELECT * FROM memories WHERE owner = ? ORDER BY seq", request.user.id)
    views = [memory_view(immich, row) for row in rows]
    if not immich.version.is_new:
        return ok(views)
    hidden = set(immich.store.column(WITH_HIDDEN_PEOPLE))
    views = [{**view, "assets": [asset for asset in view["assets"] if asset["id"] not in hidden]} for view in views]
    return ok([view for view in views if view["assets"]])


@routes.on("POST", "/memories", "memory.create")
def create(immich: Immich, request: Request) -> Response:
    """A new memory."""
    fields = Field("assetIds", "uuid[]", ("each uuid", "array"), required=False), Field("memoryAt", "string", ("string",))
    given = check(immich.version, request.state.json, *fields)
    memory_id = new_id()
    about = {"owner": request.user.id, "at": given["memoryAt"], "year": given["data"]["year"], "created": now()}
    immich.store.insert("memories", id=memory_id, **about)
    for asset_id in given.get("assetIds") or []:
        immich.store.insert("memory_assets", memory=memory_id, asset=asset_id)
    return ok(memory_view(immich, own_row(immich, request, "memories", memory_id, "memory.read")), 201)


@routes.on("GET", "/memories/{id}", "memory.read")
def get(immich: Immich, request: Request) -> Response:
    """One memory."""
    return ok(memory_view(immich, own_row(immich, request, "memories", request.path_params["id"], "memory.read")))


@routes.on("PUT", "/memories/{id}/assets", "memoryAsset.create")
def add(immich: Immich, request: Request) -> Response:
    """Adds assets to a memory. The answer has a result for each of them."""
    ids = check(immich.version, request.state.json, Field("ids", "uuid[]", ("each uuid", "array")))["ids"]
    row = own_row(immich, request, "memories", request.path_params["id"], "memory.read")
    present = set(immich.store.column("SELECT asset FROM memory_assets WHERE memory = ?", row["id"]))
    answer, fresh = sort_new(ids, present, owned(immich, request, "assets", ids))
    for asset_id in fresh:
        immich.store.insert("memory_assets", memory=row["id"], asset=asset_id)
    return ok(answer)


@routes.on("GET", "/activities", "activity.read")
def activities(immich: Immich, request: Request) -> Response:
    """The comments and likes in an album, but for those of assets in the trash."""
    album = album_for(immich, request, request.query_params.get("albumId", ""), "album.read", "viewer", "editor")
    sql = "SELECT c.* FROM activities c LEFT JOIN assets a ON a.id = c.asset WHERE c.album = ? AND a.deleted IS NULL ORDER BY c.seq"
    return ok([activity_view(immich, row) for row in immich.store.all(sql, album["id"])])


@routes.on("POST", "/activities", "activity.create")
def comment(immich: Immich, request: Request) -> Response:
    """A comment or like of an album, or of an asset in it."""
    given = check(immich.version, request.state.json, Field("albumId", "uuid", ("uuid",)), KINDS)
    album = album_for(immich, request, given["albumId"], "activity.create", "viewer", "editor")
    activity_id = new_id()
    about = {"asset": given.get("assetId"), "type": given["type"], "comment": given.get("comment"), "created": now()}
    immich.store.insert("activities", id=activity_id, owner=request.user.id, album=album["id"], **about)
    row = immich.store.one("SELECT * FROM activities WHERE id = ?", activity_id)
    assert row is not None
    return ok(activity_view(immich, row), 201)


def activity_view(immich: Immich, row: sqlite3.Row) -> dict[str, Any]:
    """A comment or like."""
    user = immich.store.one("SELECT * FROM users WHERE id = ?", row["owner"])
    assert user is not None
    view = {"id": row["id"], "createdAt": row["created"], "type": row["type"], "assetId": row["asset"], "user": user_view(user)}
    return {**view, "comment": row["comment"]} if row["type"] == "comment" else view
