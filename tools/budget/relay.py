# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay in front of a server on this machine, which counts the bytes that pass."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_BLOCK = 65_536  # bytes


class Relay(socketserver.ThreadingTCPServer):
    """Listens at `url`, and passes everything on. `bytes` is the size of all requests and answers, with their headers."""

    daemon_threads = True

    def __init__(self, server_url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        parts = urlsplit(server_url)
        self.behind = (parts.hostname or "", parts.port or 80)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.bytes = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """So many bytes have passed."""
        with self._lock:
            self.bytes += count


class _Passage(socketserver.BaseRequestHandler):
    """One connection."""

    server: Relay

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection(self.server.behind) as behind:
            other = {self.request: behind, behind: self.request}
            for connection in other:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                for readable in select.select(list(other), [], [])[0]:
                    data = readable.recv(_BLOCK)
                    if not data:
                        return
                    self.server.add(len(data))
                    other[readable].sendall(data)


@contextmanager
def relaying(server_url: str) -> Iterator[Relay]:
    """Runs a relay in front of the server at `server_url`."""
    with Relay(server_url) as relay:
        thread = threading.Thread(target=relay.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            thread.join()
