# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a guard does: releasing a lease in place of the module that took it and died, or watching over one that is for other tasks."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import Callable, Collection, Iterator, List, Optional, Sequence, Set

from ..._client import api, errors
from .. import control, options, processes
from ..leases import ledgers, state_folder
from ..leases.leases import Leases
from ..leases.record import LeaseRecord, leases_by_queue
from ..leases.renewal import Renewal
from ..leases.state_folder import Busy, locked

GIVE_UP_AFTER = 900.0
"""Seconds for which a server that is away is asked again."""

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 5.0  # seconds

# A key that is refused this often in a row has been withdrawn; a server that is only starting up recovers sooner.
_MAX_REFUSALS = 5

_STEP = 0.25  # seconds

# Seconds after a SIGTERM in which the playbook ends as well, if it is the machine or the container that is being shut down.
_SHUTDOWN_TAKES = 5.0


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


def release(client: api.Immich, lease: options.LeaseOptions, stopping: Stopping, known: Callable[[], Sequence[str]]) -> None:
    """Releases the lease, as any release does: queues that others hold, or that others paused, stay paused. `known` are the queues that it
    is known to hold, should the ledger have lost it.

    A server that is away is tried for `GIVE_UP_AFTER` seconds. What could not be done until then, or before SIGTERM,
    stays in the ledger, from which the next run heals it. So does a lease whose queues run again, if only its record cannot be removed.
    """

    finished: Set[str] = set()

    def note(name: str, queues: Collection[str]) -> None:
        finished.update(queues if name == lease.name else ())

    def step() -> bool:
        leases = ledgers.open_leases(client, lease.ledger, note)
        held = [name for name in known() if name not in finished]
        try:
            return not leases.release(lease.name, held, ttl=lease.ttl).failed and not leases.sweep_after(lease.name)
        except errors.LocalFailure:  # the disk takes nothing: a queue that is paused from now on is paused by others
            if finished and finished.issuperset(known()):
                return True
            raise

    attempts, delay = Attempts(GIVE_UP_AFTER), _FIRST_DELAY
    while not attempts.attempt(step) and not attempts.are_over and not stopping.requested:
        stopping.sleep(delay)
        delay = min(2 * delay, _LONGEST_DELAY)


_INTERVAL = 5.0  # seconds between two looks at the server
_GLANCE = 1.0  # seconds between two looks at a ledger that costs no request

# Seconds to wait for another guard of the same lease, which may just have seen that the lease before this one has ended.
_HANDOVER = 3 * _INTERVAL


def watch(
    client: api.Immich,
    lease: options.LeaseOptions,
    stopping: Stopping,
    origin: Optional[processes.Origin] = None,
    known: Sequence[str] = (),
) -> None:
    """Watches until the lease has been released, or has run out: then its queues are resumed, unless others hold them.

    Meanwhile it pauses again what Immich resumed by itself (a restart resumes metadataExtraction, a new Redis everything), and writes the
    lease down again when the ledger loses it; `known` are the queues that it holds. It renews the lease only while an `origin` lives. When
    that was a playbook, the lease is released as soon as it has ended. The end of a session says less, for the next task of the playbook
    may have one of its own: then the lease has the rest of its time.
    A server that is away is asked again. SIGTERM ends the watch, and the next run heals what it leaves. If the playbook ends then, too, the
    machine is being shut down: nobody may be left who heals, and the lease is released.
    """
    with suppress(Busy), _only_one(lease, client.connection.root, origin) as lock:
        watcher = _Watch(client, lease, stopping, origin, known, lock)
        watcher.run()
        if stopping.requested:
            watcher.wait_for_shutdown()
        if watcher.is_orphaned:
            release(client, lease, stopping, watcher.still_held)


def wait_for_guard(client: api.Immich, lease: options.LeaseOptions) -> None:
    """Waits while a guard on this host watches over a lease that is not in the ledger: it is about to write it again, or to end."""
    leases, end = ledgers.open_leases(client, lease.ledger), time.monotonic() + _HANDOVER
    while state_folder.is_guarded(leases.ledger.directory, client.connection.root, lease.name) and time.monotonic() < end:
        if leases.records_of(lease.name):
            return
        time.sleep(_GLANCE / 2)


@contextmanager
def _only_one(lease: options.LeaseOptions, server: str, origin: Optional[processes.Origin]) -> Iterator[Optional[int]]:
    """Raises `Busy` while another guard of this user watches over the lease in this way: a schedule may take it again and again.

    Yields the open file that receives notes (see `state_folder`); `None` where there cannot be one.
    """
    directory = lease.ledger.directory or state_folder.default_directory()
    path = state_folder.guard_path(directory, server, lease.name, str(origin or ""))
    with ExitStack() as stack:
        lock: Optional[int] = None
        try:
            os.makedirs(directory, 0o700, exist_ok=True)
            state_folder.remove_abandoned(directory)
            lock = stack.enter_context(locked(path, _HANDOVER))
        except Busy:
            raise
        except (OSError, errors.LocalFailure):
            pass  # two guards do no harm, they only ask twice
        yield lock


