# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of requests, for assertions on what was sent. It is limited in size, and becomes JSON only when it is read."""

from __future__ import annotations

import re
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from immich_emulator.http.json_body import MISSING

if TYPE_CHECKING:
    from immich_emulator.accounts.auth import Key

KEEP = 200_000
#: POSTs that change nothing.
READS = frozenset(("/assets/bulk-upload-check", "/search/metadata", "/search/random", "/search/statistics", "/download/info"))

VALIDATION = re.compile(r"/libraries/[^/]+/validate")


class Entry(NamedTuple):
    """One request, as it came. `path` is what follows /api; `status` is None when nobody was left to answer."""

    number: int
    method: str
    path: str
    query: bytes
    status: int | None
    headers: list[tuple[bytes, bytes]]
    key: Key | None
    json: Any
    form: dict[str, Any] | None
    seconds: float
    complete: bool

    @property
    def is_write(self) -> bool:
        """Whether the request asks for a change."""
        return self.method not in ("GET", "HEAD", "OPTIONS") and self.path not in READS and not VALIDATION.fullmatch(self.path)

    def render(self) -> dict[str, Any]:
        """The entry as tests read it; the key by its name, never its secret."""
        return {
            "n": self.number,
            "method": self.method,
            "path": self.path,
            "query": dict(QueryParams(self.query)),
            "status": self.status,
            "key": self.key.name if self.key else None,
            "headers": {name: value for name, value in Headers(raw=self.headers).items() if name != "x-api-key"},
            "json": None if self.json is MISSING else self.json,
            "form": self.form,
            "seconds": self.seconds,
            "complete": self.complete,
        }


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEEP)
        self.count = 0

    def add(self, scope: Scope, path: str, status: int | None, seconds: float) -> None:
        """Notes a request that is over, and what was left in its state."""
        self.count += 1
        state = scope["state"]
        found = (state["key"], state["json"], state["form"], seconds, state["complete"])
        self.entries.append(Entry(self.count, scope["method"], path, scope["query_string"], status, scope["headers"], *found))

    def read(self, since: int = 0, *, writes: bool = False) -> list[dict[str, Any]]:
        """The entries after number `since`, all or only those that ask for a change."""
        return [e.render() for e in self.entries if e.number > since and (e.is_write or not writes)]

    def clear(self) -> None:
        """Forgets all entries; numbers go on."""
        self.entries.clear()


class Logging:
    """ASGI middleware that notes each request in the log, also one whose client went away.

    What the request's `state` holds in the end is noted: `key`, `json`, `form`, and `complete` once the whole body came.
    """

    def __init__(self, app: ASGIApp, log: RequestLog) -> None:
        self.app, self.log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        started, path = perf_counter(), scope["path"].removeprefix(scope["root_path"])
        state = scope["state"]
        state.update(key=None, json=MISSING, form=None, complete=False)
        status: int | None = None
        is_noted = False

        def note() -> None:
            nonlocal is_noted
            if not is_noted:
                is_noted = True
                self.log.add(scope, path, status, round(perf_counter() - started, 6))

        async def watch_body() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                state["complete"] = True
            return message

        async def watch_answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                note()  # before the client has all, and can ask what was noted
            await send(message)

        try:
            await self.app(scope, watch_body, watch_answer)
        except ClientDisconnect:
            pass
        finally:
            note()
