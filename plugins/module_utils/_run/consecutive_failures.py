# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether it is the files that fail, or the server that is down."""

from __future__ import annotations

import threading
from typing import Callable

from .._client import api, errors

_FEW = 3  # files
_ROUNDS = 3  # times that many files in a row
_SOME_SHA1 = "0" * 40


def _check_one(client: api.Immich) -> None:
    client.assets.check([_SOME_SHA1])


class ConsecutiveFailures:
    """Counts the failures between two files that went well.

    A few failures are those of the files; when one file after the other fails at the server, it is down. Safe to use from all threads.
    """

    def __init__(self, client: api.Immich, concurrency: int, what: str, ask: Callable[[api.Immich], object] = _check_one) -> None:
        """`what` is what messages call the run. `ask` sends a request that a healthy server answers."""
        self._client = client
        self._what = what
        self._ask = ask
        self._many = self._doubt_at = max(_FEW, concurrency)
        self._failed = 0
        self._gone = False
        self._lock = threading.Lock()
        self._asking = threading.Lock()

    def reset(self) -> None:
        """A file went well."""
        with self._lock:
            self._failed, self._doubt_at = 0, self._many

    def add(self, exc: errors.ImmichError) -> None:
        """A file did not. Raises it, saying so, when the run should stop."""
        if not exc.transient and not exc.fatal:
            return
        with self._lock:
            self._failed += 1
            failed = self._failed
            if failed < self._doubt_at:
                return
        # A server that takes all it is asked and no file, as with a full disk, is not sent files without an end either.
        if failed < _ROUNDS * self._many and self._may_continue(failed, exc):
            return
        raise exc.during("%d files in a row failed at the server, so the %s was stopped" % (failed, self._what))

    def _may_continue(self, failed: int, exc: errors.ImmichError) -> bool:
        """One thread asks a server that may be dying. The answer holds for those that wait for it meanwhile."""
        with self._asking:
            with self._lock:
                if failed < self._doubt_at or self._failed < failed:  # there is an answer by now, or a file went up
                    return True
            if self._gone:
                return False
            if not self._is_well(exc):
                self._gone = True
                return False
            with self._lock:
                self._doubt_at = failed + self._many
            return True

    def _is_well(self, exc: errors.ImmichError) -> bool:
        """Whether the server answers another question, so that it may be the files."""
        if isinstance(exc, (errors.Timeout, errors.SlowDown)):
            return False
        client = self._client.without_retries()
        try:
            self._ask(client)
        except errors.ImmichError:
            return False
        finally:
            client.close()
        return True
