# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Albums. Their names are not unique."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row, owned
from immich_emulator.assets.assets import IDS
from immich_emulator.groups.album_view import album_view, contributors
from immich_emulator.http.answers import empty, ok, sort_new
from immich_emulator.http.errors import ApiError, bad_request, no_access
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check, check_id
from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

NAME = Field("albumName", "string", ("string",))
OPTIONAL = (
    Field("description", "string", ("string",), required=False),
    Field("assetIds", "uuid[]", ("each uuid", "array"), required=False),
)
SHARED = "id IN (SELECT album FROM album_users)"
#: A condition on the album's id, the user's id for its `?`.
SHARED_WITH_ME = "id IN (SELECT album FROM album_users WHERE user = ?)"


def accessible(immich: Immich, request: Request, scope: str, *roles: str) -> sqlite3.Row:
    """The album of the path, see `album_for`."""
    return album_for(immich, request, request.path_params["id"], scope, *roles)


def album_for(immich: Immich, request: Request, album_id: str, scope: str, *roles: str) -> sqlite3.Row:
    """An album, if it is the user's or is shared with the user in one of `roles`.

    Raises ApiError 400, in which `scope` has the version's name.
    """
    store = immich.store
    row = store.one("SELECT * FROM albums WHERE id = ?", album_id)
    role = store.value("SELECT role FROM album_users WHERE album = ? AND user = ?", album_id, request.user.id)
    if row is None or not (row["owner"] == request.user.id or role in roles):
        raise no_access(immich.version.scope_of(scope, "") or scope)
    return row


@routes.on("GET", "/albums", "album.read")
def list_albums(immich: Immich, request: Request) -> Response:
    """Albums, newest first.

    Up to 2.7 one's own, or with `shared` those that are shared (by whom ever) or one's own that are not; since 3.0 all,
    with the filters `isOwned`, `isShared`, `name`.
    """
    query, version, me = request.query_params, immich.version, request.user.id
    if "assetId" in query:
        check_id(version, "assetId", query["assetId"])
    if version.is_new or query.get("shared") == "true" or "assetId" in query:
        conditions, values = [f"(owner = ? OR {SHARED_WITH_ME})"], [me, me]
    else:
        conditions, values = ["owner = ?"], [me]
    shared = query.get("isShared" if version.is_new else "shared")
    if shared is not None:
        conditions.append(SHARED if shared == "true" else f"NOT {SHARED}")
    if version.is_new and "isOwned" in query:
        conditions.append("owner = ?" if query["isOwned"] == "true" else "owner != ?")
        values.append(me)
    if version.is_new and "name" in query:
        conditions.append("name = ?")
        values.append(query["name"])
    if "assetId" in query:
        conditions.append("id IN (SELECT album FROM album_assets WHERE asset = ?)")
        values.append(query["assetId"])
    rows = immich.store.all(f"SELECT * FROM albums WHERE {' AND '.join(conditions)} ORDER BY seq DESC", *values)
    return ok([album_view(immich, row, days=True, changed=True) for row in rows])


@routes.on("POST", "/albums", "album.create")
def create(immich: Immich, request: Request) -> Response:
    """Creates an album. Immich ignores given assets that are not the user's."""
    given = check(immich.version, request.state.json, NAME, *OPTIONAL)
    users = given.get("albumUsers") or []
    refuse_users(immich, request, users, "album")
    asked = list(dict.fromkeys(given.get("assetIds") or []))
    mine = owned(immich, request, "assets", asked)
    ids = [asset_id for asset_id in asked if asset_id in mine]
    album_id, moment = new_id(), _new_moment(immich)
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
    share_with(immich, request, album_id, users)
    row = own_row(immich, request, "albums", album_id, "album.read")
    return ok(album_view(immich, row, with_assets=True), 201)


def _new_moment(immich: Immich) -> str:
    """The present moment, a millisecond after that of the last album at least: clients tell albums apart by it, and Immich is slower."""
    while immich.store.value("SELECT count(*) FROM albums WHERE created = ?", moment := now()):
        time.sleep(0.001)
    return moment


