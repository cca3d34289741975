# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers that Node and Immich add to every answer."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from immich_emulator.http.errors import correlation_id
from immich_emulator.versions import Version

KEEP_ALIVE_SECONDS = 5


class NodeHeaders:
    """ASGI middleware: keep-alive unless the client closes, and since 3.0 a correlation id on the API's answers."""

    def __init__(self, app: ASGIApp, version: Version) -> None:
        self.app, self.version = app, version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        with_id = self.version.is_new and scope["path"].startswith("/api/")

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if with_id:
                    headers.append("x-correlation-id", correlation_id())
                if Headers(scope=scope).get("connection", "").lower() != "close":
                    headers.append("connection", "keep-alive")
                    headers.append("keep-alive", f"timeout={KEEP_ALIVE_SECONDS}")
            await send(message)

        await self.app(scope, receive, add)
