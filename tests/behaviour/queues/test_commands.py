# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands, manual jobs and waiting, against real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.queues import QueueCalls
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.commands import run_job
from immich_emulator.testing import Emulator
from immich_emulator.versions import find
from support.collection import ApiKey, Connection, Immich, Version, describe, errors, manage, names
from support.http.wire import writes
from support.photos.people import account_with_faces
from support.stops import stop_when

from .conftest import VERSIONS, Connect, job_options, options, upload


def commands_seen(server: Emulator) -> list[tuple[str, str, bool]]:
    return [
        (request["path"], request["json"]["command"], request["json"]["force"])
        for request in server.requests(writes=True)
        if request["path"].startswith("/jobs/")
    ]


def test_start_missing_sends_force_false_and_waits_for_the_end(any_server: Emulator, connect: Connect) -> None:
    result = run_job(connect(any_server), job_options(command="start_missing", queues=["faceDetection"], wait=True), False)
    assert commands_seen(any_server) == [("/jobs/faceDetection", "start", False)]
    assert result["changed"]
    assert result["started"] == ["faceDetection"]
    assert any_server.state()["queues"]["faceDetection"]["active"] == 0


def test_start_all_sends_force_true(any_server: Emulator, connect: Connect) -> None:
    run_job(connect(any_server), job_options(command="start_all", queues=["smartSearch"]), False)
    assert commands_seen(any_server) == [("/jobs/smartSearch", "start", True)]


@pytest.mark.parametrize("check_mode", [True, False])
def test_start_all_refuses_to_lose_faces(any_server: Emulator, connect: Connect, check_mode: bool) -> None:
    account_with_faces(any_server)
    asked = {"command": "start_all", "queues": ["faceDetection"]}
    with pytest.raises(errors.InvalidRequest) as caught:
        run_job(connect(any_server), job_options(**asked), check_mode)
    assert caught.value.failure()["details"]["option"] == "allow_lost_faces"
    assert caught.value.failure()["details"]["photos"] >= 1
    assert commands_seen(any_server) == []
    assert run_job(connect(any_server), job_options(**asked, allow_lost_faces=True), check_mode)["started"] == ["faceDetection"]


def test_start_all_without_marked_faces_warns_of_other_users(emulator: Callable[..., Emulator], connect: Connect) -> None:
    server = emulator(job_seconds=0.001)
    account = account_with_faces(server)
    account.ask("DELETE", "/assets", json={"ids": [account.ids["both.jpg"]], "force": True})
    server.wait_idle()
    result = run_job(connect(server), job_options(command="start_all", queues=["faceDetection", "ocr"]), False)
    assert (result["started"], len(result["warnings"])) == (["faceDetection", "ocr"], 1)


def test_start_all_needs_scopes_to_see_marked_faces(server: Emulator, connect: Connect) -> None:
    key = server.make_key("admin", ["job.create", "queue.read"])
    asked = {"command": "start_all", "queues": ["faceDetection"]}
    with pytest.raises(errors.PermissionDenied) as caught:
        run_job(connect(server, key), job_options(**asked), False)
    assert caught.value.failure()["details"]["scopes"] == ["asset.read", "face.read", "user.read"]
    assert run_job(connect(server, key), job_options(**asked, allow_lost_faces=True), False)["started"] == ["faceDetection"]


def test_start_missing_skips_an_active_queue_start_all_fails(any_server: Emulator, connect: Connect) -> None:
    any_server.set_job_seconds(3600)
    upload(any_server)
    result = run_job(connect(any_server), job_options(command="start_missing", queues=["metadataExtraction"]), False)
    assert (result["changed"], result["started"], result["nothing_to_do"]) == (False, [], ["metadataExtraction"])
    for check_mode in (True, False):
        with pytest.raises(errors.RunFailed, match="metadataExtraction could not be started"):
            run_job(connect(any_server), job_options(command="start_all", queues=["metadataExtraction"]), check_mode)
    assert commands_seen(any_server) == []


def test_start_of_running_job_is_unchanged(server: Emulator, connect: Connect) -> None:
    server.fault(method="PUT", path="/jobs/ocr", status=400, json={"message": "Job is already running"})
    result = run_job(connect(server), job_options(command="start_missing", queues=["ocr"]), False)
    assert (result["changed"], result["nothing_to_do"]) == (False, ["ocr"])


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("command", ["start_missing", "start_all"])
@pytest.mark.parametrize("name", ["search", "backgroundTask"])
def test_a_queue_with_nothing_to_start_fails_in_both_modes(
    server: Emulator, connect: Connect, name: str, command: str, check_mode: bool
) -> None:
    asked = job_options(command=command, queues=[name, "library"])
    with pytest.raises(errors.RunFailed, match=f"{name} could not be started") as caught:
        run_job(connect(server, read_only=check_mode), asked, check_mode)
    assert caught.value.result["started"] == ["library"]
    assert [path for path, _command, _force in commands_seen(server)] == ([] if check_mode else ["/jobs/library"])