@routes.on("GET", "/albums/statistics", "album.statistics")
def statistics(immich: Immich, request: Request) -> Response:
    """How many albums the user has; none is shared here."""
    count = immich.store.value("SELECT count(*) FROM albums WHERE owner = ?", request.user.id)
    return ok({"owned": count, "shared": 0, "notShared": count})


@routes.on("GET", "/albums/{id}", "album.read")
def get(immich: Immich, request: Request) -> Response:
    """One album, up to 2.7 with its assets."""
    row = accessible(immich, request, "album.read", "viewer", "editor")
    with_assets = request.query_params.get("withoutAssets") != "true"
    view = album_view(immich, row, days=True, changed=True, with_assets=with_assets)
    if view["shared"] and not immich.version.is_old:
        view["contributorCounts"] = contributors(immich, row["id"])
    return ok(view)


@routes.on("PATCH", "/albums/{id}", "album.update")
def update(immich: Immich, request: Request) -> Response:
    """Changes an album's name or description."""
    optional = Field("albumName", "string", ("string",), required=False)
    given = check(immich.version, request.state.json, optional, OPTIONAL[0])
    row = accessible(immich, request, "album.update", *([] if immich.version.is_old else ["editor"]))
    columns = {"albumName": "name", "description": "description", "albumThumbnailAssetId": "thumbnail"}
    columns |= {"isActivityEnabled": "activity", "order": "sort"}
    changes = {column: given[name] for name, column in columns.items() if name in given}
    if "thumbnail" in changes and not immich.store.one(
        "SELECT album FROM album_assets WHERE album = ? AND asset = ?", row["id"], changes["thumbnail"]
    ):
        raise bad_request("Invalid album thumbnail")
    immich.store.update("albums", row["id"], updated=now(), **changes)
    return ok(album_view(immich, accessible(immich, request, "album.read", "editor")))


@routes.on("DELETE", "/albums/{id}", "album.delete")
def delete(immich: Immich, request: Request) -> Response:
    """Deletes an album; its assets stay."""
    row = accessible(immich, request, "album.delete")
    for table in ("album_assets", "album_users"):
        immich.store.run(f"DELETE FROM {table} WHERE album = ?", row["id"])
    immich.store.run("DELETE FROM albums WHERE id = ?", row["id"])
    return empty(200 if immich.version.is_old else 204)


@routes.on("PUT", "/albums/{id}/assets", "albumAsset.create")
def add(immich: Immich, request: Request) -> Response:
    """Adds assets to an album. The answer has a result for each of them."""
    ids = check(immich.version, request.state.json, IDS_ANY)["ids"]
    if immich.store.one("SELECT id FROM albums WHERE id = ?", request.path_params["id"]) is None:
        raise bad_request("Album not found")
    album = accessible(immich, request, "albumAsset.create", "editor")
    present = set(immich.store.column("SELECT asset FROM album_assets WHERE album = ?", album["id"]))
    mine = owned(immich, request, "assets", ids)
    answer, fresh = sort_new(ids, present, mine)
    link(immich, album["id"], fresh)
    return ok(answer)


IDS_ANY = Field("ids", "uuid[]", ("each uuid", "array"))


@routes.on("PUT", "/albums/assets", "albumAsset.create", since=(1, 140))
def add_to_several(immich: Immich, request: Request) -> Response:
    """Adds assets to several albums. The answer has an `error` when all of them were there already."""
    wanted = Field("albumIds", "uuid[]", ("each uuid", "array")), Field("assetIds", "uuid[]", ("each uuid", "array"))
    given = check(immich.version, request.state.json, *wanted)
    albums = owned(immich, request, "albums", given["albumIds"])
    assets = [i for i in given["assetIds"] if i in owned(immich, request, "assets", given["assetIds"])]
    if not albums or not assets:
        return ok({"success": False, "error": "no_permission"})
    added = sum(link(immich, album_id, assets) for album_id in albums)
    return ok({"success": True} if added else {"success": False, "error": "duplicate"})


