# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pausing and resuming without a lease, against real HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import Run, errors, manage, names
from support.http.wire import writes
from support.stops import stop_when

from .conftest import Connect, do_guarded, options, upload


def chain(server: Emulator) -> list[str]:
    return names.resolve(["upload"], list(server.state()["queues"]))


def test_the_chain_is_paused_and_resumed(any_server: Emulator, connect: Connect) -> None:
    client = connect(any_server)
    paused = manage(client, options(state="paused"), False)
    assert any_server.paused() == set(chain(any_server))
    assert paused["changed"]
    assert paused["paused"] == chain(any_server)
    assert [(queue["name"], queue["paused"]) for queue in paused["queues"]] == [(name, True) for name in chain(any_server)]
    resumed = manage(client, options(state="running"), False)
    assert any_server.paused() == set()
    assert resumed["resumed"] == chain(any_server)


def test_pause_reads_ledgers_once_and_queues_thrice(server: Emulator, connect: Connect, tmp_path: Path) -> None:
    client = connect(server)
    client.queues.all()  # the version and the scopes of the key are known from then on
    server.clear_requests()
    manage(client, options(state="paused", lease="nas", ledger="auto", ledger_dir=str(tmp_path), queues=["ocr"]), False)
    assert [(request["method"], request["path"]) for request in server.requests()] == [
        ("GET", "/queues"),
        ("GET", "/albums"),
        ("GET", "/queues"),
        ("PUT", "/queues/ocr"),
        ("GET", "/queues"),
    ]


def test_the_second_time_nothing_changes_and_nothing_is_written(any_server: Emulator, connect: Connect) -> None:
    client = connect(any_server)
    for state in ("paused", "running"):
        manage(client, options(state=state), False)
        before = len(any_server.requests(writes=True))
        again = manage(client, options(state=state), False)
        assert (again["changed"], again["paused"], again["resumed"]) == (False, [], [])
        assert len(any_server.requests(writes=True)) == before


def test_check_mode_of_state_predicts_run(any_server: Emulator, connect: Connect) -> None:
    any_server.pause("smartSearch")
    asked = options(state="paused", queues=["upload", "library"])
    predicted = manage(connect(any_server, read_only=True), asked, True)
    assert writes(any_server) == []
    assert any_server.paused() == {"smartSearch"}
    assert manage(connect(any_server), asked, False) == predicted
    assert predicted["diff"]["before"]["library"] == {"paused": False}
    assert predicted["diff"]["after"]["library"] == {"paused": True}
    assert predicted["diff"]["before"]["smartSearch"] == predicted["diff"]["after"]["smartSearch"] == {"paused": True}


def test_the_group_all_leaves_protected_queues_alone(any_server: Emulator, connect: Connect) -> None:
    manage(connect(any_server), options(state="paused", queues=["all"]), False)
    assert any_server.paused() == set(any_server.state()["queues"]) - names.PROTECTED


def test_background_tasks_are_never_paused_but_can_be_resumed(any_server: Emulator, connect: Connect) -> None:
    with pytest.raises(errors.InvalidRequest, match="backgroundTask must never be paused"):
        manage(connect(any_server), options(state="paused", queues=["upload", "backgroundTask"]), False)
    assert writes(any_server) == []
    any_server.pause("backgroundTask")
    manage(connect(any_server), options(state="running", queues=["backgroundTask"]), False)
    assert any_server.paused() == set()


def test_a_wait_alone_changes_nothing_and_skips_paused_queues(server: Emulator, connect: Connect) -> None:
    server.set_job_seconds(0.3)
    upload(server)
    server.pause("smartSearch")
    server.clear_requests()
    result = manage(connect(server), options(wait=True, queues=["maintenance"]), False)
    assert [queue["name"] for queue in result["queues"] if queue["active"] or queue["waiting"]] == ["smartSearch"]
    assert not result["changed"]
    assert writes(server) == []
    server.set_job_seconds(60)
    upload(server)
    with pytest.raises(errors.RunFailed, match="metadataExtraction"):
        manage(connect(server), options(wait=True, wait_timeout=0.1, queues=["maintenance"]), False)


@pytest.mark.parametrize("call", ["/queues/thumbnailGeneration", "/queues/smartSearch"])
def test_pause_continues_after_failed_queue(server: Emulator, connect: Connect, call: str) -> None:
    server.fault(method="PUT", path=call, times=None, status=400, json={"message": "Not today"})
    failing = call.rpartition("/")[2]
    with pytest.raises(errors.RunFailed, match=f"{failing} could not be paused: .*Not today") as caught:
        manage(connect(server), options(state="paused"), False)
    done = [name for name in chain(server) if name != failing]
    assert server.paused() == set(done)
    assert caught.value.result["paused"] == done
    assert caught.value.failure()["kind"] == "validation"
    assert {queue["name"] for queue in caught.value.result["queues"] if queue["paused"]} == set(done)


def test_pause_stops_after_refused_key(server: Emulator, connect: Connect) -> None:
    server.fault(method="PUT", path="/queues/", after=2, times=None, status=401, json={"message": "Invalid API key"})
    with pytest.raises(errors.RunFailed) as caught:
        manage(connect(server), options(state="paused"), False)
    assert caught.value.result["paused"] == chain(server)[:2]
    assert server.paused() == set(chain(server)[:2])
    assert len(server.requests(writes=True)) == 3


