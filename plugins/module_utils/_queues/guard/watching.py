# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A guard's watch over a lease, with the server at hand. Private to the collection."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any, Callable, List, Mapping, Optional, Sequence

from ..._client.api import Immich
from ..._client.connection import Connection
from ..._client.errors import AuthError, ImmichError, MaintenanceMode, PermissionDenied
from .. import control
from ..leases.leases import Leases
from ..leases.ledger import FILE, SERVER, Ledger
from ..leases.ledgers import choose_ledger
from ..leases.record import Record, holders
from .announcement import AT_WORK, GONE, NOBODY, Announcement
from .naps import nap
from .watch import Watch

# A key that is refused this often in a row has been withdrawn; a server that is only starting up recovers sooner.
_REFUSALS = 5

# Seconds for which a server that is away is still asked when whoever might have taken the lease has gone: killed, perhaps, with it.
_AWAY = 300.0

# What reading an answer of another shape raises. The guard must not die of it while queues are paused: it asks again.
_ODD = (AttributeError, LookupError, TypeError, ValueError)

# In every which nap to glance at the ledger: a file costs next to nothing, a server a request.
_GLANCE = {FILE: 1, SERVER: 4}


def foresee(connection: Connection) -> None:
    """Raises the `ImmichError` with which a guard would fail at once, such as `PermissionDenied`."""
    with closing(Immich(connection, read_only=True)) as client:
        _require_scopes(client)


def watch_over(
    connection: Connection,
    params: Mapping[str, Any],
    taker: Announcement,
    watch: Watch,
    stopped: Callable[[], bool],
    *,
    seen: bool,
) -> List[str]:
    """Watches until there is a reason to end, which `watch` tells. Returns warnings; raises an `ImmichError` that ends it.

    `params` are the module's options; `seen` says that the lease has been there.
    """
    impatient = replace(connection, retries=0)  # it comes back by itself soon, and a retry's growing pauses would only delay it
    with closing(Immich(impatient)) as client:
        ledger = _meet(client, params, taker, watch, stopped)
        if ledger is None:
            watch.reason = "terminated"
            return []
        _Guard(client, Leases(client, ledger), params, taker, watch, stopped, seen=seen).run()
        return ledger.warnings


def _require_scopes(client: Immich) -> None:
    client.require({client.queues.scope_to_read(): "list the queues", client.queues.scope_to_pause(): "pause and resume queues"})


def _meet(client: Immich, params: Mapping[str, Any], taker: Announcement, watch: Watch, stopped: Callable[[], bool]) -> Optional[Ledger]:
    """The ledger's ledger, once the server has told its version and what the key may do; `None` when it is stopped before.

    The lease may be taken at any moment, so a server that is away just now is asked again, for as long as the lease is waited for.
    """
    deadline = min(params["wait_for_lease"], params["lifetime"])
    while not stopped():
        if taker.look() in GONE:
            deadline = min(deadline, watch.elapsed + _AWAY)
        try:
            _require_scopes(client)
            return choose_ledger(client, params["ledger"], params["ledger_dir"], leasing=False, read_only=False)
        except ImmichError as exc:
            if not (exc.transient or isinstance(exc, MaintenanceMode)) or watch.elapsed >= deadline:
                raise
            watch.looks += 1
            watch.failed_looks += 1
            watch.last_problem = exc.msg
        nap(params["interval"], stopped)
    return None


