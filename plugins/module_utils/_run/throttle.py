# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much a run does at once, and the options that all runs share."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable, Optional

from .. import _options
from .._client import body, errors

_MOST_TRANSFERS = 100  # each has a thread and a connection


@dataclass(frozen=True)
class RunOptions:
    """What all runs over many files are asked alike; documented in the modules. `bandwidth_limit` is in bytes a second."""

    concurrency: int = 4
    bandwidth_limit: Optional[float] = _options.option(None, type="str")
    max_failures: int = 0
    report: Optional[str] = _options.option(None, type="path")

    def check(self) -> None:
        """Raises `InvalidRequest` for values that make no sense."""
        if not 1 <= self.concurrency <= _MOST_TRANSFERS:
            raise errors.InvalidRequest(
                "O(concurrency) must be from 1 to %d, not %d." % (_MOST_TRANSFERS, self.concurrency), options=("concurrency",)
            )
        if self.max_failures < 0:
            raise errors.InvalidRequest("O(max_failures) must be 0 or more, not %d." % self.max_failures, options=("max_failures",))
        if self.bandwidth_limit is not None and self.bandwidth_limit < 1:
            raise errors.InvalidRequest("O(bandwidth_limit) must be at least 1 byte per second.", options=("bandwidth_limit",))


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
