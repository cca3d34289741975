# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The notes that a guard leaves beside the ledger: what was released, and who watches."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.waiting import wait_until

from .conftest import Call, files
from .guarded import QUEUES
from .holder import Holder


@pytest.mark.parametrize("taken", [["smartSearch"], QUEUES])
def test_a_pause_by_hand_right_after_a_release_stays(
    server: Emulator, start: Callable[..., Holder], call: Call, state_home: Path, taken: list[str]
) -> None:
    """The guard sees only afterwards that its lease is gone, while queues of it are paused."""
    for by_hand_first in (True, False):
        holder = start("task").wait_for("held")
        holder.end()
        wait_until(lambda: any(state_home.glob("guard-*.lock")))
        os.kill(holder.guard, signal.SIGSTOP)
        if by_hand_first:
            call(state="paused", queues=taken)
        call(state="running", lease="nas")
        call(state="paused", queues=taken)
        os.kill(holder.guard, signal.SIGCONT)
        wait_until(lambda watched=holder: not watched.guard_lives())  # type: ignore[misc]
        assert server.paused() == set(taken)
        call(state="running", queues=taken)
    assert files(state_home) == []


def test_a_release_removes_the_file_of_a_killed_guard(server: Emulator, start: Callable[..., Holder], call: Call, state_home: Path) -> None:
    holder = start("task").wait_for("held")
    holder.end()
    wait_until(lambda: any(state_home.glob("guard-*.lock")))
    os.kill(holder.guard, signal.SIGKILL)
    wait_until(lambda: not holder.guard_lives())
    call(state="running", lease="nas")
    assert server.paused() == set()
    assert files(state_home) == []


def test_guard_removes_file_of_killed_guard_only(server: Emulator, start: Callable[..., Holder], call: Call, state_home: Path) -> None:
    def guard_files() -> list[Path]:
        return list(state_home.glob("guard-*.lock"))

    killed = start("task", lease="killed").wait_for("held")
    killed.end()
    wait_until(lambda: len(guard_files()) == 1)
    os.kill(killed.guard, signal.SIGKILL)
    wait_until(lambda: not killed.guard_lives())
    (left,) = guard_files()
    start("task", lease="first").wait_for("held").end()
    wait_until(lambda: len(guard_files()) == 1 and not left.exists())
    first = guard_files()
    start("task", lease="second").wait_for("held").end()
    wait_until(lambda: len(guard_files()) == 2)
    assert first[0] in guard_files(), "its guard lives"
    for lease in ("killed", "first", "second"):
        call(state="running", lease=lease)
    wait_until(lambda: files(state_home) == [])
