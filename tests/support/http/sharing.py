# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Albums that one user shares with another, which the collection itself never does."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

#: Made once: each one reads all certificates of the system.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(server: Emulator, key: str, method: str, path: str, body: object = None) -> Any:
    """Sends one call with a key and returns the answer's JSON."""
    headers = {"x-api-key": key, "Content-Type": "application/json", "Connection": "close"}
    asked = urllib.request.Request(server.url + "/api" + path, json.dumps(body).encode() if body else None, headers, method=method)
    with _OPENER.open(asked) as answer:
        return json.load(answer)


def share_with_admin(server: Emulator, album_id: str) -> None:
    """The user's album may then be seen and edited by the administrator."""
    admin_id = ask(server, server.admin_api_key, "GET", "/users/me")["id"]
    ask(server, server.api_key, "PUT", f"/albums/{album_id}/users", {"albumUsers": [{"userId": admin_id, "role": "editor"}]})
