# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks who owns the objects that a request names. Immich answers alike for a missing object and for another user's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request

from immich_emulator.http.errors import no_access

if TYPE_CHECKING:
    from immich_emulator.immich import Immich


def owned(immich: Immich, request: Request, table: str, ids: Sequence[str]) -> set[str]:
    """Returns those of `ids` that are rows of `table` and belong to the user."""
    sql = f"SELECT id FROM {table} WHERE owner = ? AND id IN (SELECT value FROM json_each(?)){unlocked(table)}"
    return set(immich.store.column(sql, request.user.id, json.dumps(list(ids))))


def require(immich: Immich, request: Request, table: str, ids: Sequence[str], scope: str) -> None:
    """Raises ApiError 400 unless all `ids` are the user's."""
    if set(ids) - owned(immich, request, table, ids):
        raise no_access(scope)


def own_row(immich: Immich, request: Request, table: str, row_id: str, scope: str) -> sqlite3.Row:
    """Returns a row of the user's. Raises ApiError 400 when there is none with this id, or it belongs to somebody else."""
    sql = f"SELECT * FROM {table} WHERE id = ? AND owner = ?{unlocked(table)}"
    row = immich.store.one(sql, row_id, request.user.id)
    if row is None:
        raise no_access(scope)
    return row


def readable_asset(immich: Immich, request: Request, asset_id: str, scope: str) -> sqlite3.Row:
    """Returns an asset that the user owns, or that a partner shares. Raises ApiError 400 for any other."""
    shared = "owner IN (SELECT sharer FROM partners WHERE receiver = ?) AND visibility IN ('timeline', 'hidden')"
    row = immich.store.one(f"SELECT * FROM assets WHERE id = ? AND {shared}", asset_id, request.user.id)
    return own_row(immich, request, "assets", asset_id, scope) if row is None else row


def unlocked(table: str) -> str:
    """The SQL condition that leaves out the locked folder: it needs a session with the user's PIN, which no API key has."""
    return " AND visibility != 'locked'" if table == "assets" else ""