@routes.on("DELETE", "/albums/{id}/assets", "albumAsset.delete")
def remove(immich: Immich, request: Request) -> Response:
    """Removes assets from an album. The answer has a result for each of them."""
    ids = check(immich.version, request.state.json, IDS)["ids"]
    album = accessible(immich, request, "albumAsset.delete", "editor")
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


@routes.on("PUT", "/albums/{id}/users", "albumUser.create")
def share(immich: Immich, request: Request) -> Response:
    """Shares an album with users, as `editor` (also without a role) or `viewer`.

    One who is there already keeps the role from 3.0 on, and is an error for the whole call before.
    """
    given = check(immich.version, request.state.json, Field("albumUsers", "object[]", ("array",)))
    album = accessible(immich, request, "album.share")
    present = set(immich.store.column("SELECT user FROM album_users WHERE album = ?", album["id"]))
    new = [entry for entry in given["albumUsers"] if entry["userId"] not in present]
    if len(new) < len(given["albumUsers"]) and not immich.version.is_new:
        raise bad_request("User already added")
    refuse_users(immich, request, new, "album user")
    share_with(immich, request, album["id"], new)
    return ok(album_view(immich, album))


def refuse_users(immich: Immich, request: Request, users: Sequence[dict[str, Any]], what: str) -> None:
    """Raises ApiError where the owner, a user twice, or an unknown user is to be added."""
    if any(entry["userId"] == request.user.id for entry in users) and not immich.version.is_new:
        raise bad_request("Cannot share album with owner")
    known = set(immich.store.column("SELECT id FROM users WHERE deleted IS NULL"))
    ids = [entry["userId"] for entry in users]
    if not set(ids) <= known:
        raise bad_request("Invalid user" if immich.version.is_new else "User not found")
    if len(set(ids)) < len(ids):
        raise ApiError(500, f"Failed to create {what}")


def share_with(immich: Immich, request: Request, album_id: str, users: Sequence[dict[str, Any]]) -> None:
    """Adds users to an album."""
    for entry in users:
        if entry["userId"] != request.user.id:
            sql = "INSERT INTO album_users VALUES (?, ?, ?)"
            immich.store.run(sql, album_id, entry["userId"], entry.get("role") or "editor")


@routes.on("PUT", "/albums/{id}/user/{userId}", "albumUser.update")
def change_role(immich: Immich, request: Request) -> Response:
    """Changes what a user may do in a shared album; without effect on somebody who is not in it."""
    given = check(immich.version, request.state.json, Field("role", "enum", ("enum",), values=("editor", "viewer")))
    album = accessible(immich, request, "album.share")
    sql = "UPDATE album_users SET role = ? WHERE album = ? AND user = ?"
    changed = immich.store.run(sql, given["role"], album["id"], request.path_params["userId"]).rowcount
    if not changed and immich.version.is_old:
        raise ApiError(500, "Failed to update album user")
    return empty(200 if immich.version.is_old else 204)


@routes.on("DELETE", "/albums/{id}/user/{userId}", "albumUser.delete")
def remove_user(immich: Immich, request: Request) -> Response:
    """Removes a user from a shared album."""
    album = accessible(immich, request, "album.share")
    sql = "DELETE FROM album_users WHERE album = ? AND user = ?"
    if not immich.store.run(sql, album["id"], request.path_params["userId"]).rowcount:
        raise bad_request("Album not shared with user")
    return empty(200 if immich.version.is_old else 204)


def link(immich: Immich, album_id: str, asset_ids: Sequence[str]) -> int:
    """Adds assets to an album, and returns how many were not in it before. The first becomes the cover of an album without one."""
    if not asset_ids:
        return 0
    rows = [(album_id, asset_id) for asset_id in asset_ids]
    added = immich.store.db.executemany("INSERT OR IGNORE INTO album_assets VALUES (?, ?)", rows).rowcount
    sql = "UPDATE albums SET updated = ?, thumbnail = coalesce(thumbnail, ?) WHERE id = ?"
    immich.store.run(sql, now(), asset_ids[0], album_id)
    return added
