# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where processes of a user on this host keep what they share. Private to the collection."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from contextlib import suppress
from typing import Collection, List, Optional, Set

from ..processes import in_container
from .ledger import AUTO, FILE
from .locks import is_locked


def is_file_ledger(kind: str, ledger_dir: Optional[str]) -> bool:
    """Whether the options mean a ledger in a file, without a word from the server: inside a container `auto` depends on it."""
    return kind == FILE or (kind == AUTO and (bool(ledger_dir) or not in_container()))


def default_directory() -> str:
    """The folder `selfhosted.immich` in the user's XDG state folder."""
    state = os.environ.get("XDG_STATE_HOME", "")
    # The specification says that a relative path is to be ignored.
    return os.path.join(state if os.path.isabs(state) else os.path.expanduser("~/.local/state"), "selfhosted.immich")


_LONGEST = 65536  # bytes that are read


def guard_lock_path(directory: str, server: str, lease: str, watcher: str) -> str:
    """The file of a guard of the lease; `watcher` tells several of them apart."""
    return os.path.join(directory, "%s%s.lock" % (_beginning(server, lease), _hash(watcher)[:8]))


def is_guarded(directory: str, server: str, lease: str) -> bool:
    """Whether a guard on this host watches over the lease at this moment."""
    return any(is_locked(found) for found in _files(directory, server, lease))


def tell_guards(directory: str, server: str, lease: str, queues: Collection[str]) -> None:
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


def notes_size(descriptor: int) -> int:
    """How far the notes go, to read what comes after that."""
    return os.fstat(descriptor).st_size


def read_notes(descriptor: int, after: int) -> Set[str]:
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
