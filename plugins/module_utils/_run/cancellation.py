# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ends the threads of a run early: a signal, a reader that is gone, a failure that the next file would meet too."""

from __future__ import annotations

import threading
from typing import Callable, List, Optional

from .._client import errors


class Cancelled(Exception):
    """Ends the work of a thread when the run stops; a transfer under way is cut. Not a failure: `Cancellation.error` says why it stops."""


class Cancellation:
    """Shared by all threads of a run: the first reason to stop, if there is one.

    `error` is what the task fails with; `crash` is a mistake in this collection, to be raised again by the main thread.
    """

    def __init__(self) -> None:
        self.error: Optional[errors.ImmichError] = None
        self.crash: Optional[BaseException] = None
        self._lock = threading.Lock()
        self._wakes: List[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the run stops."""
        return self.error is not None or self.crash is not None

    def cancel(self, cause: BaseException) -> None:
        """Stops the run and wakes all that wait. Of several failures the first counts; a crash counts more than a failure."""
        with self._lock:
            if not isinstance(cause, errors.ImmichError):
                self.crash = self.crash or cause
            elif not self.cancelled:
                self.error = cause
            wakes, self._wakes = self._wakes, []
        for wake in wakes:
            wake()

    def on_cancel(self, wake: Callable[[], None]) -> None:
        """Has `wake` called once when the run stops, at once if it does already. It must not wait for anything."""
        with self._lock:
            if not self.cancelled:
                self._wakes.append(wake)
                return
        wake()

    def check(self) -> None:
        """Raises `Cancelled` if the run stops."""
        if self.cancelled:
            raise Cancelled
