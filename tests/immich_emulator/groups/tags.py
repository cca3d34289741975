# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags: a tree of names, `a/b` below `a`, case-sensitive."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row, owned
from immich_emulator.assets.asset_view import tag_view
from immich_emulator.groups.tag_tree import find, make, make_path
from immich_emulator.http.answers import empty, ok, sort_new
from immich_emulator.http.columns import changes, require_any, text
from immich_emulator.http.errors import bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.storage import now
from immich_emulator.system.jobs import ONE
from immich_emulator.system.queues import Job
from immich_emulator.versions import Version

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

COLOR = "^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$"
IDS = Field("ids", "uuid[]", ("each uuid", "array"))


@routes.on("GET", "/tags", "tag.read")
def list_tags(immich: Immich, request: Request) -> Response:
    """The user's tags by their value."""
    return ok([tag_view(row) for row in immich.store.all("SELECT * FROM tags WHERE owner = ? ORDER BY value", request.user.id)])


@routes.on("PUT", "/tags", "tag.create")
def upsert(immich: Immich, request: Request) -> Response:
    """Makes the tags that are missing, parents included; one entry of the answer for each that was asked for."""
    names = check(immich.version, request.state.json, Field("tags", "string[]", ("each string", "each not empty", "array")))
    rows = [make_path(immich, request.user.id, name) for name in names["tags"]]
    return ok([tag_view(row) for row in rows if row is not None])


@routes.on("POST", "/tags", "tag.create")
def create(immich: Immich, request: Request) -> Response:
    """One new tag, below `parentId` where that is given."""
    given = check(immich.version, request.state.json, Field("name", "string", ("string", "not empty")))
    parent = own_row(immich, request, "tags", given["parentId"], "tag.read") if given.get("parentId") else None
    value = f"{parent['value']}/{given['name']}" if parent else given["name"]
    if find(immich, request.user.id, value):
        raise bad_request("A tag with that name already exists")
    row = make(immich, request.user.id, value, parent["id"] if parent else None, given.get("color"))
    return ok(tag_view(row), 201)


@routes.on("PUT", "/tags/assets", "tag.asset")
def tag_assets(immich: Immich, request: Request) -> Response:
    """Every given tag on every given asset; what is not the user's is left out. The count is of new links."""
    wanted = Field("tagIds", "uuid[]", ("each uuid", "array")), Field("assetIds", "uuid[]", ("each uuid", "array"))
    given = check(immich.version, request.state.json, *wanted)
    tags = owned(immich, request, "tags", given["tagIds"])
    assets = owned(immich, request, "assets", given["assetIds"])
    return ok({"count": sum(len(link(immich, tag_id, assets)) for tag_id in tags)})


@routes.on("GET", "/tags/{id}", "tag.read")
def get(immich: Immich, request: Request) -> Response:
    """One tag."""
    return ok(tag_view(own_row(immich, request, "tags", request.path_params["id"], "tag.read")))


@routes.on("PUT", "/tags/{id}", "tag.update")
def update(immich: Immich, request: Request) -> Response:
    """Changes a tag's colour, and nothing else."""
    version = immich.version
    color = text(
        "color",
        "color",
        nullable=True,
        pattern=COLOR,
        complaint="color must be a hexadecimal color",
        store=lambda value: stored_color(value, version),
    )
    found = changes(version, request.state.json, (color,))
    row = own_row(immich, request, "tags", request.path_params["id"], "tag.update")
    immich.store.update("tags", row["id"], updated=now(), **require_any(found, "tag"))
    return ok(tag_view(own_row(immich, request, "tags", row["id"], "tag.read")))


def stored_color(value: str, version: Version) -> str | None:
    """A colour as it is kept: from 3.0 on with its sign. Raises ApiError 400."""
    if value == "" and not version.is_new:
        return None
    if not re.search(COLOR, value):
        raise bad_request("color must be a hexadecimal color")
    return "#" + value.removeprefix("#") if version.is_new else value


@routes.on("DELETE", "/tags/{id}", "tag.delete")
def delete(immich: Immich, request: Request) -> Response:
    """Deletes a tag and those below it; the assets stay."""
    row = own_row(immich, request, "tags", request.path_params["id"], "tag.delete")
    below = immich.store.column("SELECT id FROM tags WHERE owner = ? AND value LIKE ?", row["owner"], row["value"] + "/%")
    for tag_id in (row["id"], *below):
        immich.store.run("DELETE FROM tag_assets WHERE tag = ?", tag_id)
        immich.store.run("DELETE FROM tags WHERE id = ?", tag_id)
    return empty()


@routes.on("PUT", "/tags/{id}/assets", "tag.asset")
def tag_one(immich: Immich, request: Request) -> Response:
    """Adds a tag to assets. The answer has a result for each of them."""
    ids = check(immich.version, request.state.json, IDS)["ids"]
    tag = own_row(immich, request, "tags", request.path_params["id"], "tag.asset")
    present = set(immich.store.column("SELECT asset FROM tag_assets WHERE tag = ?", tag["id"]))
    mine = owned(immich, request, "assets", ids)
    answer, fresh = sort_new(ids, present, mine)
    link(immich, tag["id"], fresh)
    return ok(answer)


@routes.on("DELETE", "/tags/{id}/assets", "tag.asset")
def untag(immich: Immich, request: Request) -> Response:
    """Removes a tag from assets. The answer has a result for each of them."""
    ids = check(immich.version, request.state.json, IDS)["ids"]
    tag = own_row(immich, request, "tags", request.path_params["id"], "tag.asset")
    answer: list[dict[str, Any]] = []
    for asset_id in ids:
        gone = immich.store.run("DELETE FROM tag_assets WHERE tag = ? AND asset = ?", tag["id"], asset_id).rowcount
        if gone:
            write_later(immich, asset_id)
        answer.append({"id": asset_id, "success": True} if gone else {"id": asset_id, "success": False, "error": "not_found"})
    return ok(answer)


def link(immich: Immich, tag_id: str, assets: Iterable[str]) -> set[str]:
    """Adds a tag to assets, and returns those that did not have it."""
    sql = "INSERT OR IGNORE INTO tag_assets VALUES (?, ?)"
    fresh = {asset_id for asset_id in assets if immich.store.run(sql, tag_id, asset_id).rowcount > 0}
    for asset_id in fresh:
        write_later(immich, asset_id)
    return fresh


def write_later(immich: Immich, asset_id: str) -> None:
    """Has the sidecar queue write an asset's tags to its sidecar; those of an asset that is being read are lost (see `Jobs.extract`)."""
    if not immich.queues.is_at_work("metadataExtraction", asset_id):
        immich.store.update("assets", asset_id, tags_to_write=1)
    immich.queues.add("sidecar", Job(ONE, asset_id))
