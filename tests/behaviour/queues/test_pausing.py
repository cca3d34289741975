# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pause around other work: it begins with the work, ends with it whatever happens, and nobody else's is touched."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues import pausing as module
from ansible_collections.photoyard.immich.plugins.module_utils._queues import renewer
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard.guard import Guard
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import PauseOptions, ResumeOptions
from ansible_collections.photoyard.immich.plugins.module_utils._queues.pausing import Pausing, StillPaused, begin_pauses, pause_around
from ansible_collections.photoyard.immich.plugins.module_utils._run.outcome import RunOutcome
from immich_emulator.testing import Emulator
from support.collection import LeaseOptions, LeaseRecord, LedgerOptions, choose_ledger, errors, manage
from support.http.wire import writes
from support.waiting import wait_until

from .conftest import Connect, options, upload

QUEUES = ["metadataExtraction", "smartSearch"]
Work = Callable[[Pausing], dict[str, Any]]
Run = Callable[..., dict[str, Any]]


def check_cancelled() -> None:
    """Returns: no stop is requested."""


@pytest.fixture
def run(server: Emulator, connect: Connect, ledger: str) -> Run:
    def do(work: Work, *, check: bool = False, key: str | None = None, **given: Any) -> dict[str, Any]:
        lease = LeaseOptions(given.pop("name", "nas"), given.pop("ttl", 900.0), LedgerOptions(ledger))
        options = PauseOptions(queues=given.pop("queues", QUEUES), lease=lease, wait=20.0, **given)
        client = connect(server, key, read_only=check)
        outcome = RunOutcome()
        with pause_around(client, options, check, Guard(None), outcome, lambda step, _grace: step(), check_cancelled) as pause:
            outcome.result = work(pause)
        return outcome.result

    return do


def test_work_without_pause_writes_nothing(server: Emulator, run: Run) -> None:
    result = run(lambda _pause: {"changed": False})
    assert not result["changed"]
    assert (result["pause"]["healed"], result["resume"], result["lease"]) == ([], None, None)
    assert writes(server) == []


def test_a_pause_begins_and_ends_with_the_work(server: Emulator, run: Run, records: Callable[[], list[LeaseRecord]]) -> None:
    server.pause("smartSearch")

    def work(pause: Pausing) -> dict[str, Any]:
        assert server.paused() == {"smartSearch"}
        begin_pauses([pause], check_cancelled)
        assert server.paused() == {"metadataExtraction", "smartSearch"}
        assert [(record.lease, record.held) for record in records()] == [("nas", ("metadataExtraction",))]
        return {"changed": True, "done": 1, "warnings": ["a"]}

    result = run(work)
    assert server.paused() == {"smartSearch"}
    assert records() == []
    assert (result["done"], result["warnings"], result["lease"]) == (1, ["a"], None)
    assert (result["pause"]["paused"], result["pause"]["left_paused"]) == (["metadataExtraction"], ["smartSearch"])
    assert (result["resume"]["resumed"], result["resume"]["left_paused"]) == (["metadataExtraction"], ["smartSearch"])
    assert result["pause"]["seconds"] > 0


@pytest.mark.parametrize("error", [errors.LocalFailure("A disk is full."), KeyboardInterrupt(), RuntimeError("a mistake")])
def test_pause_ends_when_work_fails(server: Emulator, run: Run, records: Callable[[], list[LeaseRecord]], error: BaseException) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        raise error

    with pytest.raises(errors.RunFailed if isinstance(error, errors.ImmichError) else type(error)) as caught:
        run(work)
    assert server.paused() == set()
    assert records() == []
    if isinstance(caught.value, errors.RunFailed):
        assert caught.value.cause is error
        assert caught.value.result["resume"]["resumed"] == QUEUES
        assert caught.value.result["lease"] is None


def test_pause_end_keeps_queues_of_other_leases(server: Emulator, connect: Connect, ledger: str, run: Run) -> None:
    manage(connect(server), options(state="paused", lease="other", ledger=ledger, queues=["smartSearch"]), False)

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        return {"changed": True}

    result = run(work)
    assert server.paused() == {"smartSearch"}
    assert result["resume"]["held_by_others"] == {"smartSearch": ["other"]}


@pytest.fixture
def _expired_lease(server: Emulator, connect: Connect, ledger: str) -> None:
    """A lease that has run out, and has paused faceDetection."""
    manage(connect(server), options(state="paused", lease="dead", ledger=ledger, queues=["faceDetection"]), False)
    chosen = choose_ledger(connect(server), LedgerOptions(ledger))
    (record,) = chosen.records()
    assert chosen.renew(record, 1e-6)


