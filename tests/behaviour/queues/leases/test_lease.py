# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pausing and resuming under leases, in both kinds of ledger, against real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import Immich, Leases, LedgerOptions, errors, manage, open_leases
from support.http.wire import writes

from ..conftest import Connect, options, upload
from .conftest import THREE_QUEUES, Call


def lease_albums(server: Emulator) -> list[dict[str, Any]]:
    return [album for album in server.state()["albums"] if "lease" in album["description"]]


def test_lease_pauses_running_queues_only(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    server.pause("ocr")
    held = call_in_ledger(state="paused", lease="nas")
    assert server.paused() == set(THREE_QUEUES)
    assert (held["paused"], held["left_paused"]) == (["smartSearch", "library"], ["ocr"])
    assert held["lease"]["holder"] == "nas"
    assert held["lease"]["queues"] == ["smartSearch", "library"]
    assert [(lease["holder"], lease["queues"], lease["expired"]) for lease in leases()] == [("nas", ["smartSearch", "library"], False)]
    released = call_in_ledger(state="running", lease="nas")
    assert server.paused() == {"ocr"}
    assert (released["resumed"], released["left_paused"], released["lease"]) == (["smartSearch", "library"], ["ocr"], None)
    assert leases() == []


def test_the_second_time_nothing_changes_but_the_time(server: Emulator, call_in_ledger: Call) -> None:
    assert call_in_ledger(state="paused", lease="nas")["changed"]
    server.clear_requests()
    assert call_in_ledger(state="paused", lease="nas")["changed"] is False
    assert all(request["path"].startswith("/albums/") for request in server.requests(writes=True))
    assert call_in_ledger(state="running", lease="nas")["changed"]
    server.clear_requests()
    assert call_in_ledger(state="running", lease="nas")["changed"] is False
    assert writes(server) == []


def test_the_last_of_several_holders_resumes(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    call_in_ledger(state="paused", lease="one")
    second = call_in_ledger(state="paused", lease="two", queues=["ocr", "migration"])
    assert (second["paused"], second["held_by_others"], second["changed"]) == (["migration"], {"ocr": ["one"]}, True)
    first_out = call_in_ledger(state="running", lease="one")
    assert (first_out["resumed"], first_out["held_by_others"]) == (["smartSearch", "library"], {"ocr": ["two"]})
    assert server.paused() == {"ocr", "migration"}
    call_in_ledger(state="running", lease="two")
    assert server.paused() == set()
    assert leases() == []


def test_a_second_lease_is_a_change_without_a_pause(server: Emulator, call_in_ledger: Call) -> None:
    call_in_ledger(state="paused", lease="one")
    server.clear_requests()
    second = call_in_ledger(state="paused", lease="two")
    assert (second["changed"], second["paused"]) == (True, [])
    assert not any(request["path"].startswith("/queues") for request in server.requests(writes=True))


@pytest.mark.parametrize("state", ["paused", "running"])
def test_check_mode_predicts_and_writes_nothing(
    server: Emulator, call_in_ledger: Call, run_out: Any, leases: Any, state: str, state_home: Path
) -> None:
    server.pause("library")
    run_out(lease="dead", queues=["migration", "ocr"])
    call_in_ledger(state="paused", lease="other", queues=["faceDetection", "ocr"])
    if state == "running":
        call_in_ledger(state="paused", lease="nas", queues=[*THREE_QUEUES, "faceDetection"])
        run_out(lease="dead too", queues=["videoConversion"])
    before, paused = leases(), server.paused()
    files = {file: file.read_bytes() for file in state_home.glob("*") if file.suffix == ".json"}
    server.clear_requests()
    predicted = call_in_ledger(check_mode=True, state=state, lease="nas")
    assert writes(server) == []
    assert server.paused() == paused
    assert {file: file.read_bytes() for file in state_home.glob("*") if file.suffix == ".json"} == files
    assert [lease["holder"] for lease in leases()] == [lease["holder"] for lease in before]
    really = call_in_ledger(state=state, lease="nas")
    for result in (predicted, really):  # the clock goes on between the two
        result["held_until"] = list(result["held_until"])
        if result["lease"]:
            result["lease"].pop("expires_at")
    assert really == predicted


def test_an_expired_lease_is_swept_by_any_next_call(server: Emulator, call_in_ledger: Call, run_out: Any, leases: Any) -> None:
    server.pause("library")
    run_out(lease="dead")
    assert [lease["expired"] for lease in leases()] == [True]
    swept = call_in_ledger(state="paused", lease="alive", queues=["ocr"])
    assert (swept["healed"], swept["expired_leases"]) == (["smartSearch"], ["dead"])
    assert server.paused() == {"ocr", "library"}
    assert [lease["holder"] for lease in leases()] == ["alive"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"state": "running", "lease": "nobody"},
        {"state": "running", "queues": ["migration"]},
        {"state": "paused", "queues": ["migration"]},
    ],
)
def test_each_kind_of_call_heals(server: Emulator, call_in_ledger: Call, run_out: Any, leases: Any, given: dict[str, Any]) -> None:
    run_out(lease="dead")
    swept = call_in_ledger(**given)
    assert (swept["healed"], swept["expired_leases"], swept["changed"]) == (THREE_QUEUES, ["dead"], True)
    assert server.paused() == set(given.get("queues", [])) & ({"migration"} if given.get("state") == "paused" else set())
    assert leases() == []
    assert call_in_ledger()["changed"] is False


