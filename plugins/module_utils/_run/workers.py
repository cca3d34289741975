# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The threads of a run, the bounded queues between them, and the gate before the first file."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, Callable, Deque, Generic, Iterable, Iterator, List, Optional, Sequence, TypeVar

from .cancellation import Cancellation, Cancelled

T = TypeVar("T")

_LOOK_EVERY = 0.1  # seconds


class BoundedQueue(Generic[T]):
    """Takes things from one or more writers to one or more readers, in order. A writer waits while `capacity` things are in it.

    When every writer has called `close`, readers get what is left and then None. After `cancel` everyone gets `Cancelled`.
    """

    def __init__(self, capacity: int, writers: int) -> None:
        self._capacity = capacity
        self._writers = writers
        self._things: Deque[T] = deque()
        self._cancelled = False
        self._enough = 1
        lock = threading.Lock()
        self._filled = threading.Condition(lock)
        self._emptied = threading.Condition(lock)

    def __len__(self) -> int:
        """How many things are in it."""
        return len(self._things)

    def put(self, things: Sequence[T]) -> None:
        """Adds things, waiting for room first; what is handed over together may go beyond the capacity."""
        with self._emptied:
            while len(self._things) >= self._capacity and not self._cancelled:
                self._emptied.wait()
            if self._cancelled:
                raise Cancelled
            self._things.extend(things)
            if len(self._things) >= self._enough:
                self._filled.notify(len(things))

    def take(self, most: int, timeout: Optional[float] = None, *, enough: int = 1) -> Optional[List[T]]:
        """Up to `most` things; `[]` when none came within `timeout` seconds, None at the end.

        The only reader of a queue may wait until there are `enough`, for `timeout` seconds at most. That saves waking it for each thing.
        """
        with self._filled:
            if len(self._things) < enough and self._writers and not self._cancelled:
                self._enough = enough
                self._filled.wait_for(lambda: len(self._things) >= enough or not self._writers or self._cancelled, timeout)
                self._enough = 1
            if self._cancelled:
                raise Cancelled
            if not self._things:
                return [] if self._writers else None
            taken = [self._things.popleft() for dummy in range(min(most, len(self._things)))]
            self._emptied.notify_all()
            return taken

    def batches(self, limits: Iterable[int], max_delay: Callable[[], float], look_every: float) -> Iterator[List[T]]:
        """Batches, each of as many things as its limit at most, until the end. None is empty. For the only reader of a queue.

        `max_delay` returns for how many seconds, at this moment, the first thing of a batch may wait for others. It is asked again every
        `look_every` seconds.
        """
        for limit in limits:
            taken = self.take(limit)
            batch: List[T] = taken or []
            began = time.monotonic()
            while taken is not None and len(batch) < limit and time.monotonic() - began < max_delay():
                room = limit - len(batch)
                taken = self.take(room, look_every, enough=room)
                batch += taken or []
            if batch:
                yield batch
            if taken is None:
                return

    def close(self) -> None:
        """One writer is done."""
        with self._filled:
            self._writers = max(0, self._writers - 1)
            if not self._writers:
                self._filled.notify_all()

    def close_all(self) -> None:
        """All writers are done, or are not waited for any more."""
        with self._filled:
            self._writers = 0
            self._filled.notify_all()

    def cancel(self) -> None:
        """Wakes everyone who waits, and drops what is in it."""
        with self._filled:
            self._cancelled = True
            self._things.clear()
            self._filled.notify_all()
            self._emptied.notify_all()


class Workers:
    """Threads that do the work of a run. What one of them raises cancels the run; they are daemons, so that one may be left behind."""

    def __init__(self, cancellation: Cancellation) -> None:
        self._cancellation = cancellation
        self._threads: List[threading.Thread] = []

    def queue(self, capacity: int, writers: int) -> BoundedQueue[Any]:
        """A queue that is cancelled with the run."""
        bounded: BoundedQueue[Any] = BoundedQueue(capacity, writers)
        self._cancellation.on_cancel(bounded.cancel)
        return bounded

    def start(self, work: Callable[[], None], *, feeds: Sequence[BoundedQueue[Any]] = ()) -> None:
        """Begins `work` in a thread of its own. It is a writer of the queues that it `feeds`, which are closed when it ends."""

        def run() -> None:
            try:
                work()
            except Cancelled:
                pass
            except BaseException as exc:  # noqa: BLE001  # it ends the run, and the main thread raises it
                self._cancellation.cancel(exc)
            finally:
                for queue in feeds:
                    queue.close()

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    @property
    def busy(self) -> bool:
        """Whether any of them works."""
        return any(thread.is_alive() for thread in self._threads)

    def join(self, grace: Callable[[], float] = lambda: float("inf")) -> bool:
        """Waits until all have ended, once the run is cancelled for so many more seconds. Whether all have."""
        deadline = float("inf")
        while self.busy and time.monotonic() < deadline:
            for thread in self._threads:
                if thread.is_alive():
                    thread.join(_LOOK_EVERY)
                    break
            if self._cancellation.cancelled:
                deadline = min(deadline, time.monotonic() + grace())
        return not self.busy


class Gate:
    """Does some work when the first thread wants to pass. That one and all others wait until it is done.

    If it fails, the thread that did it raises what went wrong, and every other `Cancelled`.
    """

    def __init__(self, work: Callable[[Callable[[], None]], None], cancellation: Cancellation) -> None:
        """`work` is given a function that raises `Cancelled` once the run stops, to be called while it waits."""
        self._work = work
        self._cancellation = cancellation
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
                raise Cancelled
            self._cancellation.check()
            self._began = True
            self._work(self._cancellation.check)
            self._open.set()
