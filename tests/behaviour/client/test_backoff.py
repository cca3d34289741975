# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a retry waits."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.transport import delay_before


def test_four_retries_outlast_a_restart_of_a_known_server() -> None:
    assert 30 < sum(delay_before(n, known_server=True) for n in range(4)) < 60


def test_backoff_for_unknown_server_is_short() -> None:
    assert sum(delay_before(n, known_server=False) for n in range(4)) < 6


@pytest.mark.parametrize(
    ("header", "low", "high"), [("7", 7, 7), ("0", 0, 0), ("99999", 120, 120), ("9" * 500, 120, 120), ("2.5", 2.5, 2.5)]
)
def test_retry_after_in_seconds_is_honoured_within_bounds(header: str, low: float, high: float) -> None:
    assert low <= delay_before(0, known_server=True, retry_after=header) <= high


def test_retry_after_as_a_date_is_honoured() -> None:
    now = time.time()
    delay = delay_before(0, known_server=True, retry_after=formatdate(now + 10, usegmt=True))
    assert 9 - (time.time() - now) <= delay <= 10.5  # the date has no fractions of a second


@pytest.mark.parametrize(
    "header",
    ["soon", "", "Thu, 99 Foo", "-3", "nan", "inf", "1e9", "\u0663", "Thu, 01 Jan 99999 00:00:00 GMT", "Thu, 01 Jan 2099 99:99:99 GMT"],
)
def test_nonsense_in_retry_after_is_ignored(header: str) -> None:
    assert 0 < delay_before(0, known_server=True, retry_after=header) < 1


def test_many_retries_wait_no_longer_than_half_a_minute_each() -> None:
    assert 20 < delay_before(100_000, known_server=True) < 40
