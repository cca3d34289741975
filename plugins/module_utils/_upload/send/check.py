# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the server which files it has, in batches. Private to the collection."""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterator, List, Optional

from ..._client import values
from ..._client.endpoints.assets import CHECK_BATCH, AssetCalls
from ..._sources import base
from ..flow.lane import Lane

# The first question is a small one, so that the first transfer starts early; each further one may be twice as large.
_FIRST_BATCH = 64
# Seconds that a file waits for others to be asked about together with it: while there is little to send, and while there is enough.
_PATIENCE = 0.2
_PATIENCE_OF_THE_BUSY = 2.0
_ENOUGH = 4  # files for each sender: they last while the server is asked about more

_GLANCE = 0.01  # seconds between two looks at whether files have waited long enough


class Gatherer:
    """Takes files from a lane and hands them on in batches: as large as the server likes them, as small as haste wants them.

    `patience` tells for how many seconds, as things are now, the first of a batch may wait for others (see there).
    """

    def __init__(self, lane: Lane[base.Item], patience: Callable[[], float]) -> None:
        self._lane = lane
        self._patience = patience
        self._limit = _FIRST_BATCH

    def batches(self) -> Iterator[base.Batch]:
        """Batches until the lane ends; none is empty."""
        batch: base.Batch = []
        began = 0.0
        while True:
            room = self._limit - len(batch)
            taken = self._lane.take(room, _GLANCE, enough=room) if batch else self._lane.take(room)
            if taken and not batch:
                began = time.monotonic()
            batch += taken or []
            if batch and (taken is None or len(batch) >= self._limit or time.monotonic() - began >= self._patience()):
                yield batch
                batch = []
                self._limit = min(2 * self._limit, CHECK_BATCH)
            if taken is None:
                return


def patience(left_to_send: int, senders: int, *, others_may_come: bool) -> float:
    """Seconds. Files that wait, and so take up all room for others, are what idle senders wait for: none at all then."""
    if left_to_send >= _ENOUGH * senders:
        return _PATIENCE_OF_THE_BUSY
    return _PATIENCE if others_may_come else 0.0


def ask(assets: AssetCalls, batch: base.Batch, before: Optional[Callable[[], None]] = None) -> Dict[bytes, values.Known]:
    """Which of the files the server has, by SHA-1. `before` is called right before it is asked."""
    sha1s: List[str] = list({item.sha1.hex(): None for item in batch})
    if before is not None:
        before()
    return {bytes.fromhex(sha1): known for sha1, known in assets.check(sha1s).items()}
