# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance mode, since 2.3: nearly every route is gone, and only the cookie that began it can end it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from immich_emulator.errors import ApiError
from immich_emulator.http import Answer, Request, empty, ok
from immich_emulator.routing import Routes
from immich_emulator.validation import Field, check

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

#: Beside ping and version, nothing else answers in maintenance mode.
routes_in_maintenance = Routes()
routes = Routes()

SINCE = (2, 3)
COOKIE = "immich_maintenance_token"
ACTION = Field("action", "enum", ("enum",), values=("start", "end"))


@routes.on("POST", "/admin/maintenance", "maintenance", admin=True, since=SINCE)
def start(immich: Immich, request: Request) -> Answer:
    """Begins maintenance mode and gives the cookie that ends it."""
    if check(immich.version, request.json, ACTION)["action"] != "start":
        raise ApiError(400, "Not in maintenance mode")
    return begin(immich)


@routes.on("GET", "/admin/maintenance/status", public=True, since=SINCE)
def status(immich: Immich, request: Request) -> Answer:
    """Not in maintenance."""
    return ok({"active": False, "action": "end"})


def begin(immich: Immich) -> Answer:
    """Switches to maintenance mode."""
    immich.maintenance_token = secrets.token_urlsafe(32)
    answer = empty(201)
    answer.headers.append(("Set-Cookie", f"{COOKIE}={immich.maintenance_token}; Path=/; HttpOnly; SameSite=Lax"))
    return answer


@routes_in_maintenance.on("GET", "/server/config", public=True)
def config(immich: Immich, request: Request) -> Answer:
    """All that is left of the configuration."""
    return ok({"maintenanceMode": True})


@routes_in_maintenance.on("GET", "/admin/maintenance/status", public=True)
def status_in_maintenance(immich: Immich, request: Request) -> Answer:
    """In maintenance."""
    return ok({"active": True, "action": "start"})


@routes_in_maintenance.on("POST", "/admin/maintenance", public=True)
def end(immich: Immich, request: Request) -> Answer:
    """Ends maintenance mode for the bearer of the cookie; that is a restart."""
    cookies = dict(part.strip().partition("=")[::2] for part in request.headers.get("cookie", "").split(";"))
    if COOKIE not in cookies:
        raise ApiError(401, "Missing JWT Token")
    if cookies[COOKIE] != immich.maintenance_token:
        raise ApiError(401, "Invalid JWT Token")
    immich.maintenance_token = None
    immich.restart()
    return empty(201)
