# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two moves at once, from one host or from two: only one of them changes anything. A move that died keeps nobody waiting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.lease_name import new_lease_name
from support.collection import ApiKey, Connection, Immich, LeaseRecord, Owner, ServerLedger, errors, owners_here
from support.waiting import wait_until

from .conftest import LEASE, Moving, decorate

NAMES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg")

PROGRAM = """
import json, sys
from ansible_collections.photoyard.immich.plugins.module_utils._client.api import Immich
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._moves.run import MoveOptions, move_library
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run

url, keys, options, given = json.loads(sys.stdin.readline())
admin, owner = [Immich(Connection(url, ApiKey(key))) for key in keys]
with Run("move") as run:
    move_library(admin, owner, MoveOptions(**options), given, run, check_mode=False)
"""


@pytest.fixture
def ledger(moving: Moving) -> ServerLedger:
    """That of the library's owner."""
    return ServerLedger(Immich(Connection(moving.server.url, ApiKey(moving.server.api_key))))


def lease_of_other(ledger: ServerLedger, *, ttl: float = 900.0, owners: Sequence[Owner] = ()) -> LeaseRecord:
    """What a run on another host has written down."""
    return ledger.add(new_lease_name("nas", "move"), (), ttl, owners=owners)


def test_second_move_at_once_changes_nothing(on_each: Moving) -> None:
    on_each.fill(*NAMES)
    decorate(on_each)
    before = {name: on_each.about(name) for name in NAMES}
    on_each.move_folder()
    seconds: list[errors.ImmichError] = []

    def begin_second(method: str, path: str) -> None:
        if (method, path, seconds) == ("POST", "/faces", []):  # the first has just seen that there is no such face
            on_each.server.clear_requests()
            seconds.extend(on_each.failure(check=check) for check in (True, False))
            assert on_each.writes() == []

    assert on_each(before_calls=begin_second)["moved"] == 6
    assert [failure.kind for failure in seconds] == ["local"] * 2
    assert {name: on_each.about(name) for name in NAMES} == before
    assert len(on_each.server.state()["albums"]) == 2
    assert on_each()["changed"] is False


def test_move_of_another_host_is_waited_for(moving: Moving, ledger: ServerLedger) -> None:
    moving.fill("a.jpg")
    moving.move_folder()
    other = lease_of_other(ledger)
    moving.server.clear_requests()
    failures = [moving.failure(check=check) for check in (True, False)]
    assert [failure.details for failure in failures] == [{"lease": other.lease, "host": other.host}] * 2
    assert (moving.writes(), moving.record.exists(), moving.offline()) == ([], False, [])
    ledger.remove(other)
    assert moving()["moved"] == 1


def test_moves_begun_at_the_same_moment_do_nothing(moving: Moving, ledger: ServerLedger) -> None:
    moving.fill("a.jpg")
    moving.move_folder()
    others: list[LeaseRecord] = []

    def begin_other(method: str, path: str) -> None:
        if (method, path, others) == ("POST", "/albums", []):  # this one has looked, and has yet to write
            others.append(lease_of_other(ledger))

    assert moving.failure(before_calls=begin_other).kind == "local"
    assert ([record.id for record in ledger.records()], moving.offline()) == ([others[0].id], [])


@pytest.mark.parametrize("how", ["died", "ran out"])
def test_lease_of_dead_move_is_removed(moving: Moving, ledger: ServerLedger, how: str) -> None:
    moving.fill("a.jpg")
    moving.move_folder()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owners = owners_here([process.pid])
    if how == "died":
        lease_of_other(ledger, owners=owners)
    else:
        lease_of_other(ledger, ttl=1e-6)
    assert (moving()["moved"], ledger.records()) == (1, [])


def test_move_without_its_lease_stops(moving: Moving, ledger: ServerLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    moving.fill("a.jpg")
    moving.account.person("Ann", "a.jpg")
    moving.move_folder()

    def delete_album(method: str, path: str) -> None:
        if (method, path) == ("POST", f"/libraries/{moving.library}/scan"):
            for record in ledger.records():
                ledger.remove(record)

    with monkeypatch.context() as patch:
        patch.setattr(f"{LEASE}._RENEW_AFTER", 0.0)
        failure = moving.failure(before_calls=delete_album)
    assert (failure.kind, moving.about("a.jpg")["faces"], moving.offline()) == ("local", [], ["a.jpg"])
    assert (moving()["moved"], len(moving.about("a.jpg")["faces"]), ledger.records()) == (1, 1, [])


def test_guard_ends_lease_of_killed_move(moving: Moving, ledger: ServerLedger) -> None:
    moving.fill("a.jpg")
    moving.account.person("Ann", "a.jpg")
    moving.move_folder()
    moving.server.fault(method="POST", path="^/faces$", times=None, until_cleared=True)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "collections"}
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(moving.orders()).encode())
            process.stdin.close()
            wait_until(lambda: moving.server.struck() == 1)
            (lease,) = ledger.records()
            assert lease.live
        finally:
            process.kill()
    wait_until(lambda: ledger.records() == [])
    moving.server.clear_faults()
    assert (moving()["moved"], len(moving.about("a.jpg")["faces"])) == (1, 1)
