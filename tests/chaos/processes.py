# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that belong to a lab: all that its folder is named in the environment of."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# A master connection of OpenSSH stays for as long as ControlPersist says, and does no harm.
_LINGERS = ("ssh",)


@dataclass(frozen=True)
class Process:
    """A process as it was a moment ago."""

    pid: int
    parent: int
    name: str
    command: str


def of_lab(folder: Path) -> list[Process]:
    """The processes that Ansible started in this lab, and theirs, whether or not their parents live."""
    mark = f"={folder}/".encode()
    return [process for process, environment in _all() if mark in environment and process.name not in _LINGERS]


def running_module(folder: Path, module: str) -> Process:
    """The module's own process in this lab."""
    for process in of_lab(folder):
        if f"AnsiballZ_{module}.py" in process.command and process.name.startswith("python"):
            return process
    raise AssertionError(f"no module {module} runs")


def children(pid: int) -> list[Process]:
    """The processes that a process started itself."""
    return [process for process, _environment in _all() if process.parent == pid]


def kill_all(folder: Path) -> None:
    """SIGKILL to everything of a lab, as when its container is killed."""
    while found := of_lab(folder):
        for process in found:
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _all() -> Iterator[tuple[Process, bytes]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (entry / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if not status["State"].startswith("Z"):
            yield Process(int(entry.name), int(status["PPid"]), status["Name"], command), environment
