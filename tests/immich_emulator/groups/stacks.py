# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks: assets shown as one."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row, require
from immich_emulator.assets.asset_view import asset_view
from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.storage import new_id

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

#: What a stack shows of its assets.
SHOWN = "deleted IS NULL AND visibility IN ('timeline', 'archive')"
ASSET_IDS = Field("assetIds", "uuid[]", ("each uuid", "minimum", "array"), minimum=2)
PRIMARY = Field("primaryAssetId", "uuid", ("uuid",), required=False)


def stack_view(immich: Immich, stack: sqlite3.Row) -> dict[str, Any]:
    """The JSON of a stack. Its primary asset is the first of its assets."""
    sql = f"SELECT * FROM assets WHERE stack = ? AND {SHOWN} ORDER BY id != ?, seq"
    assets = immich.store.all(sql, stack["id"], stack["primary_asset"])
    views = [asset_view(immich, asset, inside=True) for asset in assets]
    return {"id": stack["id"], "primaryAssetId": stack["primary_asset"], "assets": views}


@routes.on("GET", "/stacks", "stack.read")
def list_stacks(immich: Immich, request: Request) -> Response:
    """The user's stacks, or only that of which an asset is on top."""
    rows = immich.store.all("SELECT * FROM stacks WHERE owner = ? ORDER BY seq", request.user.id)
    primary = request.query_params.get("primaryAssetId")
    return ok([stack_view(immich, row) for row in rows if primary in (None, row["primary_asset"])])


@routes.on("POST", "/stacks", "stack.create")
def create(immich: Immich, request: Request) -> Response:
    """Creates a stack, whose primary asset is the first given. An asset leaves its former stack, and brings it along if it was primary."""
    ids = check(immich.version, request.state.json, ASSET_IDS)["assetIds"]
    require(immich, request, "assets", ids, "asset.update")
    store, stack_id = immich.store, new_id()
    seq = (store.value("SELECT max(seq) FROM stacks") or 0) + 1
    store.insert("stacks", id=stack_id, owner=request.user.id, primary_asset=ids[0], seq=seq)
    for asset_id in ids:
        merged = store.value("SELECT id FROM stacks WHERE primary_asset = ? AND id != ?", asset_id, stack_id)
        if merged:
            store.run("UPDATE assets SET stack = CASE WHEN deleted IS NULL THEN ? END WHERE stack = ?", stack_id, merged)
            store.run("DELETE FROM stacks WHERE id = ?", merged)
        store.update("assets", asset_id, stack=stack_id)
    return ok(stack_view(immich, own_row(immich, request, "stacks", stack_id, "stack.read")), 201)


@routes.on("GET", "/stacks/{id}", "stack.read")
def get(immich: Immich, request: Request) -> Response:
    """One stack."""
    return ok(stack_view(immich, own_row(immich, request, "stacks", request.path_params["id"], "stack.read")))


@routes.on("PUT", "/stacks/{id}", "stack.update")
def update(immich: Immich, request: Request) -> Response:
    """Puts another of its assets on top. Raises ApiError 400 for one that it does not show."""
    row = own_row(immich, request, "stacks", request.path_params["id"], "stack.update")
    primary = check(immich.version, request.state.json, PRIMARY).get("primaryAssetId")
    if primary:
        if not immich.store.one(f"SELECT id FROM assets WHERE id = ? AND stack = ? AND {SHOWN}", primary, row["id"]):
            raise bad_request("Primary asset must be in the stack")
        immich.store.update("stacks", row["id"], primary_asset=primary)
    return ok(stack_view(immich, own_row(immich, request, "stacks", row["id"], "stack.read")))


@routes.on("DELETE", "/stacks/{id}", "stack.delete")
def delete(immich: Immich, request: Request) -> Response:
    """Deletes a stack. Its assets stay."""
    row = own_row(immich, request, "stacks", request.path_params["id"], "stack.delete")
    immich.store.run("UPDATE assets SET stack = NULL WHERE stack = ?", row["id"])
    immich.store.run("DELETE FROM stacks WHERE id = ?", row["id"])
    return empty()
