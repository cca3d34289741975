# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger that somebody deletes while a lease is being released: what its process knows must be enough to resume all that it held."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from support.collection import Leases

from ..leases.world import Actor, World, use_clock_of

TTL = 10.0
HELD = ["metadataExtraction", "smartSearch"]


class Holder:
    """A process that holds a lease, and its guard, which knows what that process has said last."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.left = list(HELD)

    def begin(self, work: Callable[[Leases], Any]) -> Actor:
        """The process releases its lease in this way, a step at a time."""

        def run(actor: Actor) -> None:
            client = self.world.leases_of(actor)._client
            work(Leases(client, self.world.ledger_of(actor), self._note))

        actor = Actor(self.world, "release", "A", HELD, run)
        self.world.actors.append(actor)
        return actor

    def wake_guard(self) -> None:
        """Releases the lease, as the guard does once the process has died."""
        self.world.leases_of_survivor().release("A", self.left)

    def _note(self, _lease: str, queues: Collection[str]) -> None:
        self.left = [name for name in self.left if name not in queues]


def _one_by_one(leases: Leases) -> None:
    for name in HELD:
        leases.release_queues([name], "A", known=HELD)
    leases.release("A", HELD)


RELEASES: dict[str, Callable[[Leases], Any]] = {
    "together": lambda leases: leases.release("A", HELD),
    "one by one": _one_by_one,
    "when it has run out": lambda leases: leases.end_expired("A", HELD),
}


@pytest.mark.parametrize("ledger", ["server", "file"])
@pytest.mark.parametrize("dies", [False, True])
@pytest.mark.parametrize("how", RELEASES)
def test_a_ledger_lost_at_any_step_leaves_nothing_paused(
    ledger: str, how: str, dies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exhaustive: the release stands still after each of its steps, the ledger goes, and the release goes on or dies."""
    step, finished = 0, False
    while not finished:
        world = World(ledger, tmp_path / str(step))
        with monkeypatch.context() as patches:
            use_clock_of(world, patches)
            world.pause_by_hand("library")
            world.leases_of_survivor().hold("B", ["smartSearch"], 3 * TTL)
            world.leases_of_survivor().hold("A", HELD, TTL)
            world.leases_of_survivor().release("B")
            if how == "when it has run out":
                world.pass_time(TTL + 1)
            holder = Holder(world)
            actor = holder.begin(RELEASES[how])
            for _ in range(step):
                if not actor.done:
                    actor.go()
            finished = actor.done
            world.lose_ledger()
            if dies and not actor.done:
                actor.go("die")
                holder.wake_guard()
            actor.finish()
            world.look()
            world.sweep()
            assert world.paused == {"metadataExtraction": False, "smartSearch": False, "library": True}
        step += 1
    assert step > 3
