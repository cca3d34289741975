# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notices answers that belong to another file: one asset id for two files whose bytes differ. Private to the collection."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from typing import Mapping, Optional, Set

from ..._client import errors, values
from ..organise import members
from ..reporting.tally import Tally

# How many of the last uploads are remembered, some ten megabytes. A cache that repeats an answer repeats a recent one.
_REMEMBERED = 20_000


class AssetIds:
    """Knows which file got which id, of the last uploads. Safe to use from all threads."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._lock = threading.Lock()
        self._placed: OrderedDict[str, Optional[members.Placed]] = OrderedDict()  # None: its file has failed because of this already

    def note(self, placed: members.Placed) -> None:
        """A file was uploaded. Raises if a file of other bytes has its id, which fails as well and is not deleted."""
        asset_id = str(placed.asset_id)
        with self._lock:
            if asset_id not in self._placed:
                self._placed[asset_id] = placed
                if len(self._placed) > _REMEMBERED:
                    self._placed.popitem(last=False)
                return
            before = self._placed[asset_id]
            if before is not None and before.item.sha1 == placed.item.sha1:
                return
            self._placed[asset_id] = None
        if before is not None:
            before.keep = True
            self._tally.failed(before.item.path, ambiguous(asset_id), item=before.item, asset_id=asset_id)
        raise ambiguous(asset_id)

    def repeated(self, known: Mapping[bytes, values.Known]) -> Set[str]:
        """Those ids of an answer to a check that files with other bytes have as well, in this answer or from an upload."""
        ids = Counter(one.asset_id for one in known.values())
        found = {asset_id for asset_id, count in ids.items() if count > 1} if len(ids) < len(known) else set()
        with self._lock:
            if self._placed.keys().isdisjoint(ids):
                return found
            for sha1, one in known.items():
                before = self._placed.get(one.asset_id)
                if before is not None and before.item.sha1 != sha1:
                    found.add(one.asset_id)
        return found


def ambiguous(asset_id: str) -> errors.ImmichError:
    """What a file fails with."""
    return errors.ImmichError(
        "Immich gave this file and another one, whose bytes differ, the same id (%s). A proxy in front of Immich may repeat its "
        "answers. The next run asks again." % asset_id
    )
