# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clears up after a proof, however that ends: its processes, and the folder of its scratch database.

A process forked beforehand waits at the end of a pipe. When the pipe ends, because the proof is over or because the module was killed, it
clears up. What even that process has left behind, the next proof on the host deletes. It believes nothing in a folder that another user
could have made.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from contextlib import suppress
from typing import List, NamedTuple, Optional, Sequence

from ... import _own_files
from ..._queues import processes
from ..._queues.guard import child

PREFIX = "immich-proof-"
"""How the names of these folders begin."""
DATA = "data"
"""The folder of the server's data in one."""

_STOP_WITHIN = 10.0  # seconds
_YOUNG = 1.0  # seconds in which a folder may not be locked yet


class StartedProcess(NamedTuple):
    """A process that was started. `start` is when, in ticks of the kernel: a later process may get its number."""

    pid: int
    start: int


class Keeper:
    """The process that clears up, as a context manager. To be made before this process starts a thread."""

    def __init__(self) -> None:
        self._child = child.fork(_keep)

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close()
        with suppress(ChildProcessError):
            os.waitpid(self._child.pid, 0)

    def watch_folder(self, folder: str) -> None:
        """Has a folder deleted, and the server in it ended."""
        self._child.send(b"folder " + os.fsencode(folder).hex().encode())

    def watch_process(self, pid: int) -> None:
        """Has a process ended, which is a child of this one and was not waited for yet."""
        start = _start_of(pid)
        if start is not None:
            self._child.send(b"process %d %d" % (pid, start))


def lock_folder(folder: str) -> int:
    """Marks a folder as one in use, as long as the descriptor is open, for `delete_remains`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def delete_remains(parent: str) -> None:
    """Deletes what proofs of this user have left in a folder, whose own processes were killed with them."""
    names: List[str] = []
    with suppress(OSError):
        names = [name for name in os.listdir(parent) if name.startswith(PREFIX)]
    for name in names:
        with suppress(OSError):
            folder = os.path.join(parent, name)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                status = os.fstat(descriptor)
                if status.st_uid == os.geteuid() and time.time() - status.st_mtime > _YOUNG:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _clear(folder, [])
            finally:
                os.close(descriptor)


def _keep(pipe: int) -> None:
    """What the forked process does."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    mailbox = child.Mailbox(pipe)
    folders: List[str] = []
    started: List[StartedProcess] = []
    while True:
        lines = mailbox.lines(None)
        if lines is None:
            break
        for line in lines:
            kind, *words = line.decode("ascii").split(" ")
            if kind == "process":
                started.append(StartedProcess(int(words[0]), int(words[1])))
            else:
                folders.append(os.fsdecode(bytes.fromhex(words[0])))
                with suppress(OSError):
                    lock_folder(folders[-1])
    for folder in folders:
        _clear(folder, started)
    _kill(started)


def _clear(folder: str, started: Sequence[StartedProcess]) -> None:
    begun = time.monotonic()
    while time.monotonic() < begun + _STOP_WITHIN:
        server = _server_in(folder)
        _kill([process for process in started if server is None or process.pid != server.pid])
        if server is None:
            break
        with suppress(OSError):  # at SIGQUIT, a server ends those that it has started
            os.kill(server.pid, signal.SIGQUIT if time.monotonic() < begun + _STOP_WITHIN / 2 else signal.SIGKILL)
        time.sleep(0.05)
    for _attempt in range(5):  # a program that was just starting may still write
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(0.2)


def _kill(started: Sequence[StartedProcess]) -> None:
    for process in started:
        with suppress(OSError):
            if _start_of(process.pid) == process.start:
                os.kill(process.pid, signal.SIGKILL)


def _server_in(folder: str) -> Optional[StartedProcess]:
    """The server whose data are in the folder, if it runs. Its user and group are those of the data, and its -D is their folder."""
    data = os.path.join(folder, DATA)
    with suppress(OSError, ValueError):
        status = os.stat(data, follow_symlinks=False)
        pid = int((_own_files.read_start(os.path.join(data, "postmaster.pid"), 20) or b"").partition(b"\n")[0])
        start = _start_of(pid)
        owner = os.stat("/proc/%d" % pid)
        if start is not None and (owner.st_uid, owner.st_gid) == (status.st_uid, status.st_gid):
            arguments = processes.command_line(pid).split(b"\0")
            if b"-D" in arguments and arguments[arguments.index(b"-D") + 1] == os.fsencode(data):
                return StartedProcess(pid, start)
    return None


def _start_of(pid: int) -> Optional[int]:
    """When a process was started; None where it does not run, or the system does not say."""
    process = processes.find_process(pid)
    return None if process is None or process.has_ended else process.started
