# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of accounts and their preferences: the user's own, and all of them for an administrator."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.auth import digest
from immich_emulator.assets.asset_view import user_view
from immich_emulator.http.answers import empty, ok
from immich_emulator.http.columns import Column, among, boolean, changes, number, text
from immich_emulator.http.errors import ApiError, Invalid, bad_request
from immich_emulator.http.json_body import MISSING
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check, wrong_type
from immich_emulator.storage import now

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

COLORS = ("primary", "pink", "red", "yellow", "blue", "green", "purple", "orange", "gray", "amber")
REMOVAL_SECONDS = 0.4
GROUPS_SINCE = (3, 2)

PREFERENCES: dict[str, dict[str, Any]] = {
    "albums": {"defaultAssetOrder": "desc"},
    "folders": {"enabled": False, "sidebarWeb": False},
    "memories": {"enabled": True},
    "people": {"enabled": True, "sidebarWeb": False},
    "sharedLinks": {"enabled": True, "sidebarWeb": False},
    "ratings": {"enabled": False},
    "tags": {"enabled": False, "sidebarWeb": False},
    "emailNotifications": {"enabled": True, "albumInvite": True, "albumUpdate": True},
    "download": {"archiveSize": 4 * 2**30, "includeEmbeddedVideos": False},
    "purchase": {"showSupportBadge": True, "hideBuyButtonUntil": "2022-02-12T00:00:00.000Z"},
    "cast": {"gCastEnabled": False},
}


