# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed host itself dies: its disk survives, and with it the ledger, but nobody is left who would look into it."""

from __future__ import annotations

from pathlib import Path

from chaos import plays
from chaos.lab import GIVE_UP_AFTER, Lab
from chaos.scenario import scenario

HEAL = Path("photoyard.immich.heal")


@scenario("the host's power fails during the upload; then heal.yml runs on it")
def power_fails(lab: Lab) -> str:
    running = lab.start(plays.role(), lease_ttl=None)
    lab.wait_for_upload(running)
    running.kill()
    for name in ("controller", "sshd"):
        lab.kill_everything(name)
    running.process.wait(GIVE_UP_AFTER)
    lab.deed()
    return f"-9, {lab.run(HEAL).rc}"