@pytest.mark.usefixtures("_expired_lease")
@pytest.mark.parametrize("needed", [True, False])
def test_pause_heals_expired_lease(server: Emulator, run: Run, needed: bool) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        if needed:
            begin_pauses([pause], check_cancelled)
        return {"changed": False}

    result = run(work)
    assert server.paused() == set()
    assert result["pause"]["healed"] == ["faceDetection"]
    assert result["changed"]


@pytest.mark.usefixtures("_expired_lease")
def test_partly_failed_work_heals_expired_leases(server: Emulator, run: Run) -> None:
    def work(_pause: Pausing) -> dict[str, Any]:
        raise errors.RunFailed(errors.LocalFailure("One file could not be read."), {"changed": False})

    with pytest.raises(errors.RunFailed) as caught:
        run(work)
    assert server.paused() == set()
    assert caught.value.result["pause"]["healed"] == ["faceDetection"]


def test_failed_work_keeps_its_message(run: Run) -> None:
    def work(_pause: Pausing) -> dict[str, Any]:
        raise errors.RunFailed(errors.LocalFailure("Stopped."), {"changed": True}, "Stopped. 2 were uploaded.")

    with pytest.raises(errors.RunFailed) as caught:
        run(work)
    assert caught.value.msg == "Stopped. 2 were uploaded."


def test_check_mode_predicts_and_writes_nothing(server: Emulator, run: Run) -> None:
    server.pause("smartSearch")

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        return {"changed": True}

    predicted = run(work, check=True)
    assert writes(server) == []
    done = run(work)
    for name in ("paused", "left_paused", "healed", "changed"):
        assert predicted["pause"][name] == done["pause"][name]
    assert predicted["resume"] is None


def test_without_the_right_to_pause_the_work_goes_on(server: Emulator, run: Run, ledger: str) -> None:
    scopes = ["queue.read", "album.read", "album.create", "album.update", "album.delete"]
    key = server.make_key("admin", scopes)

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        return {"changed": True, "done": 1}

    result = run(work, key=key)
    assert result["done"] == 1
    assert result["pause"]["failure"]["kind"] == "permission"
    assert "queue.update" in result["pause"]["msg"]
    assert (result["resume"], result["lease"]) == (None, None)
    assert writes(server) == []


def test_required_pause_fails_before_work(server: Emulator, run: Run) -> None:
    def work(_pause: Pausing) -> dict[str, Any]:
        raise AssertionError("it must not come to this")

    with pytest.raises(errors.RunFailed) as caught:
        run(work, key=server.make_key("admin", ["queue.read", "album.read"]), required=True)
    assert caught.value.result["pause"]["failed"]


def test_failed_pause_ends_work(server: Emulator, run: Run, records: Callable[[], list[LeaseRecord]]) -> None:
    server.fault("PUT", "^/queues/smartSearch$", times=2, status=500)

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        raise AssertionError("it must not come to this")

    with pytest.raises(errors.RunFailed) as caught:
        run(work)
    assert caught.value.msg.startswith("The background jobs could not be paused")
    assert server.paused() == set()
    assert records() == []
    assert caught.value.result["pause"]["failed"]
    assert caught.value.result["resume"]["resumed"] == ["metadataExtraction"]


def test_failed_resume_fails_with_result(
    server: Emulator, connect: Connect, ledger: str, run: Run, records: Callable[[], list[LeaseRecord]]
) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        server.fault("PUT", "^/queues/smartSearch$", times=None, status=500)
        return {"changed": True, "done": 1}

    with pytest.raises(errors.RunFailed, match="could not be resumed") as caught:
        run(work)
    assert isinstance(caught.value.cause, StillPaused)
    result = caught.value.result
    assert (result["done"], result["resume"]["failed"], result["lease"]["holder"]) == (1, True, "nas")
    assert "smartSearch" in caught.value.failure()["details"]["still_paused"]
    server.clear_faults()
    manage(connect(server), options(state="running", lease="nas", ledger=ledger), False)
    assert server.paused() == set()
    assert records() == []


def test_key_refused_while_pausing_leaves_none_paused(server: Emulator, run: Run, records: Callable[[], list[LeaseRecord]]) -> None:
    server.fault("PUT", "^/queues/smartSearch$", times=None, status=403, json={"message": "Forbidden"})

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        assert server.paused() == set()
        assert records() == []
        return {"changed": True, "done": 1}

    result = run(work)
    assert (result["done"], result["lease"]) == (1, None)
    assert result["pause"]["failure"]["kind"] == "permission"
    assert any("were not paused" in warning for warning in result["warnings"])


