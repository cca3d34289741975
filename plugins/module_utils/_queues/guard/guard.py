# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guard of a lease: forked by the module that takes it, to release it should that module die."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import replace
from typing import List, Optional, Sequence

from ..._client import api
from ..._client.connection import Connection
from .. import options, processes
from ..leases import ledgers
from . import child
from .watch import Stopping, release, watch

# What the module says. Its last message counts; none means that nothing has been paused.
_PAUSING, _HELD, _WATCH, _DONE = "pausing", "held", "watch", "done"

# Seconds that a request to pause may still take to arrive when the module died over it.
_UNDER_WAY = 1.5

_AGAIN = 5.0  # seconds until what failed is tried once more

_KILLED = (
    "The guard of the lease %s, a process on this host, was ended by something else. Without it, queues stay paused until the next run if "
    "what they are paused for dies. Find out what ends processes on this host."
)


class Guard:
    """The side of the module. Without a `process` (in check mode) nothing has to be watched over.

    `problems` are warnings for the module's result.
    """

    def __init__(self, process: Optional[child.Child], lease: str = "") -> None:
        self._process = process
        self._lease = lease
        self.problems: List[str] = []

    @property
    def pids(self) -> List[int]:
        """This process and the guard's, which keep the lease alive together."""
        return [os.getpid(), self._process.pid] if self._process is not None else []

    def report_pausing(self) -> None:
        """To be called before queues are paused."""
        self._send(_PAUSING)

    def report_held(self, queues: Sequence[str]) -> None:
        """To be called when the requests that pause queues have been answered, and when the lease holds other `queues` than before."""
        self._send(_HELD, queues)

    def end(self, *, release: bool) -> None:
        """The module's work has ended. The guard goes on to `release` the lease where the module could not, or may not be left to."""
        self._leave(None if release else _DONE, wait=not release)

    def watch(self) -> None:
        """From now on the lease is for other tasks: the guard stays, and ends it when it has run out, or its origin has ended."""
        self._leave(_WATCH, wait=False)

    def _leave(self, message: Optional[str], *, wait: bool) -> None:
        if message is not None:
            self._send(message)
        if self._process is not None:
            self._process.close(wait=wait)
            self._process = None

    def _send(self, message: str, queues: Optional[Sequence[str]] = None) -> None:
        if self._process is None or self._process.send(json.dumps([message, None if queues is None else list(queues)]).encode()):
            return
        self.problems = [_KILLED % self._lease]


def start_guard(connection: Connection, lease: options.LeaseOptions, origin: Optional[processes.Origin] = None) -> Guard:
    """Forks a guard for a lease that is about to be taken with this connection's key; see `child.fork` for when to call it.

    While the module works, the guard asks nothing, unless the lease's time is over: a module that is stopped does not renew it. When the
    guard watches over a lease for other tasks, it renews it while `origin` lives.
    """
    client = api.Immich(replace(connection, retries=0))  # it tries again by itself, and a retry's growing pauses would only delay that
    client.prepare_to_connect()
    return Guard(child.fork(lambda pipe: _Guard(client, lease, origin).run(child.Mailbox(pipe))), lease.name)


class _Guard:
    """The forked process's side. `queues` are what the lease holds, as the module said last."""

    def __init__(self, client: api.Immich, lease: options.LeaseOptions, origin: Optional[processes.Origin]) -> None:
        self._client = client
        self._lease = lease
        self._origin = origin
        self._stopping = Stopping()
        self._message: Optional[str] = None
        self._queues: List[str] = []
        self._runs_out: Optional[float] = None  # when the lease does, unless the module has renewed it

    def run(self, mailbox: child.Mailbox) -> None:
        """Waits until the module has ended, and then does what is left to do."""
        while True:
            lines = mailbox.lines(None if self._runs_out is None else max(0.0, self._runs_out - time.monotonic()))
            if lines is None:
                break
            self._receive(lines)
            if self._runs_out is not None and time.monotonic() >= self._runs_out:
                self._runs_out = time.monotonic() + self._look(mailbox)
        if self._message == _WATCH:
            watch(self._client, self._lease, self._stopping, self._origin, self._queues)
        elif self._message in (_PAUSING, _HELD):
            if self._message == _PAUSING:
                time.sleep(_UNDER_WAY)
            release(self._client, self._lease, self._stopping, lambda: self._queues)

    def _receive(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            self._message, queues = json.loads(line)
            if queues is not None:
                self._queues = queues
            self._runs_out = time.monotonic() + self._lease.ttl if self._message in (_PAUSING, _HELD) else None

    def _look(self, mailbox: child.Mailbox) -> float:
        """Ends the lease if it has run out. Returns after how many seconds to look again."""
        # Nothing that a server or a file says may leave queues paused.
        with suppress(Exception):
            leases = ledgers.open_leases(self._client, self._lease.ledger)
            left = [record.remaining for record in leases.records_of(self._lease.name) if record.live]
            if left:
                return max(left)
            self._receive(mailbox.lines(0.0) or ())  # the module says that it releases the lease before the record goes
            if not leases.end_expired(self._lease.name, self._queues).failed:
                self._queues = []  # what is paused from now on is the pause of others, until the module says that it has paused again
                return self._lease.ttl
        return min(_AGAIN, self._lease.ttl)


def start_joining_guard(connection: Connection, lease: options.LeaseOptions) -> Guard:
    """Forks a guard for work under a lease that another task took, and that stays when the work is done or has failed in order.

    It goes by this connection's key; see `child.fork` for when to call it. It ends only a lease that its owners keep alive: one that is for
    tasks to come has its time.
    """
    client = api.Immich(replace(connection, retries=0))  # it tries again by itself
    client.prepare_to_connect()
    return Guard(child.fork(lambda pipe: _run_joining_guard(child.Mailbox(pipe), client, lease)), lease.name)


def _run_joining_guard(mailbox: child.Mailbox, client: api.Immich, lease: options.LeaseOptions) -> None:
    stopping = Stopping()
    if mailbox.lines(None) is None and _is_ours_to_end(client, lease):  # else the module has said that it is done
        release(client, lease, stopping, lambda: ())


def _is_ours_to_end(client: api.Immich, lease: options.LeaseOptions) -> bool:
    """Whether the lease is kept alive by processes. If so, it is marked as one that is being released, where the key suffices for that.

    The guard of the task that took it resumes its queues then, if the key here is an ordinary user's.
    """
    leases = ledgers.open_leases(client, lease.ledger)
    if not any(record.owners for record in leases.records_of(lease.name)):
        return False
    if leases.ledger.any_key_renews:
        leases.begin_release(lease.name)
    return True
