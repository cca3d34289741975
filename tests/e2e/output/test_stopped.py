# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that get a signal between many calls, as Ansible runs them: what was done is in the result, and the message counts it."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
from support.dumps import slowly, write_dump
from support.photos.libraries import Account
from support.photos.shots import Shot, send_shots, stacks_of
from support.playbooks.playbook import Playbook
from support.waiting import wait_until

MANY = 40


class Stopped(NamedTuple):
    """A module that is stopped: what prepares its server (and returns its options), which call is slow, and what the result counts."""

    prepare: Callable[[Emulator], dict[str, Any]]
    method: str
    path: str
    done: Callable[[dict[str, Any]], int]
    on_server: Callable[[Emulator], int]


def send_pairs(server: Emulator) -> dict[str, Any]:
    send_shots(server, *(Shot(f"IMG_{number}.{kind}", 60 * number) for number in range(MANY) for kind in ("JPG", "DNG")))
    return {}


def put_untracked(server: Emulator) -> dict[str, Any]:
    (user,) = [one["id"] for one in server.state()["users"] if one["label"] == "user"]
    for _ in range(MANY):
        path = f"/data/upload/{user}/aa/bb/{uuid.uuid4()}.jpg"
        server.control("POST", "files", {"path": path, "content": path})
        server.control("POST", "report", {"path": path, "age": 2 * 86400})
    return {"api_key": server.admin_api_key, "delete_untracked": ["upload"], "owner_api_keys": [server.api_key], "wait_interval": 0.01}


def take_sample(server: Emulator) -> dict[str, Any]:
    account = Account(server)
    for number in range(MANY):
        account.upload(f"{number}.jpg")
    server.wait_idle()
    connection = Connection(server.url, ApiKey(account.api_key))
    sample = [{"id": one.id, "checksum": one.sha1, "name": one.name} for one in Immich(connection, read_only=True).assets.random(MANY)]
    return {"api_key": account.api_key, "verify": sample}


def count_requests(server: Emulator, method: str, end: str) -> int:
    return sum(one["method"] == method and one["path"].endswith(end) for one in server.requests())


MODULES = {
    "immich_stack": Stopped(
        send_pairs, "POST", "^/stacks$", lambda result: result["counts"]["raw_jpeg"]["created"], lambda server: len(stacks_of(server))
    ),
    "immich_integrity": Stopped(
        put_untracked,
        "DELETE",
        "^/admin/integrity/report/",
        lambda result: result["deleted_count"],
        lambda server: MANY - sum(one["path"].startswith("/data/upload") for one in list_report(server)),
    ),
    "immich_statistics_info": Stopped(
        take_sample,
        "GET",
        "/thumbnail$",
        lambda result: len(result["verified"]),
        lambda server: count_requests(server, "GET", "/thumbnail"),
    ),
}


def list_report(server: Emulator) -> list[dict[str, Any]]:
    with_key = Account(server, server.admin_api_key)
    found: list[dict[str, Any]] = with_key.ask("GET", "/admin/integrity/report?type=untracked_file")["items"]
    return found


@pytest.mark.parametrize("name", MODULES)
def test_sigterm_leaves_finished_work_in_result(emulator: Callable[..., Emulator], tmp_path: Path, name: str) -> None:
    server, case = emulator(job_seconds=0.001), MODULES[name]
    options = case.prepare(server)
    server.clear_requests()
    server.fault(case.method, case.path, after=2, times=None, until_cleared=True)

    def stop_it() -> None:
        wait_until(lambda: server.struck() > 0)
        os.kill(process_of(name, tmp_path / "home"), signal.SIGTERM)
        server.clear_faults()

    helper = threading.Thread(target=stop_it)
    helper.start()
    task = {"name": "Work", f"photoyard.immich.{name}": options, "ignore_errors": True}
    failed = Playbook(tmp_path / "home").run([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}], server=server).task("Work")
    helper.join()
    done = case.done(failed.result)
    assert failed.result["msg"].startswith("The signal SIGTERM was received, so the ")
    assert f" until then: {done} of {MANY}" in failed.result["msg"]
    assert 2 <= done < MANY
    assert done == case.on_server(server)


def test_sigterm_ends_wait_for_started_jobs(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator(job_seconds=600)

    def stop_it() -> None:
        wait_until(lambda: count_requests(server, "PUT", "/jobs/ocr") > 0)
        os.kill(process_of("immich_job_run", tmp_path / "home"), signal.SIGTERM)

    helper = threading.Thread(target=stop_it)
    helper.start()
    asked = {"api_key": server.admin_api_key, "command": "start_missing", "queues": ["ocr"], "wait": True, "wait_timeout": 500}
    task = {"name": "Work", "photoyard.immich.immich_job_run": asked, "ignore_errors": True}
    failed = Playbook(tmp_path / "home").run([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}], server=server).task("Work")
    helper.join()
    assert failed.result["started"] == ["ocr"]
    assert failed.result["msg"].startswith("The signal SIGTERM")
    assert "all but the wait" in failed.result["msg"]


