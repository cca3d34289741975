# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request's JSON body: read before anything else looks at the request, refused in JavaScript's words."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from immich_emulator.http.errors import EarlyError, TooLarge

LIMIT = 10 * 1024 * 1024
MISSING = object()


class JsonBody:
    """ASGI middleware that leaves the parsed body in the request's `state.json`, or MISSING where there is none.

    Immich parses the body before it looks for a route or at the key, so that a wrong one is refused first.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Raises EarlyError and TooLarge."""
        request = Request(scope, receive)
        request.state.json = await read_json(request)
        await self.app(scope, receive, send)


async def read_json(request: Request) -> Any:
    """The parsed body, or MISSING. Raises EarlyError, TooLarge, and ClientDisconnect when the client leaves."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return MISSING
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT:
            raise TooLarge
    return parse_json(bytes(body)) if body else MISSING


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
