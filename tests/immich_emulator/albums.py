# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Albums. Their names are not unique."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from immich_emulator.access import own_row, owned
from immich_emulator.asset_view import asset_view, user_view, with_offset
from immich_emulator.assets import IDS
from immich_emulator.errors import bad_request, no_access
from immich_emulator.http import Answer, Request, empty, ok
from immich_emulator.routing import Routes
from immich_emulator.storage import new_id, now
from immich_emulator.validation import Field, check

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

NAME = Field("albumName", "string", ("string",))
OPTIONAL = (
    Field("description", "string", ("string",), required=False),
    Field("assetIds", "uuid[]", ("each uuid", "array"), required=False),
)
ASSETS = (
    "SELECT a.* FROM assets a JOIN album_assets l ON l.asset = a.id "
    "WHERE l.album = ? AND a.deleted IS NULL ORDER BY a.file_created DESC, a.seq DESC"
)


def album_view(immich: Immich, album: sqlite3.Row, *, listed: bool = False, assets: Sequence[sqlite3.Row] = ()) -> dict[str, Any]:
    """An album. In a list its dates are days, elsewhere moments; ≥3.0 has no `assets` and names the owner as a user."""
    store, version = immich.store, immich.version
    owner = store.one("SELECT * FROM users WHERE id = ?", album["owner"])
    assert owner is not None
    span = store.one(
        "SELECT min(a.local_date) AS first, max(a.local_date) AS last, max(a.updated) AS changed, count(*) AS number "
        "FROM assets a JOIN album_assets l ON l.asset = a.id WHERE l.album = ? AND a.deleted IS NULL",
        album["id"],
    )
    assert span is not None
    view: dict[str, Any] = {
        "albumName": album["name"],
        "description": album["description"],
        "albumThumbnailAssetId": album["thumbnail"],
        "createdAt": album["created"],
        "updatedAt": album["updated"],
        "id": album["id"],
    }
    if not version.is_new:
        view |= {"ownerId": album["owner"], "owner": user_view(owner)}
    view["albumUsers"] = [{"user": user_view(owner), "role": "owner"}] if version.is_new else []
    view |= {"shared": False, "hasSharedLink": False}
    if span["number"]:
        for name, moment in (("startDate", span["first"]), ("endDate", span["last"])):
            view[name] = f"{moment[:10]}T00:00:00.000Z" if listed else with_offset(moment)
    if not version.is_new:
        view["assets"] = [asset_view(immich, asset, inside=True) for asset in assets]
    view |= {"assetCount": span["number"], "isActivityEnabled": bool(album["activity"]), "order": album["sort"]}
    if listed and span["number"]:
        view["lastModifiedAssetTimestamp"] = span["changed"]
    return view


@routes.on("GET", "/albums", "album.read")
def list_albums(immich: Immich, request: Request) -> Answer:
    """The user's albums, newest first. Only ≥3.0 knows `name`, and there `shared` does not exclude one's own."""
    query, version = request.query, immich.version
    if query.get("shared") == "true" and not version.is_new:
        return ok([])
    sql, values = "SELECT * FROM albums WHERE owner = ?", [request.user.id]
    if "assetId" in query:
        sql += " AND id IN (SELECT album FROM album_assets WHERE asset = ?)"
        values.append(query["assetId"])
    if "name" in query and version.is_new:
        sql += " AND name = ?"
        values.append(query["name"])
    rows = immich.store.all(sql + " ORDER BY seq DESC", *values)
    return ok([album_view(immich, row, listed=True) for row in rows])


@routes.on("POST", "/albums", "album.create")
def create(immich: Immich, request: Request) -> Answer:
    """A new album; assets that are not the user's are left out without a word."""
    given = check(immich.version, request.json, NAME, *OPTIONAL)
    asked = list(dict.fromkeys(given.get("assetIds") or []))
    mine = owned(immich, request, "assets", asked)
    ids = [asset_id for asset_id in asked if asset_id in mine]
    album_id, moment = new_id(), now()
    immich.store.insert(
        "albums",
        id=album_id,
        owner=request.user.id,
        name=given["albumName"],
        description=given.get("description") or "",
        thumbnail=ids[0] if ids else None,
        created=moment,
        updated=moment,
        activity=True,
        sort="desc",
    )
    link(immich, album_id, ids)
    row = own_row(immich, request, "albums", album_id, "album.read")
    return ok(album_view(immich, row, assets=immich.store.all(ASSETS, album_id)), 201)


@routes.on("GET", "/albums/statistics", "album.statistics")
def statistics(immich: Immich, request: Request) -> Answer:
    """How many albums the user has; none is shared here."""
    count = immich.store.value("SELECT count(*) FROM albums WHERE owner = ?", request.user.id)
    return ok({"owned": count, "shared": 0, "notShared": count})


@routes.on("GET", "/albums/{id}", "album.read")
def get(immich: Immich, request: Request) -> Answer:
    """One album, up to 2.7 with its assets."""
    row = own_row(immich, request, "albums", request.params["id"], "album.read")
    assets = [] if request.query.get("withoutAssets") == "true" else immich.store.all(ASSETS, row["id"])
    return ok(album_view(immich, row, assets=assets))


