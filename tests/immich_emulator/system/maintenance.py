# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance mode, since 2.3: few routes are left, and only the client with the cookie from its beginning can end it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
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
from immich_emulator.system import backups, dumps

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
ACTION = Field("action", "enum", ("enum",), values=("start", "end", "select_database_restore", "restore_database"))
RESTORE = "restore_database"
#: Seconds: until a restart begins, for how long nobody answers then, and how long a restore takes.
BEFORE_RESTART, DOWN, RESTORING = 0.05, 0.3, 0.4


@routes.on("POST", "/admin/maintenance", "maintenance", admin=True, since=SINCE)
def start(immich: Immich, request: Request) -> Response:
    """Begins maintenance mode and gives the cookie that ends it."""
    given = check(immich.version, request.state.json, ACTION)
    if given["action"] == "end":
        return empty(201)
    restore = given.get("restoreBackupFilename", "") if given["action"] == RESTORE and immich.version.at_least(2, 5) else None
    return begin(immich, given["action"], restore)


@routes.on("POST", "/admin/database-backups/start-restore", public=True, since=(2, 5))
def start_restore(immich: Immich, request: Request) -> Response:
    """Begins a restore on a server without an administrator; needs no key."""
    if immich.store.value("SELECT count(*) FROM users WHERE is_admin = 1 AND deleted IS NULL"):
        raise ApiError(400, "The server already has an admin")
    return begin(immich, "select_database_restore")


@routes.on("GET", "/admin/maintenance/status", public=True, since=SINCE)
def status(immich: Immich, request: Request) -> Response:
    """The status of maintenance mode while it is off."""
    return ok({"active": False, "action": "end"})


def begin(immich: Immich, action: str = "start", restore: str | None = None) -> Response:
    """Switches to maintenance mode by a restart, and then restores a backup if there is one to restore."""
    token = secrets.token_urlsafe(32)
    immich.go_down(DOWN, BEFORE_RESTART, lambda: close(immich, action, token))
    if restore is not None:
        immich.go_down.later(BEFORE_RESTART + DOWN, lambda: run_restore(immich, restore))
    answer = empty(201)
    answer.set_cookie(COOKIE, token, max_age=86400, httponly=True)
    return answer


def close(immich: Immich, action: str = "start", token: str = "") -> None:
    """Enters maintenance mode."""
    immich.maintenance_token = token or secrets.token_urlsafe(32)
    immich.maintenance = {"active": True, "action": action}


@routes_in_maintenance.on("GET", "/server/config", public=True)
def config(immich: Immich, request: Request) -> Response:
    """The part of `/server/config` that maintenance mode answers with."""
    return ok({"maintenanceMode": True})


@routes_in_maintenance.on("GET", "/admin/maintenance/status", public=True)
def status_in_maintenance(immich: Immich, request: Request) -> Response:
    """The status of maintenance mode while it is on. Only the client with the cookie gets the error of a restore."""
    found = dict(immich.maintenance)
    if "error" in found and request.cookies.get(COOKIE) != immich.maintenance_token:
        found["error"] = "Something went wrong, see logs!"
    return ok(found)


def run_restore(immich: Immich, filename: str) -> None:
    """Restores a backup after a while, and ends the maintenance mode; its status then says what went wrong."""
    immich.maintenance = {"active": True, "action": RESTORE, "task": "restore", "progress": 0.1}
    immich.go_down.later(RESTORING, lambda: finish_restore(immich, filename))


def finish_restore(immich: Immich, filename: str) -> None:
    """Ends a restore, once it may end: leaves maintenance mode, or records the error."""
    if not immich.restores_end:
        immich.go_down.later(RESTORING, lambda: finish_restore(immich, filename))
        return
    try:
        path = backups.folder(immich) / filename
        if not path.exists():
            raise ValueError(f"ENOENT: no such file or directory, stat '{path}'")
        if backups.make(immich, "restore-point-") is None:
            raise ValueError("pg_dump non-zero exit code (1)")
        dumps.restore(immich, path.read_bytes())
    except ValueError as error:
        immich.maintenance = {"active": True, "action": RESTORE, "task": "error", "error": f"Error: {error}"}
        return
    immich.keys.forget()
    leave(immich)


def leave(immich: Immich) -> None:
    """Ends the maintenance mode by a restart."""

    def open_again() -> None:
        immich.maintenance_token = None
        immich.restart()

    immich.go_down(DOWN, BEFORE_RESTART, open_again)


@routes_in_maintenance.on("POST", "/admin/maintenance", public=True)
def end(immich: Immich, request: Request) -> Response:
    """Ends maintenance mode for the bearer of the cookie; that is a restart."""
    require_cookie(immich, request)
    given = check(immich.version, request.state.json, ACTION)
    if given["action"] == "end":
        leave(immich)
    elif given["action"] == RESTORE:
        run_restore(immich, given.get("restoreBackupFilename", ""))
    return empty(201)


@routes_in_maintenance.on("POST", "/admin/maintenance/login", public=True)
def log_in(immich: Immich, request: Request) -> Response:
    """Whether a cookie, or a token in the body, is the right one."""
    given = request.state.json if isinstance(request.state.json, dict) else {}
    require_token(immich, given.get("token") or request.cookies.get(COOKIE))
    return ok({"username": "Admin"}, 201)


@routes_in_maintenance.on("GET", "/admin/database-backups", public=True, since=backups.LISTED_SINCE)
def listed(immich: Immich, request: Request) -> Response | Awaitable[Response]:
    """Lists the backups during maintenance."""
    require_cookie(immich, request)
    return backups.listed(immich, request)


@routes_in_maintenance.on("GET", "/admin/database-backups/{filename}", public=True, since=backups.LISTED_SINCE)
def download(immich: Immich, request: Request) -> Response | Awaitable[Response]:
    """Downloads a backup during maintenance."""
    require_cookie(immich, request)
    return backups.download(immich, request)


@routes_in_maintenance.on("POST", "/admin/database-backups/upload", public=True, since=backups.LISTED_SINCE)
def upload(immich: Immich, request: Request) -> Response | Awaitable[Response]:
    """Uploads a backup during maintenance."""
    require_cookie(immich, request)
    return backups.upload(immich, request)


def require_cookie(immich: Immich, request: Request) -> None:
    """Raises ApiError for a request without the cookie."""
    require_token(immich, request.cookies.get(COOKIE))


def require_token(immich: Immich, token: str | None) -> None:
    """Raises ApiError for a token that is not the one."""
    if not token:
        raise ApiError(401, "Missing JWT Token")
    if token != immich.maintenance_token:
        raise ApiError(401, "Invalid JWT Token")


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
