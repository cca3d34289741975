# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine-learning host that sleeps: what Immich ends up with, run by run of a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.filter._policy_plan import policy_plan
from ansible_collections.photoyard.immich.plugins.module_utils import _presence
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.commands import run_job
from immich_emulator.testing import Emulator
from support.collection import Immich, LedgerOptions, describe, manage
from support.http.answering import Reply, answering
from support.http.wire import writes
from support.photos.libraries import Account
from support.tiers import newest_in_test

from .conftest import VERSIONS, Connect, job_options, options

ASKING = {"smartSearch", "faceDetection", "ocr"}
FOLLOWING = {"duplicateDetection", "facialRecognition"}
HELD_BACK = {"duplicateDetection"}
FOR_EVER = 3600.0


class Host:
    """The machine-learning host, for Immich's jobs and for a policy that asks for `/ping`."""

    def __init__(self, server: Emulator) -> None:
        self._server = server
        self._answers = True
        self.url = ""

    def reply(self, _asked: object) -> Reply:
        return Reply(status=200 if self._answers else 503)

    def switch(self, on: bool) -> None:
        self._answers = on
        self._server.let_machine_learning_answer(on)


@contextmanager
def host_of(server: Emulator) -> Iterator[Host]:
    host = Host(server)
    with answering(host.reply) as running:
        host.url = running.url
        yield host


class Policy:
    """Runs what the tasks of the role immich_policy run, one after the other."""

    def __init__(self, client: Immich, url: str) -> None:
        self._client, self._url = client, url

    def run(self, *, dies_before_release: bool = False) -> bool:
        """Whether it has changed anything."""
        found = describe(self._client, LedgerOptions("file"))
        measured = {"machine_learning_answers": _presence.answers_ping(self._url)}
        plan = policy_plan(found["leases"], "nas", measured=measured, queues=found["queues"], while_unreachable=self._url)
        assert plan["error"] == ""
        results = [
            manage(self._client, options(state="paused", **{name: wanted[name] for name in ("lease", "lease_ttl", "queues")}), False)
            for wanted in plan["pause"]
        ]
        results += [run_job(self._client, job_options(command="start_missing", queues=missed["queues"]), False) for missed in plan["start"]]
        assert not any(result.get("nothing_to_do") for result in results)
        if not dies_before_release:
            results += [
                manage(self._client, options(state="running", lease=unwanted["lease"], queues=["all"]), False)
                for unwanted in plan["release"]
            ]
        return any(result["changed"] for result in results)


def run_until_steady(policy: Policy, server: Emulator) -> list[bool]:
    """Runs it four times, each when Immich has nothing to do: which runs changed anything."""
    changed = []
    for _run in range(4):
        changed.append(policy.run())
        server.wait_idle()
    return changed


def unfinished(server: Emulator) -> dict[str, set[str]]:
    """What Immich has not done: queues by the names of the photos."""
    state = server.state()
    wanted = (ASKING | HELD_BACK) & state["queues"].keys()
    left = {asset["name"]: wanted - set(asset["processed"]) for asset in state["assets"]}
    return {name: queues for name, queues in left.items() if queues}


def leases(client: Immich) -> list[Any]:
    found: list[Any] = describe(client, LedgerOptions("file"))["leases"]
    return found


@pytest.mark.parametrize("version", newest_in_test(*VERSIONS))
def test_two_nights_leave_nothing_undone(emulator: Callable[..., Emulator], connect: Connect, version: str) -> None:
    server = emulator(version=version, job_seconds=0.005)
    client, account = connect(server), Account(server)
    with host_of(server) as host:
        policy = Policy(client, host.url)
        account.upload("day.jpg")
        server.wait_idle()
        assert (unfinished(server), policy.run()) == ({}, False)
        host.switch(False)
        account.upload("unnoticed.jpg")
        server.wait_idle()
        assert unfinished(server)["unnoticed.jpg"] >= {"smartSearch", "faceDetection"}
        assert (policy.run(), policy.run()) == (True, False)
        account.upload("paused.jpg")
        server.wait_idle()
        # The host wakes up, and leaves again in the middle of the jobs.
        server.set_job_seconds(FOR_EVER)
        host.switch(True)
        policy.run()
        assert server.paused() == HELD_BACK
        host.switch(False)
        server.set_job_seconds(0.005)
        server.wait_idle()
        assert unfinished(server).keys() == {"unnoticed.jpg", "paused.jpg"}
        policy.run()
        assert server.paused() == (ASKING | FOLLOWING) & server.state()["queues"].keys()
        # It leaves in the middle of the second night as well, while what is missing is done.
        host.switch(True)
        policy.run()
        server.wait_idle()
        server.set_job_seconds(FOR_EVER)
        policy.run()
        host.switch(False)
        server.set_job_seconds(0.005)
        server.wait_idle()
        policy.run()
        assert unfinished(server).keys() == {"unnoticed.jpg", "paused.jpg"}
        host.switch(True)
        assert run_until_steady(policy, server) == [True, True, True, False]
    assert unfinished(server) == {}
    assert (server.paused(), leases(client)) == (set(), [])


def missed_a_photo(server: Emulator, host: Host, policy: Policy) -> None:
    """The host goes away, a photo comes before the next run of the policy, and the host is back."""
    host.switch(False)
    Account(server).upload("unnoticed.jpg")
    server.wait_idle()
    policy.run()
    host.switch(True)
    assert unfinished(server) == {"unnoticed.jpg": ASKING | HELD_BACK}


@pytest.mark.parametrize("deadly", [0, 1, 2])
def test_step_of_dead_run_is_taken_again(emulator: Callable[..., Emulator], connect: Connect, deadly: int) -> None:
    server = emulator(job_seconds=0.005)
    client = connect(server)
    with host_of(server) as host:
        policy = Policy(client, host.url)
        missed_a_photo(server, host, policy)
        for _run in range(deadly):
            policy.run()
            server.wait_idle()
        policy.run(dies_before_release=True)
        server.wait_idle()
        assert unfinished(server) != {}
        run_until_steady(policy, server)
        assert policy.run() is False
    assert unfinished(server) == {}
    assert (server.paused(), leases(client)) == (set(), [])


def test_missing_results_are_started_once_and_never_by_force(emulator: Callable[..., Emulator], connect: Connect) -> None:
    server = emulator(job_seconds=0.005)
    with host_of(server) as host:
        policy = Policy(connect(server), host.url)
        missed_a_photo(server, host, policy)
        server.clear_requests()
        run_until_steady(policy, server)
    started = [(asked["path"], asked["json"]["force"]) for asked in server.requests(writes=True) if asked["path"].startswith("/jobs/")]
    order = ("smartSearch", "faceDetection", "ocr", "duplicateDetection", "facialRecognition")
    assert started == [(f"/jobs/{name}", False) for name in order]


def test_queue_paused_by_hand_stays_and_is_not_started(emulator: Callable[..., Emulator], connect: Connect) -> None:
    server = emulator(job_seconds=0.005)
    client = connect(server)
    server.pause("ocr")
    with host_of(server) as host:
        policy = Policy(client, host.url)
        host.switch(False)
        policy.run()
        host.switch(True)
        assert run_until_steady(policy, server) == [True, True, True, False]
        assert (server.paused(), leases(client)) == ({"ocr"}, [])
        assert "/jobs/ocr" not in [asked["path"] for asked in server.requests(writes=True)]
        server.clear_requests()
        assert policy.run() is False
        assert writes(server) == []
