# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What backups there are: on the server, and of those that were fetched the ones that are proven."""

from __future__ import annotations

import time
from typing import Any, Dict, Optional

from .._client import api
from .._times import seconds_to_iso_utc
from . import listing, make
from .local import fetched_files
from .options import require_absolute

Result = Dict[str, Any]


def describe_backups(client: api.Immich, folder: Optional[str], *, verify: bool) -> Result:
    """The result of immich_backup_info. With `folder` and `verify`, every backup in it is read to its end."""
    require_absolute("dest", folder)
    listing.require_listing(client, "list backups")
    client.require({listing.LIST_SCOPE: "list the backups"})
    backups = make.read_list(client)
    newest = listing.newest(backups)
    if newest is not None:
        timed = listing.with_time(client, newest)
        backups = [timed if backup is newest else backup for backup in backups]
        newest = timed
    result: Result = {
        "changed": False,
        "backups": [listing.describe(client, backup) for backup in backups],
        "newest": listing.describe(client, newest),
        "fetched": [],
        "newest_proven": None,
        "newest_restored": None,
        "problems": [],
    }
    if folder is not None:
        fetched, result["problems"] = fetched_files(folder, verify=verify)
        result["fetched"] = [_with_age(backup) for backup in fetched]
        result["newest_proven"] = next(iter(result["fetched"]), None) if verify else None
        result["newest_restored"] = next((backup for backup in result["fetched"] if backup["proof"]), None)
    return result


def _with_age(backup: Dict[str, Any]) -> Dict[str, Any]:
    created = float(backup["created"])
    return {**backup, "created": seconds_to_iso_utc(created), "age": max(0, int(time.time() - created))}
