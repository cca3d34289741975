# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeping a lease alive while work goes on, without ever holding the work up."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from typing import Callable, ContextManager, Iterator, List, NamedTuple, Optional, Sequence

from .. import _option_names, _text
from .._client import api, errors
from .._run.outcome import RunOutcome
from . import control, options, processes
from .leases import ledgers
from .leases.leases import Leases
from .leases.record import LeaseRecord, named_queues
from .leases.renewal import Renewal

_CLOSE_WITHIN = 2.0  # seconds: a thread that waits for the server is left behind, it is a daemon
_INTERVAL = 5.0  # seconds between two looks whether the queues are still paused, and the lease still there

_RUNNING = "Background jobs may run meanwhile, which makes this slower and does no other harm."
_ENDED = "The lease %s was ended before this task was done. " + _RUNNING
_NOT_THERE = "The lease %s has ended, or is not in the ledger (%s) that was searched. %s"
_CANNOT_SEE = "The lease %s is gone from the ledger (%s). Whether background jobs are paused cannot be seen with this key."
_NOT_RENEWED = "The lease %s could not be renewed: %s"
_VANISHED = "The lease %s had vanished from the ledger (%s) while its queues were paused, and was written down again. What deletes it?"
_RAN_OUT = (
    "This task was stopped for longer than %g s (O(lease_ttl)), so the lease %s ran out, and background jobs ran until it was taken again."
)
_STOOD_STILL = (
    "The task made no progress for %g s (O(lease_ttl)), so the background jobs of the lease %s were resumed and ran during the rest of it."
)


@contextmanager
def renew_around(client: api.Immich, lease: options.LeaseOptions, outcome: RunOutcome) -> Iterator[Callable[[], None]]:
    """Renews the lease around work that calls the given function while it goes on, and whose `outcome` is set meanwhile.

    What is wrong with the lease is added to the `warnings` of the result.
    """
    with Renewer(client, lease) as renewer, outcome.catch():
        yield renewer.beat
    if outcome.result:
        outcome.result = {**outcome.result, "warnings": [*outcome.result.get("warnings", []), *renewer.problems]}
    outcome.check()


class OwnLease(NamedTuple):
    """A lease that the module itself has just taken, with a guard of its own."""

    held: Sequence[str]
    """The queues that it holds."""
    while_pausing: Callable[[], ContextManager[None]]
    """Entered around requests that pause queues."""
    holds: Callable[[Sequence[str]], None]
    """Called with the queues that it holds from now on."""


