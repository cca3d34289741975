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
from typing import Iterator

from ansible_collections.photoyard.immich.plugins.module_utils._queues import processes

_LOOK_EVERY = 0.5  # seconds


class MainProcess:
    """The process that forked this worker."""

    def __init__(self) -> None:
        parent = multiprocessing.parent_process()
        self.pid = os.getppid() if parent is None or parent.pid is None else parent.pid
        process = processes.find_process(self.pid)
        self._started = 0 if process is None else process.started

    @property
    def lives(self) -> bool:
        """Whether it still runs; where there is no /proc, a later process with its id is taken for it."""
        return not processes.has_process_ended(self.pid, self._started)


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
    for child in processes.find_children(os.getpid()):
        with suppress(OSError):
            os.kill(child, signal.SIGTERM)  # an ssh client would go on for as long as the module is silent
    os._exit(1)


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
