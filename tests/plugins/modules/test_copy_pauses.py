# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module `immich_copy` pauses background jobs of both servers: each for as long as it works, whatever becomes of the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from immich_emulator.testing import Emulator
from support.http.wire import writes
from support.photos.libraries import Account
from support.waiting import wait_until

from .conftest import ModuleRunner
from .test_immich_copy import ended, start

OURS = ["metadataExtraction", "ocr"]


class Servers(NamedTuple):
    """A server to copy from, which has two photos, one to copy to, and the options that pause on both."""

    source: Account
    target: Emulator
    options: dict[str, Any]
    run_module: ModuleRunner

    def copy(self, **options: Any) -> dict[str, Any]:
        """The result of a run."""
        servers = {"url": self.target.url, "api_key": self.target.api_key}
        source = {"source_url": self.source.server.url, "source_api_key": self.source.api_key}
        return self.run_module("immich_copy", **{**servers, **source, **self.options, **options})

    def leases(self, folder: Path) -> list[str]:
        """The holders in the ledgers in a folder."""
        found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("leases-*.json")]
        return [entry["lease"] for ledger in found for entry in ledger["leases"]]


@pytest.fixture
def servers(emulator: Callable[..., Emulator], server: Emulator, run_module: ModuleRunner, tmp_path: Path) -> Servers:
    source = Account(emulator(version="2.7", job_seconds=0.001))
    for name in ("a.jpg", "b.jpg"):
        source.upload(name)
    source.server.wait_idle()
    source.server.clear_requests()
    keys = {"admin_api_key": server.admin_api_key, "source_admin_api_key": source.server.admin_api_key}
    queues = {"pause_queues": OURS, "source_pause_queues": [*OURS, "smartSearch"]}
    return Servers(source, server, {**keys, **queues, "ledger_dir": str(tmp_path), "retries": 0, "source_retries": 0}, run_module)


def test_both_pauses_end_with_the_copy_and_leave_others(servers: Servers, tmp_path: Path) -> None:
    servers.source.server.pause("smartSearch")
    servers.target.fault(method="POST", path="/assets$", hang=True)
    options = {**servers.options, "lease": "nightly", "timeout": 2, "retries": 1}
    with start(servers.source, servers.target, **options) as process:
        wait_until(lambda: servers.target.struck() == 1)
        assert servers.target.paused() == set(OURS)
        assert servers.source.server.paused() == {*OURS, "smartSearch"}
        assert sorted(servers.leases(tmp_path)) == ["nightly", "nightly-source"]
        servers.target.clear_faults()
        result = ended(process)
    assert servers.target.paused() == set()
    assert servers.source.server.paused() == {"smartSearch"}
    assert servers.leases(tmp_path) == []
    assert (result["pause"]["paused"], result["resume"]["resumed"], result["lease"]) == (OURS, OURS, None)
    assert (result["source_pause"]["paused"], result["source_resume"]["resumed"], result["source_lease"]) == (OURS, OURS, None)
    assert result["source_pause"]["left_paused"] == ["smartSearch"]
    servers.source.server.clear_requests()
    again = servers.copy()
    assert (again["changed"], again["source_pause"]["healed"], again["source_resume"]) == (False, [], None)
    assert writes(servers.source.server) == []


def test_the_longest_name_of_a_lease_is_taken_on_both_servers(servers: Servers) -> None:
    result = servers.copy(lease="n" * 200)
    assert result["pause"]["paused"] == OURS
    assert sorted(result["source_pause"]["paused"]) == sorted([*OURS, "smartSearch"])


def test_check_mode_predicts_both_pauses(servers: Servers) -> None:
    predicted = servers.copy(check=True)
    assert (writes(servers.source.server), writes(servers.target)) == ([], [])
    done = servers.copy()
    for name in ("pause", "source_pause"):
        assert predicted[name]["paused"] == done[name]["paused"]
    assert predicted["source_resume"] is None


@pytest.mark.parametrize("side", ["source", "target"])
def test_failed_pause_on_either_server_leaves_none(servers: Servers, side: str) -> None:
    failing = servers.target if side == "target" else servers.source.server
    failing.fault("PUT", "^/queues/ocr$", status=500)
    result = servers.copy()
    jobs = "The background jobs" if side == "target" else "The background jobs of the source"
    assert result["msg"].startswith(f"{jobs} could not be paused, so no new file was sent: ocr ")
    assert servers.target.state()["assets"] == []
    assert (servers.target.paused(), servers.source.server.paused()) == (set(), set())


