# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.accounts.access import require
from immich_emulator.assets.assets import IDS
from immich_emulator.http.answers import ok
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import check
from immich_emulator.system.queues import Job

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

#: What a scan has missed the file of is not in it, although it is shown there (observed on 1.135 to 3.1).
IN_TRASH = "SELECT id FROM assets WHERE owner = ? AND deleted IS NOT NULL AND NOT offline"


@routes.on("POST", "/trash/restore/assets", "asset.delete")
def restore(immich: Immich, request: Request) -> Response:
    """Restores assets. Immich counts all that the request names, also those that were not in the trash."""
    ids = check(immich.version, request.state.json, IDS)["ids"]
    require(immich, request, "assets", ids, "asset.delete")
    return ok({"count": give_back(immich, ids)})


@routes.on("POST", "/trash/restore", "asset.delete")
def restore_all(immich: Immich, request: Request) -> Response:
    """Restores all assets that are in the trash."""
    return ok({"count": give_back(immich, immich.store.column(IN_TRASH, request.user.id))})


@routes.on("POST", "/trash/empty", "asset.delete")
def empty_trash(immich: Immich, request: Request) -> Response:
    """Has the background queue delete all that lies in the trash."""
    ids = immich.store.column(IN_TRASH, request.user.id)
    for asset_id in ids:
        immich.queues.add("backgroundTask", Job("delete with file", asset_id))
    return ok({"count": len(ids)})


def give_back(immich: Immich, ids: list[str]) -> int:
    """Restores assets, and returns how many were named. Those whose files are missing stay there (observed on 1.135 to 3.1)."""
    for asset_id in ids:
        immich.store.run("UPDATE assets SET deleted = NULL, trashed_by_user = 0 WHERE id = ? AND NOT offline", asset_id)
    return len(ids)
