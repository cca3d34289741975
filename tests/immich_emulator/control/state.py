# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the server, for assertions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from immich_emulator.system.jobs import RESULTS

if TYPE_CHECKING:
    from immich_emulator.immich import Immich


def state(immich: Immich) -> dict[str, Any]:
    """The whole state."""
    store = immich.store
    owners = {row["id"]: row["label"] for row in store.all("SELECT id, label FROM users")}
    in_albums = links(immich, "SELECT l.asset, b.name FROM album_assets l JOIN albums b ON b.id = l.album ORDER BY b.name")
    tags = links(immich, "SELECT l.asset, t.value FROM tag_assets l JOIN tags t ON t.id = l.tag ORDER BY t.value")
    members = links(immich, "SELECT album, asset FROM album_assets")
    stacked = links(immich, "SELECT s.id, a.id FROM stacks s JOIN assets a ON a.stack = s.id ORDER BY a.id != s.primary_asset, a.seq")
    return {
        "users": [
            {"id": r["id"], "label": r["label"], "email": r["email"], "is_admin": bool(r["is_admin"]), "quota": r["quota"]}
            | {"usage": r["usage"]}
            for r in store.all("SELECT * FROM users")
        ],
        "sessions": store.value("SELECT count(*) FROM sessions"),
        "assets": [
            {
                "id": row["id"],
                "owner": owners[row["owner"]],
                "name": row["name"],
                "checksum": row["checksum"],
                "size": row["size"],
                "path": row["path"],
                "type": row["type"],
                "favorite": bool(row["favorite"]),
                "visibility": row["visibility"],
                "fileCreatedAt": row["file_created"],
                "fileModifiedAt": row["file_modified"],
                "trashed": row["deleted"] is not None,
                "offline": bool(row["offline"]),
                "originalPath": row["shown_path"],
                "sidecar": row["sidecar_sha1"],
                "albums": in_albums.get(row["id"], []),
                "tags": tags.get(row["id"], []),
                "live_video": row["live_video"],
                "duplicate": row["duplicate"],
                "extracted": bool(row["extracted"]),
                "thumbnail": bool(row["thumbnail"]),
                "processed": [queue for queue, column in RESULTS.items() if row[column]],
            }
            for row in store.all("SELECT * FROM assets ORDER BY seq")
        ],
        "albums": [
            {"id": row["id"], "name": row["name"], "owner": owners[row["owner"]], "description": row["description"]}
            | {"assets": members.get(row["id"], [])}
            for row in store.all("SELECT * FROM albums ORDER BY seq")
        ],
        "stacks": [
            {"id": row["id"], "primary": row["primary_asset"], "assets": stacked.get(row["id"], [])}
            for row in store.all("SELECT * FROM stacks ORDER BY seq")
        ],
        "tags": [
            {"id": row["id"], "value": row["value"], "owner": owners[row["owner"]]}
            for row in store.all("SELECT * FROM tags ORDER BY value")
        ],
        "people": [dict(row) for row in store.all("SELECT * FROM people ORDER BY seq")],
        "faces": [dict(row) for row in store.all("SELECT * FROM faces ORDER BY seq")],
        "queues": {name: queue_state(immich, name) for name in immich.queues.by_name},
        "partial_uploads": store.partial_files(),
    }


def queue_state(immich: Immich, name: str) -> dict[str, Any]:
    """One queue; its `paused` says whether it is, `paused_jobs` how many jobs wait in it while it is."""
    queue = immich.queues.by_name[name]
    counts: dict[str, Any] = queue.counts()
    counts["paused_jobs"] = counts.pop("paused")
    return {"paused": queue.paused, **counts}


def links(immich: Immich, sql: str) -> dict[str, list[str]]:
    """The rows of a query with two columns, as first value → list of second values."""
    gathered: dict[str, list[str]] = {}
    for first, second in immich.store.db.execute(sql):
        gathered.setdefault(first, []).append(second)
    return gathered
