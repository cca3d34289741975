# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lease whose owners have all died ends at once; one that cannot be judged so, or has none, has its time."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues import processes
from ansible_collections.photoyard.immich.plugins.module_utils._queues.processes import have_all_ended, owners_from_json, owners_to_json
from immich_emulator.testing import Emulator
from support.collection import Leases, LedgerOptions, Owner, describe, manage, open_leases, owners_here

from ..conftest import Connect, options

QUEUES = ["metadataExtraction", "smartSearch"]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def leases(server: Emulator, connect: Connect, ledger: str) -> Leases:
    client = connect(server)
    return open_leases(client, LedgerOptions(ledger))


def dead() -> Owner:
    """A process of this machine that has ended."""
    process = subprocess.Popen(["sleep", "600"])
    (owner,) = owners_here([process.pid])
    process.kill()
    process.wait()
    return owner


def test_an_owner_has_ended_once_its_process_has(sleeper: subprocess.Popen[bytes]) -> None:
    (owner,) = owners_here([sleeper.pid])
    assert not owner.has_ended
    assert owner._replace(started=owner.started + 1).has_ended, "another process had this id before"
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert owner.has_ended, "nobody has collected it"


@pytest.mark.parametrize(
    ("place", "gone"),
    [
        ({}, True),
        ({"namespace": "pid:[1] time:[2]"}, False),  # another container
        ({"boot": "another"}, True),  # the machine was restarted
        ({"boot": "another", "machine": "another"}, False),
        ({"boot": "another", "machine": ""}, False),
        ({"boot": ""}, False),
        ({"machine": ""}, True),
    ],
)
def test_owner_out_of_sight_has_not_ended(monkeypatch: pytest.MonkeyPatch, place: dict[str, str], gone: bool) -> None:
    monkeypatch.setattr(processes, "_machine_id", lambda: "nas")
    there = dead()
    assert there._replace(host=there.host._replace(**place)).has_ended is gone


def test_a_hidden_process_has_not_ended(monkeypatch: pytest.MonkeyPatch, sleeper: subprocess.Popen[bytes]) -> None:
    """As below a /proc that is mounted with hidepid."""
    (lives,), gone = owners_here([sleeper.pid]), dead()
    monkeypatch.setattr(processes, "_read_proc", lambda _pid, _name: b"")
    assert not lives.has_ended
    assert gone.has_ended
    assert owners_here([sleeper.pid]) == (), "what is not known is not written down"


def test_a_machine_without_a_namespace_names_no_owners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_namespace", str)
    assert owners_here([os.getpid()]) == ()


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {},
        [None],
        [[]],
        [{}],
        [{"machine": "a", "boot": "b", "namespace": "c", "pid": 0, "started": 1}],
        [{"machine": "a", "boot": "b", "namespace": "c", "pid": True, "started": 1}],
        [{"machine": "a", "boot": "b", "namespace": "c", "pid": 1, "started": 2**63}],
        [{"machine": "a", "boot": "b", "namespace": 3, "pid": 1, "started": 1}],
        [{"machine": "a" * 201, "boot": "b", "namespace": "c", "pid": 1, "started": 1}],
        "x" * 51,
    ],
)
def test_invalid_owners_give_no_owners(odd: Any) -> None:
    """Then the lease has its time: a sound owner beside an odd one must not be all that counts."""
    sound = owners_to_json([dead()])
    assert owners_from_json(odd) == ()
    assert owners_from_json([*sound, *odd] if isinstance(odd, list) else [*sound, odd]) == ()
    assert have_all_ended(owners_from_json(sound))


def test_a_lease_of_dead_owners_is_ended_by_the_next_call(
    server: Emulator, connect: Connect, leases: Leases, ledger: str, sleeper: subprocess.Popen[bytes]
) -> None:
    server.pause("ocr")
    leases.hold("dead", ["smartSearch", "ocr"], 900.0, [dead()])
    leases.hold("alive", ["metadataExtraction"], 900.0, [dead(), *owners_here([sleeper.pid])])
    leases.hold("a policy", ["library"], 900.0)
    shown = describe(connect(server, read_only=True), options(ledger=ledger).ledger)
    assert {lease["holder"]: (lease["expired"], lease["expires_in"] > 0) for lease in shown["leases"]} == {
        "dead": (True, False),
        "alive": (False, True),
        "a policy": (False, True),
    }
    predicted = manage(connect(server, read_only=True), options(ledger=ledger), True)
    done = manage(connect(server), options(ledger=ledger), False)
    assert (done["healed"], done["expired_leases"]) == (["smartSearch"], ["dead"])
    assert (predicted["healed"], predicted["expired_leases"]) == (["smartSearch"], ["dead"])
    assert server.paused() == {"metadataExtraction", "library", "ocr"}


def test_next_upload_takes_over_queues_of_dead_owner(server: Emulator, connect: Connect, leases: Leases, ledger: str) -> None:
    leases.hold("the one before", QUEUES, 900.0, [dead()])
    taken = manage(connect(server), options(state="paused", queues=QUEUES, lease="next", ledger=ledger), False)
    assert taken["held_by_others"] == {}
    ended = manage(connect(server), options(state="running", queues=QUEUES, lease="next", ledger=ledger), False)
    assert ended["held_by_others"] == {}
    assert server.paused() == set()


def test_joined_owner_keeps_lease_alive(leases: Leases, sleeper: subprocess.Popen[bytes]) -> None:
    upload = owners_here([sleeper.pid])
    leases.hold("nas", QUEUES, 900.0, [dead()])
    leases.hold("a policy", ["library"], 900.0)
    for lease in ("nas", "a policy"):
        leases.join(lease, upload)
    found = {record.lease: record for record in leases.ledger.records()}
    assert found["nas"].live
    assert found["nas"].owners == upload
    assert found["a policy"].owners == (), "it is for tasks to come"
    leases.hold("nas", QUEUES, 900.0, [dead(), *upload])
    leases.leave("nas", upload)
    assert [record.lease for record in leases.ledger.records() if not record.live] == ["nas"]


def test_a_lease_joined_by_an_unseen_process_lasts_its_ttl(leases: Leases) -> None:
    leases.hold("nas", QUEUES, 900.0, [dead()])
    leases.join("nas", ())
    assert [(record.live, record.owners) for record in leases.ledger.records()] == [(True, ())]


def test_a_record_without_owners_lasts_its_ttl(server: Emulator, leases: Leases, state_home: Path, ledger: str) -> None:
    leases.hold("old", QUEUES, 900.0, [dead()])
    if ledger == "file":
        (path,) = state_home.glob("leases-*.json")
        content = json.loads(path.read_text())
        for one in content["leases"]:
            del one["owners"]
        path.write_text(json.dumps(content))
    else:
        (record,) = leases.ledger.records()
        leases.ledger.keep(record, ())
    assert [record.live for record in leases.ledger.records()] == [True]


def test_a_lease_taken_again_has_the_last_takers_owners(
    leases: Leases, sleeper: subprocess.Popen[bytes], connect: Callable[..., Any]
) -> None:
    alive = owners_here([sleeper.pid])
    leases.hold("nas", QUEUES, 900.0, [dead(), *alive])
    assert leases.hold("nas", QUEUES, 900.0).renewed_only
    assert [record.owners for record in leases.ledger.records()] == [()]
    assert leases.hold("nas", QUEUES, 900.0, alive).renewed_only
    assert [record.owners for record in leases.ledger.records()] == [alive]
