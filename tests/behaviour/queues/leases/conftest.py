# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of ledgers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import LedgerOptions, choose_ledger, describe, manage

from ..conftest import Connect, options

QUEUES = ["smartSearch", "ocr"]
THREE_QUEUES = [*QUEUES, "library"]
Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(server: Emulator, connect: Connect) -> Call:
    return lambda **given: manage(connect(server), options(**{"queues": QUEUES, **given}), False)


@pytest.fixture
def call_in_ledger(server: Emulator, connect: Connect, ledger: str) -> Call:
    """Runs immich_jobs on the server, in the ledger that is being tested: ``call_in_ledger(state=…, lease=…)``."""

    def run(check_mode: bool = False, key: str | None = None, **given: Any) -> dict[str, Any]:
        client = connect(server, key, read_only=check_mode)
        return manage(client, options(**{"ledger": ledger, "queues": THREE_QUEUES, **given}), check_mode)

    return run


@pytest.fixture
def leases(server: Emulator, connect: Connect, ledger: str) -> Callable[[], list[dict[str, Any]]]:
    """A function that returns the leases as immich_jobs_info does, from the ledger that is being tested."""

    def look() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = describe(connect(server, read_only=True), options(ledger=ledger).ledger)["leases"]
        return found

    return look


@pytest.fixture
def run_out(server: Emulator, connect: Connect, call_in_ledger: Call, ledger: str) -> Callable[..., None]:
    """Takes a lease that has run out by the time that this returns: ``run_out(lease=…)``."""

    def take(**given: Any) -> None:
        call_in_ledger(state="paused", **given)
        chosen = choose_ledger(connect(server), LedgerOptions(ledger))
        (mine,) = (record for record in chosen.records() if record.lease == given["lease"])
        assert chosen.renew(mine, 1e-6)

    return take
