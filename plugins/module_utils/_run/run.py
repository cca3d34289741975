# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run of a module: what messages call it, whether it is to stop, how long its work goes on then, and what it had done."""

from __future__ import annotations

import select
import signal
import sys
import threading
import time
from contextlib import contextmanager
from types import FrameType
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, TypeVar

from .._client import errors

T = TypeVar("T")
Done = Tuple[int, int, str]
"""How much is done, of how much, of what: `(3, 5, "assets")`."""

_NOTHING_TO_COUNT: Done = (0, 0, "")
_LOOK_EVERY = 0.1  # seconds

NO_TIME, TIME_FOR_A_GUARD, TIME_FOR_A_CALL = 0.0, 10.0, 30.0
"""How many seconds work goes on once its run is to stop. None where nothing is lost. The time of a call, where one changes something or
adds to a result: so it is known what it did, and what is in its answer (a cookie, an id) is not lost. Less of that where a guard takes
over."""


class Run:
    """One run, which stops when a signal comes, or when nothing reads what the module prints any more.

    Ansible ends a module in more ways than one. Over ssh without a pty, and on a local connection of ansible-core 2.16, no signal
    comes: all that a module can notice is that the other end of its standard output is gone.
    Use it as a context manager: it puts handlers in place of those for SIGINT, SIGTERM and SIGHUP.

    The main thread does nothing but look (in `do`, or as a `FilesRun`), so that a call that hangs delays no stop, and no exception of ours
    comes between two steps that belong together.
    """

    def __init__(self, name: str, *, output: Optional[int] = None) -> None:
        """`name` is what messages call the run. `output` is the descriptor whose reader is watched, by default that of standard output."""
        self._name = name
        self.reason: Optional[str] = None
        # Mitogen's is closed: its interpreter runs many modules, and ends when its own connection does
        if output is None and sys.__stdout__ and not sys.__stdout__.closed:
            output = sys.__stdout__.fileno()
        self._output = output
        self._handlers: Dict[signal.Signals, Any] = {}

    def __enter__(self) -> Run:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def stop_reason(self) -> Optional[str]:
        """Why the run is to stop; None as long as it is not. Looks whether the output is still read: to be called now and then."""
        if self.reason is None and self._output is not None and _reader_is_gone(self._output):
            self.reason = "The connection to Ansible was lost (nobody reads this module's output any more)"
        return self.reason

    def error(self) -> errors.LocalFailure:
        """What the run ends with."""
        return errors.LocalFailure("%s, so the %s was stopped. The next run continues." % (self.reason, self._name))

    def check(self) -> None:
        """Raises `error` if the run is to end."""
        if self.stop_reason():
            raise self.error()

    def do(self, work: Callable[[], T], grace: float = NO_TIME) -> T:
        """Returns what `work` returns, or raises what it raises. It runs in a thread of its own.

        Once the run is to end, `work` has `grace` seconds left, see `NO_TIME`; without any it is not even begun. After that `error` is
        raised and the thread is left behind: as a daemon it ends with the process.
        """
        if not grace and self.stop_reason():
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
            if self.stop_reason():
                deadline = min(deadline, time.monotonic() + grace)
            if time.monotonic() >= deadline and thread.is_alive():
                raise self.error()
        if failures:
            raise failures[0]
        return results[0]

    @contextmanager
    def keep_result(self, result: Callable[[], Dict[str, Any]], done: Callable[[], Done] = lambda: _NOTHING_TO_COUNT) -> Iterator[None]:
        """Around work that has begun: an `ImmichError` becomes `RunFailed` with the `result` so far.

        The message says how much is `done`, unless there was only one thing to do and nothing has stopped the run.
        """
        try:
            yield
        except errors.RunFailed:
            raise
        except errors.ImmichError as exc:
            number, total, noun = done()
            msg = "%s Done until then: %d of %d %s." % (exc.msg, number, total, noun) if total > 1 or (total and self.reason) else exc.msg
            raise errors.RunFailed(exc, result(), msg) from exc

    def _on_signal(self, number: int, _frame: Optional[FrameType]) -> None:
        # Only a note: a lock taken here could be held by the very thread that was interrupted.
        self.reason = self.reason or "The signal %s was received" % signal.Signals(number).name


def end_run(result: Dict[str, Any], first: Optional[errors.ImmichError], failed: Done) -> Dict[str, Any]:
    """The result of a run that has come to its end. Raises `RunFailed` where parts of it `failed`, with the `first` of the failures."""
    if first is None:
        return result
    raise errors.RunFailed(first.during("%d of %d %s failed, the first with" % failed) if failed[0] > 1 else first, result)


def _reader_is_gone(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _number, event in poller.poll(0))
