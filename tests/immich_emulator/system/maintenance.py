# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance mode, since 2.3: nearly every route is gone, and only the cookie that began it can end it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import ApiError
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

#: Beside ping and version, nothing else answers in maintenance mode.
routes_in_maintenance = Routes()
routes = Routes()

SINCE = (2, 3)
COOKIE = "immich_maintenance_token"
PAGE = "/maintenance"
#: What is not the web app's, though it is outside the API: gone in maintenance mode.
NOT_THE_WEB_APP = ("/.well-known/immich", "/custom.css", "/favicon.ico")
ACTION = Field("action", "enum", ("enum",), values=("start", "end"))


@routes.on("POST", "/admin/maintenance", "maintenance", admin=True, since=SINCE)
def start(immich: Immich, request: Request) -> Response:
    """Begins maintenance mode and gives the cookie that ends it."""
    if check(immich.version, request.state.json, ACTION)["action"] != "start":
        raise ApiError(400, "Not in maintenance mode")
    return begin(immich)


@routes.on("GET", "/admin/maintenance/status", public=True, since=SINCE)
def status(immich: Immich, request: Request) -> Response:
    """Not in maintenance."""
    return ok({"active": False, "action": "end"})


def begin(immich: Immich) -> Response:
    """Switches to maintenance mode."""
    immich.maintenance_token = secrets.token_urlsafe(32)
    answer = empty(201)
    answer.set_cookie(COOKIE, immich.maintenance_token, httponly=True)
    return answer


@routes_in_maintenance.on("GET", "/server/config", public=True)
def config(immich: Immich, request: Request) -> Response:
    """All that is left of the configuration."""
    return ok({"maintenanceMode": True})


@routes_in_maintenance.on("GET", "/admin/maintenance/status", public=True)
def status_in_maintenance(immich: Immich, request: Request) -> Response:
    """In maintenance."""
    return ok({"active": True, "action": "start"})


@routes_in_maintenance.on("POST", "/admin/maintenance", public=True)
def end(immich: Immich, request: Request) -> Response:
    """Ends maintenance mode for the bearer of the cookie; that is a restart."""
    if COOKIE not in request.cookies:
        raise ApiError(401, "Missing JWT Token")
    if request.cookies[COOKIE] != immich.maintenance_token:
        raise ApiError(401, "Invalid JWT Token")
    immich.maintenance_token = None
    immich.restart()
    return empty(201)


async def web_app_in_maintenance(request: Request) -> Response:
    """Outside the API every page leads to the maintenance page. Raises HTTPException where there is no page."""
    path: str = request.scope["path"]
    if request.method != "GET" or path == "/api" or path.startswith(NOT_THE_WEB_APP):
        raise HTTPException(404)
    if path.startswith(PAGE):
        return HTMLResponse(b"<!doctype html><html><head><title>Immich</title></head></html>", headers={"Cache-Control": "no-store"})
    target = f"{PAGE}?{urlencode({'continue': path})}"
    return PlainTextResponse(f"Found. Redirecting to {target}", 302, {"Location": target})


class MaintenanceMode:
    """ASGI middleware that hands requests to `closed` while the maintenance mode is on."""

    def __init__(self, app: ASGIApp, immich: Immich, closed: ASGIApp) -> None:
        self.app, self.immich, self.closed = app, immich, closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        app = self.closed if self.immich.maintenance_token else self.app
        await app(scope, receive, send)
