# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How fast an upload goes, and how long it may still take."""

from __future__ import annotations

from collections import deque
from dataclasses import astuple, replace
from typing import Deque

from .snapshot import Snapshot

WINDOW = 30.0
"""Seconds that the present speed is taken over."""
ENOUGH = 8.0
"""Seconds of work that an estimate of the time left needs."""


class Pace:
    """Remembers the snapshots of the last half minute."""

    def __init__(self) -> None:
        self._recent: Deque[Snapshot] = deque()
        self._changed_at = 0.0
        self._now = 0.0

    def add(self, snapshot: Snapshot, now: float) -> None:
        """Takes in a snapshot that was read at `now`, in seconds of the controller's monotonic clock."""
        self._now = now
        if not self._recent or _work(snapshot) != _work(self._recent[-1]):
            self._changed_at = now
        if self._recent and snapshot.seconds <= self._recent[-1].seconds:
            return
        self._recent.append(snapshot)
        while len(self._recent) > 2 and self._recent[1].seconds <= snapshot.seconds - WINDOW:
            self._recent.popleft()

    def rate(self, name: str) -> float:
        """How much of the snapshot's count `name` came in each second, lately."""
        first, last = self._recent[0], self._recent[-1]
        span = last.seconds - first.seconds
        if span <= 0:  # a single snapshot: since the start
            return float(getattr(last, name)) / last.seconds if last.seconds > 0 else 0.0
        return float(getattr(last, name) - getattr(first, name)) / span

    @property
    def idle(self) -> float:
        """Seconds since anything was last seen to move."""
        return self._now - self._changed_at

    @property
    def time_left(self) -> float | None:
        """Seconds until every file is done, at the present speed; None when that is not known yet.

        Small files cost by their number, large ones by their size: the slower of the two decides.
        """
        last = self._recent[-1]
        if not last.scan_done or last.seconds < ENOUGH:
            return None
        left = [(last.files_seen - last.files_done, self.rate("files_done")), (last.bytes_seen - last.bytes_done, self.rate("bytes_done"))]
        if any(rest > 0 and rate <= 0 for rest, rate in left):
            return None
        return max(rest / rate if rest > 0 else 0.0 for rest, rate in left)


def _work(snapshot: Snapshot) -> tuple[object, ...]:
    return astuple(replace(snapshot, seconds=0.0))
