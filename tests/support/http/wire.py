# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at what went over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

READING_POSTS = ("/assets/bulk-upload-check", "/search/metadata")
"""Requests that ask by POST and change nothing."""


def writes(server: Emulator, since: int = 0) -> list[str]:
    """Every request that could change something on the server, as "METHOD /path" in order."""
    return [
        f"{request['method']} {request['path']}"
        for request in server.requests(since=since)
        if request["method"] not in ("GET", "HEAD", "OPTIONS") and not (request["method"] == "POST" and request["path"] in READING_POSTS)
    ]