class _Guard:
    def __init__(
        self,
        client: Immich,
        leases: Leases,
        params: Mapping[str, Any],
        taker: Announcement,
        watch: Watch,
        stopped: Callable[[], bool],
        *,
        seen: bool,
    ) -> None:
        self._client = client
        self._leases = leases
        self._params = params
        self._watch = watch
        self._stopped = stopped
        self._known: List[Record] = []
        self._seen = seen
        self._taker = taker
        self._last = NOBODY
        self._ending = False
        self._refused = 0
        self._damages = leases.ledger.set_aside()

    def run(self) -> None:
        """Looks every `interval` seconds until there is a reason to end."""
        watch = self._watch
        while not watch.reason:
            watch.reason = self._look(watch.elapsed)
            if not watch.reason:
                nap(
                    self._params["interval"], self._stopped, lambda naps: naps % _GLANCE[self._leases.ledger.kind] == 0 and self._has_news()
                )

    def _has_news(self) -> bool:
        """Whether the lease has come or gone. A glance between two looks, so that nobody who collects the guard has to wait."""
        ledger, lease = self._leases.ledger, self._params["lease"]
        try:
            if self._known:
                return all(ledger.fresh(record) is None for record in self._known)
            now = self._taker.look()  # while somebody is at work, perhaps for hours, the looks are enough
            return now != self._last or (now != AT_WORK and any(record.lease == lease for record in ledger.records()))
        except (ImmichError, *_ODD):
            return False  # the next look meets it again, and says what is wrong

    def _look(self, elapsed: float) -> str:
        """One look, and what has to be done; a reason to end, or an empty string."""
        if elapsed >= self._params["lifetime"] or self._stopped():
            try:
                self._leases.tidy()
            except (ImmichError, *_ODD) as exc:
                self._failed(exc)
            return "terminated" if self._stopped() else "lifetime"
        self._watch.looks += 1
        try:
            self._leases.tidy()
            self._last = self._taker.look()
            records = self._records()  # after that look: whoever has left without a lease will take none any more
            self._watch.last_problem, self._refused = None, 0
            if not records and not self._seen:
                waited = self._last == NOBODY and elapsed >= self._params["wait_for_lease"]
                return "never_appeared" if self._last in GONE or waited else ""
            return self._act(records)
        except (AuthError, PermissionDenied) as exc:
            self._refused += 1
            if self._refused >= _REFUSALS:
                raise
            return self._failed(exc)
        except (ImmichError, *_ODD) as exc:
            return self._failed(exc)

    def _failed(self, exc: Exception) -> str:
        self._watch.failed_looks += 1
        if isinstance(exc, ImmichError):
            self._watch.last_problem = exc.msg
        else:
            self._watch.last_problem = "The server's answer has another shape than Immich's (%s: %s)." % (type(exc).__name__, exc)
        return ""

    def _records(self) -> List[Record]:
        """The lease's records as they are now. The whole ledger is read only when one that was known is gone."""
        ledger = self._leases.ledger
        fresh = [ledger.fresh(record) for record in self._known]
        known = [record for record in fresh if record is not None]
        if not fresh or len(known) < len(fresh):
            known = [record for record in ledger.records() if record.lease == self._params["lease"]]
        damages = ledger.set_aside()
        if damages > self._damages and not known:
            known = self._write_again(self._known)
        self._known, self._damages = known, damages
        return known

    def _write_again(self, lost: Sequence[Record]) -> List[Record]:
        """Replaces records that a damaged ledger lost: nobody let go of the lease, and its queues must not stay paused."""
        ledger = self._leases.ledger
        with ledger.turn(adding=True):
            return [ledger.add(record.lease, record.held, max(1.0, record.remaining)) for record in lost if record.held]

    def _act(self, records: Sequence[Record]) -> str:
        if not records:
            return "released"
        self._seen = True
        if not any(record.live for record in records):
            return self._sweep("expired")
        if all(record.ending for record in records):
            # Somebody is letting go. When that is still so at the next look, whoever it was has died over it.
            ending, self._ending = self._ending, True
            return self._sweep("released") if ending else ""
        self._ending = False
        if control.differing(self._client.queues.all(), sorted(holders(records)), True):
            self._pause_again()
        return ""

    def _pause_again(self) -> None:
        paused: Sequence[str] = ()
        try:
            paused = self._leases.pause_again(self._params["lease"])
        except ImmichError as exc:
            paused = exc.result.pop("paused", ())
            raise
        finally:
            self._watch.reasserted += [name for name in paused if name not in self._watch.reasserted]

    def _sweep(self, reason: str) -> str:
        swept = self._leases.sweep()
        self._watch.resumed += [name for name in swept.resumed if name not in self._watch.resumed]
        if swept.failed:
            return self._failed(next(iter(swept.failed.values())))
        # By the sweep's own look at the clock the lease may have had a moment left.
        self._known = [record for record in self._leases.ledger.records() if record.lease == self._params["lease"]]
        return "" if self._known else reason