class Renewer:
    """Renews a lease for its `ttl` at a time, from a thread of its own, for as long as `beat` is called.

    A context manager. It renews once at the start, unless the lease was just taken, and then every third of `ttl` in which there was a
    beat. Work that stands still for the whole `ttl` loses the lease: its queues are resumed. In between, it pauses again what Immich
    resumed by itself; `paused_again` are those queues. A lease that the ledger has lost is written down again. One that has run out
    because the whole process was stopped is taken again if it is the module's own.

    `client` must have the key that took the lease where the ledger is on the server. Where it is a file, any key will do to renew.
    A server that is away is tried again; `problems` say what is or was wrong.
    """

    def __init__(self, client: api.Immich, lease: options.LeaseOptions, own: Optional[OwnLease] = None) -> None:
        self._client = client
        self._lease = lease
        self._own = own
        self._leases: Optional[Leases] = None
        self._records: Sequence[LeaseRecord] = ()
        self._held: Sequence[str] = own.held if own is not None else ()
        self._owners: Sequence[processes.Owner] = lease.owners
        self._may_pause = True
        self._has_ended = False
        self._renewal = Renewal(lease.name, lease.ttl)
        self._joined: Sequence[processes.Owner] = ()
        self._beaten = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._events: List[str] = []
        self._problem: Optional[str] = None
        self.paused_again: List[str] = []

    def __enter__(self) -> Renewer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def problems(self) -> List[str]:
        """What happened to the lease, and what is wrong with it at the end, a sentence each."""
        return [*self._events, self._problem] if self._problem else list(self._events)

    def start(self) -> None:
        """Begins to renew."""
        self._thread.start()

    def beat(self) -> None:
        """Says that work goes on. Costs nothing, never waits and never raises; from any thread."""
        self._beaten.set()

    @property
    def is_closed(self) -> bool:
        """Whether it does nothing any more. A request that hangs may keep it from ending."""
        return self._closed.is_set() and not self._thread.is_alive()

    def close(self) -> None:
        """Stops the renewal. The lease itself stays."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_WITHIN)

    def _run(self) -> None:
        ttl = self._lease.ttl
        moved = time.monotonic()
        if self._own is None:
            self._try(self._join)
            self._try(self._renew)
        while True:
            before = time.monotonic()
            if self._closed.wait(min(_INTERVAL, ttl / 3)):
                break
            now = time.monotonic()
            if self._beaten.is_set() or now - before >= ttl:  # the work cannot move while the whole process is stopped
                self._beaten.clear()
                moved = now
            if now - moved >= ttl:
                self._try(self._give_up)
                return
            if self._renewal.is_due and moved > self._renewal.last:
                self._try(self._renew)
            else:
                self._try(self._look)
        if self._leases is not None:
            with suppress(Exception):  # what is left runs out by itself
                self._leases.tidy()
                self._leases.leave(self._lease.name, self._joined)

    def _try(self, step: Callable[[Leases], None]) -> None:
        try:
            if self._leases is None:  # only the server may know which ledger it is
                self._leases = ledgers.open_leases(self._client, self._lease.ledger)
            step(self._leases)
        except errors.ImmichError as exc:
            self._problem = _NOT_RENEWED % (self._lease.name, exc.msg)
        except Exception as exc:  # noqa: BLE001  # a thread that ended here would let the lease run out without a word
            reason = _text.one_line("%s: %s" % (type(exc).__name__, exc), instead="?")
            self._problem = _NOT_RENEWED % (self._lease.name, reason)

    def _renew(self, leases: Leases) -> None:
        if not self._renewal.renew(leases):
            self._handle_missing(leases)
            return
        self._problem = None
        self._see(leases)
        self._pause_again(leases, look_around=True)

    def _look(self, leases: Leases) -> None:
        if not self._held:
            return
        was_gone = self._own is None and not self._records
        self._see(leases)
        if not self._records:
            self._handle_missing(leases)
            return
        if was_gone:
            self._problem = None
        self._pause_again(leases)

    def _see(self, leases: Leases) -> None:
        """Looks which queues the lease holds."""
        self._records = leases.records_of(self._lease.name, self._records)
        if any(not record.ending for record in self._records):  # else it is being released
            self._owners = self._records[0].owners
            self._holds(sorted({name for record in self._records for name in record.held}))

    def _holds(self, queues: Sequence[str]) -> None:
        if self._own is not None and sorted(queues) != sorted(self._held):
            self._own.holds(queues)
        self._held = queues

    def _join(self, leases: Leases) -> None:
        leases.join(self._lease.name, self._lease.owners)
        self._joined = self._lease.owners

    def _pause_again(self, leases: Leases, *, look_around: bool = False) -> None:
        """Pauses what was resumed. To `look_around` is to end other leases that have run out, too, which takes more requests."""
        if not self._may_pause or not self._held:
            return
        try:
            if look_around or control.not_in_state(self._client.queues.all(), self._held, True):
                with self._while_pausing():
                    paused = leases.pause_again(self._lease.name)
                self.paused_again += [name for name in paused if name not in self.paused_again]
        except errors.PermissionDenied:
            if not leases.ledger.any_key_renews:
                raise
            self._may_pause = False  # an ordinary user's key: the guard of the task that took the lease does it

    def _while_pausing(self) -> ContextManager[None]:
        return self._own.while_pausing() if self._own is not None else nullcontext()

    def _handle_missing(self, leases: Leases) -> None:
        """There is no record of the lease: it has run out, somebody has ended it, or the ledger has lost it."""
        if self._own is not None and self._closed.is_set():  # the work is over, and may just have released its lease
            return
        name, ttl, held = self._lease.name, self._lease.ttl, self._held
        ran_out = self._renewal.remaining <= 0
        try:
            # What is paused after it has run out is paused by others: its guard has resumed what it held.
            lost = [] if ran_out else leases.recover(name, held, ttl, self._owners)
        except errors.PermissionDenied:
            if not leases.ledger.any_key_renews:
                raise
            self._problem = _CANNOT_SEE % (name, leases.ledger.kind)  # the guard of the task that took it may write it again
            return
        again = self._own is not None and bool(held) and (ran_out or bool(lost))
        if lost:
            self._happened(_VANISHED % (name, leases.ledger.kind))
        elif again:
            self._happened(_option_names.name_options(_RAN_OUT, "lease_ttl") % (ttl, name))
        else:
            self._has_ended = self._has_ended or bool(held)
            self._problem = _ENDED % name if self._has_ended else _NOT_THERE % (name, leases.ledger.kind, self._still_paused(leases))
            self._holds(())
            return
        if again:
            with self._while_pausing():
                self._holds(leases.hold(name, held, ttl, self._lease.owners).held)
        self._problem = None
        self._renewal.restart()

    def _still_paused(self, leases: Leases) -> str:
        """What is to be said of queues that are paused and that no lease holds."""
        held = named_queues(leases.ledger.records())
        try:
            paused = [queue.name for queue in self._client.queues.all() if queue.paused and queue.name not in held]
        except errors.PermissionDenied:
            return "Whether background jobs are paused cannot be seen with this key."
        return "These queues are paused, and no lease holds them: %s." % ", ".join(paused) if paused else _RUNNING

    def _happened(self, event: str) -> None:
        if event not in self._events:
            self._events.append(event)

    def _give_up(self, leases: Leases) -> None:
        leases.release(self._lease.name, self._held, ttl=self._lease.ttl)
        self._holds(())
        self._problem = _option_names.name_options(_STOOD_STILL, "lease_ttl") % (self._lease.ttl, self._lease.name)
