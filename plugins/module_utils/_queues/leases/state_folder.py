# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What processes of a user on this host share: the folder of a ledger, and in it the files of guards.

A guard keeps a file of its own locked. Whoever releases queues of its lease writes a note into it: a guard that finds its lease gone from
the ledger has to know whether somebody ended it, since a queue that is paused after that is an administrator's. The file is removed with
its guard; one that a killed guard left is removed by the next guard on the host, or by the next release of its lease.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import platform
from contextlib import suppress
from typing import Collection, List, Set

from ..processes import in_container
from .ledger import AUTO, FILE, LedgerOptions
from .locks import is_locked

_MAX_NOTES = 65536  # bytes that are read


def is_file_ledger(options: LedgerOptions) -> bool:
    """Whether the options mean a ledger in a file without asking the server: inside a container, `auto` depends on it."""
    return options.kind == FILE or (options.kind == AUTO and (bool(options.directory) or not in_container()))


def default_directory() -> str:
    """The folder `selfhosted.immich` in the user's XDG state folder."""
    state = os.environ.get("XDG_STATE_HOME", "")
    # The specification says that a relative path is to be ignored.
    return os.path.join(state if os.path.isabs(state) else os.path.expanduser("~/.local/state"), "selfhosted.immich")


def guard_path(directory: str, server: str, lease: str, watcher: str) -> str:
    """The file of a guard of the lease on this host; `watcher` tells several of them apart."""
    return os.path.join(directory, "guard-%s-%s-%s.lock" % (_host(), _lease_id(server, lease), _hash(watcher)[:8]))


def is_guarded(directory: str, server: str, lease: str) -> bool:
    """Whether a guard watches over the lease at this moment."""
    return any(is_locked(path) for path in _guard_files(directory, server, lease))


def remove_abandoned(directory: str) -> None:
    """Removes the files that killed guards of this host have left. Those of other hosts may be locked in a way that is not seen here."""
    for path in glob.glob(os.path.join(glob.escape(directory), "guard-%s-*.lock" % _host())):
        is_locked(path, remove=True)


def tell_guards(directory: str, server: str, lease: str, queues: Collection[str]) -> None:
    """Tells all guards of the lease that it has released these queues. Never raises an `OSError`."""
    for path in _guard_files(directory, server, lease):
        with suppress(OSError):
            if not is_locked(path, remove=True):
                continue
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(descriptor, (json.dumps(sorted(queues)) + "\n").encode())
            finally:
                os.close(descriptor)


def notes_size(descriptor: int) -> int:
    """How far the notes go, to read what comes after that."""
    return os.fstat(descriptor).st_size


def read_notes(descriptor: int, after: int) -> Set[str]:
    """The queues of all notes after this place."""
    found: Set[str] = set()
    for line in os.pread(descriptor, _MAX_NOTES, after).splitlines():
        with suppress(ValueError, TypeError):
            found.update(json.loads(line))
    return found


def _guard_files(directory: str, server: str, lease: str) -> List[str]:
    """Those of the lease's guards, on any host: a folder may be shared."""
    return glob.glob(os.path.join(glob.escape(directory), "guard-*-%s-*.lock" % _lease_id(server, lease)))


def _host() -> str:
    return _hash(platform.node())[:8]


def _lease_id(server: str, lease: str) -> str:
    return _hash("%s\n%s" % (server, lease))[:16]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
