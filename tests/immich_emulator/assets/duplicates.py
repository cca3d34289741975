# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of duplicates. There is no machine learning: a test sets `duplicateId` by changing assets."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row
from immich_emulator.assets.asset_view import asset_view, tag_view
from immich_emulator.assets.assets import IDS
from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import ApiError, bad_request, no_access
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.versions import Version

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

#: What a group has of its assets. Those that are hidden or locked are in it unseen.
MARKED = "owner = ? AND duplicate IS NOT NULL AND deleted IS NULL AND stack IS NULL"
SHOWN = f"{MARKED} AND visibility IN ('timeline', 'archive')"
SUGGESTED_SINCE = (2, 7)


@routes.on("GET", "/duplicates", "duplicate.read")
def groups(immich: Immich, request: Request) -> Response:
    """Lists the user's groups of two or more. If only one asset is left, Immich clears `duplicateId` of all in it, also in the trash."""
    store, me, version = immich.store, request.user.id, immich.version
    counted = SHOWN if version.is_old else MARKED
    alone = f"SELECT duplicate FROM assets WHERE {counted} GROUP BY duplicate HAVING count(*) = 1"
    store.run(f"UPDATE assets SET duplicate = NULL WHERE duplicate IN ({alone})", me)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in store.all(f"SELECT * FROM assets WHERE {SHOWN} ORDER BY duplicate, local_date", me):
        view = asset_view(immich, row, inside=True)
        if not version.is_old:
            tags = store.all("SELECT t.* FROM tags t JOIN tag_assets a ON a.tag = t.id WHERE a.asset = ?", row["id"])
            view["tags"] = [tag_view(tag) for tag in tags]
        found.setdefault(row["duplicate"], []).append(view)
    return ok([group_view(version, group_id, assets) for group_id, assets in found.items() if len(assets) > 1])


def group_view(version: Version, group_id: str, assets: list[dict[str, Any]]) -> dict[str, Any]:
    """A group, since 2.7 with the asset that would be kept: the largest, then the one with most fields, then the last."""
    view: dict[str, Any] = {"duplicateId": group_id, "assets": assets}
    if version.at_least(*SUGGESTED_SINCE):
        exifs = [asset["exifInfo"] for asset in assets]
        ranks = [(exif["fileSizeInByte"] or 0, sum(map(bool, exif.values())), place) for place, exif in enumerate(exifs)]
        view["suggestedKeepAssetIds"] = [assets[ranks.index(max(ranks))]["id"]]
    return view


@routes.on("DELETE", "/duplicates/{id}", "duplicate.delete")
def dismiss(immich: Immich, request: Request) -> Response:
    """Dissolves a group without deleting assets. From 3.0 on, raises ApiError 400 for a group that the user does not have."""
    return dismiss_all(immich, request, [request.path_params["id"]])


@routes.on("DELETE", "/duplicates", "duplicate.delete")
def dismiss_several(immich: Immich, request: Request) -> Response:
    """Dissolves several groups. From 3.0 on, none of them if one is unknown."""
    field = Field("ids", "uuid[]", ("each uuid", "array")) if immich.version.is_new else IDS
    return dismiss_all(immich, request, check(immich.version, request.state.json, field)["ids"])


def dismiss_all(immich: Immich, request: Request, ids: list[str]) -> Response:
    """Clears `duplicateId` of all members of these groups."""
    known = set(immich.store.column("SELECT DISTINCT duplicate FROM assets WHERE owner = ?", request.user.id))
    if immich.version.is_new and not set(ids) <= known:
        raise no_access("duplicate.delete")
    for group_id in ids:
        immich.store.run("UPDATE assets SET duplicate = NULL WHERE owner = ? AND duplicate = ?", request.user.id, group_id)
    return empty(200 if immich.version.is_old else 204)


@routes.on("PUT", "/assets/copy", "asset.copy", since=(2, 2))
def copy(immich: Immich, request: Request) -> Response:
    """`PUT /assets/copy`: gives one asset what another has. All of it is copied unless it is said otherwise (observed on 2.7 and 3.1)."""
    given = check(immich.version, request.state.json, *(Field(name, "uuid", ("uuid",)) for name in ("sourceId", "targetId")))
    source, target = (own_row(immich, request, "assets", given[name], "asset.copy") for name in ("sourceId", "targetId"))
    if source["id"] == target["id"]:
        raise bad_request("Source and target id must be distinct")
    store = immich.store
    for name, table, group in (("albums", "album_assets", "album"), ("sharedLinks", "link_assets", "link")):
        if given.get(name, True):
            store.run(
                f"INSERT OR IGNORE INTO {table} ({group}, asset) SELECT {group}, ? FROM {table} WHERE asset = ?", target["id"], source["id"]
            )
    if given.get("favorite", True):
        store.update("assets", target["id"], favorite=source["favorite"])
    if given.get("stack", True) and source["stack"]:
        copy_stack(immich, source, target)
    if given.get("sidecar", True) and (source["sidecar"] or target["sidecar"]):
        copy_sidecar(immich, source, target)
    return empty()


def copy_stack(immich: Immich, source: sqlite3.Row, target: sqlite3.Row) -> None:
    """Puts an asset into the stack of another. If it is in there already, the stack is merged into itself, and so dissolved."""
    if target["stack"] != source["stack"]:
        immich.store.update("assets", target["id"], stack=source["stack"])
        return
    immich.store.run("UPDATE assets SET stack = NULL WHERE stack = ?", source["stack"])
    immich.store.run("DELETE FROM stacks WHERE id = ?", source["stack"])


def copy_sidecar(immich: Immich, source: sqlite3.Row, target: sqlite3.Row) -> None:
    """Deletes the target's sidecar, and then copies that of the source. Raises ApiError 500 where that is not there."""
    if target["sidecar"]:
        Path(target["sidecar"]).unlink(missing_ok=True)
    immich.store.update("assets", target["id"], sidecar=None)
    if source["sidecar"] is None:
        return
    try:
        content = Path(source["sidecar"]).read_bytes()
    except OSError:
        raise ApiError(500, "Internal server error") from None
    sidecar = Path(f"{target['path']}.xmp")
    sidecar.write_bytes(content)
    immich.store.update("assets", target["id"], sidecar=str(sidecar))
