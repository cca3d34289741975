# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies faults to the requests that they match."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from immich_emulator.accounts.auth import Keys
from immich_emulator.control.faults import Fault, Faults
from immich_emulator.http.connection import Connection
from immich_emulator.http.errors import ApiError
from immich_emulator.http.json_body import read_json


class Trouble:
    """ASGI middleware between the log and the server itself."""

    def __init__(self, app: ASGIApp, faults: Faults, keys: Keys) -> None:
        self.app, self.faults, self.keys = app, faults, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Raises ClientDisconnect when its connection is cut."""
        path = scope["path"].removeprefix(scope["root_path"])
        fault = self.faults.take(scope["method"], path) if self.faults.waiting else None
        if fault is None:
            await self.app(scope, receive, send)
        else:
            await self.strike(fault, path, scope, receive, send)

    async def strike(self, fault: Fault, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that a fault applies to."""
        connection = Connection(scope)
        cleared = self.faults.cleared
        waits = fault.delay or fault.until_cleared
        if waits:
            receive = await keep_small_body(scope, receive)
        self.faults.struck.append(f"{scope['method']} {path}")  # from now on a test may stop its client
        if fault.cut == "connection":
            await connection.reset(receive)
            scope["state"]["complete"] = False
            raise ClientDisconnect
        if waits:
            await asyncio.sleep(fault.delay)
            if fault.until_cleared:
                await cleared.wait()
        if fault.cut == "request":
            receive = cut_request(connection, scope, receive, fault.cut_after)
        if fault.cut == "response":
            send = cut_answer(connection, receive, send, fault.cut_after, hang=fault.hang)
        if fault.cut == "half":
            send = cut_in_half(connection, receive, send)
        hangs = fault.hang and not fault.cut
        if hangs or fault.answers:
            await self.swallow(Request(scope, receive))
        if hangs:
            await connection.wait_for_its_end(receive)
            raise ClientDisconnect
        await (fault.answer() if fault.answers else self.app)(scope, receive, send)

    async def swallow(self, request: Request) -> None:
        """Reads a request in place of the server, so that the request log shows its body and its key."""
        with contextlib.suppress(ApiError):
            request.state.json = await read_json(request)
        if not request.state.complete:
            async for _ in request.stream():
                pass
        if secret := request.headers.get("x-api-key"):
            request.state.key = self.keys.find(secret)


async def keep_small_body(scope: Scope, receive: Receive) -> Receive:
    """As `receive`, with a JSON body read already: Immich carries out what it has received, though the client dies meanwhile."""
    if Headers(scope=scope).get("content-type") != "application/json":
        return receive
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay


def cut_request(connection: Connection, scope: Scope, receive: Receive, limit: int) -> Receive:
    """As `receive`, until `limit` bytes of the body have come: then the connection is reset, and those are lost."""
    arrived = 0

    async def cutting() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived < limit:
            return message
        await connection.reset(receive)
        scope["state"]["complete"] = False
        return {"type": "http.disconnect"}

    return cutting


def cut_answer(connection: Connection, receive: Receive, send: Send, limit: int, *, hang: bool) -> Send:
    """As `send`, until `limit` bytes of the answer's body would be sent: then the connection is reset, or nothing more comes (`hang`)."""
    sent = 0

    async def cutting(message: Message) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))
        if sent < limit:
            await send(message)
            return
        if hang:
            await connection.wait_for_its_end(receive)
        else:
            await connection.wait_until_sent()  # a reset drops what the client has not got yet, which may be all of it
            await connection.reset(receive)
        raise ClientDisconnect

    return cutting


def cut_in_half(connection: Connection, receive: Receive, send: Send) -> Send:
    """As `send`, until half of the first part of the answer's body is sent: then the connection is reset. One without a body is whole."""

    async def cutting(message: Message) -> None:
        body = message.get("body", b"")
        if not body:
            await send(message)
            return
        await send({**message, "body": body[: len(body) // 2], "more_body": True})
        await connection.wait_until_sent()
        await connection.reset(receive)
        raise ClientDisconnect

    return cutting
