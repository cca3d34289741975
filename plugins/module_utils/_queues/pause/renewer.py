# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeping a lease alive while work goes on, without ever holding the work up. Private to the collection."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext, suppress
from types import TracebackType
from typing import Any, Callable, ContextManager, Dict, List, Optional, Sequence, Type

from ..._client import api, errors
from .. import control
from ..leases.leases import Leases
from ..leases.ledgers import choose_ledger
from ..options import LeaseOptions

_CLOSE_WITHIN = 2.0  # seconds: a thread that waits for the server is left behind, it is a daemon
_INTERVAL = 5.0  # seconds between two looks whether the queues are still paused


def renewing(client: api.Immich, lease: LeaseOptions, work: Callable[[Callable[[], None]], Dict[str, Any]]) -> Dict[str, Any]:
    """Does `work`, which is given a function to call while it goes on, with the lease renewed meanwhile. Returns what it returns.

    What is wrong with the lease is added to the `warnings` of the result, also to that of an `ImmichError`.
    """
    renewer = Renewer(client, lease)
    try:
        with renewer:
            result = work(renewer.beat)
    except errors.ImmichError as exc:
        if exc.result:
            exc.result["warnings"] = [*exc.result.get("warnings", []), *renewer.problems]
        raise
    result["warnings"] = [*result.get("warnings", []), *renewer.problems]
    return result


class Renewer:
    """Renews a lease for its `ttl` at a time, from a thread of its own, for as long as it hears a `beat`.

    A context manager. It renews once at the start, unless the lease was just taken, and then every third of `ttl` in which there was a
    beat. Work that stands still for the whole `ttl` loses the lease: its queues are resumed. In between, it pauses again what Immich
    resumed by itself; `reasserted` are those queues, and `while_pausing` is entered around that.

    `client` must have the key that took the lease where the ledger is on the server. Where it is a file, any key will do to renew.
    A server that is away is tried again; `problems` say what is wrong, if anything was at the last try.
    """

    def __init__(
        self,
        client: api.Immich,
        lease: LeaseOptions,
        *,
        held: Optional[Sequence[str]] = None,
        while_pausing: Callable[[], ContextManager[None]] = nullcontext,
    ) -> None:
        """`held` are the queues of a lease that was just taken."""
        self._client = client
        self._lease = lease
        self._leases: Optional[Leases] = None
        self._held = held
        self._while_pausing = while_pausing
        self._may_pause = True
        self._beaten = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._problem: Optional[str] = None
        self.reasserted: List[str] = []

    def __enter__(self) -> Renewer:
        self.start()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    @property
    def problems(self) -> List[str]:
        """What is wrong with the lease, in one sentence or none."""
        return [self._problem] if self._problem else []

    def start(self) -> None:
        """Begins to renew."""
        self._thread.start()

    def beat(self) -> None:
        """Says that work goes on. Costs nothing, never waits and never raises; from any thread."""
        self._beaten.set()

    def close(self) -> None:
        """Stops renewing. The lease itself stays."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_WITHIN)

    def _run(self) -> None:
        ttl = self._lease.ttl
        renewed = moved = time.monotonic()
        if self._held is None:
            self._try(self._renew)
        while not self._closed.wait(min(_INTERVAL, ttl / 3)):
            now = time.monotonic()
            if self._beaten.is_set():
                self._beaten.clear()
                moved = now
            if now - moved >= ttl:
                self._try(self._give_up)
                return
            if moved > renewed and now - renewed >= ttl / 3:
                renewed = now
                self._try(self._renew)
            else:
                self._try(self._pause_again)
        if self._leases is not None:
            with suppress(errors.ImmichError):  # what is left runs out by itself
                self._leases.tidy()

    def _try(self, step: Callable[[Leases], None]) -> None:
        try:
            if self._leases is None:  # which ledger it is may take the server to tell
                where = self._lease.ledger
                ledger = choose_ledger(self._client, where.kind, where.directory, leasing=False, read_only=False)
                self._leases = Leases(self._client, ledger)
            step(self._leases)
        except errors.ImmichError as exc:
            self._problem = "The lease %s could not be renewed: %s" % (self._lease.name, exc.msg)

    def _renew(self, leases: Leases) -> None:
        if not leases.renew(self._lease.name, self._lease.ttl):
            self._held = ()
            self._problem = (
                "The lease %s has ended, or is not in the ledger (%s) that was searched: background jobs may be running meanwhile, which "
                "makes this slower and does no other harm." % (self._lease.name, leases.ledger.kind)
            )
            return
        self._problem = None
        self._held = leases.held_by(self._lease.name)
        self._pause_again(leases, look_around=True)

    def _pause_again(self, leases: Leases, *, look_around: bool = False) -> None:
        """Pauses what was resumed. To `look_around` is to end other leases that have run out, too, which takes more requests."""
        if not self._may_pause or not self._held:
            return
        try:
            if look_around or control.differing(self._client.queues.all(), self._held, True):
                with self._while_pausing():
                    paused = leases.pause_again(self._lease.name)
                self.reasserted += [name for name in paused if name not in self.reasserted]
        except errors.PermissionDenied:
            if not leases.ledger.any_key_renews:
                raise
            self._may_pause = False  # an ordinary user's key: the guard of the task that took the lease does it

    def _give_up(self, leases: Leases) -> None:
        leases.let_go(self._lease.name)
        self._problem = (
            "The task made no progress for %g s (lease_ttl), so the background jobs of the lease %s were resumed and ran during the rest "
            "of it." % (self._lease.ttl, self._lease.name)
        )
