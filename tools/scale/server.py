# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded server in a process of its own, which counts what it is asked: `python -m scale.server FOLDER`.

Its routes are the embedded server's, with their shapes and pages. It keeps no log of its requests, whose bodies would take more memory than
the library. It ends when its input does.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from immich_emulator.cli import interrupt
from immich_emulator.immich import Immich, Options
from immich_emulator.server import Server
from immich_emulator.versions import find
from scale.library import VERSION

API = "/api"
COUNTS = "/_counts"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Traffic(NamedTuple):
    """How often a route was asked, and the bytes of the bodies that came to the server and from it."""

    requests: int = 0
    to_server: int = 0
    from_server: int = 0


class Counting:
    """ASGI middleware that counts the requests of the API by their routes. `GET` of `COUNTS` tells them, and begins anew."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.routes: dict[str, Traffic] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["path"] == COUNTS:
            routes, self.routes = self.routes, {}
            await JSONResponse(routes)(scope, receive, send)
            return
        came = went = 0

        async def count_body() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            return message

        async def count_answer(message: Message) -> None:
            nonlocal went
            went += len(message.get("body", b""))
            await send(message)

        route = f"{scope['method']} {_ID.sub('{id}', scope['path'].removeprefix(API))}"
        try:
            await self.app(scope, count_body, count_answer)
        finally:
            before = self.routes.get(route, Traffic())
            self.routes[route] = Traffic(before.requests + 1, before.to_server + came, before.from_server + went)


class Counted:
    """A server that runs, with the key of its user."""

    def __init__(self, url: str, api_key: str) -> None:
        self.url = url
        self.api_key = api_key

    def take_counts(self) -> dict[str, Traffic]:
        """What was asked by each route since this was last called."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(self.url + COUNTS, timeout=60)
        answer.raise_for_status()
        return {route: Traffic(*counts) for route, counts in answer.json().items()}


@contextmanager
def serving(folder: Path) -> Iterator[Counted]:
    """A server of what is in its data folder. Raises RuntimeError where it does not come up."""
    command = [sys.executable, "-m", "scale.server", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            announced = process.stdout.readline()
            if not announced:
                raise RuntimeError("the server did not start")
            yield Counted(*json.loads(announced))
        finally:
            process.stdin.close()


def main() -> None:
    """Serves until its input ends."""
    signal.signal(signal.SIGTERM, interrupt)
    immich = Immich(find(VERSION), Path(sys.argv[1]), Options(discard_bodies=True))
    immich.log.entries = deque(maxlen=0)
    server = Server(immich, "127.0.0.1", 0, lambda url: print(json.dumps([url, immich.secrets["user"]]), flush=True))
    server.config.app = Counting(server.config.app)  # type: ignore[arg-type]  # which is an application, not the name of one
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        immich.close()


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