def test_a_queue_taken_from_an_expired_lease_never_runs(server: Emulator, call_in_ledger: Call, run_out: Any) -> None:
    run_out(lease="dead")
    server.clear_requests()
    taken = call_in_ledger(state="paused", lease="alive")
    assert (taken["paused"], taken["healed"], taken["expired_leases"]) == ([], [], ["dead"])
    assert not any(request["path"].startswith("/queues") for request in server.requests(writes=True))
    call_in_ledger(state="running", lease="alive")
    assert server.paused() == set()


def test_an_administrators_pause_removes_the_queue_from_leases(server: Emulator, call_in_ledger: Call) -> None:
    call_in_ledger(state="paused", lease="nas")
    own = call_in_ledger(state="paused", queues=["ocr"])
    assert (own["changed"], own["paused"]) == (True, [])
    assert call_in_ledger(state="paused", queues=["ocr"])["changed"] is False
    assert call_in_ledger(state="running", lease="nas")["left_paused"] == ["ocr"]
    assert server.paused() == {"ocr"}


def test_an_administrators_resume_ends_the_pause_for_all_leases(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    call_in_ledger(state="paused", lease="one")
    call_in_ledger(state="paused", lease="two")
    own = call_in_ledger(state="running", queues=["ocr"])
    assert own["resumed"] == ["ocr"]
    assert server.paused() == {"smartSearch", "library"}
    assert [lease["queues"] for lease in leases()] == [["smartSearch", "library"]] * 2
    server.pause("ocr")
    call_in_ledger(state="running", lease="one")
    call_in_ledger(state="running", lease="two")
    assert server.paused() == {"ocr"}


def test_a_lease_with_nothing_to_hold_is_still_a_lease(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    for name in THREE_QUEUES:
        server.pause(name)
    assert call_in_ledger(state="paused", lease="nas")["lease"]["queues"] == []
    assert [lease["holder"] for lease in leases()] == ["nas"]
    call_in_ledger(state="running", lease="nas")
    assert server.paused() == set(THREE_QUEUES)
    assert leases() == []


def test_holding_more_adds_and_asking_for_less_keeps(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    call_in_ledger(state="paused", lease="nas", queues=["ocr"])
    assert call_in_ledger(state="paused", lease="nas", queues=["smartSearch"])["lease"]["queues"] == ["smartSearch", "ocr"]
    assert len(leases()) == 1
    assert call_in_ledger(state="paused", lease="nas", queues=["ocr"])["changed"] is False
    call_in_ledger(state="running", lease="nas")
    assert server.paused() == set()


def test_renewal_pauses_resumed_queues_again(server: Emulator, call_in_ledger: Call) -> None:
    call_in_ledger(state="paused", lease="nas", queues=["metadataExtraction", "ocr"])
    server.restart()
    assert server.paused() == {"ocr"}
    assert call_in_ledger(state="paused", lease="nas", queues=["ocr"])["paused"] == ["metadataExtraction"]
    assert server.paused() == {"metadataExtraction", "ocr"}
    call_in_ledger(state="running", lease="nas")
    assert server.paused() == set()


def test_partly_failed_pause_can_be_released(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    server.fault(method="PUT", path="/queues/ocr", times=None, status=400, json={"message": "Not today"})
    with pytest.raises(errors.RunFailed) as caught:
        call_in_ledger(state="paused", lease="nas")
    assert caught.value.result["paused"] == ["smartSearch", "library"]
    assert caught.value.result["lease"]["holder"] == "nas"
    server.clear_faults()
    call_in_ledger(state="running", lease="nas")
    assert server.paused() == set()
    assert leases() == []


def test_queue_not_resumed_stays_in_lease(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    call_in_ledger(state="paused", lease="nas")
    server.fault(method="PUT", path="/queues/ocr", times=None, status=400, json={"message": "Not today"})
    with pytest.raises(errors.RunFailed, match="ocr could not be resumed") as caught:
        call_in_ledger(state="running", lease="nas")
    assert caught.value.result["resumed"] == ["smartSearch", "library"]
    assert server.paused() == {"ocr"}
    assert [(lease["queues"], lease["ending"]) for lease in leases()] == [(["ocr"], True)]
    server.pause("library")  # an administrator, meanwhile
    with pytest.raises(errors.RunFailed):
        call_in_ledger()
    server.clear_faults()
    assert call_in_ledger()["healed"] == ["ocr"]
    assert server.paused() == {"library"}
    assert leases() == []


def test_a_pause_by_hand_after_an_expired_lease_was_swept_stays(
    server: Emulator,
    connect: Connect,
    call_in_ledger: Call,
    ledger: str,
    run_out: Callable[..., None],
    leases: Callable[[], list[dict[str, Any]]],
) -> None:
    call_in_ledger(state="paused", lease="nas", queues=["library"])
    run_out(lease="dead", queues=["ocr", "smartSearch"])
    server.resume("ocr")
    client = connect(server)
    open_leases(client, LedgerOptions(ledger)).pause_again("nas")  # as a long upload does
    assert [lease["holder"] for lease in leases()] == ["nas"]
    assert server.paused() == {"library"}
    server.pause("ocr")
    call_in_ledger(state="running", lease="nas")
    assert call_in_ledger()["healed"] == []
    assert server.paused() == {"ocr"}


@pytest.mark.parametrize(
    ("given", "message"),
    [({"lease": " "}, "name of 1 to"), ({"lease": "a\nb"}, "printable"), ({"lease_ttl": 0}, "more than 0"), ({"lease_ttl": 4e7}, "a year")],
)
def test_odd_options_are_refused(call_in_ledger: Call, given: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=message):
        call_in_ledger(**{"state": "paused", "lease": "nas", **given})
    with pytest.raises(errors.InvalidRequest, match="lease requires state"):
        call_in_ledger(lease="nas")


def test_lease_albums_can_be_understood_by_people(any_server: Emulator, connect: Connect) -> None:
    client = connect(any_server)
    asked = options(state="paused", lease="nas", ledger="server", queues=["smartSearch"])
    manage(client, asked, False)
    (album,) = lease_albums(any_server)
    assert album["name"].startswith("Background jobs paused by nas until ")
    assert album["owner"] == "admin"
    assert json.loads(album["description"])["photoyard.immich lease"]["queues"] == ["smartSearch"]
    manage(client, replace(asked, state="running"), False)
    assert any_server.paused() == set()
    assert lease_albums(any_server) == []


def test_server_ledger_names_missing_scopes(server: Emulator, connect: Connect) -> None:
    key = server.make_key(user="admin", permissions=["queue.read", "queue.update", "album.read"])
    with pytest.raises(errors.PermissionDenied, match=r"album\.create.*album\.update.*album\.delete"):
        manage(connect(server, key), options(state="paused", lease="nas", ledger="server"), False)
    assert writes(server) == []
    enough = ["queue.read", "queue.update", "album.read", "album.create", "album.update", "album.delete"]
    client: Immich = connect(server, server.make_key(user="admin", permissions=enough))
    manage(client, options(state="paused", lease="nas", ledger="server"), False)
    manage(client, options(state="running", lease="nas", ledger="server"), False)
    assert server.paused() == set()


def test_a_wrong_queue_fails_the_pause_but_not_the_release(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    with pytest.raises(errors.InvalidRequest, match="no queue named smartSerch") as caught:
        call_in_ledger(state="paused", lease="nas", queues=["ocr", "smartSerch"])
    assert caught.value.failure()["kind"] == "validation"
    assert writes(server) == []
    assert leases() == []
    call_in_ledger(state="paused", lease="nas", queues=["ocr"])
    assert call_in_ledger(state="running", lease="nas", queues=["smartSerch"])["resumed"] == ["ocr"]
    assert server.paused() == set()


def test_check_mode_predicts_the_release_of_an_expired_lease(server: Emulator, call_in_ledger: Call, run_out: Any) -> None:
    run_out(lease="nas")
    predicted = call_in_ledger(check_mode=True, state="running", lease="nas")
    assert (predicted["resumed"], predicted["healed"], predicted["expired_leases"]) == (THREE_QUEUES, [], [])
    assert call_in_ledger(state="running", lease="nas") == predicted


@pytest.mark.parametrize("state", ["paused", "running"])
def test_check_mode_predicts_a_call_without_a_lease(server: Emulator, call_in_ledger: Call, run_out: Any, state: str) -> None:
    run_out(lease="dead")
    predicted = call_in_ledger(check_mode=True, state=state, queues=["ocr"])
    assert call_in_ledger(state=state, queues=["ocr"]) == predicted
    assert (predicted["healed"], predicted["paused"]) == (THREE_QUEUES, ["ocr"] if state == "paused" else [])


def test_a_pause_without_a_lease_revives_no_expired_lease(server: Emulator, call_in_ledger: Call, run_out: Any, leases: Any) -> None:
    run_out(lease="dead", queues=["ocr", "smartSearch"])
    assert call_in_ledger(state="paused", queues=["smartSearch"])["expired_leases"] == ["dead"]
    assert leases() == []
    assert server.paused() == {"smartSearch"}


def test_an_administrators_pause_before_a_release_is_kept(
    server: Emulator, connect: Connect, call_in_ledger: Call, ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_in_ledger(state="paused", lease="nas")
    forget = Leases.forget

    def after_a_release(self: Leases, chosen: Any) -> bool:
        call_in_ledger(state="running", lease="nas")
        return forget(self, chosen)

    monkeypatch.setattr(Leases, "forget", after_a_release)
    own = call_in_ledger(state="paused", queues=["ocr"])
    assert (own["paused"], own["queues"][0]["paused"]) == (["ocr"], True)
    assert server.paused() == {"ocr"}


def test_an_administrators_pause_during_a_release_is_kept(
    server: Emulator, connect: Connect, call_in_ledger: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_in_ledger(state="paused", lease="nas", ledger="server")
    client = connect(server)
    leases = open_leases(client, LedgerOptions("server"))
    change = leases.ledger.change
    done: list[Any] = []

    def after_a_pause(*given: Any) -> bool:
        if not done:
            done.append(call_in_ledger(state="paused", queues=["ocr"], ledger="server"))
        return change(*given)

    monkeypatch.setattr(leases.ledger, "change", after_a_pause)
    assert leases.release("nas").resumed == ["smartSearch", "library"]
    assert server.paused() == {"ocr"}
    assert leases.ledger.records() == []


def test_waiting_for_jobs_renews_the_lease(server: Emulator, connect: Connect, call_in_ledger: Call, leases: Any) -> None:
    before = call_in_ledger(state="paused", lease="nas", lease_ttl=6.0)
    server.fault(
        method="GET",
        path="/queues$",
        times=None,
        json=[
            {"name": name, "isPaused": True, "statistics": dict.fromkeys(("active", "waiting", "paused", "delayed", "failed"), 1)}
            for name in THREE_QUEUES
        ],
    )
    waited = call_in_ledger(state="paused", lease="nas", lease_ttl=6.0, wait=True, wait_timeout=8.0, wait_interval=60.0)
    server.clear_faults()
    assert waited["still_active"] == THREE_QUEUES
    assert [lease["expired"] for lease in leases()] == [False]
    assert waited["lease"]["expires_at"] > before["lease"]["expires_at"]
    call_in_ledger(state="running", lease="nas")


def test_the_diff_of_a_pause_says_who_held_queues_before(server: Emulator, call_in_ledger: Call) -> None:
    call_in_ledger(state="paused", lease="other", queues=["ocr"])
    diff = call_in_ledger(state="paused", lease="nas", queues=["smartSearch", "ocr"])["diff"]
    assert diff["before"] == {"smartSearch": {"paused": False, "held_by": []}, "ocr": {"paused": True, "held_by": ["other"]}}
    assert diff["after"] == {"smartSearch": {"paused": True, "held_by": ["nas"]}, "ocr": {"paused": True, "held_by": ["nas", "other"]}}


def test_failed_wait_reports_paused_queues_of_lease(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    server.set_job_seconds(3600)
    upload(server)
    server.fault("GET", "^/queues$", after=12, times=None, status=500, json={"message": "Internal server error"})  # during the wait
    with pytest.raises(errors.RunFailed) as caught:
        call_in_ledger(state="paused", lease="nas", queues=["metadataExtraction"], wait=True)
    server.clear_faults()
    assert caught.value.result["paused"] == ["metadataExtraction"]
    assert caught.value.result["lease"]["holder"] == "nas"
    assert [lease["holder"] for lease in leases()] == ["nas"]
    call_in_ledger(state="running", lease="nas")
    assert server.paused() == set()


def interrupted_while_pausing(server: Emulator, client: Immich, ledger: str) -> Leases:
    """The leases of a process that is stopped by a signal while it pauses the queue of the lease `nas` again."""
    server.resume("ocr")
    leases = open_leases(client, LedgerOptions(ledger))
    pause = client.queues.set_paused

    def and_die(name: str, paused: bool) -> None:
        pause(name, paused)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(client.queues, "set_paused", and_die)
        leases.pause_again("nas")
    assert len(leases.ledger.records()) == 2
    return leases


def test_a_release_ends_the_intent_of_a_killed_process(server: Emulator, connect: Connect, call_in_ledger: Call) -> None:
    call_in_ledger(state="paused", lease="nas", ledger="file", queues=["ocr"])
    leases = interrupted_while_pausing(server, connect(server), "file")
    call_in_ledger(state="running", lease="nas", ledger="file")
    assert server.paused() == set()
    assert leases.ledger.records() == []


def test_tidy_removes_the_intent_of_an_ended_pause(server: Emulator, connect: Connect, call_in_ledger: Call, ledger: str) -> None:
    call_in_ledger(state="paused", lease="nas", queues=["ocr"])
    leases = interrupted_while_pausing(server, connect(server), ledger)
    leases.tidy()
    assert [record.lease for record in leases.ledger.records()] == ["nas"]
    assert server.paused() == {"ocr"}


def test_an_empty_list_of_queues_is_not_taken_for_running_ones(server: Emulator, call_in_ledger: Call, run_out: Any, leases: Any) -> None:
    run_out(lease="dead")
    server.fault(method="GET", path="/queues$", times=1, json=[])
    with pytest.raises(errors.RunFailed, match="list of queues is empty"):
        call_in_ledger()
    assert [lease["holder"] for lease in leases()] == ["dead"]
    assert call_in_ledger()["expired_leases"] == ["dead"]
    assert server.paused() == set()


def test_a_release_says_whether_the_lease_was_still_held(server: Emulator, call_in_ledger: Call, run_out: Any) -> None:
    call_in_ledger(state="paused", lease="nas")
    assert call_in_ledger(state="running", lease="nas", check_mode=True)["lease_was_held"]
    assert call_in_ledger(state="running", lease="nas")["lease_was_held"]
    assert not call_in_ledger(state="running", lease="nas")["lease_was_held"], "it is gone"
    run_out(lease="nas")
    assert not call_in_ledger(state="running", lease="nas")["lease_was_held"], "it had expired, and nobody had seen to it yet"
    assert server.paused() == set()
