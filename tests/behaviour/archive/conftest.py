# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive's tests share: whole runs in this process, over real HTTP to an embedded server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._client import transport
from immich_emulator.testing import Emulator
from support.photos.libraries import Account
from support.runs import Archives as Archives
from support.runs import Result as Result


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    monkeypatch.setattr(transport, "delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture
def archives(emulator: Callable[..., Emulator], tmp_path: Path) -> Archives:
    """Runs from a server of the newest version."""
    return Archives(Account(emulator(job_seconds=0.001)), tmp_path / "archive")


@pytest.fixture(params=["1.135", "2.7", "3.1"])
def each_version(request: pytest.FixtureRequest, emulator: Callable[..., Emulator], tmp_path: Path) -> Archives:
    """Runs from a server of each version in turn."""
    return Archives(Account(emulator(version=request.param, job_seconds=0.001)), tmp_path / "archive")


def counts(result: Result) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in result["counts"].items() if count}
