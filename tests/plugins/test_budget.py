# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The standard runs keep to their budget, and what counts them counts right."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest

from budget.compare import find_excess, read
from budget.counting import STEADY, measure, read_instructions, requests_of
from budget.relay import relaying
from budget.runs import RUNS
from support.http.answering import Reply, answering


@pytest.mark.check
@pytest.mark.parametrize("name", RUNS)
def test_run_keeps_its_budget(name: str, tmp_path: Path) -> None:
    """Else: make budget, and look whether that is meant."""
    assert find_excess(read()["runs"][name], measure(name, tmp_path), STEADY) == []


def test_budget_has_numbers_of_each_run() -> None:
    runs = read()["runs"]
    assert list(runs) == list(RUNS)
    assert {tuple(number for number in numbers if number != "instructions") for numbers in runs.values()} == {
        ("requests", "bytes", "packed", "loaded", "processes", "memory")
    }


@pytest.mark.parametrize(
    ("counted", "lines"),
    [
        ({"requests": 100}, []),
        ({"requests": 103}, []),
        ({"requests": 104}, ["requests: 104, and 100 in the budget (+4.0 %)"]),
        ({"requests": 96}, ["requests: 96, and 100 in the budget (-4.0 %)"]),
        ({"requests": 100, "memory": 54_000}, []),
        ({"requests": 100, "memory": 56_000}, ["memory: 56,000, and 50,000 in the budget (+12.0 %)"]),
        ({"requests": 100, "bytes": 9_000}, []),
        ({"requests": 100, "instructions": 7}, []),
    ],
    ids=["equal", "at_limit", "more", "less", "memory_at_limit", "memory_above", "not_named", "not_in_budget"],
)
def test_excess_names_numbers_beyond_their_limits(counted: dict[str, int], lines: list[str]) -> None:
    kept = {"requests": 100, "memory": 50_000, "bytes": 1_000}
    assert find_excess(kept, counted, ("requests", "memory", "instructions")) == lines


def test_requests_by_time_are_left_out() -> None:
    log = [{"method": "GET", "path": "/queues"}, {"method": "POST", "path": "/assets/bulk-upload-check"}]
    assert requests_of(log) == ["GET /queues"]


def test_instructions_are_read_from_valgrind() -> None:
    assert read_instructions("==3883== \n==3883== I refs:        434,239,754\n") == 434_239_754
    with pytest.raises(ValueError, match="valgrind: not found"):
        read_instructions("valgrind: not found\n")


def test_relay_counts_bytes_of_both_sides() -> None:
    with answering(lambda _request: Reply(body=b"x" * 1000)) as server, relaying(server.url) as relay:
        connection = http.client.HTTPConnection(relay.url.removeprefix("http://"), timeout=10)
        for _round in range(2):
            connection.request("POST", "/", b"y" * 500)
            assert connection.getresponse().read() == b"x" * 1000
        connection.close()
    assert 3_000 < relay.bytes < 4_500
    assert len(server.seen) == 2
