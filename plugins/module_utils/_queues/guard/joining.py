# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A guard beside work under a lease that an earlier task took: it ends the lease when the work dies. Private to the collection."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import List

from ..._client import api
from ..._client.connection import Connection
from ..leases.leases import Leases
from ..leases.ledgers import choose_ledger
from ..options import LeaseOptions
from . import child
from .release import release
from .stopping import Stopping

# What the module says when it ends: whoever took the lease goes on.
_LEFT = b"left"


class JoiningGuard:
    """The module's side."""

    def __init__(self, process: child.Child) -> None:
        self._process = process

    @property
    def pids(self) -> List[int]:
        """This process and the guard's, which keep the lease alive together."""
        return [os.getpid(), self._process.pid]

    def leave(self) -> None:
        """The work is done, or has failed in order: the lease stays, and the guard ends."""
        self._process.send(_LEFT)
        self._process.close(wait=True)

    def let_go(self) -> None:
        """The work was told to end, and nobody may be left to release the lease: the guard does it."""
        self._process.close()


def start_joining_guard(connection: Connection, lease: LeaseOptions) -> JoiningGuard:
    """Forks a guard that goes by this connection's key; see `child.fork` for when to call it.

    It ends only a lease that its keepers keep alive: one that is for tasks to come has its time.
    """
    client = api.Immich(replace(connection, retries=0))  # it tries again by itself
    client.prepare_to_connect()
    return JoiningGuard(child.fork(lambda pipe: _guard(pipe, client, lease)))


def _guard(pipe: int, client: api.Immich, lease: LeaseOptions) -> None:
    stopping, mailbox, has_left = Stopping(), child.Mailbox(pipe), False
    while True:
        lines = mailbox.lines(None)
        if lines is None:
            break
        has_left = has_left or _LEFT in lines
    if not has_left and _is_ours_to_end(client, lease):
        release(client, lease, stopping, lambda: ())


def _is_ours_to_end(client: api.Immich, lease: LeaseOptions) -> bool:
    """Whether the lease is kept alive by processes. If so, it is marked as one that is being released, where the key suffices for that.

    The guard of the task that took it resumes its queues then, if the key here is an ordinary user's.
    """
    ledger = choose_ledger(client, lease.ledger.kind, lease.ledger.directory, leasing=False, read_only=False)
    if not any(record.keepers for record in ledger.records() if record.lease == lease.name):
        return False
    if ledger.any_key_renews:
        Leases(client, ledger).begin_to_let_go(lease.name)
    return True
