# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the real ansible-rulebook on a rulebook of the collection, and reads what it did."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from support.playbooks.playbook import REPOSITORY, Playbook, RunningPlaybook
from support.playbooks.readme import examples
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_eda.rst")
PROGRAMS = Path(sys.executable).parent


class Rulebook(RunningPlaybook):
    """A rulebook that runs, with the inventory of the guide or another. `tasks` are those of all that it ran."""

    def __init__(
        self, rulebook: str | Path, playbook: Playbook, server: Emulator, variables: dict[str, Any], inventory: str = "inventory.yml"
    ) -> None:
        folder = playbook.home / "rulebook"
        folder.mkdir(parents=True)
        (folder / "inventory.yml").write_text(GUIDE["inventory"])
        (folder / "vars.yml").write_text(yaml.safe_dump(variables, allow_unicode=True))
        command = [str(PROGRAMS / "ansible-rulebook"), "-r", str(rulebook), "-i", inventory, "--vars", "vars.yml", "--print-events"]
        path = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
        super().__init__(command, playbook.environment(server) | path, folder)

    @property
    def fired(self) -> int:
        """How many playbooks and modules have been run to their end."""
        return sum("stats" in line for line in self._lines())

    def events(self, text: str) -> int:
        """How many events with this text in them have come in."""
        return sum(text in event for event in self._read("stdout").split("[received event]")[1:])

    @property
    def log(self) -> str:
        """The output of ansible-rulebook."""
        return self._read("stdout") + self._read("stderr")

    def wait_for_events(self, more: int, text: str = "immich_server") -> None:
        """Until so many more events with this text in them have come in."""
        enough = self.events(text) + more
        self._wait(lambda: self.events(text) >= enough)

    def wait_fired(self, times: int) -> None:
        """Until it has fired so many times."""
        self._wait(lambda: self.fired >= times)

    def _wait(self, what: Callable[[], bool]) -> None:
        try:
            wait_until(lambda: what() or self.process.poll() is not None)
        except AssertionError as error:
            error.add_note(self.log)
            raise
        assert self.process.poll() is None, self.log
