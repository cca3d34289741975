# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sleeping in a process that may be told to end by SIGTERM. Private to the collection."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Callable, Optional

_STEP = 0.25  # seconds


class Stopping:
    """Notes that SIGTERM came, as when the machine shuts down. Replaces the process's handler."""

    def __init__(self) -> None:
        self.requested = False
        signal.signal(signal.SIGTERM, self._note)

    def sleep(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Sleeps for that long, or until SIGTERM comes or it is `enough`."""
        # In steps, because waiting for an event is not safe against a signal's handler that sets it.
        end = time.monotonic() + seconds
        while not self.requested and time.monotonic() < end and not enough():
            time.sleep(min(_STEP, max(0.0, end - time.monotonic())))

    def _note(self, _number: int, _frame: Optional[FrameType]) -> None:
        self.requested = True
