# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releasing a lease in place of the module that took it and died, and how a guard tries again and gives up."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Callable, Optional, Sequence

from ..._client import api, errors
from ..leases.ledgers import open_leases
from ..options import LeaseOptions

GIVE_UP_AFTER = 900.0
"""Seconds for which a server that is away is asked again."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0  # seconds

# A key that is refused this often in a row has been withdrawn; a server that is only starting up recovers sooner.
_MAX_REFUSALS = 5

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


class Attempts:
    """Tries a step again and again, until the key is refused or `seconds` have passed since the last progress."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._refusals = 0
        self._last_progress = time.monotonic()

    @property
    def are_over(self) -> bool:
        """Whether to give up."""
        return self._refusals >= _MAX_REFUSALS or time.monotonic() - self._last_progress >= self._seconds

    def attempt(self, step: Callable[[], bool]) -> bool:
        """Whether the step succeeded. It never raises: nothing that a server or a file says may leave queues paused."""
        try:
            done = step()
            self._refusals = 0
            return done
        except (errors.AuthError, errors.PermissionDenied):
            self._refusals += 1
        except Exception:  # noqa: BLE001  # nothing may end the guard before the queues run
            self._refusals = 0
        return False

    def progress(self) -> None:
        """To be called by a step that is not done, but that has got further: time counts from now on."""
        self._last_progress = time.monotonic()


def release(client: api.Immich, lease: LeaseOptions, stopping: Stopping, known: Callable[[], Sequence[str]]) -> None:
    """Releases the lease, as any release does: queues that others hold, or that others paused, stay paused. `known` are the queues that it
    is known to hold, should the ledger have lost it.

    A server that is away is tried for `GIVE_UP_AFTER` seconds. What could not be done until then, or before SIGTERM,
    stays in the ledger, from which the next run heals it.
    """

    def step() -> bool:
        leases = open_leases(client, lease.ledger)
        return not leases.release(lease.name, known()).failed and not leases.sweep_after(lease.name)

    attempts, pause = Attempts(GIVE_UP_AFTER), _FIRST_PAUSE
    while not attempts.attempt(step) and not attempts.are_over and not stopping.requested:
        stopping.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
