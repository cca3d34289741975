# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of copies share: whole runs in this process, over real HTTP from one embedded server to another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._client.api import Immich
from ansible_collections.selfhosted.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.selfhosted.immich.plugins.module_utils._client.errors import ImmichError
from ansible_collections.selfhosted.immich.plugins.module_utils._copy.context import CopyOptions
from ansible_collections.selfhosted.immich.plugins.module_utils._copy.run import copy
from ansible_collections.selfhosted.immich.plugins.module_utils._run.cancellation import Signals
from ansible_collections.selfhosted.immich.plugins.module_utils._run.report import with_run_lines
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.server.selection import Selection
from immich_emulator.testing import Emulator
from support.libraries import Account

Result = dict[str, Any]
TRANSPORT = "ansible_collections.selfhosted.immich.plugins.module_utils._client.transport"


class Copies:
    """Copies from one account to another."""

    def __init__(self, source: Account, target: Account) -> None:
        self.source = source
        self.target = target

    def __call__(
        self,
        *,
        check: bool = False,
        signals: Signals | None = None,
        selection: dict[str, Any] | None = None,
        before_sending: Callable[[Callable[[], None]], None] = lambda _check_cancelled: None,
        target_url: str | None = None,
        **options: Any,
    ) -> Result:
        """One run; raises what the task would fail with. `target_url` is that of a proxy in front of the target."""
        source = Immich(_connection(self.source), read_only=True)
        target = Immich(_connection(self.target, target_url), read_only=check)
        with closing(source), closing(target), signals or Signals("copy") as entered:
            return with_run_lines(
                lambda lines: copy(
                    source,
                    target,
                    CopyOptions(selection=Selection(**(selection or {})), **options),
                    check_mode=check,
                    signals=entered,
                    heartbeat=lambda: None,
                    before_sending=before_sending,
                    lines=lines,
                )
            )

    def failing(self, **options: Any) -> ImmichError:
        """One run that must fail; what it fails with."""
        with pytest.raises(ImmichError) as caught:
            self(**options)
        return caught.value


def _connection(account: Account, url: str | None = None) -> Connection:
    return Connection(url or account.server.url, ApiKey(account.api_key), timeout=5.0, retries=2)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    monkeypatch.setattr(f"{TRANSPORT}.delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture
def copies(emulator: Callable[..., Emulator]) -> Copies:
    """Copies from a server of the version before to one of the newest."""
    return Copies(Account(emulator(version="2.7", job_seconds=0.001)), Account(emulator(job_seconds=0.001)))


@pytest.fixture(params=["1.135 to 3.1", "2.7 to 3.1", "3.1 to 3.1", "3.1 to 1.135"])
def from_each(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Copies:
    """Copies between servers of several versions in turn."""
    source, target = request.param.split(" to ")
    return Copies(Account(emulator(version=source, job_seconds=0.001)), Account(emulator(version=target, job_seconds=0.001)))
