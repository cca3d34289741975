# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes a playbook starts, and which it has left behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def below(folder: Path) -> list[int]:
    """The ids of processes, other than this one, that were started with a folder below this one in their arguments or environment."""
    return started_with(str(folder))


def started_with(text: str) -> list[int]:
    """The ids of processes, other than this one, that were started with this text in their arguments or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if text.encode() in arguments and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def kill_guards(folder: Path) -> None:
    """SIGKILL to the guards of leases that modules below this folder left behind: each leads a session of its own."""
    for process in below(folder):
        with suppress(OSError):
            if os.getsid(process) == process and b"AnsiballZ_" in Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(process, signal.SIGKILL)


def kill_all(*folders: Path) -> None:
    """SIGKILL to everything that was started with one of these folders, as when its container is killed: none sees another die."""
    while found := [process for folder in folders for process in below(folder)]:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in found:
                with suppress(ProcessLookupError):
                    os.kill(process, number)


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """Every command line of any process that was seen while the block ran."""
    seen: set[bytes] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):  # modules run for longer
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(process.read_bytes())
                except OSError:
                    continue  # it has ended meanwhile

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
