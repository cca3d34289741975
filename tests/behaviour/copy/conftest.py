# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of copies share: whole runs in this process, over real HTTP from one embedded server to another."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from immich_emulator.testing import Emulator
from support.photos.libraries import Account
from support.runs import TRANSPORT
from support.runs import Copies as Copies
from support.runs import Result as Result
from support.tiers import newest_in_test


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    monkeypatch.setattr(f"{TRANSPORT}.delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture
def copies(emulator: Callable[..., Emulator]) -> Copies:
    """Copies from a server of the version before to one of the newest."""
    return Copies(Account(emulator(version="2.7", job_seconds=0.001)), Account(emulator(job_seconds=0.001)))


@pytest.fixture(params=newest_in_test("1.135 to 3.1", "2.7 to 3.1", "3.1 to 1.135", "3.1 to 3.1"))
def from_each(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Copies:
    """Copies between servers of several versions in turn."""
    source, target = request.param.split(" to ")
    return Copies(Account(emulator(version=source, job_seconds=0.001)), Account(emulator(version=target, job_seconds=0.001)))
