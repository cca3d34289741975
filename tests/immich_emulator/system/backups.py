# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of the database: a manual job makes one, and since 2.5 they are listed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import ok
from immich_emulator.http.routing import Routes

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

LISTED_SINCE = (2, 5)
SIZE = 24_723


def make(immich: Immich) -> None:
    """What the job does. In a folder that is broken nothing comes of it, and no count tells."""
    if immich.backups_work:
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        made = [*kept(immich), f"immich-db-backup-{moment}-v{immich.version.number}-pg17.12.sql.gz"]
        immich.store.run("INSERT OR REPLACE INTO settings VALUES ('backups', ?)", json.dumps(made))


def kept(immich: Immich) -> list[str]:
    """The names of the finished backups, the oldest first."""
    stored = immich.store.value("SELECT value FROM settings WHERE name = 'backups'")
    found: list[str] = json.loads(stored) if stored else []
    return found


@routes.on("GET", "/admin/database-backups", "maintenance", admin=True, since=LISTED_SINCE)
def names(immich: Immich, request: Request) -> Response:
    """All backups, the newest first. 2.5 says no time zone."""
    extra = {"timezone": "UTC"} if immich.version.at_least(2, 7) else {}
    return ok({"backups": [{"filename": name, "filesize": SIZE, **extra} for name in reversed(kept(immich))]})
