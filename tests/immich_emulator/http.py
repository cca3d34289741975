# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as the handlers see it, and what they answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from immich_emulator.errors import Disconnected, EarlyError, TooLarge, encode

if TYPE_CHECKING:
    from immich_emulator.auth import Key, User

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON_LIMIT = 10 * 1024 * 1024
MISSING = object()


async def gone() -> Message:
    """Receives from a connection that is no more."""
    return {"type": "http.disconnect"}


@dataclass
class Request:
    """One HTTP request below /api (`path` is what follows it)."""

    method: str
    path: str
    url: str
    query_string: bytes
    raw_headers: list[tuple[bytes, bytes]]
    receive: Receive
    json: Any = MISSING
    params: dict[str, str] = field(default_factory=dict)
    arrived: int = 0
    complete: bool = False
    form: dict[str, Any] | None = None

    #: Known once the key was found good.
    user: User = field(init=False)
    key: Key | None = None

    @cached_property
    def headers(self) -> dict[str, str]:
        """Lower-case names; of a repeated header the last."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.raw_headers}

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the last."""
        return dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises Disconnected when it ends too early."""
        while not self.complete:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk: bytes = message.get("body", b"")
            self.arrived += len(chunk)
            self.complete = not message.get("more_body", False)
            yield chunk

    def done(self) -> None:
        """Lets go of the connection, so that the log holds nothing but what was said."""
        self.receive = gone

    async def read_json(self) -> None:
        """Parses a JSON body into `json`, which stays MISSING when there is none."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            return
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) > JSON_LIMIT:
                raise TooLarge
        if body:
            self.json = parse_json(bytes(body))


def parse_json(body: bytes) -> Any:
    """The object or array that `body` holds. Raises EarlyError, worded as JavaScript does."""
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError as error:
        position = error.pos if isinstance(error, json.JSONDecodeError) else 0
        if position >= len(text.rstrip()) or text[position] == '"':
            raise EarlyError(400, "Unexpected end of JSON input") from error
        raise unexpected(text, position) from error
    if not isinstance(value, (dict, list)):
        raise unexpected(text, 0)
    return value


def unexpected(text: str, position: int) -> EarlyError:
    """JavaScript's words for a character that does not belong in JSON."""
    if text[:position].rstrip().endswith("{"):
        where = f"position {position} (line 1 column {position + 1})"
        return EarlyError(400, f"Expected property name or '}}' in JSON at {where}")
    return EarlyError(400, f"Unexpected token '{text[position]}', \"{text}\" is not valid JSON")


@dataclass
class Answer:
    """What is sent back."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)


def ok(value: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, encode(value))


def empty(status: int = 204) -> Answer:
    """An answer without a body."""
    return Answer(status, b"", "")