def test_never_started_equals_refusals_of_server(any_server: Emulator, connect: Connect) -> None:
    client, refused = connect(any_server), set()
    found = {queue.name for queue in client.queues.all()}
    for name in found:
        try:
            client.queues.command(name, "start")
        except errors.InvalidRequest as exc:
            assert f"Invalid job name: {name}" in exc.msg
            refused.add(name)
    assert refused == names.NEVER_STARTED & found


def test_the_upload_chain_is_emptied_only_by_name(any_server: Emulator, connect: Connect) -> None:
    any_server.pause("metadataExtraction")
    upload(any_server, 3)
    for queues in (["upload"], ["all"]):
        with pytest.raises(errors.InvalidRequest, match="unprocessed"):
            run_job(connect(any_server), job_options(command="empty", queues=queues), False)
    assert any_server.state()["queues"]["metadataExtraction"]["paused_jobs"] == 3
    asked = job_options(command="empty", queues=["metadataExtraction", "library"])
    assert run_job(connect(any_server, read_only=True), asked, True)["emptied"] == ["metadataExtraction"]
    result = run_job(connect(any_server), asked, False)
    assert (result["emptied"], result["nothing_to_do"]) == (["metadataExtraction"], ["library"])
    assert any_server.state()["queues"]["metadataExtraction"]["paused_jobs"] == 0
    assert run_job(connect(any_server), asked, False)["changed"] is False


def test_clear_failed_without_failed_jobs_sends_nothing(any_server: Emulator, connect: Connect) -> None:
    assert run_job(connect(any_server), job_options(command="clear_failed", queues=["all"]), False)["changed"] is False
    assert writes(any_server) == []


def test_a_manual_job_is_run_once_and_never_in_check_mode(any_server: Emulator, connect: Connect) -> None:
    asked = job_options(manual_job="tag-cleanup", wait=True)
    assert run_job(connect(any_server, read_only=True), asked, True)["changed"]
    assert writes(any_server) == []
    assert run_job(connect(any_server), asked, False)["changed"]
    assert [request["json"] for request in any_server.requests(writes=True)] == [{"name": "tag-cleanup"}]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(("wrong", "right"), [("sing", None), ("backup_database", "backup-database"), ("Tag-Cleanup", "tag-cleanup")])
def test_an_unknown_manual_job_fails_also_in_check_mode(
    any_server: Emulator, connect: Connect, check_mode: bool, wrong: str, right: str | None
) -> None:
    nearest = rf" \(did you mean {right}\?\)" if right else ""
    message = rf"has no manual job named {wrong}{nearest}\. Correct manual_job: it has person-cleanup.*backup-database"
    with pytest.raises(errors.InvalidRequest, match=message):
        run_job(connect(any_server, read_only=check_mode), job_options(manual_job=wrong), check_mode)
    assert writes(any_server) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_manual_jobs_are_of_server_version(version: str) -> None:
    known = find(version).facts["manual_jobs"]
    client = Immich(Connection("http://nothing-is-sent", ApiKey("key")))
    client.version = Version(*find(version).triple)
    calls = QueueCalls(client)
    with pytest.raises(errors.InvalidRequest) as caught:
        calls.check_manual_job("")
    assert set(caught.value.details["available"]) == set(known)
    for name in known:
        calls.check_manual_job(name)


def test_a_newer_server_may_have_other_manual_jobs(server: Emulator, connect: Connect) -> None:
    server.fault(method="GET", path="/server/version$", times=None, json={"major": 3, "minor": 99, "patch": 0})
    assert run_job(connect(server, read_only=True), job_options(manual_job="dream"), True)["changed"]
    with pytest.raises(errors.InvalidRequest, match="Immich refused POST /jobs"):
        run_job(connect(server), job_options(manual_job="dream"), False)


BACKUP: dict[str, Any] = {"manual_job": "backup-database", "wait": True}


def test_a_backup_is_verified_by_its_file(any_server: Emulator, connect: Connect) -> None:
    for _round in range(2):
        result = run_job(connect(any_server), job_options(**BACKUP), False)
        if any_server.version == "1.135":
            assert result["backup"] is None
            assert any("version 2.5" in warning for warning in result["warnings"])
        else:
            assert result["backup"].startswith("immich-db-backup-")
            assert result["warnings"] == []
            assert connect(any_server).backups.all()[0].filename == result["backup"]


