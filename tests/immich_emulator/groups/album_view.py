# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the JSON of an album, which differs by version and by endpoint."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from immich_emulator.assets.asset_view import asset_view, user_view, with_offset

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

#: An album's assets that count and are shown: neither in the trash nor hidden.
SHOWN = (
    "FROM assets a JOIN album_assets l ON l.asset = a.id "
    "WHERE l.album = ? AND a.deleted IS NULL AND a.visibility IN ('timeline', 'archive')"
)


def album_view(
    immich: Immich, album: sqlite3.Row, *, days: bool = False, changed: bool = False, with_assets: bool = False
) -> dict[str, Any]:
    """An album. Where it is looked up its dates are `days`, where it is changed moments; `changed` adds the last change.

    ≥3.0 has no `assets`, and its owner is one of the users.
    """
    store, version = immich.store, immich.version
    owner = store.one("SELECT * FROM users WHERE id = ?", album["owner"])
    assert owner is not None
    span = store.one(
        "SELECT min(a.local_date) AS first, max(a.local_date) AS last, max(a.updated) AS changed, count(*) AS number " + SHOWN,
        album["id"],
    )
    assert span is not None
    others = store.all("SELECT u.*, s.role FROM album_users s JOIN users u ON u.id = s.user WHERE s.album = ?", album["id"])
    users = [{"user": user_view(user), "role": user["role"]} for user in others]
    view: dict[str, Any] = {
        "albumName": album["name"],
        "description": album["description"],
        "albumThumbnailAssetId": store.value("SELECT id FROM assets WHERE id = ? AND NOT offline", album["thumbnail"]),
        "createdAt": album["created"],
        "updatedAt": album["updated"],
        "id": album["id"],
    }
    if not version.is_new:
        view |= {"ownerId": album["owner"], "owner": user_view(owner)}
    view["albumUsers"] = [{"user": user_view(owner), "role": "owner"}, *users] if version.is_new else users
    view |= {"shared": bool(users), "hasSharedLink": False}
    if span["number"]:
        for name, moment in (("startDate", span["first"]), ("endDate", span["last"])):
            view[name] = f"{moment[:10]}T00:00:00.000Z" if days else with_offset(moment)
    if not version.is_new:
        view["assets"] = asset_views(immich, album["id"]) if with_assets else []
    view |= {"assetCount": span["number"], "isActivityEnabled": bool(album["activity"]), "order": album["sort"]}
    if changed and span["number"]:
        view["lastModifiedAssetTimestamp"] = span["changed"]
    return view


def contributors(immich: Immich, album_id: str) -> list[dict[str, Any]]:
    """The users who added assets to a shared album, with how many."""
    rows = immich.store.all(f"SELECT a.owner, count(*) AS number {SHOWN} GROUP BY a.owner", album_id)
    return [{"userId": row["owner"], "assetCount": row["number"]} for row in rows]


def asset_views(immich: Immich, album_id: str) -> Sequence[dict[str, Any]]:
    """An album's assets, newest first."""
    rows = immich.store.all(f"SELECT a.* {SHOWN} ORDER BY a.file_created DESC, a.seq DESC", album_id)
    return [asset_view(immich, row, inside=True) for row in rows]
