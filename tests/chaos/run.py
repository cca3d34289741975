# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one scenario."""

from __future__ import annotations

import tempfile
from pathlib import Path

from chaos import rows  # noqa: F401  # registers the scenarios
from chaos.lab import Lab
from chaos.scenario import SCENARIOS, Scenario
from chaos.verdict import Verdict, judge

__all__ = ["SCENARIOS", "run"]


def run(scenario: Scenario, connection: str) -> Verdict:
    """Brings the event about, and judges. What does not hold is in the verdict; only a lab that breaks down raises."""
    with (
        tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as folder,
        _lab(scenario, Path(folder), connection) as lab,
    ):
        return judge(lab, scenario.act(lab))


def _lab(scenario: Scenario, folder: Path, connection: str) -> Lab:
    return Lab(folder, connection, scenario.lease_ttl, scenario.ledger)