def test_failed_backup_job_fails(server: Emulator, connect: Connect) -> None:
    run_job(connect(server), job_options(**BACKUP), False)
    server.let_backups_work(False)
    with pytest.raises(errors.RunFailed, match="No backup was made") as caught:
        run_job(connect(server), job_options(**BACKUP), False)
    assert caught.value.result["changed"]


def test_a_backup_whose_queue_is_paused_is_no_success(server: Emulator, connect: Connect) -> None:
    server.pause("backupDatabase")
    with pytest.raises(errors.RunFailed, match="backupDatabase is paused"):
        run_job(connect(server), job_options(**BACKUP), False)


def test_no_backup_is_asked_for_where_their_folder_is_broken(server: Emulator, connect: Connect) -> None:
    server.fault(method="GET", path="/admin/database-backups", times=None, status=500, json={"message": "Internal server error"})
    with pytest.raises(errors.BackupFailed, match="cannot read the folder of its backups"):
        run_job(connect(server, retries=0), job_options(**BACKUP), False)
    assert writes(server) == []


def test_backup_job_warns_of_missing_maintenance_scope(server: Emulator, connect: Connect) -> None:
    key = server.make_key(user="admin", permissions=["job.create", "queue.read"])
    result = run_job(connect(server, key), job_options(**BACKUP), False)
    assert result["backup"] is None
    assert any("the API key lacks the scope maintenance" in warning for warning in result["warnings"])


@pytest.mark.parametrize("given", [{"wait": False}, {"manual_job": "tag-cleanup"}])
def test_backup_without_wait_is_not_verified(server: Emulator, connect: Connect, given: dict[str, Any]) -> None:
    assert "backup" not in run_job(connect(server), job_options(**{**BACKUP, **given}), False)
    assert not [request for request in server.requests() if "backups" in request["path"]]


def test_a_wait_after_a_pause_ends_with_the_active_jobs(any_server: Emulator, connect: Connect) -> None:
    any_server.set_job_seconds(0.3)
    upload(any_server, 12)
    result = manage(connect(any_server), options(state="paused", wait=True), False)
    assert result["still_active"] == []
    assert sum(queue["active"] for queue in result["queues"]) == 0
    assert sum(queue["waiting"] for queue in result["queues"]) > 0


def test_pause_names_jobs_still_active_at_timeout(any_server: Emulator, connect: Connect) -> None:
    any_server.set_job_seconds(3600)
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


def test_timed_out_wait_counts_remaining_jobs(any_server: Emulator, connect: Connect) -> None:
    any_server.set_job_seconds(3600)
    any_server.pause("metadataExtraction")
    upload(any_server, 2)
    with pytest.raises(errors.RunFailed, match=r"metadataExtraction \(2 jobs\)") as caught:
        manage(connect(any_server), options(state="running", wait=True, wait_timeout=0.1), False)
    assert caught.value.result["resumed"] == ["metadataExtraction"]


def test_the_info_lists_every_queue_and_changes_nothing(any_server: Emulator, connect: Connect) -> None:
    any_server.pause("smartSearch")
    result = describe(connect(any_server, read_only=True), options().ledger)
    assert {queue["name"]: queue["paused"] for queue in result["queues"]} == {
        name: name == "smartSearch" for name in any_server.state()["queues"]
    }
    assert result["queues"][0]["name"] == "metadataExtraction"


@pytest.mark.parametrize(
    ("asked", "name", "done"),
    [({"command": "start_missing"}, "started", ["ocr"]), ({"manual_job": "tag-cleanup"}, "manual_job", "tag-cleanup")],
)
def test_stopped_wait_keeps_result_of_command(server: Emulator, connect: Connect, asked: dict[str, Any], name: str, done: object) -> None:
    server.set_job_seconds(600)
    upload(server)
    given = job_options(queues=["metadataExtraction", "ocr"], wait=True, wait_timeout=500, **asked)
    with pytest.raises(errors.RunFailed, match="all but the wait") as caught:
        run_job(connect(server), given, False, stop_when(lambda: True))
    assert caught.value.result[name] == done


@pytest.mark.parametrize(("state", "done"), [("paused", ["metadataExtraction", "ocr"]), ("healed", [])])
def test_stopped_wait_keeps_result_of_state(server: Emulator, connect: Connect, state: str, done: object) -> None:
    server.set_job_seconds(600)
    upload(server)
    given = options(queues=["metadataExtraction", "ocr"], wait=True, wait_timeout=500, state=state)
    with pytest.raises(errors.RunFailed, match="all but the wait") as caught:
        manage(connect(server), given, False, stop_when(lambda: True))
    assert caught.value.result[state] == done
