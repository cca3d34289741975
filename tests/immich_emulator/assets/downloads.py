# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `/download/info` says of a download."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import require
from immich_emulator.http.answers import ok
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()


@routes.on("POST", "/download/info", "asset.download")
def info(immich: Immich, request: Request) -> Response:
    """How large the archive of some assets would be."""
    ids = check(immich.version, request.state.json, Field("assetIds", "uuid[]", ("each uuid", "array")))["assetIds"]
    require(immich, request, "assets", ids, "asset.download")
    sql = "SELECT sum(size) FROM assets WHERE id IN (SELECT value FROM json_each(?))"
    size = immich.store.value(sql, json.dumps(ids)) or 0
    return ok({"totalSize": size, "archives": [{"size": size, "assetIds": ids}]}, 201)
