# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to happen before the first file is sent. Private to the collection."""

from __future__ import annotations

import threading
from typing import Callable

from ..flow.brake import Brake
from ..flow.stop import Stopped


class Gate:
    """Does some work when the first thread wants to pass. That one and all others wait until it is done.

    If it fails, the thread that did it raises what went wrong, and every other `Stopped`.
    """

    def __init__(self, work: Callable[[Callable[[], None]], None], brake: Brake) -> None:
        """`work` is given a function that raises `Stopped` once the run stops, to be called while it waits."""
        self._work = work
        self._brake = brake
        self._lock = threading.Lock()
        self._began = False
        self._open = threading.Event()

    @property
    def at_work(self) -> bool:
        """Whether any thread waits."""
        return self._began and not self._open.is_set()

    def go_through(self) -> None:
        """Returns once the work is done, at once when it was."""
        if self._open.is_set():
            return
        with self._lock:
            if self._open.is_set():
                return
            if self._began:
                raise Stopped("What had to happen before has failed.")
            self._brake.go_on()
            self._began = True
            self._work(self._brake.go_on)
            self._open.set()
