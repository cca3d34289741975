# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A process on the controller that outlives the playbook, to release a lease on another host that no task has released.

It is forked by the worker that runs the task, from which it has the connection and the keys, in memory only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable

from ansible import constants
from ansible.utils.display import Display

from ._main_process import MainProcess, started

_LOOK_EVERY = 0.5  # seconds
_TRIES = 6
_BETWEEN_TRIES = 5.0  # seconds
_LONGEST_TRY = 120  # seconds


def watch(lease: str, release: Callable[[], bool]) -> None:
    """Forks a process that calls `release` when the playbook has ended, until that returns True, some times at most.

    What it cannot do the lease's guard on the host does when the lease has run out.
    """
    forget(lease)
    main = MainProcess()
    pid = os.fork()
    if pid == 0:
        try:
            _detach()
            while main.lives:
                time.sleep(_LOOK_EVERY)
            _try(release)
        finally:
            os._exit(0)  # what the worker would do at its end is not for this process to do
    with suppress(OSError):
        _pid_file(lease).write_text(f"{pid} {started(pid).decode()}", encoding="ascii")


def forget(lease: str) -> None:
    """The lease has been released: nobody has to wait for the playbook's end. Another process that has the id by now is left alone."""
    with suppress(OSError, ValueError):
        pid, since = _pid_file(lease).read_text(encoding="ascii").split(" ")
        if started(int(pid)).decode() == since:
            os.kill(int(pid), signal.SIGKILL)
    with suppress(OSError):
        _pid_file(lease).unlink()


def _pid_file(lease: str) -> Path:
    """Where the worker of a later task finds the process. The folder is this playbook's alone."""
    return Path(constants.DEFAULT_LOCAL_TMP) / f"immich-{hashlib.sha256(lease.encode()).hexdigest()[:16]}.pid"


def _detach() -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)  # the worker's own handler ends its whole process group
    # What the worker has open stays so in name, because objects here still write to it, such as the queue of results.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in map(int, os.listdir("/dev/fd")):
        if descriptor != null:
            with suppress(OSError):
                os.fstat(descriptor)
                os.dup2(null, descriptor, inheritable=descriptor < 3)
    Display()._final_q = None


def _try(release: Callable[[], bool]) -> None:
    folder = Path(constants.DEFAULT_LOCAL_TMP)  # which the playbook has removed at its end, unless it was killed
    try:
        for number in range(_TRIES):
            if number:
                time.sleep(_BETWEEN_TRIES)
            folder.mkdir(0o700, parents=True, exist_ok=True)
            signal.alarm(_LONGEST_TRY)
            with suppress(Exception):  # a connection plugin may raise anything
                if release():
                    return
    finally:
        shutil.rmtree(folder, ignore_errors=True)