@pytest.mark.parametrize("needed", [True, False])
def test_a_wrong_key_does_not_stop_work_with_an_optional_pause(server: Emulator, run: Run, needed: bool) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        if needed:
            begin_pauses([pause], check_cancelled)
        return {"changed": needed}

    result = run(work, key="no-such-key")
    assert result["pause"]["failure"]["kind"] == "auth"
    assert result["changed"] is needed
    assert bool(result["warnings"]) is needed


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("needed", [True, False])
def test_unknown_queue_fails_with_and_without_pause(server: Emulator, run: Run, check: bool, needed: bool) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        if needed:
            begin_pauses([pause], check_cancelled)
        return {"changed": False}

    with pytest.raises(errors.RunFailed, match="smartSaerch"):
        run(work, check=check, queues=["smartSaerch"])
    assert writes(server) == []


def test_resume_order_chain_follows_chain(server: Emulator, run: Run) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        return {"changed": True}

    run(work, queues=["smartSearch", "metadataExtraction", "thumbnailGeneration"], resume=ResumeOptions("chain", 20.0))
    resumed = [request["path"] for request in server.requests(writes=True) if request["json"] == {"isPaused": False}]
    assert resumed == ["/queues/metadataExtraction", "/queues/thumbnailGeneration", "/queues/smartSearch"]


def test_some_queues_can_be_resumed_early(server: Emulator, run: Run, records: Callable[[], list[LeaseRecord]]) -> None:
    server.pause("thumbnailGeneration")

    def work(pause: Pausing) -> dict[str, Any]:
        pause.resume_early(["metadataExtraction"], check_cancelled)  # nothing is paused yet
        begin_pauses([pause], check_cancelled)
        pause.resume_early(["metadataExtraction", "thumbnailGeneration", "ocr"], check_cancelled)
        assert server.paused() == {"thumbnailGeneration", "smartSearch"}
        assert [record.held for record in records()] == [("smartSearch",)]
        return {"changed": True}

    result = run(work, queues=["metadataExtraction", "thumbnailGeneration", "smartSearch"])
    assert server.paused() == {"thumbnailGeneration"}
    assert (records(), result["warnings"], result["lease"]) == ([], [], None)
    assert result["pause"]["paused_again"] == []


def test_queue_held_by_another_lease_is_not_resumed_early(server: Emulator, connect: Connect, ledger: str, run: Run) -> None:
    manage(connect(server), options(state="paused", lease="other", ledger=ledger, queues=["metadataExtraction"]), False)

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        pause.resume_early(["metadataExtraction"], check_cancelled)
        assert server.paused() == set(QUEUES)
        return {"changed": True}

    run(work)
    assert server.paused() == {"metadataExtraction"}


def test_queue_resumed_early_is_not_paused_again(server: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewer, "_INTERVAL", 0.1)

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        pause.resume_early(["metadataExtraction"], check_cancelled)
        server.resume("smartSearch")
        wait_until(lambda: "smartSearch" in server.paused())
        return {"changed": True}

    assert run(work)["pause"]["paused_again"] == ["smartSearch"]
    assert server.paused() == set()


def test_queue_resumed_by_immich_is_paused_again(server: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewer, "_INTERVAL", 0.1)

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        server.restart()
        wait_until(lambda: server.paused() == set(QUEUES))
        return {"changed": True}

    assert run(work)["pause"]["paused_again"] == ["metadataExtraction"]
    assert server.paused() == set()


def test_running_jobs_may_end_first(server: Emulator, run: Run, connect: Connect) -> None:
    server.set_job_seconds(0.5)
    upload(server)

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        assert server.state()["queues"]["metadataExtraction"]["active"] == 0
        return {"changed": True}

    assert run(work)["pause"]["still_active"] == []


def test_the_wait_for_running_jobs_can_be_stopped(server: Emulator, run: Run) -> None:
    server.set_job_seconds(3600)
    upload(server)

    def stop() -> None:
        raise errors.LocalFailure("It stops.")

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], stop)
        return {}

    with pytest.raises(errors.RunFailed, match="It stops"):
        run(work)
    assert server.paused() == set()


def begin_in_the_background(server: Emulator, pause: Pausing, **slowness: Any) -> threading.Thread:
    """Begins in another thread, as an upload does, with a server that is slow to pause."""
    server.fault("PUT", "^/queues/smartSearch$", **slowness)
    thread = threading.Thread(target=lambda: begin_pauses([pause], check_cancelled), daemon=True)
    thread.start()
    wait_until(lambda: any(request["path"] == "/queues/metadataExtraction" for request in server.requests(writes=True)))
    return thread


def test_the_end_waits_for_a_beginning_under_way(server: Emulator, run: Run, records: Callable[[], list[LeaseRecord]]) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        begin_in_the_background(server, pause, delay=1.5)
        raise errors.LocalFailure("The run was stopped.")

    with pytest.raises(errors.RunFailed) as caught:
        run(work)
    assert caught.value.result["lease"] is None
    assert caught.value.result["resume"]["resumed"] == QUEUES
    assert server.paused() == set()
    assert records() == []