@routes.on("PATCH", "/albums/{id}", "album.update")
def update(immich: Immich, request: Request) -> Answer:
    """Changes an album's name or description."""
    optional = Field("albumName", "string", ("string",), required=False)
    given = check(immich.version, request.json, optional, OPTIONAL[0])
    row = own_row(immich, request, "albums", request.params["id"], "album.update")
    columns = {"albumName": "name", "description": "description", "albumThumbnailAssetId": "thumbnail"}
    columns |= {"isActivityEnabled": "activity", "order": "sort"}
    changes = {column: given[name] for name, column in columns.items() if name in given}
    immich.store.update("albums", row["id"], updated=now(), **changes)
    return ok(album_view(immich, own_row(immich, request, "albums", row["id"], "album.read")))


@routes.on("DELETE", "/albums/{id}", "album.delete")
def delete(immich: Immich, request: Request) -> Answer:
    """Deletes an album; its assets stay."""
    row = own_row(immich, request, "albums", request.params["id"], "album.delete")
    immich.store.run("DELETE FROM album_assets WHERE album = ?", row["id"])
    immich.store.run("DELETE FROM albums WHERE id = ?", row["id"])
    return empty(200 if immich.version.is_old else 204)


@routes.on("PUT", "/albums/{id}/assets", "albumAsset.create")
def add(immich: Immich, request: Request) -> Answer:
    """Adds assets to an album, and says for each how that went."""
    ids = check(immich.version, request.json, IDS_ANY)["ids"]
    album = immich.store.one("SELECT * FROM albums WHERE id = ?", request.params["id"])
    if album is None:
        raise bad_request("Album not found")
    if album["owner"] != request.user.id:
        raise no_access(immich.version.scope_of("albumAsset.create", "") or "")
    present = set(immich.store.column("SELECT asset FROM album_assets WHERE album = ?", album["id"]))
    mine = owned(immich, request, "assets", ids)
    answer: list[dict[str, Any]] = []
    fresh: list[str] = []
    for asset_id in ids:
        if asset_id in present:
            answer.append({"id": asset_id, "success": False, "error": "duplicate"})
        elif asset_id not in mine:
            answer.append({"id": asset_id, "success": False, "error": "no_permission"})
        else:
            present.add(asset_id)
            fresh.append(asset_id)
            answer.append({"id": asset_id, "success": True})
    link(immich, album["id"], fresh)
    return ok(answer)


IDS_ANY = Field("ids", "uuid[]", ("each uuid", "array"))


@routes.on("PUT", "/albums/assets", "albumAsset.create", since=(1, 140))
def add_to_several(immich: Immich, request: Request) -> Answer:
    """Adds assets to several albums; `error` when nothing was new."""
    wanted = Field("albumIds", "uuid[]", ("each uuid", "array")), Field("assetIds", "uuid[]", ("each uuid", "array"))
    given = check(immich.version, request.json, *wanted)
    albums = owned(immich, request, "albums", given["albumIds"])
    assets = [i for i in given["assetIds"] if i in owned(immich, request, "assets", given["assetIds"])]
    if not albums or not assets:
        return ok({"success": False, "error": "no_permission"})
    added = sum(link(immich, album_id, assets) for album_id in albums)
    return ok({"success": True} if added else {"success": False, "error": "duplicate"})


@routes.on("DELETE", "/albums/{id}/assets", "albumAsset.delete")
def remove(immich: Immich, request: Request) -> Answer:
    """Takes assets out of an album, and says for each how that went."""
    ids = check(immich.version, request.json, IDS)["ids"]
    scope = immich.version.scope_of("albumAsset.delete", "") or ""
    album = own_row(immich, request, "albums", request.params["id"], scope)
    present = set(immich.store.column("SELECT asset FROM album_assets WHERE album = ?", album["id"]))
    answer: list[dict[str, Any]] = []
    for asset_id in ids:
        if asset_id in present:
            immich.store.run("DELETE FROM album_assets WHERE album = ? AND asset = ?", album["id"], asset_id)
            present.discard(asset_id)
            answer.append({"id": asset_id, "success": True})
        else:
            answer.append({"id": asset_id, "success": False, "error": "not_found"})
    return ok(answer)


def link(immich: Immich, album_id: str, asset_ids: Sequence[str]) -> int:
    """Puts assets into an album; how many were new to it. An album without a thumbnail takes the first."""
    if not asset_ids:
        return 0
    rows = [(album_id, asset_id) for asset_id in asset_ids]
    added = immich.store.db.executemany("INSERT OR IGNORE INTO album_assets VALUES (?, ?)", rows).rowcount
    sql = "UPDATE albums SET updated = ?, thumbnail = coalesce(thumbnail, ?) WHERE id = ?"
    immich.store.run(sql, now(), asset_ids[0], album_id)
    return added