@pytest.mark.parametrize("side", ["source", "target"])
def test_failed_resume_on_either_server_resumes_other(servers: Servers, side: str) -> None:
    failing, other = (servers.target, servers.source.server) if side == "target" else (servers.source.server, servers.target)
    failing.fault("PUT", "^/queues/ocr$", after=1, times=None, status=500)
    result = servers.copy()
    jobs = "The background jobs" if side == "target" else "The background jobs of the source"
    assert result["msg"].startswith(f"{jobs} could not be resumed: ocr ")
    assert result["uploaded"] == 2
    assert (other.paused(), failing.paused()) == (set(), {"ocr"})
    prefix = "" if side == "target" else "source_"
    assert (result[prefix + "resume"]["failed"], "holder" in result[prefix + "lease"]) == (True, True)
    failing.clear_faults()
    wait_until(lambda: not failing.paused())  # its guard's work


def test_key_without_pausing_stops_only_a_required_pause(servers: Servers) -> None:
    options = {"source_admin_api_key": servers.source.api_key}
    refused = servers.copy(**options, pause_required=True)
    assert refused["failed"] is True
    assert "Give the key of one as source_admin_api_key" in refused["msg"]
    assert (servers.target.state()["assets"], servers.target.paused()) == ([], set())
    result = servers.copy(**options)
    assert result["uploaded"] == 2
    assert "The background jobs of the source were not paused: " in str(result["warnings"])
    assert result["pause"]["paused"] == OURS


def test_copy_between_accounts_pauses_server_once(servers: Servers, tmp_path: Path) -> None:
    server = servers.source.server
    keys = {"api_key": server.admin_api_key, "admin_api_key": None}
    result = servers.copy(url=server.url, **keys, pause_queues=["ocr"], source_pause_queues=["ocr", "smartSearch"])
    assert (result["uploaded"], result["pause"]["paused"]) == (2, ["smartSearch", "ocr"])
    assert "source_pause" not in result
    changes = [(one["path"], one["json"]["isPaused"]) for one in server.requests(writes=True) if one["path"].startswith("/queues/")]
    assert sorted(changes) == [("/queues/ocr", False), ("/queues/ocr", True), ("/queues/smartSearch", False), ("/queues/smartSearch", True)]
    assert (server.paused(), servers.leases(tmp_path)) == (set(), [])


def test_faces_are_marked_before_detection_may_run(servers: Servers) -> None:
    servers.source.person("Ann", "a.jpg", "b.jpg")
    queues = ["metadataExtraction", "storageTemplateMigration", "thumbnailGeneration", "faceDetection", "facialRecognition"]
    result = servers.copy(pause_queues=queues, source_pause_queues=[])
    assert (result["people"], result.get("warnings")) == ({"created": 1, "faces_added": 2, "faces_named": 0}, None)
    assert result["pause"]["paused"] == queues
    changes = [(one["method"], one["path"].rpartition("/")[2], one["json"]) for one in servers.target.requests(writes=True)]
    resumed = [name for method, name, given in changes if method == "PUT" and given == {"isPaused": False}]
    assert resumed == queues
    first_face = next(place for place, (method, name, _given) in enumerate(changes) if (method, name) == ("POST", "faces"))
    assert [place > first_face for place, change in enumerate(changes) if change[2] == {"isPaused": False}] == [False] * 3 + [True] * 2
    assert servers.target.paused() == set()


def test_faces_are_marked_under_the_lease_of_another_task(servers: Servers, tmp_path: Path) -> None:
    servers.source.person("Ann", "a.jpg")
    lease = {"url": servers.target.url, "api_key": servers.target.admin_api_key, "lease": "play", "ledger_dir": str(tmp_path)}
    queues = ["thumbnailGeneration", "faceDetection"]
    servers.run_module("immich_jobs", state="paused", queues=queues, **lease)
    try:
        result = servers.copy(pause_queues=[], source_pause_queues=[], lease="play")
        assert (result["people"]["faces_added"], servers.target.paused()) == (1, {"faceDetection"})
    finally:
        servers.run_module("immich_jobs", state="running", queues=queues, **lease)
    assert servers.target.paused() == set()
