# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notes for the guard of a lease from those who let its queues go, in the file that the guard keeps locked. Private to the collection.

A guard that finds its lease gone from the ledger has to know whether somebody ended it: a queue that is paused then is an administrator's.
The file goes with the guard. Where there is no guard, nothing is written.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
from contextlib import suppress
from typing import Collection, List, Set

from .locks import is_locked

_LONGEST = 65536  # bytes that are read


def path(directory: str, server: str, lease: str, watcher: str) -> str:
    """The file of a guard of the lease; `watcher` tells several of them apart."""
    return os.path.join(directory, "%s%s.lock" % (_beginning(server, lease), _hash(watcher)[:8]))


def is_guarded(directory: str, server: str, lease: str) -> bool:
    """Whether a guard on this host watches over the lease at this moment."""
    return any(is_locked(found) for found in _files(directory, server, lease))


def tell(directory: str, server: str, lease: str, queues: Collection[str]) -> None:
    """Tells all guards of the lease that it has let these queues go. Never raises an OSError.

    What a guard that was killed has left is removed.
    """
    for found in _files(directory, server, lease):
        with suppress(OSError):
            if not is_locked(found):
                os.unlink(found)
                continue
            descriptor = os.open(found, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(descriptor, (json.dumps(sorted(queues)) + "\n").encode())
            finally:
                os.close(descriptor)


def size(descriptor: int) -> int:
    """How far the notes go, to read what comes after that."""
    return os.fstat(descriptor).st_size


def read(descriptor: int, after: int) -> Set[str]:
    """The queues of all notes after this place."""
    found: Set[str] = set()
    for line in os.pread(descriptor, _LONGEST, after).splitlines():
        with suppress(ValueError, TypeError):
            found.update(json.loads(line))
    return found


def _files(directory: str, server: str, lease: str) -> List[str]:
    return glob.glob(os.path.join(glob.escape(directory), _beginning(server, lease) + "*.lock"))


def _beginning(server: str, lease: str) -> str:
    return "guard-%s-" % _hash("%s\n%s" % (server, lease))[:16]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
