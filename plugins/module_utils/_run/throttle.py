# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How fast a run sends and receives."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

from .._client import body

_STEP = 0.2  # seconds: how long a stop may go unnoticed
_SMALLEST = 4096  # bytes


def block_size(limit: Optional[float], transfers: int) -> int:
    """How many bytes each of so many transfers sends at once: what it gets in a second, so that a proxy in front does not think
    that it has died (most give up after 60 silent seconds)."""
    return body.BLOCK if limit is None else min(body.BLOCK, max(_SMALLEST, int(limit) // transfers))


class Bandwidth:
    """Shares `limit` bytes a second among all transfers; None for no limit. `check_cancelled` is called while waiting, and may raise."""

    def __init__(self, limit: Optional[float], check_cancelled: Callable[[], None]) -> None:
        self._limit = limit
        self._check_cancelled = check_cancelled
        self._lock = threading.Lock()
        self._free_at = 0.0

    def wait_for(self, size: int) -> None:
        """Returns when `size` more bytes may be sent."""
        self._check_cancelled()
        if self._limit is None:
            return
        with self._lock:
            start = max(self._free_at, time.monotonic())
            self._free_at = start + size / self._limit
        while True:
            left = start - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _STEP))
            self._check_cancelled()
