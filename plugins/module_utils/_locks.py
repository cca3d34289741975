# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lock between processes: flock(2) on an open file, which the system releases when the process dies or closes the file."""

from __future__ import annotations

import fcntl
import time
from typing import Callable

_BETWEEN_TRIES = 0.02  # seconds


def lock_file(descriptor: int, timeout: float = 0.0, *, give_up: Callable[[], bool] = lambda: False) -> bool:
    """Locks an open file, and says whether it did. While another process has the lock, `give_up` is called: true ends the wait.

    Raises `BlockingIOError` when that process keeps it longer than `timeout` seconds, another `OSError` where there are no locks (some
    network shares). The file must be open for writing, so that a network share passes the lock on.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if give_up():
                return False
            if time.monotonic() >= deadline:
                raise
        time.sleep(_BETWEEN_TRIES)
