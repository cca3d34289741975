# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeping a lease alive while work goes on, without ever holding the work up. Private to the collection."""

from __future__ import annotations

import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Callable, Dict, Mapping, Optional, Type

from ..._client.api import Immich
from ..._client.errors import ImmichError, PermissionDenied
from .leases import Leases
from .ledger import AUTO, FILE
from .ledgers import choose_ledger

_CLOSE_WITHIN = 10.0


def renewing(client: Immich, params: Mapping[str, Any], work: Callable[[Callable[[], None]], Dict[str, Any]]) -> Dict[str, Any]:
    """Does `work`, which is given a function to call while it goes on, with the lease renewed meanwhile. Returns what it returns.

    The `params` are `lease`, `lease_ttl`, `ledger` and `ledger_dir`. What is wrong with the lease is added to the `warnings`.
    """
    with Renewer(client, params["lease"], params["lease_ttl"], params["ledger"], params["ledger_dir"]) as lease:
        result = work(lease.beat)
    if lease.problem:
        result["warnings"].append(lease.problem)
    return result


class Renewer:
    """Renews a lease for `ttl` seconds at a time, from a thread of its own, for as long as it hears a `beat`.

    A context manager. It renews once at the start, and then every third of `ttl` in which there was a beat: work that hangs
    lets its lease run out. `client` must have the key that took the lease where the ledger is the server; where it is a file,
    any key will do, and one that may control queues also pauses again what Immich dropped.
    A server that is away is tried again; `problem` says in one sentence what is wrong, if anything was at the last try.
    """

    def __init__(self, client: Immich, lease: str, ttl: float, ledger: str = AUTO, ledger_dir: Optional[str] = None) -> None:
        self._client = client
        self._lease = lease
        self._ttl = ttl
        self._ledger = ledger
        self._ledger_dir = ledger_dir
        self._leases: Optional[Leases] = None
        self._may_pause = True
        self._beaten = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self.problem: Optional[str] = None

    def __enter__(self) -> Renewer:
        self.start()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    def start(self) -> None:
        """Begins to renew, for whoever is no `with` block."""
        self._thread.start()

    def beat(self) -> None:
        """Says that work goes on. Costs nothing, never waits and never raises; from any thread."""
        self._beaten.set()

    def close(self) -> None:
        """Stops renewing. The lease itself stays: whoever took it lets go of it."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_WITHIN)

    def _run(self) -> None:
        self._beaten.set()
        while not self._closed.is_set():
            if self._beaten.is_set():
                self._beaten.clear()
                self._renew()
            self._closed.wait(self._ttl / 3)
        if self._leases is not None:
            with suppress(ImmichError):  # whatever is left runs out by itself
                self._leases.tidy()

    def _renew(self) -> None:
        try:
            if self._leases is None:  # which ledger it is may take the server to tell
                ledger = choose_ledger(self._client, self._ledger, self._ledger_dir, leasing=False, read_only=False)
                self._leases = Leases(self._client, ledger)
            self.problem = self._renew_in(self._leases)
        except ImmichError as exc:
            self.problem = "The lease %s could not be renewed: %s" % (self._lease, exc.msg)

    def _renew_in(self, leases: Leases) -> Optional[str]:
        if not leases.renew(self._lease, self._ttl):
            return (
                "The lease %s has ended, or is not in the ledger (%s) that was looked into: background jobs may be running during the "
                "upload, which makes it slower and does no other harm." % (self._lease, leases.ledger.kind)
            )
        if self._may_pause:
            try:
                leases.pause_again(self._lease)
            except PermissionDenied:
                if leases.ledger.kind != FILE:
                    raise
                self._may_pause = False  # an ordinary user's key: somebody else has to do it
        return None
