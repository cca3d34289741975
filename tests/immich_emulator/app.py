# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: request log, faults, maintenance mode, routes and error answers, in this order."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route, Router

from immich_emulator.accounts import api_keys, sessions, users
from immich_emulator.assets import assets, downloads, duplicates, search, timeline, trash
from immich_emulator.control.requestlog import Logging
from immich_emulator.control.routes import Control, GoDown
from immich_emulator.control.trouble import Trouble
from immich_emulator.groups import albums, faces, memories, people, sharing, stacks, tags
from immich_emulator.http.answers import ok
from immich_emulator.http.error_answers import error_answers
from immich_emulator.http.json_body import JsonBody
from immich_emulator.http.node_headers import NodeHeaders
from immich_emulator.http.routing import TrailingSlash, router
from immich_emulator.immich import Immich
from immich_emulator.system import backups, configuration, integrity, libraries, maintenance, queue_api, server_info
from immich_emulator.system.maintenance import MaintenanceMode
from immich_emulator.uploads import bulk_check, uploads

GROUPS_OF_ROUTES = (
    uploads,
    bulk_check,
    albums,
    api_keys,
    assets,
    backups,
    downloads,
    duplicates,
    faces,
    integrity,
    libraries,
    maintenance,
    memories,
    people,
    queue_api,
    search,
    server_info,
    sessions,
    sharing,
    stacks,
    configuration,
    tags,
    timeline,
    trash,
    users,
)
HANDLES = "/_emulator"
IN_MAINTENANCE = ("/server/ping", "/server/version")
WEB_APP = (
    b"<!doctype html><html><head><title>Immich</title></head><body>"
    b"<p>Here Immich would show a photo or an album. This is the embedded server of photoyard.immich, which has no pages.</p>"
    + b" " * 400
    + b"</body></html>"
)


def application(immich: Immich, go_down: GoDown) -> Starlette:
    """One server's application. `go_down` cuts the connections to Immich and refuses new ones for so many seconds."""
    errors = error_answers(immich.version)
    every = [rule for group in GROUPS_OF_ROUTES for rule in group.routes]
    kept = [rule for rule in server_info.routes if rule.path in IN_MAINTENANCE]
    closed = router(immich, [*kept, *maintenance.routes_in_maintenance])
    way_to_the_api = [
        Middleware(Logging, immich.log),
        Middleware(Trouble, immich.faults, immich.keys),
        Middleware(ExceptionMiddleware, errors),
        Middleware(JsonBody),
        Middleware(TrailingSlash),
        Middleware(MaintenanceMode, immich, closed),
    ]
    web = Router([Route("/.well-known/immich", well_known), Route("/{path:path}", web_app)])
    closed_web = Router([Route("/{path:path}", maintenance.web_app_in_maintenance)])
    return Starlette(
        routes=[
            Mount("/api", router(immich, every), middleware=way_to_the_api),
            Mount(HANDLES, Control(immich, go_down).application()),
            Mount("", web, middleware=[Middleware(MaintenanceMode, immich, closed_web)]),
        ],
        middleware=[Middleware(NodeHeaders, immich.version)],
        exception_handlers=errors,
    )


async def well_known(request: Request) -> Response:
    """Answers `/.well-known/immich` with the path of the API."""
    return ok({"api": {"endpoint": "/api"}})


async def web_app(request: Request) -> Response:
    """The web app's page, for whatever is outside the API. Raises HTTPException where there is none."""
    if request.method != "GET" or request.scope["path"] == "/api":
        raise HTTPException(404)
    return HTMLResponse(WEB_APP)
