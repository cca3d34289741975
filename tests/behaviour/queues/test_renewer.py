# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping a lease alive while work goes on, with both kinds of ledger, against real HTTP."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues import renewer as module
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.leases import Leases
from ansible_collections.photoyard.immich.plugins.module_utils._queues.renewer import Renewer, renew_around
from ansible_collections.photoyard.immich.plugins.module_utils._run.outcome import RunOutcome
from immich_emulator.testing import Emulator
from support.collection import LeaseOptions, LeaseRecord, LedgerOptions, errors, manage, owners_here
from support.http.wire import writes
from support.waiting import wait_until

from .conftest import Connect, options

QUEUES = ["metadataExtraction", "smartSearch"]
Call = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens the renewer's interval to 0.2 s."""
    monkeypatch.setattr(module, "_INTERVAL", 0.2)


@pytest.fixture
def call(server: Emulator, connect: Connect, ledger: str) -> Call:
    return lambda **given: manage(connect(server), options(**{"ledger": ledger, "queues": QUEUES, **given}), False)


def lease(ledger: str, ttl: float = 900.0) -> LeaseOptions:
    return LeaseOptions("nas", ttl, LedgerOptions(ledger))


def test_a_lease_ends_when_its_work_hangs(
    server: Emulator, call: Call, connect: Connect, ledger: str, records: Callable[[], list[LeaseRecord]]
) -> None:
    call(state="paused", lease="nas", lease_ttl=5.0)  # long enough for a busy machine, and a server that tells its time in whole seconds
    with Renewer(connect(server), lease(ledger, 5.0)) as renewer:
        end = time.monotonic() + 7

        def is_live_after_its_time() -> bool:
            renewer.beat()
            return time.monotonic() > end and any(record.live for record in records())

        wait_until(is_live_after_its_time)
        wait_until(lambda: server.paused() == set())  # no beat any more
        wait_until(lambda: records() == [])
        wait_until(lambda: any("made no progress for 5 s" in problem for problem in renewer.problems))


def test_renewer_pauses_dropped_queue_again(server: Emulator, call: Call, connect: Connect, ledger: str) -> None:
    call(state="paused", lease="nas")
    server.restart()
    assert server.paused() == {"smartSearch"}
    with Renewer(connect(server), lease(ledger)) as renewer:
        wait_until(lambda: renewer.paused_again == ["metadataExtraction"])
        assert server.paused() == set(QUEUES)
        server.resume("smartSearch")  # not only at its start
        wait_until(lambda: server.paused() == set(QUEUES))
    call(state="running", lease="nas")
    assert server.paused() == set()


def test_renewer_problem_ends_when_server_is_back(server: Emulator, call: Call, connect: Connect, ledger: str) -> None:
    call(state="paused", lease="nas")
    server.fault(times=None, status=500, json={"message": "Internal server error"})
    with Renewer(connect(server, retries=0), lease(ledger, 9.0)) as renewer:
        wait_until(lambda: any("could not be renewed" in problem for problem in renewer.problems))
        server.clear_faults()

        def renewed() -> bool:
            renewer.beat()
            return not renewer.problems

        wait_until(renewed)


def test_error_of_the_system_is_reported_and_tried_again(
    server: Emulator, call: Call, connect: Connect, ledger: str, monkeypatch: pytest.MonkeyPatch, records: Callable[[], list[LeaseRecord]]
) -> None:
    call(state="paused", lease="nas", lease_ttl=9.0)
    failing = [OSError(28, "No space left on device"), KeyError("renewed")]
    renew = Leases.renew

    def fail_at_first(leases: Any, *given: Any) -> bool:
        if failing:
            raise failing.pop(0)
        return renew(leases, *given)

    monkeypatch.setattr(Leases, "renew", fail_at_first)
    with Renewer(connect(server), lease(ledger, 9.0)) as renewer:
        wait_until(lambda: any("OSError: [Errno 28] No space left on device" in problem for problem in renewer.problems))

        def renewed() -> bool:
            renewer.beat()
            return not failing and not renewer.problems

        wait_until(renewed)
        wait_until(lambda: renewed() and any(record.live for record in records()))


def test_a_users_key_renews_a_file_lease_alone(server: Emulator, call: Call, connect: Connect, ledger: str) -> None:
    call(state="paused", lease="nas")
    server.clear_requests()
    with Renewer(connect(server, server.api_key), lease(ledger)) as renewer:
        if ledger == "file":
            wait_until(lambda: any(request["path"] == "/queues" for request in server.requests()))
            time.sleep(0.3)
            assert renewer.problems == []
        else:
            wait_until(lambda: any("is not in the ledger (server)" in problem for problem in renewer.problems))


def test_renewer_does_not_retake_ended_lease(server: Emulator, call: Call, connect: Connect, ledger: str) -> None:
    call(state="paused", lease="nas")
    call(state="running", lease="nas")
    server.clear_requests()
    with Renewer(connect(server), lease(ledger, 0.6)) as renewer:
        wait_until(lambda: bool(renewer.problems))
    assert writes(server) == []


def test_failed_work_also_reports_problems_of_the_lease(server: Emulator, connect: Connect, ledger: str) -> None:
    failure = errors.LocalFailure("One file failed.")
    with pytest.raises(errors.RunFailed) as caught, renew_around(connect(server), lease(ledger), RunOutcome()):
        raise errors.RunFailed(failure, {"warnings": ["a"]})
    assert caught.value.cause is failure
    assert caught.value.result["warnings"][0] == "a"
    assert any("has ended" in warning for warning in caught.value.result["warnings"])


def test_a_vanished_lease_is_written_again_with_its_owners(
    server: Emulator,
    call: Call,
    connect: Connect,
    ledger: str,
    records: Callable[[], list[LeaseRecord]],
    lose: Callable[[], None],
) -> None:
    me, parent = owners_here([os.getpid(), os.getppid()])
    taken = replace(lease(ledger), owners=(me,))
    manage(connect(server), replace(options(state="paused", lease="nas", ledger=ledger, queues=QUEUES), lease=taken), False)
    with Renewer(connect(server), replace(taken, owners=(parent,))) as renewer:
        wait_until(lambda: [record.owners for record in records()] == [(me, parent)])
        wait_until(lambda: bool(renewer._held))
        lose()
        wait_until(lambda: [(record.lease, record.owners) for record in records()] == [("nas", (me, parent))])
        wait_until(lambda: any("had vanished from the ledger" in problem for problem in renewer.problems))
    assert server.paused() == set(QUEUES)
    assert call(state="running", lease="nas")["resumed"] == QUEUES
    assert server.paused() == set()


def test_a_lease_released_during_the_work_is_not_taken_again(
    server: Emulator, call: Call, connect: Connect, ledger: str, records: Callable[[], list[LeaseRecord]]
) -> None:
    call(state="paused", lease="nas")
    with Renewer(connect(server), lease(ledger)) as renewer:
        wait_until(lambda: bool(renewer._held))
        call(state="running", lease="nas")
        wait_until(lambda: any("was ended before this task was done" in problem for problem in renewer.problems))
        server.pause("smartSearch")
        time.sleep(0.6)
    assert records() == []
    assert server.paused() == {"smartSearch"}


def test_renewer_names_queues_without_lease(server: Emulator, call: Call, connect: Connect, ledger: str, lose: Callable[[], None]) -> None:
    call(state="paused", lease="nas")
    lose()
    with Renewer(connect(server), lease(ledger)) as renewer:
        wait_until(lambda: any("no lease holds them: metadataExtraction, smartSearch" in problem for problem in renewer.problems))
