# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ends a run early: a signal, a reader that is gone, a failure that the next file would meet too."""

from __future__ import annotations

import select
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any, Callable, Dict, List, Optional, TypeVar

from .._client import errors

T = TypeVar("T")

_LOOK_EVERY = 0.1  # seconds

TIME_FOR_A_CALL = 30.0
"""Seconds to bring a call to its end when the run is stopped, for work that changes something: so it is known what it did, and what is in
its answer (a cookie, an id) is not lost. Work that only reads has no time; work that a guard takes over has less, see `guarded`."""


class Cancelled(Exception):
    """Ends the work of a thread when the run stops; a transfer under way is cut. Not a failure: `Cancellation.error` says why it stops."""


class Signals:
    """Whether the run is to end: a signal came, or nothing reads what the module prints any more.

    Ansible ends a module in more ways than one. Over ssh without a pty, and on a local connection of ansible-core 2.16, no signal
    comes: all that a module can notice is that the other end of its standard output is gone.
    Use it as a context manager around the run: it puts handlers in place of those for SIGINT, SIGTERM and SIGHUP. `what` is what messages
    call the run.

    The main thread does nothing but look (`run_job`, or `wait_for`), so that a call that hangs delays no stop, and no exception of ours
    comes between two steps that belong together.
    """

    def __init__(self, what: str, *, output: Optional[int] = None) -> None:
        """`output` is the descriptor whose reader is watched, by default that of standard output."""
        self._what = what
        self.reason: Optional[str] = None
        # Mitogen's is closed: its interpreter runs many modules, and ends when its own connection does
        if output is None and sys.__stdout__ and not sys.__stdout__.closed:
            output = sys.__stdout__.fileno()
        self._output = output
        self._handlers: Dict[signal.Signals, Any] = {}

    def __enter__(self) -> Signals:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def requested(self) -> Optional[str]:
        """The reason to stop, if there is one. To be called now and then."""
        if self.reason is None and self._output is not None and _reader_is_gone(self._output):
            self.reason = "The connection to Ansible was lost (nobody reads this module's output any more)"
        return self.reason

    def error(self) -> errors.LocalFailure:
        """What the run ends with."""
        return errors.LocalFailure("%s, so the %s was stopped. The next run continues." % (self.reason, self._what))

    def check(self) -> None:
        """Raises `error` if the run is to end."""
        if self.requested():
            raise self.error()

    def wait_for(self, work: Callable[[], T], grace: float = 0.0) -> T:
        """Returns what `work` returns, or raises what it raises. It runs in a thread of its own.

        Once the run is to end, `work` has `grace` seconds left; without any it is not even begun. After that `error` is raised and the
        thread is left behind: as a daemon it ends with the process.
        """
        if not grace and self.requested():
            raise self.error()
        results: List[T] = []
        failures: List[BaseException] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as exc:  # noqa: BLE001  # raised again by the thread that waits
                failures.append(exc)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        deadline = float("inf")
        while thread.is_alive():
            thread.join(_LOOK_EVERY)
            if self.requested():
                deadline = min(deadline, time.monotonic() + grace)
            if time.monotonic() >= deadline and thread.is_alive():
                raise self.error()
        if failures:
            raise failures[0]
        return results[0]

    def _on_signal(self, number: int, _frame: Optional[FrameType]) -> None:
        # Only a note: a lock taken here could be held by the very thread that was interrupted.
        self.reason = self.reason or "The signal %s was received" % signal.Signals(number).name


def _reader_is_gone(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _number, event in poller.poll(0))


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
