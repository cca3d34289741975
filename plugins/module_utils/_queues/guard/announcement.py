# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a guard knows that somebody on this host may still take the lease it waits for. Private to the collection."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import Callable, Iterator, Optional

from ..._client.errors import LocalFailure
from ..leases.locks import Busy, locked
from ..leases.state_folder import default_directory

_WAIT = 5.0  # seconds: a guard that looks has the lock for a moment only
_JUST_NOW = 60.0  # seconds: longer than a guard takes to start
_OLD = 86400.0  # seconds after which nobody starts any more
_LONGEST = 16  # characters

NOBODY, AT_WORK = "nobody", "at work"
# They have left or died, and the lease may still be held; they let go of it; they took none.
LEFT, RELEASED, UNUSED = GONE = "left", "released", "unused"


def lock_of(what: str, directory: Optional[str], server: str, lease: str) -> str:
    """The path of a lock that goes with one lease on one server."""
    name = "%s-%s.lock" % (what, hashlib.sha256(("%s\n%s" % (server, lease)).encode()).hexdigest()[:16])
    return os.path.join(directory or default_directory(), name)


class Announcement:
    """One lease on one server, as processes on this host speak of it."""

    def __init__(self, directory: Optional[str], server: str, lease: str) -> None:
        self._path = lock_of("taker", directory, server, lease)
        self._came = False

    @contextmanager
    def made(self, outcome: Callable[[], str]) -> Iterator[None]:
        """Says that this process may take the lease until it leaves, or dies. Without a folder to say so in, nobody is told.

        The file stays, with one of `GONE` in it that `outcome` tells at the end, for a guard that looks later and removes it.
        """
        folder = os.path.dirname(self._path)
        with ExitStack() as stack:
            with suppress(OSError, LocalFailure):
                os.makedirs(folder, 0o700, exist_ok=True)
                _clear_away(folder)
                stack.enter_context(locked(self._path, _WAIT))
                os.truncate(self._path, 0)
                stack.callback(self._leave, outcome)
            yield

    def look(self) -> str:
        """Whether somebody is `AT_WORK` who may still take the lease, or has gone just now (one of `GONE`); else `NOBODY`."""
        found = self._read()
        self._came = self._came or found == AT_WORK
        return LEFT if found == NOBODY and self._came else found

    def _read(self) -> str:
        try:
            if not os.path.exists(self._path):
                return NOBODY
            with locked(self._path, 0.0), open(self._path, encoding="ascii", errors="replace") as stream:
                outcome = stream.read(_LONGEST)
                old = abs(time.time() - os.fstat(stream.fileno()).st_mtime) > _JUST_NOW
                return NOBODY if old or not outcome else outcome if outcome in GONE else LEFT
        except Busy:
            return AT_WORK
        except (OSError, LocalFailure):
            return NOBODY

    def forget(self) -> None:
        """Clears it away. For a guard that ends: nobody else asks."""
        with suppress(OSError):
            os.unlink(self._path)

    def _leave(self, outcome: Callable[[], str]) -> None:
        with suppress(OSError), open(self._path, "r+", encoding="ascii") as stream:
            stream.write(outcome())


def _clear_away(folder: str) -> None:
    """Removes what no guard removed, because there was none or it had ended before."""
    for entry in os.scandir(folder):
        with suppress(OSError, LocalFailure):  # a guard may remove one at the same time
            if entry.name.startswith("taker-") and time.time() - entry.stat().st_mtime > _OLD:
                with locked(entry.path, 0.0):
                    os.unlink(entry.path)
