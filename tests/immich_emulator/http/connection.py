# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection below a request, for what HTTP itself cannot express: cutting it."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
import time

from starlette.types import Receive, Scope

LINGER_NONE = struct.pack("ii", 1, 0)
TRANSPORT = "immich_emulator.transport"
SENT_WITHIN = 10.0  # seconds: a client that reads nothing is cut off as well


class Connection:
    """One request's connection."""

    def __init__(self, scope: Scope) -> None:
        self.transport: asyncio.Transport = scope[TRANSPORT]

    async def wait_until_sent(self) -> None:
        """Waits until the client's host has confirmed all that was written."""
        end = time.monotonic() + SENT_WITHIN
        while not self.transport.is_closing() and self._unsent() and time.monotonic() < end:
            await asyncio.sleep(0.005)

    def _unsent(self) -> int:
        """The number of bytes that were written and not confirmed, in this process and in the kernel."""
        waiting = self.transport.get_write_buffer_size()
        sock = self.transport.get_extra_info("socket")
        return waiting + int.from_bytes(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)

    async def reset(self, receive: Receive) -> None:
        """Ends the connection with a reset, as a dying server or a proxy does; returns once it is gone."""
        reset(self.transport)
        await self.wait_for_its_end(receive)

    async def wait_for_its_end(self, receive: Receive) -> None:
        """Waits until the client closes the connection."""
        while (await receive())["type"] != "http.disconnect":
            pass


def reset(transport: asyncio.Transport) -> None:
    """Sends a TCP reset and forgets the connection."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
    transport.abort()
