# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs uvicorn. The listening socket can be closed for some seconds, as when Immich restarts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from immich_emulator.app import HANDLES, application
from immich_emulator.http.connection import TRANSPORT, reset
from immich_emulator.http.node_headers import KEEP_ALIVE_SECONDS
from immich_emulator.immich import Immich

BACKLOG = 2048


class Protocol(HttpToolsProtocol):
    """Hands the connection on to the application, which may have to cut it."""

    serves_a_handle = False
    """Whether its last request is for one of the handles, which are not part of Immich."""

    is_door_closed: Callable[[], bool] = staticmethod(lambda: False)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # of a socket: no other is served
        """A connection begins. It is cut at once if the listening socket was closed just after it had been accepted."""
        super().connection_made(transport)
        if self.is_door_closed():
            reset(transport)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]

    def on_headers_complete(self) -> None:
        """It is known what the request is for."""
        super().on_headers_complete()
        self.serves_a_handle = self.scope["path"].startswith(HANDLES)


class Server(uvicorn.Server):
    """One listening server. `on_ready` is called with the URL once it listens."""

    def __init__(self, immich: Immich, host: str, port: int, on_ready: Callable[[str], None]) -> None:
        super().__init__(
            uvicorn.Config(
                application(immich, self.go_down),
                host=host,
                port=port,
                http=Protocol,
                ws="none",
                lifespan="off",
                loop="uvloop",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,
                backlog=BACKLOG,
            )
        )
        immich.go_down.door = self.go_down
        self.on_ready = on_ready
        self.address: tuple[str, int] = (host, port)
        # Bound, but never listening: the port stays this server's while the door is closed, and connections to it are refused.
        self.reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.coming_up: asyncio.Task[None] | None = None
        self.is_down = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen."""
        await self.lifespan.startup()
        self.servers = []
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(self.address)
        self.address = self.reserved.getsockname()[:2]
        await self.listen()
        self.started = True
        self.on_ready(f"http://{self.config.host}:{self.address[1]}")

    async def listen(self) -> None:
        """Opens the listening socket."""
        loop = asyncio.get_running_loop()
        host, port = self.address
        self.servers = [await loop.create_server(self.protocol, host, port, backlog=BACKLOG, reuse_address=True)]

    def protocol(self) -> asyncio.Protocol:
        """A new connection's protocol."""
        state: dict[str, Any] = self.lifespan.state
        protocol = Protocol(config=self.config, server_state=self.server_state, app_state=state)
        protocol.is_door_closed = lambda: self.is_down
        return protocol

    def go_down(self, seconds: float) -> None:
        """Cuts all connections to Immich at once and refuses new ones for `seconds`."""
        self.is_down = True
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, Protocol) and not connection.serves_a_handle:
                reset(connection.transport)
        self.coming_up = asyncio.get_running_loop().create_task(self.come_up(seconds))

    async def come_up(self, seconds: float) -> None:
        """Opens the listening socket again after some seconds."""
        await asyncio.sleep(seconds)
        self.is_down = False
        await self.listen()
