# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare HTTP server that answers what a test says: for what stands in front of Immich, or is not Immich at all."""

from __future__ import annotations

import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass
class Seen:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answering:
    """A running server: its address and what it was asked."""

    url: str
    seen: list[Seen]


def forward(url: str) -> Callable[[Seen], Reply]:
    """Answers with what the server at `url` answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def answer(seen: Seen) -> Reply:
        headers = {name: value for name, value in seen.headers.items() if name not in ("host", "connection", "accept-encoding")}
        asked = urllib.request.Request(url + seen.path, seen.body or None, headers, method=seen.method)
        try:
            with opener.open(asked) as got:
                return Reply(got.status, got.read(), {"Content-Type": got.headers["Content-Type"]})
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read(), {"Content-Type": error.headers["Content-Type"]})

    return answer


@contextmanager
def answering(reply: Callable[[Seen], Reply], *, tls: ssl.SSLContext | None = None) -> Iterator[Answering]:
    """Runs a server on loopback that answers every request with ``reply(request)``."""
    seen: list[Seen] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are written apart: the second would wait 40 ms for the first

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            said = reply(seen[-1])
            self.send_response(said.status)
            for name, value in {**said.headers, "Content-Length": str(len(said.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *args: object) -> None:
            """Keeps quiet."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Answering(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}", seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
