# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of duplicates. There is no machine learning: a test sets `duplicateId` by changing assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import own_row
from immich_emulator.assets.asset_view import asset_view, tag_view
from immich_emulator.assets.assets import IDS
from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import no_access
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


#: What is copied unless it is said otherwise. Here only the last one is acted.
COPIED = ("albums", "sidecar", "stack", "favorite", "sharedLinks")


@routes.on("PUT", "/assets/copy", "asset.copy", since=(2, 2))
def copy(immich: Immich, request: Request) -> Response:
    """`PUT /assets/copy`: gives one asset the shared links of another. Raises NotImplementedError for a request to copy more."""
    given = check(immich.version, request.state.json, *(Field(name, "uuid", ("uuid",)) for name in ("sourceId", "targetId")))
    source, target = (own_row(immich, request, "assets", given[name], "asset.copy") for name in ("sourceId", "targetId"))
    if any(given.get(name, True) for name in COPIED[:-1]):
        raise NotImplementedError("only shared links are copied here")
    if given.get("sharedLinks", True):
        links = "INSERT OR IGNORE INTO link_assets SELECT link, ? FROM link_assets WHERE asset = ?"
        immich.store.run(links, target["id"], source["id"])
    return empty()
