# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verb does where nothing fails, and what must hold after anything has failed."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.collection import ImmichError
from support.playbooks import processes
from support.run_cache import RunCache
from support.waiting import wait_until
from sweep.local_calls import Counting, watched
from sweep.points import Passing, surrounded
from sweep.worlds import World, opened

KINDS_OF_FAILURE = frozenset(
    (
        *("auth", "permission", "not_found", "validation", "quota", "maintenance", "version", "redirect", "proxy", "tls", "unreachable"),
        *("timeout", "server", "incomplete", "integrity", "local"),
    )
)
"""As `_client/errors.py` has them."""


class Reference(NamedTuple):
    """A run in which nothing fails: what is `seen` after it, how many requests each server got, the moments at which its process could be
    killed, and how many of its calls about files could fail, by the errors."""

    seen: dict[str, Any]
    requests: dict[str, int]
    moments: list[tuple[str, int]]
    calls: dict[str, int]


def find_reference(verb: str, folder: Path, cache: RunCache) -> Reference:
    """Of a new world."""
    passing, counting = Passing(), Counting()
    with opened(verb, folder, cache) as world:
        with surrounded(passing.around), watched(world.host, counting):
            world.run()
        requests = {side: len(server.requests()) for side, server in world.servers.items()}
        seen = world.seen()
        assert_settled(world, seen)
        return Reference(seen, requests, passing.moments(), dict(counting.counts))


def run_in_trouble(world: World, **told: Any) -> ImmichError | None:
    """What the run fails with; nothing if it does not fail."""
    try:
        world.run(**told)
    except ImmichError as error:
        return error
    return None


def assert_promises(
    world: World, reference: Reference, error: ImmichError | None, *, cause: str = "", pause_is_over: bool | None = None
) -> None:
    """What must hold after a run that met with trouble: at once, after the next run, and after one more."""
    if error is not None:
        assert_says_what_happened(world, error)
    assert world.lost() == set()
    assert world.half() == []
    for side in world.sides:
        may_last = world.pause_outlives_run if pause_is_over is None else not pause_is_over
        if pause_is_over:
            wait_until(partial(_is_nothing_paused, world, side))
        else:
            assert world.paused(side) <= (world.recorded(side) if may_last else set())
    world.help_by_hand(cause)
    world.run()
    assert world.seen() == reference.seen
    assert world.lost() == set()
    assert_settled(world, reference.seen)


def _is_nothing_paused(world: World, side: str) -> bool:
    return not world.paused(side)


def assert_settled(world: World, seen: dict[str, Any]) -> None:
    """One more run finds nothing to do, and nothing is left of any."""
    if world.repeats:
        assert world.run()["changed"] is False
        assert world.seen() == seen
    assert world.half() == []
    assert world.unfinished() == []
    assert {side: world.paused(side) for side in world.sides} == {side: set() for side in world.sides}


def assert_says_what_happened(world: World, error: ImmichError) -> None:
    """A failure has a kind and a sentence, and no key in it."""
    assert error.kind in KINDS_OF_FAILURE
    assert len(error.msg.split()) > 2
    said = f"{error.msg} {error.failure()} {error.result}"
    assert [key for key in world.place.keys if key in said] == []


def wait_for_guards(folder: Path) -> None:
    """Waits until no process of this folder is left: guards end once they have resumed what they watch over."""
    end = time.monotonic() + 60
    while left := processes.below(folder):
        if time.monotonic() > end:
            pytest.fail(f"the processes {left} have not ended")
        time.sleep(0.1)
