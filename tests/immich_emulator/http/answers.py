# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the handlers answer."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse, Response


class JsonAnswer(JSONResponse):
    """JSON as Node writes it: no spaces, raw Unicode, half a surrogate pair as a question mark."""

    media_type = "application/json; charset=utf-8"

    def render(self, content: Any) -> bytes:
        """The body."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def ok(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return JsonAnswer(value, status)


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status_code=status)