class _Watch:
    def __init__(
        self,
        client: api.Immich,
        lease: options.LeaseOptions,
        stopping: Stopping,
        origin: Optional[processes.Origin],
        known: Sequence[str],
        lock: Optional[int],
    ) -> None:
        self._client = client
        self._lease = lease
        self._stopping = stopping
        self._origin = origin
        self._renewal = Renewal(lease.name, lease.ttl, at_once=True)
        self._leases: List[Leases] = []  # one, once the server has said which ledger it is
        self._lock = lock
        self._read_up_to = 0
        self._records: Sequence[LeaseRecord] = ()
        self._held = list(known)  # at the last look that found a record
        self._owners: Sequence[processes.Owner] = lease.owners
        self._runs_out = time.monotonic() + lease.ttl
        self._ending_since = 0.0
        self._looked = self._looked_around = float("-inf")

    @property
    def is_orphaned(self) -> bool:
        """Whether the playbook that the lease is for has ended."""
        return self._origin is not None and self._origin.is_playbook and not self._origin.is_running

    def run(self) -> None:
        """Looks again and again, until there is nothing left to watch over."""
        attempts = Attempts(self._lease.ttl + GIVE_UP_AFTER)

        def step() -> bool:
            done = self._look(self._open())
            attempts.progress()
            return done

        while not (self._stopping.requested or self.is_orphaned):
            if attempts.attempt(step) or attempts.are_over:
                return  # the next run heals what is left
            delay = _GLANCE if self._leases and not self._leases[0].ledger.costs_requests else _INTERVAL
            self._stopping.sleep(min(delay, self._lease.ttl / 3) if self._origin else delay, lambda: self.is_orphaned)
        for leases in self._leases:
            with suppress(Exception):
                leases.tidy()

    def wait_for_shutdown(self) -> None:
        """Stays a moment, until the playbook has ended."""
        end = time.monotonic() + _SHUTDOWN_TAKES
        while self._origin is not None and self._origin.is_playbook and not self.is_orphaned and time.monotonic() < end:
            time.sleep(_STEP)

    def _open(self) -> Leases:
        if not self._leases:
            self._leases.append(ledgers.open_leases(self._client, self._lease.ledger))
        return self._leases[0]

    def _look(self, leases: Leases) -> bool:
        """One look, and what has to be done; whether the watch is over."""
        leases.tidy()
        read_up_to = state_folder.notes_size(self._lock) if self._lock is not None else 0
        self._records = records = leases.records_of(self._lease.name, self._records)
        if not records:
            return self._end_or_recover(leases)
        self._read_up_to = read_up_to
        if any(not record.ending for record in records):
            self._held = sorted({name for record in records for name in record.held})
        self._owners = records[0].owners
        self._runs_out = time.monotonic() + max(record.remaining for record in records)
        if not any(record.live for record in records):
            return self._sweep(leases)
        if all(record.ending for record in records):
            # It is being released. If that takes longer than any release does, its process has died.
            self._ending_since = self._ending_since or time.monotonic()
            return time.monotonic() - self._ending_since > _INTERVAL and self._sweep(leases)
        self._ending_since = 0.0
        self._renew(leases)
        if time.monotonic() - self._looked >= _INTERVAL:
            self._looked = time.monotonic()
            around = time.monotonic() - self._looked_around >= self._lease.ttl / 3  # other leases that have run out are ended then
            if around or control.not_in_state(self._client.queues.all(), sorted(leases_by_queue(records)), True):
                self._looked_around = time.monotonic()
                leases.pause_again(self._lease.name)
        return False

    def _renew(self, leases: Leases) -> None:
        if self._origin is not None and self._renewal.is_due and self._origin.is_running:
            self._renewal.renew(leases)

    def still_held(self) -> List[str]:
        """The queues that nobody is known to have released since the last look that found a record."""
        released = state_folder.read_notes(self._lock, self._read_up_to) if self._lock is not None else set()
        return [name for name in self._held if name not in released]

    def _end_or_recover(self, leases: Leases) -> bool:
        """There is no record. Either somebody ended the lease, and the watch is over; or the ledger has lost it."""
        left = self._runs_out - time.monotonic()
        if left > 0:
            return not leases.recover(self._lease.name, self.still_held(), max(left, 1.0), self._owners)
        return not leases.release(self._lease.name, self.still_held(), ttl=self._lease.ttl).failed

    def _sweep(self, leases: Leases) -> bool:
        swept = leases.sweep()
        # By the sweep's own look at the clock the lease may have had a moment left.
        self._records = leases.records_of(self._lease.name)
        return not swept.failed and not self._records
