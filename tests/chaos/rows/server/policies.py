# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy pauses queues, and nothing runs it any more."""

from __future__ import annotations

from chaos.lab import LEASE_TTL, Lab
from chaos.scenario import scenario


@scenario("the schedule of a policy dies while the policy has paused")
def schedule_dies(lab: Lab) -> str:
    always_busy = {"name": "busy", "value": 2, "pause_above": 1, "resume_below": 0}
    play = [{"hosts": "all", "gather_facts": False, "roles": ["photoyard.immich.immich_policy"]}]
    run = lab.run(play, immich_policy_load=[always_busy], immich_policy_lease_ttl=LEASE_TTL, immich_policy_ledger=lab.ledger)
    lab.deed()
    return str(run.rc)
