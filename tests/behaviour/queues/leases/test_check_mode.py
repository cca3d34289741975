# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Beside leases that have run out, check mode says what the run then says, and both say how the queues are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from immich_emulator.testing import Emulator

from .conftest import Call


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """A result without the moments that depend on when the call was made."""
    lease = result.get("lease")
    return {**result, "lease": lease and {**lease, "expires_at": None}}


def paused_by(result: dict[str, Any]) -> dict[str, bool]:
    return {queue["name"]: queue["paused"] for queue in result["queues"]}


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"state": "running", "lease": "nas", "wait": True}, {"metadataExtraction", "smartSearch", "ocr"}),
        ({"state": "running", "lease": "nas"}, {"metadataExtraction", "smartSearch", "ocr"}),
        ({"state": "paused", "lease": "nas"}, {"metadataExtraction", "smartSearch", "ocr"}),
        ({"wait": True}, {"metadataExtraction"}),
    ],
    ids=["release-and-wait", "release", "renew", "wait"],
)
def test_check_mode_with_leases_predicts_result(
    server: Emulator, call_in_ledger: Call, run_out: Callable[..., None], asked: dict[str, Any], shown: set[str]
) -> None:
    server.pause("library")
    call_in_ledger(state="paused", lease="nas", queues=["smartSearch", "ocr"])
    run_out(lease="old", queues=["metadataExtraction", "smartSearch"])
    asked = {"queues": ["metadataExtraction"], **asked}
    predicted = call_in_ledger(check_mode=True, **asked)
    assert server.paused() == {"library", "metadataExtraction", "smartSearch", "ocr"}
    done = call_in_ledger(**asked)
    assert comparable(predicted) == comparable(done)
    assert paused_by(done) == {name: name in server.paused() for name in shown}
    assert done["expired_leases"] == ["old"]
    assert call_in_ledger(**asked)["changed"] is False


def test_pause_with_wait_shows_all_queues_of_lease(server: Emulator, call_in_ledger: Call) -> None:
    call_in_ledger(state="paused", lease="nas", queues=["smartSearch", "ocr"])
    asked: dict[str, Any] = {"state": "paused", "lease": "nas", "queues": ["smartSearch"]}
    expected = {"smartSearch": True, "ocr": True}
    assert paused_by(call_in_ledger(**asked)) == expected
    assert paused_by(call_in_ledger(check_mode=True, wait=True, **asked)) == expected
    assert paused_by(call_in_ledger(wait=True, **asked)) == expected
