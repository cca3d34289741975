# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the server is asked about files, and about how many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload.check import LOOK_EVERY, batch_limits, max_batch_delay
from immich_emulator.testing import Emulator
from support.collection import BoundedQueue

from ..conftest import Uploads, names

CHECK = "ansible_collections.photoyard.immich.plugins.module_utils._upload.check"


def first_batch(queue: BoundedQueue[Any], how_patient: Callable[[], float]) -> list[Any]:
    """The first batch that the server would be asked about."""
    return next(queue.batches(batch_limits(), how_patient, LOOK_EVERY))


def lane_of(files: int) -> BoundedQueue[Any]:
    """A lane with so many files, which may get more."""
    queue: BoundedQueue[Any] = BoundedQueue(10_000, writers=1)
    queue.put(list(range(files)))
    return queue


def test_without_delay_a_single_file_is_asked_about() -> None:
    queue = lane_of(1)
    assert first_batch(queue, lambda: 0.0) == [0]


def test_files_wait_for_others_within_the_delay() -> None:
    queue = lane_of(10)
    threading.Timer(0.1, lambda: queue.put(list(range(10, 64)))).start()
    assert first_batch(queue, lambda: 3600.0) == list(range(64))


def test_delay_may_end_while_files_wait() -> None:
    queue = lane_of(10)
    seconds = [3600.0]
    threading.Timer(0.1, lambda: seconds.append(0.0)).start()
    assert first_batch(queue, lambda: seconds[-1]) == list(range(10))


def test_the_batches_grow() -> None:
    queue = lane_of(400)
    queue.close()
    assert [len(batch) for batch in queue.batches(batch_limits(), lambda: 3600.0, LOOK_EVERY)] == [64, 256, 80]


def test_batch_delay_is_long_while_busy_and_zero_when_blocked() -> None:
    enough = max_batch_delay(16, 4, others_may_come=True)
    assert enough == max_batch_delay(16, 4, others_may_come=False)
    assert enough > max_batch_delay(15, 4, others_may_come=True) > max_batch_delay(15, 4, others_may_come=False) == 0.0


def test_check_is_not_delayed_when_memory_is_full(
    uploads: Uploads, server: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 16 of them fit. Were they to wait for more, the run would not end in a day.
    monkeypatch.setattr(f"{CHECK}._DELAY", 86400.0)
    for number in range(40):
        (tmp_path / f"{number}.jpg").write_bytes(b"%03d" % number + bytes(1024 * 1024 - 3))
    assert uploads(tmp_path)["uploaded"] == 40
    assert len(names(server)) == 40
