# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at what went over the wire."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

READING_POSTS = re.compile(r"/assets/bulk-upload-check|/search/metadata|/search/random|/libraries/[^/]+/validate|/admin/maintenance/login")
"""Requests that ask by POST and change nothing."""


def writes(server: Emulator, since: int = 0) -> list[str]:
    """Every request that could change something on the server, as "METHOD /path" in order."""
    return [f"{one['method']} {one['path']}" for one in server.requests(since=since) if not _reads(one["method"], one["path"])]


def _reads(method: str, path: str) -> bool:
    return method in ("GET", "HEAD", "OPTIONS") or (method == "POST" and READING_POSTS.fullmatch(path) is not None)
