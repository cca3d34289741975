# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the queues' tests share: embedded servers that many tests use in turn, and clients for them."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.photoyard.immich.plugins.module_utils._options import from_params
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.guarded import guarded
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobRunOptions, JobsOptions
from ansible_collections.photoyard.immich.plugins.module_utils._run.outcome import RunOutcome
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_GUARD, Run
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich, LeaseRecord, LedgerOptions, choose_ledger, manage
from support.tiers import newest_in_test

VERSIONS = ("1.135", "2.7", "3.1")
JOB_SECONDS = 0.01
Connect = Callable[..., Immich]

DEFAULTS: dict[str, Any] = {
    "queues": ["upload"],
    "state": "healed",
    "wait": False,
    "wait_timeout": 20.0,
    "wait_interval": 0.02,
    "lease": None,
    "lease_ttl": 900.0,
    "renew": False,
    "allow_lost_faces": False,
    "ledger": "file",
    "ledger_dir": None,
    "resume_order": "together",
    "resume_step_timeout": 20.0,
}


def options(**given: Any) -> JobsOptions:
    """immich_jobs' options with their defaults."""
    return from_params(JobsOptions, {**DEFAULTS, **given})


def job_options(**given: Any) -> JobRunOptions:
    """immich_job_run's options with their defaults."""
    return from_params(JobRunOptions, {**DEFAULTS, "command": None, "manual_job": None, **given})


def do_guarded(client: Immich, asked: JobsOptions, signals: Run) -> dict[str, Any]:
    """What immich_jobs does."""
    outcome = RunOutcome()
    with guarded(client, asked, False, signals, outcome) as held:
        outcome.result = signals.do(partial(manage, client, held, False, signals.check), TIME_FOR_A_GUARD)
    return outcome.result


def upload(server: Emulator, number: int = 1) -> None:
    for _ in range(number):
        form = {
            "deviceAssetId": "a",
            "deviceId": "b",
            "fileCreatedAt": "2024-01-01T00:00:00Z",
            "fileModifiedAt": "2024-01-01T00:00:00Z",
        }
        answer = requests.post(
            server.url + "/api/assets", data=form, files={"assetData": ("a.jpg", uuid.uuid4().bytes)}, headers={"x-api-key": server.api_key}
        )
        assert answer.status_code == 201, answer.text


def delete_albums(client: Immich) -> None:
    """Deletes all albums of the client's user, those of leases included."""
    for album in client.albums.mine():
        client.albums.delete(album.id)


def _cleared(server: Emulator) -> Emulator:
    server.clear_faults()
    server.set_job_seconds(JOB_SECONDS)
    server.let_backups_work(True)
    if any(queue["active"] for queue in server.state()["queues"].values()):
        server.restart()  # starts the jobs again, with their new length
    for name in server.paused():
        server.resume(name)
    server.wait_idle()
    client = Immich(Connection(server.url, ApiKey(server.admin_api_key)))
    delete_albums(client)
    client.close()
    server.clear_requests()
    return server


@pytest.fixture
def server(shared_server: Callable[..., Emulator]) -> Emulator:
    """An embedded server of the newest version, with all queues running; earlier tests may have left assets."""
    return _cleared(shared_server("3.1", job_seconds=JOB_SECONDS))


@pytest.fixture(params=newest_in_test(*VERSIONS))
def any_server(request: pytest.FixtureRequest, shared_server: Callable[..., Emulator]) -> Emulator:
    """A server of each version."""
    return _cleared(shared_server(request.param, job_seconds=JOB_SECONDS))


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default folder of ledgers, below the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "photoyard.immich"


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A factory of clients: ``connect(server, key=None, read_only=False)``, by default with the administrator's key."""
    with ExitStack() as stack:

        def build(server: Emulator, key: str | None = None, *, read_only: bool = False, retries: int = 1) -> Immich:
            client = Immich(Connection(server.url, ApiKey(key or server.admin_api_key), timeout=60.0, retries=retries), read_only=read_only)
            stack.callback(client.close)
            return client

        yield build


@pytest.fixture
def lose(server: Emulator, connect: Connect, state_home: Path) -> Callable[[], None]:
    """Deletes all that is recorded in either ledger, the folder with the locks included."""

    def delete() -> None:
        shutil.rmtree(state_home, ignore_errors=True)
        delete_albums(connect(server))

    return delete


@pytest.fixture(params=["file", "server"])
def ledger(request: pytest.FixtureRequest) -> str:
    """Both kinds of ledger, one after the other."""
    return str(request.param)


@pytest.fixture
def records(server: Emulator, connect: Connect, ledger: str) -> Callable[[], list[LeaseRecord]]:
    """A function that reads the records of that ledger."""
    return choose_ledger(connect(server), LedgerOptions(ledger)).records
