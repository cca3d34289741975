# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Immich in memory, and actors whose every step on it (or on the ledger's file) a test chooses.

The actors run the collection's real code in threads of their own, of which one at a time moves: up to its next call.
"""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import api, transport
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases import ledger_file
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.ledger import Ledger
from support.collection import ApiKey, Connection, FileLedger, LeaseRecord, Leases, Owner, ServerLedger, Version, errors

QUEUES = ("metadataExtraction", "smartSearch", "library")
LONG = 180.0

OWNER = {"role": "owner", "user": {"id": str(uuid.uuid4())}}
"""The user of all keys here, as an album names it."""


_running = threading.local()


class Killed(BaseException):
    """What SIGKILL does, at the step where an actor stands."""


class Actor:
    """One process that carries out one operation, step by step."""

    def __init__(self, world: World, kind: str, lease: str, wanted: Collection[str], work: Callable[[Actor], None]) -> None:
        self.world, self.kind, self.lease, self.concerns = world, kind, lease, set(wanted)
        self.began = world.time
        self.done = False
        self.error: BaseException | None = None
        self._orders: str | None = None
        self._may_go, self._parked = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        assert self._parked.acquire(timeout=LONG)

    def _run(self, work: Callable[[Actor], None]) -> None:
        _running.actor = self
        try:
            work(self)
        except (Killed, errors.ImmichError) as exc:
            self.error = exc
        except BaseException as exc:  # noqa: BLE001  # shown by the test
            self.error = exc
            self.world.bugs.append(exc)
        self.done = True
        self._parked.release()

    def step(self) -> bool:
        """Called by the work before each of its calls: stands still until the test lets it go on. Whether the answer is to be lost."""
        self._parked.release()
        assert self._may_go.acquire(timeout=LONG)
        orders, self._orders = self._orders, None
        if orders == "die":
            raise Killed
        if orders == "fail":
            raise errors.ServerFailure("The server failed.")
        return orders == "lose"

    def go(self, orders: str | None = None) -> None:
        """Lets it take its next step; with ``die`` or ``fail`` it is killed or meets an error instead, with ``lose`` after it."""
        self._orders = orders
        self._may_go.release()
        assert self._parked.acquire(timeout=LONG), "an actor hangs"

    def finish(self) -> None:
        """Lets it go on to its end, and now and then the others too: it may be waiting for one of them."""
        for number in range(2000):
            if self.done:
                return
            self.go()
            for other in self.world.actors if number % 10 == 9 else ():
                if not other.done and other is not self:
                    other.go()
        raise AssertionError(f"{self.kind} never ends")


class World:
    """The server, its clock, who operates it by hand, and all actors."""

    def __init__(self, ledger: str, folder: Path) -> None:
        self.ledger, self.folder = ledger, folder
        self.time = 1_000_000.0
        self.paused: dict[str, bool] = dict.fromkeys(QUEUES, False)
        self.albums: dict[str, dict[str, Any]] = {}
        self.by_hand: dict[str, bool] = dict.fromkeys(QUEUES, False)
        self.protected: set[str] = set()
        self.actors: list[Actor] = []
        self.bugs: list[BaseException] = []
        self.actors_are_gone = False
        self._watching = self.ledger_of(None)
        self._client = _Client(self, None)

    # The operator's hands, and Immich's own doing.

    def pause_by_hand(self, name: str) -> None:
        if not self.paused[name] and not self._is_ours(name):
            self.protected.add(name)
        self.paused[name] = self.by_hand[name] = True

    def resume_by_hand(self, name: str) -> None:
        self.paused[name] = self.by_hand[name] = False
        self.protected.discard(name)

    def restart(self) -> None:
        self.resume_by_hand("metadataExtraction")

    def pass_time(self, seconds: float) -> None:
        """Nobody stands still for longer than a lease lasts: an actor that would is finished first."""
        for actor in [actor for actor in self.actors if self.time + seconds - actor.began > 5.0]:
            actor.finish()
        self.time += seconds
        self.look()

    def lose_ledger(self) -> None:
        """Somebody deletes all that is recorded."""
        self.albums.clear()
        for path in self.folder.glob("leases-*.json"):
            path.unlink()

    def _is_ours(self, name: str) -> bool:
        """Whether a record names the queue, or somebody is at work who may be about to name or to resume it."""
        return any(name in record.queues for record in self.records()) or any(name in actor.concerns for actor in self.actors)

    def records(self) -> list[LeaseRecord]:
        """All records, as they are now."""
        return self._watching.records()

    # The actors.

    def ledger_of(self, actor: Actor | None) -> Ledger:
        return ServerLedger(_Client(self, actor)) if self.ledger == "server" else _SteppingFile(self, actor)

    def start(self, kind: str, lease: str, wanted: Collection[str], work: Callable[[Leases], Any]) -> Actor:
        """Begins an operation of a process of its own; it stands before its first step."""

        def run(actor: Actor) -> None:
            work(self.leases_of(actor))

        actor = Actor(self, kind, lease, wanted, run)
        self.actors.append(actor)
        self.look()
        return actor

    def leases_of(self, actor: Actor | None) -> Leases:
        return Leases(_Client(self, actor), self.ledger_of(actor))

    def leases_of_survivor(self) -> Leases:
        """The leases as somebody sees them whose calls are carried out at once."""
        self.actors_are_gone = True
        try:
            return Leases(self._client, self.ledger_of(None))
        finally:
            self.actors_are_gone = False

    def client(self) -> api.Immich:
        """A client whose calls are carried out at once."""
        return self._client

    def look(self) -> None:
        """After each step: drops those who are done, remembers what the others have to do with, and checks what must always hold."""
        self.actors = [actor for actor in self.actors if not actor.done]
        if self.bugs:
            raise self.bugs[0]
        named = {name for record in self.records() for name in record.queues}
        for actor in self.actors:
            actor.concerns |= named
        undone = {name for name in self.protected if not self.paused[name]}
        assert not undone, f"somebody's own pause was undone: {undone}"

    def everybody_dies(self) -> None:
        for actor in self.actors:
            while not actor.done:
                actor.go("die")
        self.look()

    def sweep(self) -> None:
        """Lets all leases run out, sweeps once, and asserts that no record and no pause is left."""
        self.pass_time(1000.0)
        self.leases_of_survivor().sweep()
        self.look()
        assert self.records() == []
        leaked = {name for name, paused in self.paused.items() if paused and not self.by_hand[name]}
        assert not leaked, f"still paused, and nobody is there: {leaked}"


class _Transport:
    """What stands in for the network: each call is one step of its actor, and is carried out at once."""

    def __init__(self, world: World, actor: Actor | None) -> None:
        self.world, self.actor = world, actor
        self.connection = Connection("http://immich", ApiKey("key"))
        self.read_only = False

    @property
    def server_time(self) -> float:
        return float(int(self.world.time))

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Any = None,
        reads: bool = False,
        repeatable: Any = None,
        parse: Callable[[Any], Any],
    ) -> Any:
        lost = self.actor is not None and self.actor.step()
        answer = self._answer(method, path.split("/")[1:], json)
        if lost:
            raise errors.ConnectionCut("The answer was lost.")
        return parse(answer)

    def change(self, method: str, path: str, *, json: Any = None, repeatable: Any = None) -> None:
        self.call(method, path, json=json, repeatable=repeatable, parse=lambda value: value)

    def _answer(self, method: str, path: Sequence[str], given: Any) -> Any:
        world = self.world
        if (method, path) == ("GET", ["queues"]):
            return [
                {"name": name, "isPaused": paused, "statistics": dict.fromkeys(("active", "waiting", "paused", "delayed", "failed"), 0)}
                for name, paused in world.paused.items()
            ]
        if method == "PUT" and path[0] == "queues":
            world.paused[path[1]] = given["isPaused"]
            return {}
        if (method, path) == ("GET", ["albums"]):
            return list(world.albums.values())
        if (method, path) == ("POST", ["albums"]):
            moment = self._moment()
            album = {"id": str(uuid.uuid4()), "assetCount": 0, "createdAt": moment, "updatedAt": moment, "albumUsers": [OWNER], **given}
            world.albums[album["id"]] = album
            return album
        assert path[0] == "albums", (method, path)
        if path[1] not in world.albums:
            raise errors.NotFound("Not found or no album.read access")
        if method == "DELETE":
            del world.albums[path[1]]
        elif method == "PATCH":
            world.albums[path[1]] = {**world.albums[path[1]], **given, "updatedAt": self._moment()}
        return world.albums.get(path[1])

    def _moment(self) -> str:
        moment = datetime.datetime.fromtimestamp(self.world.time, datetime.UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Client(api.Immich):
    """The real client on that transport. The key has all scopes, and the server is of the newest version."""

    def __init__(self, world: World, actor: Actor | None) -> None:
        with pytest.MonkeyPatch.context() as patches:
            patches.setattr(transport, "Transport", lambda connection, **_options: _Transport(world, actor))
            super().__init__(Connection("http://immich", ApiKey("key")))
        self.__dict__["version"] = Version(3, 1, 0)
        self.__dict__["permissions"] = ["all"]


class _SteppingFile(FileLedger):
    """The real file, each use of which is a step as well."""

    def __init__(self, world: World, actor: Actor | None) -> None:
        super().__init__(str(world.folder), "http://immich", read_only=actor is None and not world.actors_are_gone)
        self.actor = actor

    def _step(self) -> None:
        if self.actor is not None:
            self.actor.step()

    def records(self) -> list[LeaseRecord]:
        self._step()
        return super().records()

    def add(self, lease: str, queues: Sequence[str], ttl: float, *, intent: bool = False, owners: Sequence[Owner] = ()) -> LeaseRecord:
        self._step()
        return super().add(lease, queues, ttl, intent=intent, owners=owners)

    def renew(self, record: LeaseRecord, ttl: float) -> bool:
        self._step()
        return super().renew(record, ttl)

    def keep(self, record: LeaseRecord, owners: Sequence[Owner]) -> bool:
        self._step()
        return super().keep(record, owners)

    def change(self, record: LeaseRecord, queues: Sequence[str], released: Collection[str]) -> bool:
        self._step()
        return super().change(record, queues, released)

    def remove(self, record: LeaseRecord) -> None:
        self._step()
        super().remove(record)


def use_clock_of(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the ledger's file go by the world's clock, and actors that wait for a lock or for another try take a step instead."""

    def wait(_seconds: float) -> None:
        actor: Actor | None = getattr(_running, "actor", None)
        if actor is not None:
            actor.step()

    monkeypatch.setattr(ledger_file, "now", lambda: ledger_file.Now(world.time, "boot", world.time))
    monkeypatch.setattr("time.sleep", wait)
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)  # nobody pulls the plug here, and it takes most of the time