def test_hanging_pause_is_left_to_guard(
    server: Emulator, run: Run, connect: Connect, ledger: str, records: Callable[[], list[LeaseRecord]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HANGS", 0.2)
    threads: list[threading.Thread] = []

    def work(pause: Pausing) -> dict[str, Any]:
        threads.append(begin_in_the_background(server, pause, until_cleared=True))
        raise errors.LocalFailure("The run was stopped.")

    with pytest.raises(errors.RunFailed) as caught:
        run(work)
    assert caught.value.result["lease"] == {"holder": "nas"}
    assert caught.value.result["resume"]["failed"]
    server.clear_faults()
    threads[0].join()  # it goes on, in a process that would have ended
    assert server.paused() == set(QUEUES)
    manage(connect(server), options(state="running", lease="nas", ledger=ledger), False)
    assert server.paused() == set()
    assert records() == []


def test_nothing_begins_after_the_end(server: Emulator, run: Run) -> None:
    late: list[Pausing] = []

    def work(pause: Pausing) -> dict[str, Any]:
        late.append(pause)
        return {"changed": False}

    run(work)
    with pytest.raises(errors.LocalFailure):
        begin_pauses([late[0]], check_cancelled)
    assert writes(server) == []


@pytest.mark.parametrize("beats", [True, False])
def test_the_lease_lives_as_long_as_work_goes_on(
    server: Emulator, run: Run, connect: Connect, ledger: str, records: Callable[[], list[LeaseRecord]], beats: bool
) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        end = time.monotonic() + 8

        def has_come_true() -> bool:
            """A lease that ran out may have been cleared away. If all of this stood still meanwhile, it is taken again."""
            if beats:
                pause.beat()
            return time.monotonic() > end and any(record.live for record in records()) is beats

        wait_until(has_come_true)
        return {"changed": True}

    run(work, ttl=4.0)  # long enough for a server that is busy, and tells its time in whole seconds
    assert server.paused() == set()


@pytest.mark.parametrize(("of_source", "option"), [(False, "pause_queues"), (True, "source_pause_queues")])
@pytest.mark.parametrize("pauses", [True, False])
def test_wrong_queue_names_the_option_of_the_pause(server: Emulator, run: Run, of_source: bool, option: str, pauses: bool) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        if pauses:
            begin_pauses([pause], check_cancelled)
        return {"changed": False}

    with pytest.raises(errors.ImmichError, match=rf"no queue named smartSerch .* Correct {option}\."):
        run(work, queues=["smartSerch"], of_source=of_source)
    assert server.paused() == set()


def test_a_bad_name_is_refused_before_any_work(run: Run) -> None:
    with pytest.raises(errors.InvalidRequest):
        run(lambda _pause: {"changed": False}, name=" ")


def test_vanished_lease_is_released(server: Emulator, run: Run, records: Callable[[], list[LeaseRecord]], lose: Callable[[], None]) -> None:
    server.pause("ocr")

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        lose()
        return {"changed": True}

    for order in ("together", "chain"):
        result = run(work, queues=[*QUEUES, "ocr"], resume=ResumeOptions(order))
        assert server.paused() == {"ocr"}
        assert records() == []
        assert (result["resume"]["resumed"], result["resume"]["left_paused"], result["lease"]) == (QUEUES, ["ocr"], None)


def test_failed_release_of_vanished_lease_names_queues(server: Emulator, run: Run, lose: Callable[[], None]) -> None:
    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        lose()
        server.fault("PUT", "^/queues/smartSearch$", times=None, status=400, json={"message": "Not today"})
        return {"changed": True}

    with pytest.raises(errors.RunFailed, match="smartSearch could not be resumed"):
        run(work)
    assert server.paused() == {"smartSearch"}


@pytest.mark.parametrize("seen", [True, False])
def test_pause_ended_by_others_is_reported(
    server: Emulator, connect: Connect, ledger: str, run: Run, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewer, "_INTERVAL", 0.1 if seen else 60.0)

    def work(pause: Pausing) -> dict[str, Any]:
        begin_pauses([pause], check_cancelled)
        manage(connect(server), options(state="running", lease="nas", ledger=ledger), False)
        if seen:
            wait_until(lambda: pause._renewer is not None and pause._renewer.problems != [])
            server.pause("smartSearch")
        return {"changed": True}

    result = run(work)
    (warning,) = result["warnings"]
    assert ("was ended before this task was done" if seen else "The pause ended before this task did") in warning
    assert server.paused() == ({"smartSearch"} if seen else set())
