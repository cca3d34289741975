# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue between two stages."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload.hashing import Budget
from support.collection import BoundedQueue, Cancelled


def test_things_come_out_in_order_and_then_the_end() -> None:
    queue: BoundedQueue[int] = BoundedQueue(10, writers=2)
    queue.put([1, 2, 3])
    queue.close()
    assert queue.take(2) == [1, 2]
    queue.put([4])
    queue.close()
    assert queue.take(5) == [3, 4]
    assert queue.take(5) is None


def test_take_returns_nothing_after_its_timeout() -> None:
    queue: BoundedQueue[int] = BoundedQueue(10, writers=1)
    assert queue.take(1, timeout=0.0) == []


def test_a_reader_may_wait_for_enough() -> None:
    queue: BoundedQueue[int] = BoundedQueue(10, writers=1)
    queue.put([1])
    taken: list[list[int] | None] = []
    reader = threading.Thread(target=lambda: taken.append(queue.take(5, timeout=60.0, enough=3)))
    reader.start()
    for number in (2, 3):
        assert not taken
        queue.put([number])
    reader.join()
    assert taken == [[1, 2, 3]]
    queue.put([4])
    assert queue.take(5, timeout=0.0, enough=3) == [4]
    queue.put([5])
    queue.close()
    assert queue.take(5, timeout=60.0, enough=3) == [5]
    assert queue.take(5, timeout=60.0, enough=3) is None


def test_a_writer_waits_for_room() -> None:
    queue: BoundedQueue[int] = BoundedQueue(3, writers=1)

    def write() -> None:
        for number in range(100):
            queue.put([number])
        queue.close()

    writer = threading.Thread(target=write)
    writer.start()
    taken: list[int] = []
    while (some := queue.take(2)) is not None:
        assert len(some) <= 2
        taken += some
    writer.join()
    assert taken == list(range(100))


def test_cancel_wakes_all_waiting_threads() -> None:
    queue: BoundedQueue[int] = BoundedQueue(1, writers=1)
    empty: BoundedQueue[int] = BoundedQueue(1, writers=1)
    budget = Budget(10)
    queue.put([1])
    budget.take(10)
    woken: list[str] = []

    def wait(name: str, what: object) -> None:
        with pytest.raises(Cancelled):
            what()  # type: ignore[operator]
        woken.append(name)

    waiting = [
        threading.Thread(target=wait, args=one)
        for one in (
            ("put", lambda: queue.put([2])),
            ("take", lambda: empty.take(1)),
            ("budget", lambda: budget.take(1)),
            ("budget", lambda: budget.take(1)),
        )
    ]
    for thread in waiting:
        thread.start()
    for one in (queue, empty, budget):
        one.cancel()
    for thread in waiting:
        thread.join()
    assert sorted(woken) == ["budget", "budget", "put", "take"]


def test_a_file_larger_than_the_budget_goes_ahead_alone() -> None:
    budget = Budget(10)
    held = budget.take(1000)
    assert held == 10
    budget.give_back(held)
    assert budget.take(3) + budget.take(7) == 10


def test_budget_is_given_in_turn() -> None:
    budget = Budget(10)
    held = budget.take(10)
    got: list[int] = []

    def take(size: int) -> None:
        got.append(budget.take(size))
        budget.give_back(size)

    waiting = [threading.Thread(target=take, args=(size,)) for size in (6, 5, 4)]
    for thread in waiting:
        thread.start()
    for _dummy in range(held):
        budget.give_back(1)
    for thread in waiting:
        thread.join()
    assert sorted(got) == [4, 5, 6]
    assert not budget.is_short