def test_signal_ends_a_pause_under_a_lease(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator(job_seconds=600)

    def stop_it() -> None:
        wait_until(lambda: server.paused() == {"ocr"})
        os.kill(process_of("immich_jobs", tmp_path / "home"), signal.SIGTERM)

    helper = threading.Thread(target=stop_it)
    helper.start()
    asked: dict[str, Any] = {"api_key": server.admin_api_key, "queues": ["ocr"]}
    pause = {**asked, "state": "paused", "lease": "nas", "lease_ttl": 300, "wait": True, "wait_timeout": 500}
    tasks = [
        {"name": "Keep the queue busy", "photoyard.immich.immich_job_run": {**asked, "command": "start_missing"}},
        {"name": "Work", "photoyard.immich.immich_jobs": pause, "ignore_errors": True},
    ]
    failed = Playbook(tmp_path / "home").run([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], server=server).task("Work")
    helper.join()
    assert failed.result["paused"] == ["ocr"]
    assert failed.result["msg"].startswith("The signal SIGTERM")
    assert "lease nas" in failed.result["msg"]
    wait_until(lambda: server.paused() == set())


def process_of(name: str, home: Path) -> int:
    """The process of a module that runs from below a folder."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = [*path.read_bytes().decode().split("\0"), ""]
            if words[1].startswith(str(home)) and words[1].endswith(f"/AnsiballZ_{name}.py"):
                return int(path.parent.name)
    raise AssertionError(f"{name} does not run")


class Waiting(NamedTuple):
    """A module that waits for its server: its options, which call it does not get past, and what it says when it is stopped."""

    options: dict[str, Any]
    method: str
    path: str
    action: dict[str, Any]
    message: str


WAITING = {
    "immich_library": Waiting(
        {"name": "Mine", "owner": "user@example.com", "scan": "always", "wait": True},
        "POST",
        "^/libraries/.*/scan$",
        {"status": 204},  # no scan begins, so that none ends
        "1 of 1 objects",
    ),
    "immich_setup": Waiting(
        {"email": "admin@example.com", "password": "password"},
        "GET",
        "^/server/ping$",
        {"status": 503},
        "setup was stopped",
    ),
    "immich_backup_info": Waiting({}, "GET", "^/admin/database-backups$", {"hang": True}, "reading of the backups was stopped"),
    "immich_state_info": Waiting({"kinds": ["users"]}, "GET", "^/admin/users$", {"hang": True}, "export was stopped"),
}


def stop_once(name: str, home: Path, stuck: Callable[[], bool]) -> threading.Thread:
    """Sends SIGTERM to a module of that name once it is stuck."""

    def stop_it() -> None:
        wait_until(stuck)
        os.kill(process_of(name, home), signal.SIGTERM)

    helper = threading.Thread(target=stop_it)
    helper.start()
    return helper


def run_task(home: Path, server: Emulator | None, name: str, options: dict[str, Any]) -> dict[str, Any]:
    task = {"name": "Work", f"photoyard.immich.{name}": options, "ignore_errors": True}
    played = Playbook(home).run([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}], server=server)
    result: dict[str, Any] = played.task("Work").result
    return result


@pytest.mark.parametrize("name", WAITING)
def test_sigterm_ends_waiting_module(emulator: Callable[..., Emulator], tmp_path: Path, name: str) -> None:
    server, case = emulator(), WAITING[name]
    server.fault(case.method, case.path, times=None, **case.action)
    helper = stop_once(name, tmp_path / "home", lambda: server.struck() > 0)
    key = {} if name == "immich_setup" else {"api_key": server.admin_api_key}
    result = run_task(tmp_path / "home", server, name, {**key, **case.options})
    helper.join()
    server.clear_faults()
    assert case.message in result["msg"]
    assert result["failure"]["kind"] == "local"
    made = Account(server, server.admin_api_key).ask("GET", "/libraries")
    assert len(made) == (1 if result["changed"] else 0) == (1 if name == "immich_library" else 0)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder with a short name, for PostgreSQL's socket, that every user may pass through."""
    with tempfile.TemporaryDirectory(prefix="proof-", dir="/var/tmp") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder)


def test_signal_ends_a_proof(tmp_path: Path, scratch: Path) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz", slowly)
    helper = stop_once("immich_backup_proof_info", tmp_path / "home", lambda: any(scratch.iterdir()))
    result = run_task(tmp_path / "home", None, "immich_backup_proof_info", {"path": str(dump), "folder": str(scratch)})
    helper.join()
    assert "SIGTERM" in result["msg"]
    assert result["failure"]["kind"] == "local"
    wait_until(lambda: not any(scratch.iterdir()))