def test_unverified_pause_is_in_result(server: Emulator, connect: Connect) -> None:
    server.fault(method="GET", path="/queues$", after=2, times=None, status=500, json={"message": "Internal server error"})
    with pytest.raises(errors.RunFailed) as caught:
        manage(connect(server, retries=0), options(state="paused", queues=["ocr"]), False)
    assert server.paused() == {"ocr"}
    assert caught.value.result["paused"] == ["ocr"]


def test_pause_without_effect_fails(server: Emulator, connect: Connect) -> None:
    server.fault(method="PUT", path="/queues/ocr", times=None, status=200, json={"name": "ocr", "isPaused": True})
    with pytest.raises(errors.RunFailed, match="ocr could not be paused"):
        manage(connect(server), options(state="paused", queues=["ocr"]), False)
    assert server.paused() == set()


def test_pause_names_missing_scope_before_writing(server: Emulator, connect: Connect) -> None:
    key = server.make_key(user="admin", permissions=["queue.read"])
    with pytest.raises(errors.PermissionDenied, match=r"lacks the scope queue\.update"):
        manage(connect(server, key), options(state="paused"), False)
    assert writes(server) == []


def test_the_older_scopes_do_as_well(server: Emulator, connect: Connect) -> None:
    key = server.make_key(user="admin", permissions=["job.read", "job.create"])
    manage(connect(server, key), options(state="paused"), False)
    assert server.paused() == set(chain(server))
    assert {request["path"].split("/")[1] for request in server.requests(writes=True)} == {"jobs"}


def test_a_key_of_a_user_who_is_not_an_administrator_fails(any_server: Emulator, connect: Connect) -> None:
    with pytest.raises(errors.PermissionDenied, match=r"is not an administrator"):
        manage(connect(any_server, any_server.api_key), options(state="paused"), False)
    assert writes(any_server) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"wait_interval": -1.0}, "wait_interval must be more than 0 seconds"),
        ({"wait_interval": 0.0}, "wait_interval must be more than 0 seconds"),
        ({"wait_interval": float("inf")}, "at most 31622400"),
        ({"wait_timeout": -1.0}, "wait_timeout must be at least 0 seconds"),
        ({"wait_timeout": float("nan")}, "wait_timeout must be at least 0 seconds"),
        ({"resume_step_timeout": -0.5}, "resume_step_timeout must be at least 0 seconds"),
        ({"resume_step_timeout": 1e300}, "at most 31622400"),
        ({"lease": "nas", "lease_ttl": float("nan")}, "lease_ttl must be more than 0 seconds"),
        ({"lease": "nas", "lease_ttl": float("inf")}, "at most 31622400"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_an_invalid_duration_is_refused_before_any_request(
    server: Emulator, connect: Connect, wrong: dict[str, Any], message: str, check_mode: bool
) -> None:
    with pytest.raises(errors.InvalidRequest, match=message):
        manage(connect(server, read_only=check_mode), options(**{"state": "paused", "wait": True, **wrong}), check_mode)
    assert server.requests() == []


def test_stopped_chain_resumes_others_at_once(server: Emulator, connect: Connect) -> None:
    manage(connect(server), options(state="paused"), False)
    asked = options(state="running", resume_order="chain")
    with pytest.raises(errors.RunFailed) as caught:
        manage(connect(server), asked, False, stop_when(lambda: True))
    assert server.paused() == set()
    assert caught.value.result["resumed"] == chain(server)
    assert f"1 of {len(chain(server))} queues" in caught.value.msg


def test_stopped_chain_of_lease_resumes_others_at_once(server: Emulator, connect: Connect) -> None:
    manage(connect(server), options(state="paused", lease="nas"), False)
    asked = options(state="running", lease="nas", resume_order="chain")
    with pytest.raises(errors.RunFailed) as caught:
        manage(connect(server), asked, False, stop_when(lambda: True))
    assert server.paused() == set()
    assert caught.value.result["resumed"] == chain(server)
    assert caught.value.result["lease_was_held"]
    assert "SIGTERM" in caught.value.msg


class StopsOnceResumed(Run):
    """A task that gets a signal when the last queue runs again."""

    def __init__(self, server: Emulator) -> None:
        super().__init__("task")
        self._server = server

    def stop_reason(self) -> str | None:
        if not self._server.paused():
            self.reason = "The signal SIGTERM was received"
        return super().stop_reason()


def test_stopped_wait_keeps_result_of_released_chain(server: Emulator, connect: Connect) -> None:
    manage(connect(server), options(state="paused", lease="nas"), False)
    server.set_job_seconds(3600)
    upload(server)
    asked = options(state="running", lease="nas", resume_order="chain", resume_step_timeout=0.0, wait=True, wait_timeout=3600.0)
    with pytest.raises(errors.RunFailed) as caught:
        do_guarded(connect(server), asked, StopsOnceResumed(server))
    assert caught.value.result["resumed"] == chain(server)
    assert caught.value.result["lease_was_held"]
    assert "wait for jobs" in caught.value.msg
