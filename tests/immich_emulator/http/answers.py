# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the handlers answer."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
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


def sort_new(ids: Iterable[str], present: Container[str], mine: Container[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """The result for each asset that is added to an album or a tag, and the assets that were not in it, each once."""
    answer: list[dict[str, Any]] = []
    new: dict[str, None] = {}
    for asset_id in ids:
        if asset_id in present or asset_id in new:
            answer.append({"id": asset_id, "success": False, "error": "duplicate"})
        elif asset_id not in mine:
            answer.append({"id": asset_id, "success": False, "error": "no_permission"})
        else:
            new[asset_id] = None
            answer.append({"id": asset_id, "success": True})
    return answer, list(new)
