# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade of a server by the role immich_upgrade, which a test kills or lets fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from immich_emulator.testing import Emulator
from support.photos.libraries import Account
from support.playbooks.killed import GIVE_UP_AFTER, Case
from support.playbooks.playbook import Run

UPGRADE = Path("photoyard.immich.upgrade")
ADMINS = {"smartSearch"}
"""The queues that the administrator has paused."""


@dataclass
class Upgrade(Case):
    """A server of Immich 2.7 that can become one of 3.1 over the same data."""

    data: Path
    dest: Path
    paused: set[str] = field(default_factory=set)
    struck_at_start: int = 0
    """How many requests of guards met with trouble while the new version started."""

    def stop(self) -> None:
        """Immich stops. Which queues are paused stays in Redis."""
        self.paused = self.server.paused()
        self.server.stop()

    def start_new_version(self) -> None:
        port = self.server.url.rpartition(":")[2]
        if self.server.process is not None:
            self.stop()
        self.server.arguments = ["--version", "3.1", "--data", str(self.data), "--port", port, "--job-seconds", "0.001"]
        self.server.start()
        self.server.fault(times=None, status=502)  # a guard that still looks for the old version must not see a queue that runs
        for name in self.paused - {"metadataExtraction"}:  # which Immich resumes when it starts
            self.server.pause(name)
        self.server.clear_faults()
        self.struck_at_start = self.server.struck()

    def version(self) -> str:
        return self.server.arguments[1]

    def was_begun(self) -> bool:
        """Whether the record of an upgrade that is under way lies beside the backup."""
        return (self.dest / "upgrade-to-3.1.0.json").exists()

    def play(self, during_tasks: Callable[[], None] | None = None) -> Run:
        """A run to its end. While the user's tasks wait, `during_tasks` happens: by itself, they start the new version."""
        self.begun.unlink(missing_ok=True)
        self.go.unlink(missing_ok=True)
        with self.playbook.start(self.name, server=self.server, variables=self.variables) as running:
            while running.process.poll() is None:
                if self.begun.exists() and not self.go.exists():
                    (during_tasks or self.start_new_version)()
                    self.go.touch()
                time.sleep(0.02)
            return running.finish(GIVE_UP_AFTER)


def put_a_photo_into_trash(server: Emulator) -> None:
    """The first asset of a server."""
    Account(server).ask("DELETE", "/assets", json={"ids": [server.state()["assets"][0]["id"]]})
