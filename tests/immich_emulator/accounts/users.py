# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts: one's own, and for admins all."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.assets.asset_view import user_view
from immich_emulator.http.answers import ok
from immich_emulator.http.errors import bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

EMAIL = Field("email", "email", ("email",))


def account_view(row: sqlite3.Row) -> dict[str, Any]:
    """An account as its owner and an admin see it."""
    return {
        **user_view(row),
        "storageLabel": row["storage_label"],
        "shouldChangePassword": bool(row["should_change_password"]),
        "isAdmin": bool(row["is_admin"]),
        "createdAt": row["created"],
        "deletedAt": None,
        "updatedAt": row["created"],
        "oauthId": "",
        "quotaSizeInBytes": row["quota"],
        "quotaUsageInBytes": row["usage"],
        "status": "active",
        "license": None,
    }


def account(immich: Immich, user_id: str) -> sqlite3.Row:
    """The row of an account. Raises ApiError 400 when there is none."""
    row = immich.store.one("SELECT * FROM users WHERE id = ?", user_id)
    if row is None:
        raise bad_request("User not found")
    return row


@routes.on("GET", "/users/me", "user.read")
def me(immich: Immich, request: Request) -> Response:
    """The key's owner."""
    return ok(account_view(account(immich, request.user.id)))


@routes.on("GET", "/users", "user.read")
def everybody(immich: Immich, request: Request) -> Response:
    """All accounts, newest first, as others see them."""
    return ok([user_view(row) for row in immich.store.all("SELECT * FROM users ORDER BY rowid DESC")])


@routes.on("GET", "/admin/users", "adminUser.read", admin=True)
def accounts(immich: Immich, request: Request) -> Response:
    """All accounts, newest first."""
    return ok([account_view(row) for row in immich.store.all("SELECT * FROM users ORDER BY rowid DESC")])


@routes.on("POST", "/admin/users", "adminUser.create", admin=True)
def create(immich: Immich, request: Request) -> Response:
    """A new account."""
    given = check(immich.version, request.state.json, EMAIL, *(Field(n, "string", ("string",)) for n in ("name", "password")))
    if immich.store.value("SELECT id FROM users WHERE email = ?", given["email"]):
        raise bad_request("Email is not available" if immich.version.is_new else "User exists")
    user_id = immich.add_user(given["email"], given["email"], given["name"])
    immich.store.update("users", user_id, quota=given.get("quotaSizeInBytes"))
    return ok(account_view(account(immich, user_id)), 201)


@routes.on("GET", "/admin/users/{id}", "adminUser.read", admin=True)
def get(immich: Immich, request: Request) -> Response:
    """One account."""
    return ok(account_view(account(immich, request.path_params["id"])))


@routes.on("PUT", "/admin/users/{id}", "adminUser.update", admin=True)
def update(immich: Immich, request: Request) -> Response:
    """Changes an account's name or quota."""
    given = check(immich.version, request.state.json)
    row = account(immich, request.path_params["id"])
    columns = {"name": "name", "quotaSizeInBytes": "quota", "storageLabel": "storage_label"}
    changes = {column: given[name] for name, column in columns.items() if name in given}
    if changes:
        immich.store.update("users", row["id"], **changes)
    return ok(account_view(account(immich, row["id"])))
