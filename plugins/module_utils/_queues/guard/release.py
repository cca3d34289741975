# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releasing a lease in place of the module that took it and died. Private to the collection."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Callable, Optional, Sequence

from ..._client import api, errors
from ..leases.leases import Leases
from ..leases.ledgers import choose_ledger
from ..options import LeaseOptions

GIVE_UP_AFTER = 900.0
"""Seconds for which a server that is away is asked again."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0

# A key that is refused this often in a row has been withdrawn; a server that is only starting up recovers sooner.
_REFUSALS = 5


def release(client: api.Immich, lease: LeaseOptions, stopping: Stopping, known: Callable[[], Sequence[str]]) -> None:
    """Releases the lease, as any release does: queues that others hold, or that others paused, stay paused. `known` are the queues that it
    is known to hold, should the ledger have lost it.

    A server that is away is tried for `GIVE_UP_AFTER` seconds. What could not be done by then, or when the process is told to end, stays in
    the ledger, from which the next run heals it.
    """
    deadline, pause, refusals = time.monotonic() + GIVE_UP_AFTER, _FIRST_PAUSE, 0
    while True:
        try:
            ledger = choose_ledger(client, lease.ledger.kind, lease.ledger.directory, leasing=False, read_only=False)
            leases = Leases(client, ledger)
            if not leases.release(lease.name, known()).failed and not leases.sweep_after(lease.name):
                return
            refusals = 0
        except (errors.AuthError, errors.PermissionDenied):
            refusals += 1
        except Exception:  # noqa: BLE001  # whatever a server or a file says, it must not leave queues paused
            refusals = 0
        if refusals >= _REFUSALS or stopping.requested or time.monotonic() >= deadline:
            return
        stopping.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


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
