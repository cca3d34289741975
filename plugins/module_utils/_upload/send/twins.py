# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Equal files in one run: the first goes up, the others wait for it. Private to the collection."""

from __future__ import annotations

import threading
from typing import Dict, List, NamedTuple, Optional

from ..._sources import base
from ..organise import members
from ..reporting.tally import Tally


class Claim(NamedTuple):
    """Whether a file is the `first` of its bytes and goes up; if not, `asset_id` when they have arrived by now, else it waits."""

    first: bool
    asset_id: Optional[str]


class Twins:
    """Knows the bytes that are on their way. Memory does not grow with what has been sent: the server knows that by itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Dict[bytes, Optional[List[base.Item]]] = {}
        self._arrived: Dict[bytes, str] = {}

    def about_to_check(self) -> None:
        """The server is about to be asked: it will know by itself what has arrived until now."""
        with self._lock:
            self._arrived.clear()

    def claim(self, item: base.Item) -> Claim:
        """Asks for the right to send this file. Where it has to wait, it comes back from `has_arrived` or `has_failed`."""
        with self._lock:
            if item.sha1 in self._arrived:
                return Claim(False, self._arrived[item.sha1])
            if item.sha1 not in self._waiting:
                self._waiting[item.sha1] = None
                return Claim(True, None)
            waiting = self._waiting[item.sha1]
            if waiting is None:
                waiting = self._waiting[item.sha1] = []
            waiting.append(item)
            return Claim(False, None)

    def has_arrived(self, sha1: bytes, asset_id: str) -> List[base.Item]:
        """The file is up: returns those that waited for it."""
        with self._lock:
            self._arrived[sha1] = asset_id
            return self._waiting.pop(sha1, None) or []

    def has_failed(self, sha1: bytes) -> Optional[base.Item]:
        """The file is not up: returns the one that shall be tried instead."""
        with self._lock:
            waiting = self._waiting.get(sha1)
            if waiting:
                return waiting.pop(0)
            self._waiting.pop(sha1, None)
            return None


def settle(twin: base.Item, asset_id: str, tally: Tally) -> members.Placed:
    """An equal file is on the server: this one counts as a duplicate of it."""
    tally.stored(twin, asset_id, created=False)
    return members.Placed(twin, asset_id, fresh=False)
