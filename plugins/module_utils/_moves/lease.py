# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""That the libraries of a user are moved by one run at a time, whatever host it is on: a lease of no queues, in the ledger on the server.

Two runs that give an asset the faces which it lacks would both do so, and Immich takes the same face twice (observed on 1.135 to 3.1). It
is not a lease for each library, since a stack, a live photo or an album may have photos of several.

The ledger cannot be locked. So a run writes its lease down and then looks again: of two that do so at the same time, one at least sees the
other. Who sees one leaves, even if both do.
"""

from __future__ import annotations

import os
import platform
import time
from contextlib import contextmanager, suppress
from typing import Iterator, List, Optional, Tuple

from .._client import api, errors
from .._queues import processes
from .._queues.control import LONGEST
from .._queues.guard.guard import start_guard
from .._queues.leases.lease_name import new_lease_name, parse_lease_name
from .._queues.leases.ledger import SERVER, LedgerOptions
from .._queues.leases.ledger_server import ServerLedger
from .._queues.leases.record import LeaseRecord
from .._queues.options import LeaseOptions
from .._run.run import NO_TIME, TIME_FOR_A_CALL, Run

_WORK = "move"
_RENEW_AFTER = 300.0  # seconds
_SPARE = 900.0  # seconds that a lease lasts longer than the scan, which is waited for without a renewal

_BUSY = (
    "Another run is moving a library of this user: %s on the host %s. Wait until it has ended. If its host has died over it, the lease of "
    "that run ends in %d seconds."
)
_ENDED = "The lease of this move has ended: the task was stopped for a while, or somebody deleted the album of the lease. Run this again."


class MoveLease:
    """The lease of one run, which `run` is. `owner` has the key of the user whose library is moved. `wait_timeout`: seconds that the scan
    may take."""

    def __init__(self, owner: api.Immich, wait_timeout: float, run: Run) -> None:
        self._owner = owner
        self._run = run
        self._options = LeaseOptions(new_lease_name(platform.node(), _WORK), min(wait_timeout + _SPARE, LONGEST), LedgerOptions(SERVER))
        self._ledger = ServerLedger(owner)
        self._record: Optional[LeaseRecord] = None
        self._maybe_written = False
        self._renewed = 0.0

    @property
    def warnings(self) -> List[str]:
        """What is odd about the ledger, a sentence each."""
        return self._ledger.warnings

    def check(self) -> None:
        """To be called often: raises an `ImmichError` if the run is to end, or has its lease no longer."""
        self._run.check()
        if self._record is not None and time.monotonic() - self._renewed >= _RENEW_AFTER:
            self._renew()

    def refuse_others(self) -> None:
        """Raises `LocalFailure` if another run is at work. Writes nothing."""
        self._look()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Around all that changes something. Raises `LocalFailure` before that if another run is at work. To be entered while this process
        has no other thread."""
        guard = start_guard(self._owner.connection, self._options)
        try:
            guard.report_pausing()
            self._run.do(self._take, TIME_FOR_A_CALL)
            guard.report_held(())
            yield
        finally:
            guard.end(release=not self._try_to_end())

    def _look(self) -> Tuple[List[LeaseRecord], List[LeaseRecord]]:
        """The records of this run, and those of runs that have died. Raises `LocalFailure` if another one is at work."""
        moves = [record for record in self._ledger.records() if _is_of_move(record)]
        others = [record for record in moves if record.lease != self._options.name]
        for other in others:
            if other.live:
                message = _BUSY % (other.lease, other.host, other.remaining)
                raise errors.LocalFailure(message, details={"lease": other.lease, "host": other.host})
        return [record for record in moves if record not in others], others

    def _take(self) -> None:
        self._look()
        self._maybe_written = True
        # Not the guard: what is left to the next run of one that has died need not wait for it.
        owners = processes.owners_here([os.getpid()])
        self._record = self._ledger.add(self._options.name, (), self._options.ttl, owners=owners)
        self._renewed = time.monotonic()
        for dead in self._look()[1]:
            self._ledger.remove(dead)

    def _renew(self) -> None:
        mine, _dead = self._look()
        # One that has run out may have been taken for that of a run which has died, even if it is there.
        if not mine or not mine[0].live or not self._ledger.renew(mine[0], self._options.ttl):
            raise errors.LocalFailure(_ENDED)
        self._renewed = time.monotonic()

    def _try_to_end(self) -> bool:
        """Whether nothing of the lease is left. If the run was stopped, that is left to the guard."""
        record = self._record
        if record is None:
            return not self._maybe_written
        with suppress(errors.ImmichError):
            self._run.do(lambda: self._ledger.remove(record), NO_TIME)
            return True
        return False


def _is_of_move(record: LeaseRecord) -> bool:
    name = parse_lease_name(record.lease)
    return name is not None and name.work == _WORK
