# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two promises of a lease, under any interleaving of steps, crashes, lost answers, restarts and hands on the web interface.

1. Once all leases have ended or run out, and a sweep has run, no queue is paused that nobody paused by hand.
2. A queue that somebody paused by hand is never resumed, unless a lease named it at that time. A lease that has run out names none
   after anyone has looked.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from ansible_collections.photoyard.immich.plugins.module_utils._queues.control import set_queues_paused
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.record import leases_by_queue
from support.collection import ImmichError, Leases
from support.examples import examples

from .world import QUEUES, Actor, World, use_clock_of

LEASES = st.sampled_from(["nas", "awx", "policy"])
QUEUE = st.sampled_from(QUEUES)
TTL = 10.0


def _hold(lease: str, wanted: list[str]) -> Any:
    def work(leases: Leases) -> None:
        leases.hold(lease, wanted, TTL)
        leases.sweep()

    return work


def _pause_again(lease: str) -> Any:
    def work(leases: Leases) -> None:
        try:
            leases.pause_again(lease)
        except ImmichError:
            leases.tidy()

    return work


def _renew(lease: str) -> Any:
    def work(leases: Leases) -> None:
        if leases.renew(lease, TTL):
            _pause_again(lease)(leases)

    return work


class Promises(RuleBasedStateMachine):
    """Holders, their guards and renewers, sweepers, and an administrator."""

    ledger = "server"

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.patches = pytest.MonkeyPatch()
        self.world = World(self.ledger, self.folder)
        use_clock_of(self.world, self.patches)

    def _busy(self, lease: str, *kinds: str) -> bool:
        return any(actor.lease == lease and actor.kind in kinds for actor in self.world.actors)

    @rule(lease=LEASES, wanted=st.lists(QUEUE, min_size=1, unique=True))
    def hold(self, lease: str, wanted: list[str]) -> None:
        if not self._busy(lease, "hold", "release"):
            self.world.start("hold", lease, wanted, _hold(lease, wanted))

    @rule(lease=LEASES)
    def release(self, lease: str) -> None:
        if not self._busy(lease, "hold", "release"):
            self.world.start("release", lease, (), lambda leases: leases.release(lease))

    @rule(lease=LEASES, some=QUEUE)
    def release_one(self, lease: str, some: str) -> None:
        if not self._busy(lease, "hold", "release"):
            self.world.start("release", lease, (), lambda leases: leases.release_queues([some], lease))

    @rule(lease=LEASES)
    def renew(self, lease: str) -> None:
        if not self._busy(lease, "renew"):
            self.world.start("renew", lease, (), _renew(lease))

    @rule(lease=LEASES)
    def guard(self, lease: str) -> None:
        if not self._busy(lease, "guard"):
            self.world.start("guard", lease, (), _pause_again(lease))

    @rule()
    def sweep(self) -> None:
        if sum(actor.kind == "sweep" for actor in self.world.actors) < 2:
            self.world.start("sweep", "", (), lambda leases: leases.sweep())

    @precondition(lambda self: not self.world.actors)
    @rule(lease=LEASES, wanted=st.lists(QUEUE, min_size=1, unique=True))
    def hold_undisturbed(self, lease: str, wanted: list[str]) -> None:
        self.world.leases_of_survivor().hold(lease, wanted, TTL)
        mine = {name for record in self.world.records() if record.lease == lease and record.live for name in record.held}
        assert all(self.world.paused[name] for name in (*wanted, *mine))
        assert mine.isdisjoint(self.world.protected)

    @precondition(lambda self: not self.world.actors)
    @rule(lease=LEASES)
    def release_undisturbed(self, lease: str) -> None:
        others = leases_by_queue([record for record in self.world.records() if record.lease != lease])
        kept = {name for name in others if self.world.paused[name]}
        self.world.leases_of_survivor().release(lease)
        assert all(self.world.paused[name] for name in kept), "the last one out resumes, and nobody before"
        assert all(record.lease != lease for record in self.world.records())

    @precondition(lambda self: not self.world.actors)
    @rule(lease=LEASES)
    def guard_undisturbed(self, lease: str) -> None:
        self.world.leases_of_survivor().pause_again(lease)
        mine = [record for record in self.world.records() if record.lease == lease]
        assert all(self.world.paused[name] for name in leases_by_queue(mine))
        assert all(record.live for record in self.world.records()), "a pause by hand is taken for one of a lease that has run out"

    @rule(which=st.integers(0, 9), steps=st.integers(1, 6))
    def check_cancelled(self, which: int, steps: int) -> None:
        for _ in range(steps):
            if self.world.actors:
                self.world.actors[which % len(self.world.actors)].go()
                self.world.look()

    @precondition(lambda self: self.world.actors)
    @rule(which=st.integers(0, 9))
    def go_on_to_the_end(self, which: int) -> None:
        self.world.actors[which % len(self.world.actors)].finish()
        self.world.look()

    @precondition(lambda self: self.world.actors)
    @rule(which=st.integers(0, 9), orders=st.sampled_from(["die", "fail", "lose"]))
    def trouble(self, which: int, orders: str) -> None:
        self.world.actors[which % len(self.world.actors)].go(orders)
        self.world.look()

    @rule(name=QUEUE)
    def pause_by_hand(self, name: str) -> None:
        self.world.pause_by_hand(name)

    @rule(name=QUEUE)
    def resume_by_hand(self, name: str) -> None:
        self.world.resume_by_hand(name)

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule(seconds=st.sampled_from([0.3, 2.0, 4.0, 11.0]))
    def pass_time(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @precondition(lambda self: not self.world.actors)
    @rule(name=QUEUE)
    def pause_by_immich_jobs(self, name: str) -> None:
        leases = self.world.leases_of_survivor()
        leases.forget([name])
        client = self.world.client()
        assert not set_queues_paused(client, client.queues.all(), [name], True).failed
        self.world.by_hand[name] = True
        self.world.protected.add(name)
        assert all(name not in record.queues for record in self.world.records())

    @precondition(lambda self: not self.world.actors)
    @rule(name=QUEUE)
    def resume_by_immich_jobs(self, name: str) -> None:
        self.world.protected.discard(name)
        self.world.leases_of_survivor().release_queues([name])
        client = self.world.client()
        assert not set_queues_paused(client, client.queues.all(), [name], False).failed
        self.world.resume_by_hand(name)
        assert all(name not in record.queues for record in self.world.records())

    @invariant()
    def nobody_elses_pause_is_undone(self) -> None:
        if hasattr(self, "world"):
            self.world.look()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.everybody_dies()
                self.world.sweep()
            finally:
                self.patches.undo()
                shutil.rmtree(self.folder)


class InAFile(Promises):
    ledger = "file"


class OnTheServer(Promises):
    ledger = "server"


@pytest.mark.hypothesis
@pytest.mark.parametrize("machine", [OnTheServer, InAFile])
def test_both_promises_hold(machine: type[Promises]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(150), stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )


HOLDS, RAN_OUT, NOT_THERE = "holds", "has run out", "is not there"

OPERATIONS = {
    "A holds": ("hold", "A", _hold("A", ["smartSearch", "metadataExtraction"])),
    "B holds": ("hold", "B", _hold("B", ["smartSearch"])),
    "A releases": ("release", "A", lambda leases: leases.release("A")),
    "B releases": ("release", "B", lambda leases: leases.release("B")),
    "A is renewed": ("renew", "A", _renew("A")),
    "A is guarded": ("guard", "A", _pause_again("A")),
    "somebody sweeps": ("sweep", "", lambda leases: leases.sweep()),
    "somebody else sweeps": ("sweep", "", lambda leases: leases.sweep()),
}
# Never two of these at once for one lease: a holder does one thing after the other.
ALONE = [{"A holds", "A releases"}, {"B holds", "B releases"}]


def prepare(world: World, first: str, second: str, dropped: bool) -> None:
    """Whether lease A holds smartSearch at first, whether B does, and whether Immich dropped the pause. library is paused by hand."""
    world.pause_by_hand("library")
    if second == RAN_OUT:
        world.leases_of_survivor().hold("B", ["smartSearch"], TTL)
        world.pass_time(TTL + 1)
    if first != "is not there":
        world.leases_of_survivor().hold("A", ["smartSearch"], TTL)
    if first == "has run out":
        world.pass_time(TTL + 1)
    if second == "holds":
        world.leases_of_survivor().hold("B", ["smartSearch"], TTL)
    if dropped:
        world.resume_by_hand("smartSearch")


def begin(world: World, name: str) -> Actor:
    kind, lease, work = OPERATIONS[name]
    return world.start(kind, lease, QUEUES if kind == "hold" else (), work)


SCENES = [
    ("A releases", "B releases", HOLDS, HOLDS, False),
    ("A releases", "B holds", HOLDS, NOT_THERE, False),
    ("A releases", "A is guarded", HOLDS, NOT_THERE, True),
    ("A releases", "A is renewed", HOLDS, NOT_THERE, True),
    ("A releases", "somebody sweeps", RAN_OUT, NOT_THERE, False),
    ("A holds", "B releases", NOT_THERE, HOLDS, False),
    ("A holds", "B holds", NOT_THERE, NOT_THERE, False),
    ("A holds", "somebody sweeps", RAN_OUT, NOT_THERE, False),
    ("A is guarded", "B holds", HOLDS, NOT_THERE, True),
    ("A is guarded", "B releases", HOLDS, HOLDS, True),
    ("A is renewed", "somebody sweeps", RAN_OUT, NOT_THERE, True),
    ("A is guarded", "B holds", HOLDS, RAN_OUT, False),
    ("A is guarded", "B holds", NOT_THERE, RAN_OUT, True),
    ("A is guarded", "B releases", NOT_THERE, RAN_OUT, False),
    ("A is guarded", "somebody sweeps", HOLDS, RAN_OUT, True),
    ("A is guarded", "somebody sweeps", NOT_THERE, RAN_OUT, False),
    ("somebody sweeps", "B holds", RAN_OUT, NOT_THERE, False),
    ("somebody sweeps", "B releases", RAN_OUT, HOLDS, False),
    ("somebody sweeps", "somebody else sweeps", RAN_OUT, NOT_THERE, False),
]


@pytest.mark.parametrize("ledger", ["server", "file"])
@pytest.mark.parametrize(("one", "other", "first", "second", "dropped"), [*SCENES, *((b, a, *rest) for a, b, *rest in SCENES)])
def test_interleaved_calls_keep_promises(
    ledger: str, one: str, other: str, first: str, second: str, dropped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exhaustive: the one stands still after each of its steps while the other is carried out whole, and then goes on or dies."""
    step, finished = 0, False
    while not finished:
        for dies in (False, True):
            world = World(ledger, tmp_path / f"{step}-{dies}")
            with monkeypatch.context() as patches:
                use_clock_of(world, patches)
                prepare(world, first, second, dropped)
                standing = begin(world, one)
                for _ in range(step):
                    if not standing.done:
                        standing.go()
                        world.look()
                finished = standing.done
                begin(world, other).finish()
                world.look()
                if dies and not standing.done:
                    standing.go("die")
                standing.finish()
                world.look()
                world.everybody_dies()
                world.sweep()
        step += 1
    assert step > 3


TURNS = st.tuples(st.sampled_from([0, 1]), st.integers(1, 12))
EVENTS = st.sampled_from(["by hand", "restart", "time", "die", "fail", "lose"])


@pytest.mark.parametrize("ledger", ["server", "file"])
@settings(max_examples=examples(600), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    first=st.sampled_from(["holds", "holds", "has run out", "is not there"]),
    second=st.sampled_from(["holds", "has run out", "is not there"]),
    dropped=st.booleans(),
    two=st.lists(st.sampled_from(sorted(OPERATIONS)), min_size=2, max_size=2, unique=True).filter(lambda two: set(two) not in ALONE),
    steps=st.lists(st.one_of(TURNS, TURNS, EVENTS), max_size=10),
)
def test_any_two_at_once_keep_both_promises(ledger: str, first: str, second: str, dropped: bool, two: list[str], steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patches:
        world = World(ledger, Path(folder))
        use_clock_of(world, patches)
        prepare(world, first, second, dropped)
        actors = [begin(world, name) for name in two]
        turn = 0
        for step in steps:
            if step == "by hand":
                world.pause_by_hand("smartSearch")
            elif step == "restart":
                world.resume_by_hand("smartSearch")
            elif step == "time":
                world.pass_time(1.0)
            elif isinstance(step, str):
                if not actors[turn].done:
                    actors[turn].go(step)
            else:
                turn, number = step
                for _ in range(number):
                    if not actors[turn].done:
                        actors[turn].go()
            world.look()
        for actor in actors:
            actor.finish()
        world.look()
        world.sweep()
