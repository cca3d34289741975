# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions by which Starlette turns an exception of a handler or a middleware into an answer."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from immich_emulator.http.answers import ok
from immich_emulator.http.errors import ApiError, EarlyError
from immich_emulator.versions import Version


def error_answers(version: Version) -> dict[type[Exception], ExceptionHandler]:
    """These functions by exception, with the wording of a version."""

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return ok(error.body(version), error.status)

    async def no_route(request: Request, error: Exception) -> Response:
        """Answers 404 to an unknown path, and also to an unknown method, where Starlette would answer 405."""
        below_api = bool(request.scope["root_path"])
        kind = ApiError if below_api else EarlyError
        return await refuse(request, kind(404, f"Cannot {request.method} {url_of(request)}"))

    return {ApiError: refuse, HTTPException: no_route}


def url_of(request: Request) -> str:
    """The path and the query, as they were written."""
    raw: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (raw + b"?" + query if query else raw).decode("latin-1")
