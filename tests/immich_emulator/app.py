# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: the way of a request through log, faults, maintenance, routing and errors."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from time import perf_counter
from typing import Any

from immich_emulator import (
    albums,
    api_keys,
    assets,
    bulk_check,
    downloads,
    maintenance,
    queue_api,
    search,
    server_info,
    stacks,
    system,
    tags,
    trash,
    uploads,
    users,
)
from immich_emulator.auth import authenticate
from immich_emulator.connection import Connection
from immich_emulator.control import Control
from immich_emulator.errors import ApiError, Disconnected, EarlyError, correlation_id, no_route
from immich_emulator.faults import Fault
from immich_emulator.http import Answer, Message, Receive, Request, Send, ok
from immich_emulator.immich import Immich
from immich_emulator.routing import Router
from immich_emulator.validation import check_id

ROOMS = (
    albums,
    api_keys,
    assets,
    bulk_check,
    downloads,
    maintenance,
    queue_api,
    search,
    server_info,
    stacks,
    system,
    tags,
    trash,
    uploads,
    users,
)
IN_MAINTENANCE = ("/server/ping", "/server/version")
WEB_APP = b"<!doctype html><html><head><title>Immich</title></head><body>" + b" " * 400 + b"</body></html>"
HTML = "text/html; charset=utf-8"
ID_PARAMETERS = ("id", "userId", "assetId")


class App:
    """One server's application."""

    def __init__(self, immich: Immich) -> None:
        self.immich = immich
        self.control = Control(immich)
        every = [route for room in ROOMS for route in room.routes]
        kept = [route for route in server_info.routes if route.path in IN_MAINTENANCE]
        self.router = Router(every, immich.version)
        self.maintenance_router = Router([*kept, *maintenance.routes_in_maintenance], immich.version)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One request, or the server's start and end."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        request = Request(scope["method"], path, path, scope["query_string"], scope["headers"], receive)
        if path.startswith("/_emulator/"):
            await self.send(send, request, await self.control.answer(request), plain=True)
            return
        if not path.startswith("/api/"):
            await self.send(send, request, self.outside(request), plain=True)
            return
        request.url = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            request.url += "?" + scope["query_string"].decode("latin-1")
        request.path = path[4:]
        await self.serve(Connection(scope), request, send)

    async def serve(self, connection: Connection, request: Request, send: Send) -> None:
        """Answers a request of the API, unless a fault does, and notes it."""
        started = perf_counter()
        status: int | None = None
        fault = self.immich.faults.take(request.method, request.path) if self.immich.faults.waiting else None
        try:
            answer = await self.answer_or_fail(connection, request, fault)
            status = answer.status
            await self.send(send, request, answer)
        except Disconnected:
            pass
        finally:
            request.done()
            self.immich.log.add(request, status, round(perf_counter() - started, 6))

    async def answer_or_fail(self, connection: Connection, request: Request, fault: Fault | None) -> Answer:
        """The answer, or the fault's in its place. Raises Disconnected when the connection is cut."""
        if fault is None:
            return await self.answer(request)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.cut == "request":
            request.receive = connection.cut_after(request.receive, fault.cut_after)
        if fault.hang or fault.answers:
            await self.swallow(request)
        if fault.hang:
            await connection.wait_for_its_end(request.receive)
            raise Disconnected
        if fault.answers:
            return fault.answer()
        answer = await self.answer(request)
        if fault.cut == "response":
            await connection.reset(request.receive)
            raise Disconnected
        return answer

    async def swallow(self, request: Request) -> None:
        """Reads a request that the server itself never sees, as far as the log shows it."""
        with contextlib.suppress(ApiError):
            await request.read_json()
        async for _ in request.chunks():
            pass
        if secret := request.headers.get("x-api-key"):
            request.key = self.immich.keys.find(secret)

    async def answer(self, request: Request) -> Answer:
        """The server's own answer."""
        try:
            await request.read_json()
            return await self.dispatch(request)
        except ApiError as error:
            return ok(error.body(self.immich.version), error.status)

    async def dispatch(self, request: Request) -> Answer:
        """Finds the handler, asks who is there, and lets it answer. Raises ApiError."""
        router = self.maintenance_router if self.immich.maintenance_token else self.router
        found = router.find(request.method, request.path)
        if found is None:
            raise no_route(request.method, request.url)
        route, request.params = found
        if not route.public:
            authenticate(self.immich, request, route)
        for name in ID_PARAMETERS:
            if name in request.params:
                check_id(self.immich.version, name, request.params[name])
        answer = route.handler(self.immich, request)
        return await answer if inspect.isawaitable(answer) else answer

    def outside(self, request: Request) -> Answer:
        """What is not the API: the pointer to it, and for whatever else one may get the web app's page."""
        if request.path == "/.well-known/immich":
            return ok({"api": {"endpoint": "/api"}})
        if request.method != "GET" or request.path == "/api":
            error = EarlyError(404, f"Cannot {request.method} {request.url}")
            return ok(error.body(self.immich.version), error.status)
        return Answer(200, WEB_APP, HTML)

    async def send(self, send: Send, request: Request, answer: Answer, *, plain: bool = False) -> None:
        """Writes an answer, with the headers that Node adds."""
        headers = [(b"content-length", str(len(answer.body)).encode())] if answer.status != 204 else []
        if answer.kind:
            headers.append((b"content-type", answer.kind.encode()))
        headers += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
        if self.immich.version.is_new and not plain:
            headers.append((b"x-correlation-id", correlation_id().encode()))
        if request.headers.get("connection", "").lower() != "close":
            headers += [(b"connection", b"keep-alive"), (b"keep-alive", b"timeout=5")]
        start: Message = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})
