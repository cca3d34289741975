# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a server, group by group. Each step's answer is one line of `records/<version>.jsonl`."""

from __future__ import annotations

from contract.conformance.recorder import Recorder
from contract.conformance.scenario.assets import albums, assets, check, duplicates, stacks, tags, trash, upload
from contract.conformance.scenario.shared import Scenario
from contract.conformance.scenario.system import (
    administration,
    backups,
    general,
    integrity,
    keys,
    pause,
    queues,
    quota,
    resources,
    restart,
)

GROUPS = {
    "general": general.ask,
    "keys": keys.ask,
    "upload": upload.ask,
    "check": check.ask,
    "assets": assets.ask,
    "trash": trash.ask,
    "albums": albums.ask,
    "tags": tags.ask,
    "stacks": stacks.ask,
    "queues": queues.ask,
    "pause": pause.ask,
    "quota": quota.ask,
    "administration": administration.ask,
    "resources": resources.ask,
    "duplicates": duplicates.ask,
    "backups": backups.ask,
    "integrity": integrity.ask,
    "restart": restart.ask,
}


def run(recorder: Recorder) -> None:
    """Asks everything, in order; later groups build on what earlier ones made."""
    scenario = Scenario(recorder)
    scenario.begin()
    for name, ask in GROUPS.items():
        recorder.group(name)
        ask(scenario)
