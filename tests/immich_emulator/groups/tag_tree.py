# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds and creates the tags of a user by their path, such as `Trip/Rome`."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich


def find(immich: Immich, owner: str, value: str) -> sqlite3.Row | None:
    """The user's tag with a value."""
    return immich.store.one("SELECT * FROM tags WHERE owner = ? AND value = ?", owner, value)


def make(immich: Immich, owner: str, value: str, parent: str | None, color: str | None = None) -> sqlite3.Row:
    """A new tag."""
    moment = now()
    row = {"id": new_id(), "owner": owner, "value": value, "parent": parent, "color": color}
    immich.store.insert("tags", **row, created=moment, updated=moment)
    made = find(immich, owner, value)
    assert made is not None
    return made


def make_path(immich: Immich, owner: str, path: str) -> sqlite3.Row | None:
    """Returns the tag at the end of a path. Creates it and its parents where they are missing. Empty parts of the path are ignored."""
    row: sqlite3.Row | None = None
    for part in filter(None, path.split("/")):
        value = f"{row['value']}/{part}" if row else part
        parent = row["id"] if row else None
        row = find(immich, owner, value) or make(immich, owner, value, parent)
        if parent and row["parent"] is None:  # an orphan, whose name was given with a slash
            immich.store.update("tags", row["id"], parent=parent, updated=now())
            row = find(immich, owner, value)
    return row


def tags_of(immich: Immich, asset_id: str) -> list[str]:
    """The tags of an asset."""
    return immich.store.column("SELECT t.value FROM tags t JOIN tag_assets a ON a.tag = t.id WHERE a.asset = ?", asset_id)
