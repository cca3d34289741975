# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever dies: what ran before runs again, what was paused by hand is still paused, and no lease is left. A row an event."""

from __future__ import annotations

import pytest

from chaos.run import SCENARIOS, run


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_queues_run_again(name: str) -> None:
    scenario = SCENARIOS[name]
    verdict = run(scenario, scenario.connections[0])
    assert verdict.holds, f"{scenario.event}: {verdict.problems}"
