# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that belong to a lab: all that its folder is named in the environment of."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# A master connection of OpenSSH stays for as long as ControlPersist says, and does no harm.
_LINGERS = ("ssh",)


@dataclass(frozen=True)
class Process:
    """A process as it was a moment ago."""

    pid: int
    name: str
    command: str


def of_lab(folder: Path) -> list[Process]:
    """The processes that Ansible started in this lab, and theirs, whether or not their parents live."""
    mark = f"={folder}/".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                if mark in (entry / "environ").read_bytes():  # empty for a zombie
                    found.append(_process(entry))
    return [process for process in found if process.name not in _LINGERS]


def runs_module(folder: Path, module: str) -> bool:
    """Whether a module runs in this lab."""
    return bool(_of_module(folder, module, leads_session=False))


def running_module(folder: Path, module: str) -> Process:
    """The module's own process in this lab. (Its guard leads a session of its own.)"""
    for process in _of_module(folder, module, leads_session=False):
        return process
    raise AssertionError(f"no module {module} runs")


def guards(folder: Path, module: str) -> list[Process]:
    """The processes that a module of this lab left behind, or keeps beside it, as its guards."""
    return _of_module(folder, module, leads_session=True)


def children(pid: int) -> list[int]:
    """The processes that a process started itself."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def kill_all(folder: Path) -> None:
    """SIGKILL to everything of a lab, as when its container is killed: none lives to see another die."""
    while found := of_lab(folder):
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in found:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, number)


def _of_module(folder: Path, module: str, *, leads_session: bool) -> list[Process]:
    found = []
    for process in of_lab(folder):
        if f"AnsiballZ_{module}.py" in process.command and process.name.startswith("python"):
            with suppress(ProcessLookupError):  # it has ended meanwhile
                if (os.getsid(process.pid) == process.pid) == leads_session:
                    found.append(process)
    return found


def _process(entry: Path) -> Process:
    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return Process(int(entry.name), (entry / "comm").read_text().strip(), command)
