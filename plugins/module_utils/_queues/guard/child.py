# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A child process at the other end of a pipe, which outlasts this one.

The system closes the pipe when this process ends, however it ends: the child then acts on what it was sent last.
"""

from __future__ import annotations

import fcntl
import gc
import os
import select
import signal
import threading
import time
from contextlib import suppress
from typing import Callable, List, Optional, Tuple

from ..._client import errors

_CLOSE_WITHIN = 2.0  # seconds
_FIRST_OF_OURS = 3  # the lowest descriptor that is not of standard input, output or errors
_OPEN_FILES = ("/proc/self/fd", "/dev/fd")


class Child:
    """This end of the pipe."""

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid = pid
        self._pipe = pipe
        self._sending = threading.Lock()

    def send(self, line: bytes) -> bool:
        """Sends a line, from any thread; whether the child is there to read it. Never raises: the work is to go on without one."""
        with self._sending, suppress(OSError):
            os.write(self._pipe, line + b"\n")
            return True
        return False

    def close(self, *, wait: bool = False) -> None:
        """Closes the pipe, and with `wait` stays a moment until the child has ended."""
        os.close(self._pipe)
        deadline = time.monotonic() + _CLOSE_WITHIN
        with suppress(ChildProcessError):
            while wait and os.waitpid(self.pid, os.WNOHANG)[0] == 0 and time.monotonic() < deadline:
                time.sleep(0.001)


def fork(work: Callable[[int], None]) -> Child:
    """Forks a child that does `work`, which is given the end of the pipe to read from, and then ends.

    To be called before this process starts a thread, and once all that `work` may need is imported: Ansible removes the archive
    that a module was loaded from when the module ends. The child has a session of its own, so that neither the end of an ssh
    connection nor a signal to this process's group reaches it, and it holds nothing open, so that Ansible does not wait for it.
    All this is so when this returns: what the caller does next is watched over even if its whole group is killed at once.
    Raises `LocalFailure` where the system allows no further process, or no further open file.
    """
    ends: Tuple[int, ...] = ()
    try:
        theirs, ours = ends = _pipe()
        detached, detaching = _pipe()
        ends = (theirs, ours, detached, detaching)
        pid = os.fork()
    except OSError as exc:
        for end in ends:
            os.close(end)
        raise errors.LocalFailure(
            "The guard (the process that watches over the pause) cannot be started: %s." % (exc.strerror or exc)
        ) from exc
    if pid == 0:
        try:
            gc.freeze()  # an object of the parent's that is cleared away must not close what is opened here
            os.setsid()
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            _detach(theirs)
            work(theirs)
        finally:
            os._exit(0)  # nothing of what the parent would do at its end is for this process to do
    os.close(theirs)
    os.close(detaching)
    os.read(detached, 1)  # ends when the child has closed its own `detaching`, with all else that it inherited
    os.close(detached)
    return Child(pid, ours)


class Mailbox:
    """The child's end of the pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._begun = b""

    def lines(self, timeout: Optional[float]) -> Optional[List[bytes]]:
        """What the parent has sent, as soon as there is something; nothing after `timeout` seconds; `None` when it has ended."""
        if timeout is not None and not select.select([self._pipe], [], [], timeout)[0]:
            return []
        some = os.read(self._pipe, 65536)
        if not some:
            return None
        *whole, self._begun = (self._begun + some).split(b"\n")
        return whole


def _pipe() -> Tuple[int, int]:
    """A pipe whose ends are none of the standard descriptors, should the module have been started with one of them closed."""
    ends = os.pipe()
    try:
        theirs, ours = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_OF_OURS) for end in ends]
    finally:
        for end in ends:
            os.close(end)
    return theirs, ours


def _detach(pipe: int) -> None:
    os.chdir("/")  # a folder that is in use cannot be unmounted
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for descriptor in _open_descriptors():
        if descriptor >= _FIRST_OF_OURS and descriptor != pipe:
            with suppress(OSError):
                os.close(descriptor)


def _open_descriptors() -> List[int]:
    for folder in _OPEN_FILES:
        with suppress(OSError):
            return [int(name) for name in os.listdir(folder)]
    return list(range(os.sysconf("SC_OPEN_MAX")))
