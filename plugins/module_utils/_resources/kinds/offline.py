# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Assets of a library whose files Immich does not find: how many there are, and how long it keeps them.

A scan puts them into the trash and marks them as offline. Restoring them there answers with success and does nothing. A scan that finds
the files brings them back as they were, under the same ids. The nightly check deletes for good what was missed by a scan more than
`trash.days` ago, and all of it where the trash is switched off (observed on 1.135 to 3.1).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Mapping, NamedTuple, Optional

from ..._client import errors
from ..._client.endpoints.assets import AssetCalls
from ..._client.values import Search
from ..._times import seconds_to_iso_utc
from ..model import PRESENT, Context, PlannedObject
from . import config

_DAY = 86400.0  # seconds
_SHOWN = ("timeline", "archive")


class Offline(NamedTuple):
    """Offline assets of a library. `is_all`: no other is left. `days_left`: for how many days Immich still keeps the first of them; None
    where there are none, or the key may not read the configuration."""

    number: int
    is_all: bool
    days_left: Optional[int]


def find_offline(context: Context, planned: PlannedObject) -> Optional[Offline]:
    """The offline assets of a library that is to stay; None where the key cannot tell: it sees those of its own user only."""
    library = planned.found
    try:
        if library is None or planned.wanted["state"] != PRESENT or library.raw["ownerId"] != context.me:
            return None
        assets = AssetCalls(context.client)
        searches = [Search(visibility, library_id=library.id, offline=True) for visibility in _SHOWN]
        count = sum(assets.count(search) for search in searches)
        if not count:
            return Offline(0, is_all=False, days_left=None)
        is_all = not any(assets.has_any(replace(search, offline=False)) for search in searches)
    except errors.PermissionDenied:
        return None
    now = context.client.server_time
    return Offline(count, is_all, errors.where_allowed(lambda: days_left(assets, searches, config.leaves_afterwards(context), now)))


def days_left(assets: AssetCalls, searches: List[Search], settings: Mapping[str, Any], now: float) -> int:
    """For how many days Immich still keeps the first of the assets that the searches find; 0 means until the next night.

    `settings` are the leaves of the configuration, `now` the server's time in seconds since 1970.
    """
    if not settings["trash.enabled"]:
        return 0
    young, old = 0, int(settings["trash.days"]) + 1  # days: nothing that is found is older than `old`, or there is nothing left to tell
    while old - young > 1:
        middle = (young + old) // 2
        moment = seconds_to_iso_utc(now - middle * _DAY)
        young, old = (
            (middle, old) if any(assets.has_any(replace(search, trashed_before=moment)) for search in searches) else (young, middle)
        )
    return int(settings["trash.days"]) - young


def sentence(offline: Offline) -> str:
    """What is to be said of them."""
    deadline = "" if offline.days_left is None else " Immich deletes the first of them for good %s." % when(offline.days_left)
    return (
        "Immich does not find the files of %d assets, so they are offline, in the trash. Restore has no effect on them there: once the "
        "files are back, a scan (scan: always) brings them back as they were.%s" % (offline.number, deadline)
    )


def when(days: int) -> str:
    """When so many days are over, as the end of a sentence."""
    return "tonight" if days == 0 else "in a day" if days == 1 else "in %d days" % days
