# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one scenario."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from chaos import rows  # noqa: F401  # registers the scenarios
from chaos.lab import Lab
from chaos.scenario import SCENARIOS, Scenario
from chaos.verdict import Verdict, judge

__all__ = ["SCENARIOS", "run"]


def run(scenario: Scenario, connection: str, *, on_real_server: bool = False) -> Verdict:
    """Brings the event about, and judges. What does not hold is in the verdict; only a lab that breaks down raises."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True)))
        lab = stack.enter_context(Lab(folder, connection, scenario.ledger, on_real_server=on_real_server))
        return judge(lab, scenario.act(lab))
