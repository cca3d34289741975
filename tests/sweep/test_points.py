# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points: a process is killed before and after each durable step, or its host loses power there, and what is not synced with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.playbooks import processes
from support.run_cache import RunCache
from sweep.choice import Case, noted
from sweep.points import POINTS, Point, function_of
from sweep.promises import Reference, assert_promises, wait_for_guards
from sweep.worlds import WORLDS, World, opened

WIDTH = 48
"""Of so many moments, `make check` has a process killed in one."""

LEASE_SECONDS = 2.0
"""How long a lease lasts whose guard only watches."""


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name.replace(" ", "_"))
def test_point_names_function_of_product(point: Point) -> None:
    assert callable(function_of(point))
    assert [one.name for one in POINTS].count(point.name) == 1


def test_each_point_is_reached_by_a_verb(reference: Callable[[str], Reference]) -> None:
    reached = {point for verb in WORLDS for point, _number in reference(verb).moments}
    assert [point.name for point in POINTS if point.name not in reached] == []


@pytest.mark.parametrize("loss", ["process", "power"])
@pytest.mark.parametrize("verb", WORLDS)
def test_verb_survives_death_at_point(
    case: Case, run_cache: RunCache, tmp_path: Path, reference: Callable[[str], Reference], verb: str, loss: str
) -> None:
    known = reference(verb)
    for number in case.numbers(width=WIDTH, known=len(known.moments)):
        if number > len(known.moments):
            return
        case.tried(number)
        point, passed = known.moments[number - 1]
        where = f"Killed {'after' if passed % 2 == 0 else 'before'} step {(passed + 1) // 2} of the point '{point}'."
        with noted(case.again(number)), noted(where), opened(verb, tmp_path / "world", run_cache) as world:
            die(world, f"{point} {passed}", power=loss == "power")
            prefix = "power: " if loss == "power" else ""
            assert_promises(world, known, None, cause=f"{prefix}{point} {passed}", pause_is_over=loss == "process")


def die(world: World, moment: str, *, power: bool) -> None:
    """Runs the verb in a process that dies at a moment. Guards resume what it paused, but for a loss of power, with which they die."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SWEEP_PLACE": replace(world.place, lease_seconds=LEASE_SECONDS if world.pause_outlives_run else 900.0).to_json(),
        "SWEEP_KILL": moment,
        **({"SWEEP_POWER": "1"} if power else {}),
    }
    command = [sys.executable, "-m", "sweep.process", world.verb]
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    if power:
        processes.kill_all(world.folder)
    else:
        wait_for_guards(world.folder)
