# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared links, and partners."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row, owned, require
from immich_emulator.assets.asset_view import asset_view, user_view
from immich_emulator.groups.album_view import album_view
from immich_emulator.http.answers import empty, ok, sort_new
from immich_emulator.http.columns import Column, boolean, changes, text
from immich_emulator.http.errors import ApiError, Invalid, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, bad_format, check, is_uuid
from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

SLUGS = (1, 137)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
MOMENT_PATTERN = (
    r"/^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-"
    r"(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d"
    r"(?::[0-5]\d(?:\.\d+)?)?(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))$/"
)
KINDS = Field("type", "enum", ("enum",), values=("ALBUM", "INDIVIDUAL"))


def columns(immich: Immich) -> Sequence[Column]:
    """The fields of a link. An empty text is kept but on 2.7, where it becomes null."""
    version = immich.version
    is_two = not version.is_old and not version.is_new
    found = [
        text(name, name, nullable=True, store=(lambda value: value or None) if is_two else (lambda value: value))
        for name in ("password", "description")
    ]
    found += [boolean("allowUpload", "upload"), boolean("allowDownload", "download"), boolean("showMetadata", "metadata")]
    found.append(text("expiresAt", "expires", nullable=True))
    return [*found, *([text("slug", "slug", nullable=True)] if version.at_least(*SLUGS) else [])]


def link_view(immich: Immich, row: sqlite3.Row, *, with_album: bool = True, in_list: bool = False) -> dict[str, Any]:
    """A link, its password in clear. Answers to changes are without the album, and in the list of links there is one asset of each."""
    album = immich.store.one("SELECT * FROM albums WHERE id = ?", row["album"]) if with_album else None
    view: dict[str, Any] = {"id": row["id"], "description": row["description"], "password": row["password"], "userId": row["owner"]}
    kind = "ALBUM" if row["album"] else "INDIVIDUAL"
    assets = linked(immich, row["id"], in_list=in_list)
    view |= {"key": row["key"], "type": kind, "createdAt": row["created"], "expiresAt": row["expires"], "assets": assets}
    view |= {"album": {**album_view(immich, album), "hasSharedLink": True, "shared": True}} if album else {}
    view |= {"allowUpload": bool(row["upload"]), "allowDownload": bool(row["download"]), "showMetadata": bool(row["metadata"])}
    return {**view, "slug": row["slug"]} if immich.version.at_least(*SLUGS) else view


def linked(immich: Immich, link_id: str, *, in_list: bool) -> list[dict[str, Any]]:
    """The assets of a link to single ones, but for those in the trash. The list of links has the oldest of them only, and on 1.135 any one,
    or none if that is in the trash (read)."""
    sql = "SELECT a.* FROM assets a JOIN link_assets l ON l.asset = a.id WHERE l.link = ? ORDER BY a.file_created, a.seq"
    rows = immich.store.all(sql, link_id)
    if in_list and immich.version.is_old:
        rows = rows[:1]
    there = [row for row in rows if row["deleted"] is None]
    return [asset_view(immich, row, inside=True) for row in (there[:1] if in_list else there)]


def given_changes(immich: Immich, request: Request) -> dict[str, Any]:
    """What the body says of a link. Raises Invalid, and ApiError for a slug that is taken."""
    found = changes(immich.version, request.state.json, columns(immich))
    expires = found.get("expires")
    if expires and immich.version.is_new and not MOMENT.fullmatch(expires):
        raise Invalid(
            [], [bad_format("datetime", MOMENT_PATTERN, ["expiresAt"], "Invalid input: expected ISO 8601 datetime string, received string")]
        )
    if expires:  # before 3, a day is its first moment
        found["expires"] = re.sub(r"^(\d{4}-\d\d-\d\d)$", r"\1T00:00:00.000Z", re.sub(r"(:\d\d)Z$", r"\1.000Z", expires))
    link_id = request.path_params.get("id", "")
    if found.get("slug") and immich.store.value("SELECT id FROM shared_links WHERE slug = ? AND id != ?", found["slug"], link_id):
        raise bad_request("Failed to save shared link" if immich.version.is_new else "Shared link with this slug already exists")
    return found


@routes.on("GET", "/shared-links", "sharedLink.read")
def links(immich: Immich, request: Request) -> Response:
    """The user's links, newest first."""
    rows = immich.store.all("SELECT * FROM shared_links WHERE owner = ? ORDER BY seq DESC", request.user.id)
    return ok([link_view(immich, row, in_list=True) for row in rows])


@routes.on("POST", "/shared-links", "sharedLink.create")
def create(immich: Immich, request: Request) -> Response:
    """A new link to an album, over which anybody may upload unless that is forbidden."""
    given = check(immich.version, request.state.json, KINDS)
    album_id, asset_ids = None, given.get("assetIds") or []
    if given["type"] == "INDIVIDUAL":
        require(immich, request, "assets", asset_ids, "asset.share")
    else:
        if not is_uuid(given.get("albumId")):
            raise bad_request("Invalid albumId")
        album_id = own_row(immich, request, "albums", given["albumId"], "album.share")["id"]
    found = {"upload": True, "download": True, "metadata": True, **given_changes(immich, request)}
    link_id = new_id()
    about = {"owner": request.user.id, "album": album_id, "key": secrets.token_urlsafe(50), "created": now()}
    immich.store.insert("shared_links", id=link_id, **about, **found)
    for asset_id in asset_ids:
        immich.store.insert("link_assets", link=link_id, asset=asset_id)
    return ok(link_view(immich, own_link(immich, request, link_id), with_album=False), 201)


@routes.on("GET", "/shared-links/{id}", "sharedLink.read")
def get(immich: Immich, request: Request) -> Response:
    """One link."""
    return ok(link_view(immich, own_link(immich, request, request.path_params["id"])))


