# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that are killed in one of their steps, with everything that they have started; and the tables in the guides about it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.playbooks import processes
from support.playbooks.playbook import REPOSITORY, Playbook, Run
from support.waiting import looked

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

GIVE_UP_AFTER = 300.0  # seconds, on a busy machine

Reached = Callable[[], bool]


@dataclass
class Case:
    """One run of a role that is killed, and the next one.

    `begun` and `go` are files for tasks of the user's: they make the first, and wait for the second.
    """

    server: Emulator
    playbook: Playbook
    folder: Path
    name: Path
    variables: dict[str, Any]

    @property
    def begun(self) -> Path:
        return self.folder / "begun"

    @property
    def go(self) -> Path:
        return self.folder / "go"

    def waiting_tasks(self) -> list[dict[str, Any]]:
        """Tasks that wait."""
        script = f"touch {self.begun}; until test -e {self.go}; do sleep 0.05; done"
        return [{"name": "Wait", "ansible.builtin.command": {"argv": ["sh", "-c", script]}, "changed_when": True}]

    def kill_in(self, reached: Reached, *folders: Path) -> None:
        """Runs the playbook, and sends SIGKILL to all its processes in the moment that `reached` is true."""
        with self.playbook.start(self.name, server=self.server, variables=self.variables) as running:
            end = time.monotonic() + GIVE_UP_AFTER
            while not looked(reached, 0.01):
                assert running.process.poll() is None, running.finish().output
                assert time.monotonic() < end, running.stdout()
            processes.kill_all(self.playbook.home, *folders)
        if self.server.process is not None:
            self.server.clear_faults()

    def run(self) -> Run:
        """The playbook, to its end."""
        return self.playbook.run(self.name, timeout=GIVE_UP_AFTER, server=self.server, variables=self.variables).ok()

    def leases(self) -> list[str]:
        """The names of all leases in the ledgers of this host."""
        ledgers = self.playbook.state_home.rglob("leases-*.json")
        return [lease["lease"] for file in ledgers for lease in json.loads(file.read_text())["leases"]]


@dataclass(frozen=True)
class Step[Held: Case]:
    """A row of a guide's table: `hold` keeps a run in the step and tells when it is there, `left` asserts what is left of it."""

    what: str
    hold: Callable[[Held], Reached]
    left: Callable[[Held], None]


def hang(method: str, path: str, after: int = 0) -> Callable[[Case], Reached]:
    """Holds a run in the request after so many."""

    def hold(case: Case) -> Reached:
        case.server.fault(method, path, after=after, times=None, hang=True)
        return lambda: case.server.struck() > 0

    return hold


def rows(page: str, title: str) -> list[str]:
    """The first cells of the table below a title of a guide."""
    text = (REPOSITORY / "docs" / "docsite" / "rst" / f"{page}.rst").read_text(encoding="utf-8")
    section = re.split(r"\n[^\n]+\n[-~]{3,}\n", text.partition(f"\n{title}\n")[2].partition("\n")[2])[0]
    return [" ".join(cell.split()) for cell in re.findall(r"^   \* - (.*(?:\n     [^-\s].*|\n       .*)*)", section, re.MULTILINE)][1:]
