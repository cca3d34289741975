# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of stacks share: whole runs in this process, over real HTTP to an embedded server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._stacks.run import stack
from immich_emulator.testing import Emulator
from support.collection import KINDS, ApiKey, Connection, Immich, StackOptions
from support.stops import StoppedRun
from support.tiers import newest_in_test

Result = dict[str, Any]


class Stacking:
    """Stacks what one server has."""

    def __init__(self, server: Emulator) -> None:
        self.server = server

    def __call__(
        self, *, check: bool = False, api_key: str | None = None, check_stop: Callable[[], None] = lambda: None, **options: Any
    ) -> Result:
        """Runs once and returns the result. Raises the ImmichError that the task would fail with."""
        connection = Connection(self.server.url, ApiKey(api_key or self.server.api_key), timeout=5.0, retries=1)
        with closing(Immich(connection, read_only=check)) as client:
            return stack(client, StackOptions(**{"kinds": KINDS, **options}), StoppedRun(check_stop), check_mode=check)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    module = "ansible_collections.photoyard.immich.plugins.module_utils._client.transport"
    monkeypatch.setattr(f"{module}.delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture
def stacking(emulator: Callable[..., Emulator]) -> Stacking:
    """Stacks what a server of the newest version has."""
    return Stacking(emulator(job_seconds=0.001))


@pytest.fixture(params=newest_in_test("1.135", "2.7", "3.1"))
def each_version(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Stacking:
    """Stacks what a server of each version has, in turn."""
    return Stacking(emulator(version=request.param, job_seconds=0.001))
