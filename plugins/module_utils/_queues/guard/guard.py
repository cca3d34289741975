# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guard of a lease: forked by the module that takes it, to release it should that module die. Private to the collection."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import List, Optional

from ..._client import api
from ..._client.connection import Connection
from ..options import LeaseOptions
from . import child
from .origin import Origin
from .release import release
from .stopping import Stopping
from .watch import watch

# What the module says, a byte each. The last one before it ends counts; none means that nothing has been paused.
_PAUSING, _HELD, _WATCH, _RELEASED = b"p", b"h", b"w", b"r"

# Seconds that a request to pause may still take to arrive when the module died over it.
_UNDER_WAY = 1.5


class Guard:
    """The module's side. Without a `process` (in check mode) nothing has to be watched over."""

    def __init__(self, process: Optional[child.Child]) -> None:
        self._process = process

    @property
    def pids(self) -> List[int]:
        """This process and the guard's, which keep the lease alive together."""
        return [os.getpid(), self._process.pid] if self._process is not None else []

    def pausing(self) -> None:
        """To be called before queues are paused."""
        self._send(_PAUSING)

    def held(self) -> None:
        """To be called when the requests that pause queues have been answered."""
        self._send(_HELD)

    def end(self, *, released: bool) -> None:
        """The lease is `released`, and the guard ends; or it could not be released, and the guard tries that from now on."""
        self._leave(_RELEASED if released else b"", wait=released)

    def watch(self) -> None:
        """From now on the lease is for other tasks: the guard stays, and ends it when it has run out, or its origin has ended."""
        self._leave(_WATCH, wait=False)

    def _leave(self, word: bytes, *, wait: bool) -> None:
        self._send(word)
        if self._process is not None:
            self._process.close(wait=wait)
            self._process = None

    def _send(self, word: bytes) -> None:
        if self._process is not None and word:
            self._process.send(word)


def start_guard(connection: Connection, lease: LeaseOptions, origin: Optional[Origin] = None) -> Guard:
    """Forks a guard for a lease that is about to be taken with this connection's key; see `child.fork` for when to call it.

    When it watches over a lease for other tasks, it renews it while `origin` lives.
    """
    client = api.Immich(replace(connection, retries=0))  # it tries again by itself, and a retry's growing pauses would only delay that
    client.prepare_to_connect()
    return Guard(child.fork(lambda pipe: _guard(pipe, client, lease, origin)))


def _guard(pipe: int, client: api.Immich, lease: LeaseOptions, origin: Optional[Origin]) -> None:
    stopping = Stopping()
    word = child.words(pipe)[-1:]
    if word == _WATCH:
        watch(client, lease, stopping, origin)
    elif word in (_PAUSING, _HELD):
        if word == _PAUSING:
            time.sleep(_UNDER_WAY)
        release(client, lease, stopping)
