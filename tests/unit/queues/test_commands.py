# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands, manual jobs and waiting, against real HTTP."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._client import errors
from ansible_collections.selfhosted.immich.plugins.module_utils._queues import names
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.failures import QueuesFailed
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.info import describe
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.jobs import manage
from immich_emulator.testing import Emulator
from support.wire import writes

from .conftest import Connect, options, upload


def commands_seen(server: Emulator) -> list[tuple[str, str, bool]]:
    return [
        (request["path"], request["json"]["command"], request["json"]["force"])
        for request in server.requests(writes=True)
        if request["path"].startswith("/jobs/")
    ]


def test_start_missing_sends_force_false_and_waits_for_the_end(any_server: Emulator, connect: Connect) -> None:
    result = manage(connect(any_server), options(command="start_missing", queues=["faceDetection"], wait=True), False)
    assert commands_seen(any_server) == [("/jobs/faceDetection", "start", False)]
    assert result["changed"]
    assert result["started"] == ["faceDetection"]
    assert any_server.state()["queues"]["faceDetection"]["active"] == 0


def test_start_all_sends_force_true(any_server: Emulator, connect: Connect) -> None:
    manage(connect(any_server), options(command="start_all", queues=["smartSearch"]), False)
    assert commands_seen(any_server) == [("/jobs/smartSearch", "start", True)]


def test_a_queue_at_work_is_left_alone_by_start_missing_and_refused_by_start_all(any_server: Emulator, connect: Connect) -> None:
    any_server.set_job_seconds(30)
    upload(any_server)
    result = manage(connect(any_server), options(command="start_missing", queues=["metadataExtraction"]), False)
    assert (result["changed"], result["started"], result["unneeded"]) == (False, [], ["metadataExtraction"])
    for check_mode in (True, False):
        with pytest.raises(QueuesFailed, match="metadataExtraction could not be started: it is at work already"):
            manage(connect(any_server), options(command="start_all", queues=["metadataExtraction"]), check_mode)
    assert commands_seen(any_server) == []


def test_a_start_that_meets_a_job_begun_meanwhile_is_unneeded(server: Emulator, connect: Connect) -> None:
    server.fault(method="PUT", path="/jobs/ocr", status=400, json={"message": "Job is already running"})
    result = manage(connect(server), options(command="start_missing", queues=["ocr"]), False)
    assert (result["changed"], result["unneeded"]) == (False, ["ocr"])


def test_a_queue_without_anything_to_start_is_a_failure_with_the_servers_words(server: Emulator, connect: Connect) -> None:
    with pytest.raises(QueuesFailed, match=r"search could not be started: .*Invalid job name: search") as caught:
        manage(connect(server), options(command="start_missing", queues=["search", "ocr"]), False)
    assert caught.value.result["started"] == ["ocr"]


def test_the_upload_chain_is_emptied_only_by_name(any_server: Emulator, connect: Connect) -> None:
    any_server.pause("metadataExtraction")
    upload(any_server, 3)
    for queues in (["upload"], ["all"]):
        with pytest.raises(errors.InvalidRequest, match="would strand the assets that wait there"):
            manage(connect(any_server), options(command="empty", queues=queues), False)
    assert any_server.state()["queues"]["metadataExtraction"]["paused_jobs"] == 3
    asked = options(command="empty", queues=["metadataExtraction", "library"])
    assert manage(connect(any_server, read_only=True), asked, True)["emptied"] == ["metadataExtraction"]
    result = manage(connect(any_server), asked, False)
    assert (result["emptied"], result["unneeded"]) == (["metadataExtraction"], ["library"])
    assert any_server.state()["queues"]["metadataExtraction"]["paused_jobs"] == 0
    assert manage(connect(any_server), asked, False)["changed"] is False


def test_clearing_failed_jobs_where_there_are_none_asks_for_nothing(any_server: Emulator, connect: Connect) -> None:
    assert manage(connect(any_server), options(command="clear_failed", queues=["all"]), False)["changed"] is False
    assert writes(any_server) == []


def test_a_manual_job_is_run_once_and_never_in_check_mode(any_server: Emulator, connect: Connect) -> None:
    asked = options(manual_job="tag-cleanup", wait=True)
    assert manage(connect(any_server, read_only=True), asked, True)["changed"]
    assert writes(any_server) == []
    assert manage(connect(any_server), asked, False)["changed"]
    assert [request["json"] for request in any_server.requests(writes=True)] == [{"name": "tag-cleanup"}]


def test_an_unknown_manual_job_is_refused_in_the_servers_words(any_server: Emulator, connect: Connect) -> None:
    with pytest.raises(errors.InvalidRequest, match="backup-database"):
        manage(connect(any_server), options(manual_job="sing"), False)


def test_waiting_after_a_pause_lets_running_jobs_finish_but_not_waiting_ones(any_server: Emulator, connect: Connect) -> None:
    any_server.set_job_seconds(0.3)
    upload(any_server, 12)
    result = manage(connect(any_server), options(state="paused", wait=True), False)
    assert result["still_active"] == []
    assert sum(queue["active"] for queue in result["queues"]) == 0
    assert sum(queue["waiting"] for queue in result["queues"]) > 0


def test_a_job_that_goes_on_too_long_is_named_and_no_failure(any_server: Emulator, connect: Connect) -> None:
    any_server.set_job_seconds(30)
    upload(any_server)
    result = manage(connect(any_server), options(state="paused", wait=True, wait_timeout=0.1), False)
    assert result["still_active"] == ["metadataExtraction"]
    assert any_server.paused() == set(names.resolve(["upload"], list(any_server.state()["queues"])))


def test_waiting_after_a_resume_sees_the_whole_chain_through(any_server: Emulator, connect: Connect) -> None:
    manage(connect(any_server), options(state="paused"), False)
    upload(any_server, 5)
    result = manage(connect(any_server), options(state="running", wait=True), False)
    assert all(not queue["active"] and not queue["waiting"] for queue in result["queues"])
    assert all(not queue["waiting"] and not queue["active"] for queue in any_server.state()["queues"].values())


def test_work_that_does_not_end_in_time_is_a_failure_that_says_what_is_left(any_server: Emulator, connect: Connect) -> None:
    any_server.set_job_seconds(30)
    any_server.pause("metadataExtraction")
    upload(any_server, 2)
    with pytest.raises(errors.Timeout, match=r"metadataExtraction \(2 jobs\)") as caught:
        manage(connect(any_server), options(state="running", wait=True, wait_timeout=0.1), False)
    assert caught.value.result["resumed"] == ["metadataExtraction"]


def test_the_info_lists_every_queue_and_changes_nothing(any_server: Emulator, connect: Connect) -> None:
    any_server.pause("smartSearch")
    result = describe(connect(any_server, read_only=True), options().ledger)
    assert {queue["name"]: queue["paused"] for queue in result["queues"]} == {
        name: name == "smartSearch" for name in any_server.state()["queues"]
    }
    assert result["queues"][0]["name"] == "metadataExtraction"
