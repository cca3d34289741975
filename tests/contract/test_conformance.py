# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded server answers the conformance scenario as the real servers did."""

from __future__ import annotations

import pytest

from contract.conformance import record_files
from contract.conformance.compare import answer_differences
from contract.conformance.recorder import Record
from contract.conformance.scenario import GROUPS


@pytest.mark.parametrize("group", GROUPS)
def test_answers_as_the_real_server(conformance: tuple[str, Record], group: str) -> None:
    version, record = conformance
    mine = {exchange["step"]: exchange for exchange in record.exchanges if exchange["group"] == group}
    wanted = [e for e in record_files.of_version(version) if e["group"] == group and e["response"] is not None]
    different = {e["step"]: answer_differences(e, mine.get(e["step"])) for e in wanted}
    assert wanted
    assert {step: found for step, found in different.items() if found} == {}
