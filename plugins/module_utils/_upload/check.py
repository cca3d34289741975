# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the server which files it has, in batches. Private to the collection."""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterator, List, Optional

from .._client.endpoints.assets import CHECK_BATCH, AssetCalls
from .._client.values import Known
from .lane import Lane
from .media import Batch, Media

# The first question is a small one, so that the first transfer starts early; each further one may be twice as large.
_FIRST_BATCH = 64
# Seconds that a file waits for others to be asked about together with it.
_PATIENCE = 0.2


class Gatherer:
    """Takes files from a lane and hands them on in batches: as large as the server likes them, as small as haste wants them."""

    def __init__(self, lane: Lane[Media]) -> None:
        self._lane = lane
        self._limit = _FIRST_BATCH

    def batches(self) -> Iterator[Batch]:
        """Batches until the lane ends; none is empty."""
        batch: Batch = []
        deadline = 0.0
        while True:
            taken = self._lane.take(self._limit - len(batch), max(0.0, deadline - time.monotonic()) if batch else None)
            if taken and not batch:
                deadline = time.monotonic() + _PATIENCE
            batch += taken or []
            if batch and (taken is None or len(batch) >= self._limit or time.monotonic() >= deadline):
                yield batch
                batch = []
                self._limit = min(2 * self._limit, CHECK_BATCH)
            if taken is None:
                return


def ask(assets: AssetCalls, batch: Batch, before: Optional[Callable[[], None]] = None) -> Dict[bytes, Known]:
    """Which of the files the server has, by SHA-1. `before` is called right before it is asked."""
    sha1s: List[str] = list({media.sha1.hex(): None for media in batch})
    if before is not None:
        before()
    return {bytes.fromhex(sha1): known for sha1, known in assets.check(sha1s).items()}