def stored_label(label: str) -> str:
    """A storage label as Immich stores it: without dots, then as the npm package sanitize-filename returns it."""
    plain = re.sub(r'[/?<>\\:*|"\x00-\x1f\x80-\x9f]', "", label.replace(".", ""))
    plain = re.sub(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$", "", plain)
    return plain.rstrip(" ").encode()[:255].decode(errors="ignore")


EMAIL = Column(Field("email", "email", ("email",), required=False), "email", store=lambda value: value.lower())
COLUMNS = (
    EMAIL,
    text("name", "name", filled=True),
    text("password", "password", filled=True, store=lambda value: digest(value) if value else ""),
    boolean("shouldChangePassword", "should_change_password"),
    boolean("isAdmin", "is_admin"),
    number("quotaSizeInBytes", "quota", nullable=True),
    text("storageLabel", "storage_label", nullable=True, store=stored_label),
    among("avatarColor", "color", COLORS),
)
PIN_CODE = text("pinCode", "pin_code", nullable=True, pattern=r"^\d{6}$", complaint="pinCode must be a 6-digit numeric string")


def account_view(immich: Immich, row: sqlite3.Row) -> dict[str, Any]:
    """An account as its owner and an admin see it; from 3.2 on with the group whose people it shares, at first its own."""
    group = {"clusterGroupId": row["id"]} if immich.version.at_least(*GROUPS_SINCE) else {}
    return {
        **group,
        **user_view(row),
        "storageLabel": row["storage_label"],
        "shouldChangePassword": bool(row["should_change_password"]),
        "isAdmin": bool(row["is_admin"]),
        "createdAt": row["created"],
        "deletedAt": row["deleted"],
        "updatedAt": row["updated"] or row["created"],
        "oauthId": "",
        "quotaSizeInBytes": row["quota"],
        "quotaUsageInBytes": row["usage"],
        "status": "removing" if row["removed_at"] else "deleted" if row["deleted"] else "active",
        "license": None,
    }


def account(immich: Immich, user_id: str, *, deleted: bool = True) -> sqlite3.Row:
    """The row of an account, also of one that was deleted. Raises ApiError 400 when there is none."""
    remove_due(immich)
    row = immich.store.one("SELECT * FROM users WHERE id = ?", user_id)
    if row is None or (row["deleted"] and not deleted):
        raise bad_request("User not found")
    return row


def remove_due(immich: Immich) -> None:
    """Removes the accounts that are due for removal, as Immich's nightly job does."""
    for user_id in immich.store.column("SELECT id FROM users WHERE removed_at < ?", time.time()):
        for table, column in (("users", "id"), ("keys", "owner"), ("albums", "owner"), ("album_users", "user"), ("libraries", "owner")):
            immich.store.run(f"DELETE FROM {table} WHERE {column} = ?", user_id)


def add(immich: Immich, email: str, **about: Any) -> str:
    """A new account; its id."""
    user_id = immich.add_user(email.lower(), email.lower(), about.pop("name"), color=about.pop("color", ""))
    immich.store.update("users", user_id, should_change_password=about.pop("should_change_password", True), **about)
    return user_id


@routes.on("GET", "/users/me", "user.read")
def me(immich: Immich, request: Request) -> Response:
    """The key's owner."""
    return ok(account_view(immich, account(immich, request.user.id)))


@routes.on("GET", "/users", "user.read")
def everybody(immich: Immich, request: Request) -> Response:
    """Lists all accounts as other users see them, newest first; only the user's own where the server does not publish its users."""
    public = immich.configuration()["server"]["publicUsers"] or request.user.is_admin
    rows = immich.store.all("SELECT * FROM users WHERE deleted IS NULL AND (? OR id = ?) ORDER BY rowid DESC", public, request.user.id)
    return ok([user_view(row) for row in rows])


@routes.on("GET", "/admin/users", "adminUser.read", admin=True)
def accounts(immich: Immich, request: Request) -> Response:
    """All accounts, newest first; deleted ones on demand."""
    remove_due(immich)
    deleted = request.query_params.get("withDeleted") == "true"
    rows = immich.store.all("SELECT * FROM users WHERE ? OR deleted IS NULL ORDER BY rowid DESC", deleted)
    return ok([account_view(immich, row) for row in rows])


@routes.on("POST", "/admin/users", "adminUser.create", admin=True)
def create(immich: Immich, request: Request) -> Response:
    """Creates an account. An address or a storage label in use, also by a deleted account, violates a unique constraint: 500."""
    found = changes(immich.version, request.state.json, COLUMNS, required=("email", "name", "password"))
    if immich.store.value("SELECT id FROM users WHERE email = ? AND deleted IS NULL", found["email"]):
        raise bad_request("Email is not available" if immich.version.is_new else "User exists")
    if immich.store.value("SELECT id FROM users WHERE email = ? OR storage_label = ?", found["email"], found.get("storage_label")):
        raise ApiError(500, "Failed to create user admin")
    if not found["password"]:
        raise bad_request("password is required")
    pin = (request.state.json or {}).get("pinCode")
    if pin and not immich.version.is_old:
        found["pin_code"] = pin  # in plain text, so that it never matches
    user_id = add(immich, found.pop("email"), **found)
    return ok(account_view(immich, account(immich, user_id)), 201)


@routes.on("GET", "/admin/users/{id}", "adminUser.read", admin=True)
def get(immich: Immich, request: Request) -> Response:
    """One account."""
    return ok(account_view(immich, account(immich, request.path_params["id"])))


@routes.on("GET", "/admin/users/{id}/statistics", "adminUser.read", admin=True)
def statistics(immich: Immich, request: Request) -> Response:
    """How many assets an account has, in all or of one visibility, outside of the trash or in it."""
    row, visibility = account(immich, request.path_params["id"]), request.query_params.get("visibility")
    trashed = "IS NOT" if request.query_params.get("isTrashed") == "true" else "IS"
    sql = f"SELECT count(*) FROM assets WHERE owner = ? AND deleted {trashed} NULL AND type = ? AND (? IS NULL OR visibility = ?)"
    images, videos = (immich.store.value(sql, row["id"], kind, visibility, visibility) for kind in ("IMAGE", "VIDEO"))
    return ok({"images": images, "videos": videos, "total": images + videos})


@routes.on("PUT", "/admin/users/{id}", "adminUser.update", admin=True)
def update(immich: Immich, request: Request) -> Response:
    """Changes an account."""
    found = changes(immich.version, request.state.json, (*COLUMNS, PIN_CODE))
    row = account(immich, request.path_params["id"], deleted=False)
    if row["id"] == request.user.id and found.get("is_admin", row["is_admin"]) != bool(row["is_admin"]):
        raise bad_request("Admin status can only be changed by another admin")
    others = "SELECT id FROM users WHERE id != ? AND deleted IS NULL AND {} = ?"
    if "email" in found and immich.store.value(others.format("email"), row["id"], found["email"]):
        raise bad_request("Email is not available" if immich.version.is_new else "Email already in use by another account")
    if found.get("storage_label") and immich.store.value(others.format("storage_label"), row["id"], found["storage_label"]):
        raise bad_request("Storage label already in use by another account")
    if found.get("storage_label") == "":
        found["storage_label"] = None
    if found.get("pin_code"):
        found["pin_code"] = digest(found["pin_code"])
    immich.store.update("users", row["id"], updated=now(), **found)
    immich.keys.forget()
    return ok(account_view(immich, account(immich, row["id"])))


@routes.on("DELETE", "/admin/users/{id}", "adminUser.delete", admin=True)
def delete(immich: Immich, request: Request) -> Response:
    """Deletes an account, so that it can be restored, or with `force` for good. From 3.0 on it needs a body."""
    if immich.version.is_new:
        check(immich.version, request.state.json)
    body = {} if request.state.json is MISSING else request.state.json
    row = account(immich, request.path_params["id"], deleted=False)
    if row["id"] == request.user.id:
        raise ApiError(403, "Cannot delete your own account")
    removed_at = time.time() + REMOVAL_SECONDS if body.get("force") else None
    immich.store.update("users", row["id"], deleted=now(), removed_at=removed_at)
    immich.keys.forget()
    return ok(account_view(immich, account(immich, row["id"])))


@routes.on("POST", "/admin/users/{id}/restore", "adminUser.delete", admin=True)
def restore(immich: Immich, request: Request) -> Response:
    """Restores a deleted account."""
    row = account(immich, request.path_params["id"])
    immich.store.update("users", row["id"], deleted=None, removed_at=None)
    immich.keys.forget()
    return ok(account_view(immich, account(immich, row["id"])))


def preferences_of(immich: Immich, row: sqlite3.Row) -> dict[str, Any]:
    """An account's preferences: those of its version, and what it changed."""
    found: dict[str, Any] = {name: dict(group) for name, group in PREFERENCES.items()}
    if not immich.version.is_old:
        found["memories"]["duration"] = 5
    if immich.version.is_new:
        found["people"]["minimumFaces"] = 3
        found["recentlyAdded"] = {"sidebarWeb": False}
    if immich.version.at_least(*GROUPS_SINCE):  # what is the default of these was not seen
        found["memories"]["sidebarWeb"] = False
        found["people"]["updateStrategy"] = "self"
    for name, group in json.loads(row["preferences"] or "{}").items():
        found[name].update(group)
    return found


@routes.on("GET", "/admin/users/{id}/preferences", "adminUser.read", admin=True)
def preferences(immich: Immich, request: Request) -> Response:
    """The preferences of any account, for an administrator."""
    return ok(preferences_of(immich, account(immich, request.path_params["id"])))


@routes.on("PUT", "/admin/users/{id}/preferences", "adminUser.update", admin=True)
def update_preferences(immich: Immich, request: Request) -> Response:
    """Merges the given groups into the stored preferences. Immich ignores names that this version does not know."""
    given = check(immich.version, request.state.json)
    row = account(immich, request.path_params["id"], deleted=False)
    known, stored = preferences_of(immich, row), json.loads(row["preferences"] or "{}")
    for name, group in given.items():
        if name in known:
            if not isinstance(group, dict):
                raise Invalid([f"nested property {name} must be either object or array"], [wrong_type("object", [name], group)])
            if None in group.values():
                raise bad_request("must not be null")
            stored.setdefault(name, {}).update({leaf: value for leaf, value in group.items() if leaf in known[name]})
    immich.store.update("users", row["id"], preferences=json.dumps(stored))
    return ok(preferences_of(immich, account(immich, row["id"])))


@routes.on("GET", "/users/me/onboarding", "userOnboarding.read")
def my_onboarding(immich: Immich, request: Request) -> Response:
    """Whether this user went through the welcome pages."""
    return ok({"isOnboarded": bool(account(immich, request.user.id)["onboarded"])})


@routes.on("PUT", "/users/me/onboarding", "userOnboarding.update")
def set_my_onboarding(immich: Immich, request: Request) -> Response:
    """Records whether this user went through the welcome pages."""
    found = changes(immich.version, request.state.json, (boolean("isOnboarded", "onboarded"),), required=("isOnboarded",))
    immich.store.update("users", request.user.id, **found)
    return ok({"isOnboarded": found["onboarded"]}) if found else empty()
