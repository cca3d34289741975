# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first administrator, logging in and out, and whether the welcome pages were seen."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.auth import digest, session_token
from immich_emulator.accounts.users import account, account_view, add
from immich_emulator.http.answers import empty, ok
from immich_emulator.http.columns import boolean, changes
from immich_emulator.http.errors import ApiError, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.storage import new_id
from immich_emulator.system.configuration import refuse_broken_file

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

EMAIL = Field("email", "email", ("email",))
PASSWORD = Field("password", "string", ("string", "not empty"))
NAME = Field("name", "string", ("string", "not empty"))
ONBOARDED = boolean("isOnboarded", "onboarded")


@routes.on("POST", "/auth/admin-sign-up", public=True)
def sign_up(immich: Immich, request: Request) -> Response:
    """Creates the first account. Of several simultaneous requests one succeeds; the others violate the unique storage label: 500."""
    given = check(immich.version, request.state.json, EMAIL, PASSWORD, NAME)
    if not immich.switches["setup"]:
        raise bad_request("Admin setup is disabled")
    if immich.store.value("SELECT id FROM users WHERE is_admin"):
        if immich.switches["setup_race"]:
            raise ApiError(500, "Failed to sign up admin")
        raise bad_request("The server already has an admin")
    user_id = add(immich, given["email"], name=given["name"], password=digest(given["password"]), is_admin=True, storage_label="admin")
    return ok(account_view(immich, account(immich, user_id)), 201)


@routes.on("POST", "/auth/login", public=True)
def login(immich: Immich, request: Request) -> Response:
    """A session, which stays open until it is logged out. Raises ApiError 401."""
    given = check(immich.version, request.state.json, EMAIL, PASSWORD)
    refuse_broken_file(immich, "login")
    if not immich.configuration()["passwordLogin"]["enabled"]:
        raise ApiError(401, "Password login has been disabled")
    row = immich.store.one("SELECT * FROM users WHERE email = ? AND deleted IS NULL", given["email"].lower())
    if row is None or not row["password"] or row["password"] != digest(given["password"]):
        raise ApiError(401, "Incorrect email or password")
    token = secrets.token_urlsafe(32)
    immich.store.insert("sessions", id=new_id(), owner=row["id"], token_hash=digest(token))
    about = {"userId": row["id"], "userEmail": row["email"], "name": row["name"], "isAdmin": bool(row["is_admin"])}
    about |= {"profileImagePath": "", "shouldChangePassword": bool(row["should_change_password"]), "isOnboarded": bool(row["onboarded"])}
    return ok({"accessToken": token, **about}, 201)


@routes.on("POST", "/auth/logout")
def logout(immich: Immich, request: Request) -> Response:
    """Ends the session that asks."""
    token = session_token(request)
    if token:
        immich.store.run("DELETE FROM sessions WHERE token_hash = ?", digest(token))
    return ok({"successful": True, "redirectUri": "/auth/login?autoLaunch=0"})


@routes.on("GET", "/system-metadata/admin-onboarding", "systemMetadata.read", admin=True)
def onboarding(immich: Immich, request: Request) -> Response:
    """Whether an administrator went through the welcome pages; with a configuration file always."""
    return ok({"isOnboarded": immich.is_onboarded})


@routes.on("POST", "/system-metadata/admin-onboarding", "systemMetadata.update", admin=True)
def set_onboarding(immich: Immich, request: Request) -> Response:
    """Records whether an administrator went through the welcome pages."""
    found = changes(immich.version, request.state.json, (ONBOARDED,), required=("isOnboarded",))
    immich.store.run("INSERT OR REPLACE INTO settings VALUES ('onboarded', ?)", str(int(found["onboarded"])))
    return empty()