@routes.on("PATCH", "/shared-links/{id}", "sharedLink.update")
def update(immich: Immich, request: Request) -> Response:
    """Changes a link; without a slug in the body, it has none any more."""
    row = own_link(immich, request, request.path_params["id"])
    found = {"slug": None, **given_changes(immich, request)}
    immich.store.update("shared_links", row["id"], **found)
    return ok(link_view(immich, own_link(immich, request, row["id"]), with_album=False))


@routes.on("PUT", "/shared-links/{id}/assets", "sharedLink.update")
def add_assets(immich: Immich, request: Request) -> Response:
    """Adds assets to a link to single ones. The answer has a result for each of them."""
    ids = check(immich.version, request.state.json, Field("assetIds", "uuid[]", ("each uuid", "array")))["assetIds"]
    row = own_link(immich, request, request.path_params["id"])
    if row["album"]:
        raise bad_request("Invalid shared link type")
    present = set(immich.store.column("SELECT asset FROM link_assets WHERE link = ?", row["id"]))
    answer, fresh = sort_new(ids, present, owned(immich, request, "assets", ids))
    for asset_id in fresh:
        immich.store.insert("link_assets", link=row["id"], asset=asset_id)
    return ok([{"assetId": one.pop("id"), **one} for one in answer])


@routes.on("DELETE", "/shared-links/{id}", "sharedLink.delete")
def delete(immich: Immich, request: Request) -> Response:
    """Deletes a link."""
    row = own_link(immich, request, request.path_params["id"])
    immich.store.run("DELETE FROM shared_links WHERE id = ?", row["id"])
    return empty(200 if immich.version.is_old else 204)


def own_link(immich: Immich, request: Request, link_id: str) -> sqlite3.Row:
    """The user's link. Raises ApiError 400."""
    row = immich.store.one("SELECT * FROM shared_links WHERE id = ? AND owner = ?", link_id, request.user.id)
    if row is None:
        raise bad_request("Shared link not found")
    return row


@routes.on("GET", "/partners", "partner.read")
def partners(immich: Immich, request: Request) -> Response:
    """Lists the partners with whom the user shares, or those who share with the user."""
    shared_by = request.query_params.get("direction") == "shared-by"
    mine, other = ("sharer", "receiver") if shared_by else ("receiver", "sharer")
    sql = f"SELECT u.*, p.in_timeline FROM partners p JOIN users u ON u.id = p.{other} WHERE p.{mine} = ? AND u.deleted IS NULL"
    return ok([partner_view(row) for row in immich.store.all(sql, request.user.id)])


def partner_view(row: sqlite3.Row) -> dict[str, Any]:
    """The JSON of a partner."""
    return {**user_view(row), "inTimeline": bool(row["in_timeline"])}


def pair(immich: Immich, sharer: str, receiver: str, other: str) -> sqlite3.Row:
    """The row of a partnership between two users. Raises ApiError 400 when there is none."""
    sql = "SELECT u.*, p.in_timeline FROM partners p JOIN users u ON u.id = ? WHERE p.sharer = ? AND p.receiver = ?"
    row = immich.store.one(sql, other, sharer, receiver)
    if row is None:
        raise bad_request("Partner not found")
    return row


@routes.on("POST", "/partners", "partner.create", since=(2,))
def share_with(immich: Immich, request: Request) -> Response:
    """Shares the user's library with the user that the body names. (The older route names the user in its path.)"""
    given = check(immich.version, request.state.json, Field("sharedWithId", "uuid", ("uuid",)))
    return share_all(immich, request, given["sharedWithId"], "Failed to create partner")


@routes.on("POST", "/partners/{id}", "partner.create")
def share(immich: Immich, request: Request) -> Response:
    """Shares the user's library with the user in the path. Immich accepts their own id, and answers 500 to an unknown one."""
    failure = "Failed to create partner" if immich.version.is_old else "Failed to create partner deprecated"
    return share_all(immich, request, request.path_params["id"], failure)


def share_all(immich: Immich, request: Request, other: str, failure: str) -> Response:
    """Records a partnership. Raises ApiError 400 when it exists already, 500 for an unknown user."""
    me = request.user.id
    if immich.store.value("SELECT sharer FROM partners WHERE sharer = ? AND receiver = ?", me, other):
        raise bad_request("Partner already exists")
    if immich.store.value("SELECT id FROM users WHERE id = ?", other) is None:
        raise ApiError(500, failure)
    immich.store.insert("partners", sharer=me, receiver=other)
    return ok(partner_view(pair(immich, me, other, other)), 201)


@routes.on("PUT", "/partners/{id}", "partner.update")
def show(immich: Immich, request: Request) -> Response:
    """Sets whether a partner's assets are in the user's own timeline."""
    found = changes(immich.version, request.state.json, (boolean("inTimeline", "in_timeline"),), required=("inTimeline",))
    me, other = request.user.id, request.path_params["id"]
    sql = "UPDATE partners SET in_timeline = ? WHERE sharer = ? AND receiver = ?"
    if not immich.store.run(sql, found["in_timeline"], other, me).rowcount:
        raise ApiError(400, "Not found or no partner.update access")
    return ok(partner_view(pair(immich, other, me, other)))


@routes.on("DELETE", "/partners/{id}", "partner.delete")
def unshare(immich: Immich, request: Request) -> Response:
    """Stops sharing."""
    pair(immich, request.user.id, request.path_params["id"], request.path_params["id"])
    immich.store.run("DELETE FROM partners WHERE sharer = ? AND receiver = ?", request.user.id, request.path_params["id"])
    return empty(200 if immich.version.is_old else 204)
