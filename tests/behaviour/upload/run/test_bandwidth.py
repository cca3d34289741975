# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bandwidth_limit, with a clock of its own."""

from __future__ import annotations

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.body import BLOCK
from ansible_collections.photoyard.immich.plugins.module_utils._run import throttle
from ansible_collections.photoyard.immich.plugins.module_utils._run.throttle import Bandwidth, block_size
from support.collection import Cancelled


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the limit goes by."""
    found = Clock()
    monkeypatch.setattr(throttle, "time", found)
    return found


def test_a_thousand_bytes_a_second(clock: Clock) -> None:
    limit = Bandwidth(1000, lambda: None)
    for _ in range(11):
        limit.wait_for(500)
    assert clock.now == pytest.approx(105.0)


def test_without_a_limit_nobody_waits(clock: Clock) -> None:
    Bandwidth(None, lambda: None).wait_for(10**12)
    assert clock.now == 100.0


def test_a_stop_is_noticed_while_waiting(clock: Clock) -> None:
    def check_cancelled() -> None:
        if clock.now > 103:
            raise Cancelled("stop")

    limit = Bandwidth(1, check_cancelled)
    limit.wait_for(100)
    with pytest.raises(Cancelled):
        limit.wait_for(1)
    assert clock.now < 104


@pytest.mark.parametrize(("limit", "transfers"), [(10_240.0, 4), (5_000.0, 16), (1e6, 4), (1e9, 4), (None, 4)])
def test_no_connection_is_silent_for_as_long_as_a_proxy_waits(limit: float | None, transfers: int) -> None:
    size = block_size(limit, transfers)
    assert 4096 <= size <= BLOCK
    if limit is None or limit >= 1e9:
        assert size == BLOCK
    else:
        assert transfers * size / limit < 30
