# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main process of ansible-playbook, as a worker sees it that runs a task: whether it lives, and whose thread gets its signals.

A worker whose main process was killed runs its task to the end, and nobody hears of it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator

_LOOK_EVERY = 0.5  # seconds


class MainProcess:
    """The process that forked this worker."""

    def __init__(self) -> None:
        parent = multiprocessing.parent_process()
        self.pid = os.getppid() if parent is None or parent.pid is None else parent.pid
        self._started = started(self.pid)

    @property
    def lives(self) -> bool:
        """Whether it still runs; where there is no /proc, a later process with its id is taken for it."""
        if Path("/proc/self/stat").exists():
            return bool(self._started) and started(self.pid) == self._started
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def task_ends_with_playbook() -> Iterator[None]:
    """While this is entered, the worker and what it has started end within a second of the main process.

    The module sees then that nobody reads its output any more, and stops in order, on whatever host it runs. Needs Linux's /proc.
    """
    main, over = MainProcess(), threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_EVERY):
            if not main.lives:
                _end()

    thread = threading.Thread(target=watch, name="immich-main-process", daemon=True)
    with signals_blocked():
        thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _end() -> None:
    for child in _children():
        with suppress(OSError):
            os.kill(child, signal.SIGTERM)  # an ssh client would go on for as long as the module is silent
    os._exit(1)


def _children() -> list[int]:
    """The processes that this one has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_bytes().rpartition(b")")[2].split()
            if int(fields[1]) == os.getpid():
                found.append(int(path.parent.name))
    return found


def started(pid: int) -> bytes:
    """When a process was started, see proc(5); b"" for one that has ended, collected by its parent or not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return b""
    return b"" if fields[0] in (b"Z", b"X") else fields[19]


ENDING = frozenset((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


@contextmanager
def signals_blocked() -> Iterator[None]:
    """Threads and processes that are started meanwhile do not get the signals that end a playbook.

    Ansible's own thread waits for the module in a system call which ends early only for a signal that this very thread gets. The kernel
    gives a signal to whichever thread runs first: on a busy machine that was the one that shows the progress, and Ctrl-C had no effect
    until the module had ended.
    """
    yield from _masked(signal.SIG_BLOCK)


@contextmanager
def signals_delivered() -> Iterator[None]:
    """Processes that are started meanwhile get them, from whichever thread."""
    yield from _masked(signal.SIG_UNBLOCK)


def _masked(how: int) -> Iterator[None]:
    before = signal.pthread_sigmask(how, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
