# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module promises: it does its work, a second run changes nothing, check mode predicts the run, a failure says what to do."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from immich_emulator.testing import Emulator
from support.dumps import statistics, write_dump
from support.http.wire import writes
from support.photos.libraries import Account
from support.photos.shots import Shot, send_shots, stacks_of

from .conftest import ModuleRunner


class Bench(NamedTuple):
    """What a module works with."""

    server: Emulator
    """The server that it is about; of a copy, the target."""
    source: Emulator
    """Another server, to copy from."""
    folder: Path

    def connection(self) -> dict[str, Any]:
        """The options that name the server and the user's key."""
        return {"url": self.server.url, "api_key": self.server.api_key, "retries": 0}

    def admin_connection(self) -> dict[str, Any]:
        """The options of the connection with the administrator's key."""
        return {**self.connection(), "api_key": self.server.admin_api_key}


class Change(NamedTuple):
    """A module that changes something."""

    prepare: Callable[[Bench], dict[str, Any]]
    """Makes what the module works on. Its options."""
    outcome: Callable[[Bench], Any]
    """What it is about, as the server or the folder has it."""
    before: Any
    after: Any
    again: tuple[str, ...] = ()
    """What a second run sends that looks like a change: a check, which only reads."""


def prepare_upload(bench: Bench) -> dict[str, Any]:
    for name in ("a.jpg", "b.jpg"):
        (bench.folder / name).write_bytes(name.encode())
    return {**bench.connection(), "src": [str(bench.folder)], "tags": ["new"], "album": "Rome"}


def prepare_copy(bench: Bench) -> dict[str, Any]:
    account = Account(bench.source)
    for name in ("a.jpg", "b.jpg"):
        account.upload(name)
    account.album("Rome", "a.jpg", "b.jpg")
    account.tag("new", "a.jpg", "b.jpg")
    return {**bench.connection(), "source_url": bench.source.url, "source_api_key": account.api_key, "source_retries": 0}


def prepare_archive(bench: Bench) -> dict[str, Any]:
    account = Account(bench.server)
    for name in ("a.jpg", "b.jpg"):
        account.upload(name)
    bench.server.wait_idle()
    return {**bench.connection(), "dest": str(bench.folder / "archive")}


def prepare_stack(bench: Bench) -> dict[str, Any]:
    send_shots(bench.server, Shot("IMG_1.JPG"), Shot("IMG_1.DNG"))
    return bench.connection()


def prepare_duplicates(bench: Bench) -> dict[str, Any]:
    """The larger of two stays."""
    account = Account(bench.server)
    ids = [account.upload(name, name.encode()) for name in ("a.jpg", "longer.jpg")]
    bench.server.wait_idle()
    account.ask("PUT", "/assets", json={"ids": ids, "duplicateId": str(uuid.uuid4())})
    return {**bench.connection(), "action": "trash"}


def list_visible_photos(bench: Bench) -> list[str]:
    return sorted(one["name"] for one in bench.server.state()["assets"] if not one["trashed"])


def prepare_jobs(bench: Bench) -> dict[str, Any]:
    bench.server.pause("smartSearch")
    return {**bench.admin_connection(), "state": "paused", "queues": ["ocr", "smartSearch"]}


def prepare_job_run(bench: Bench) -> dict[str, Any]:
    bench.server.pause("metadataExtraction")
    Account(bench.server).upload("a.jpg")
    return {**bench.admin_connection(), "command": "empty", "queues": ["metadataExtraction"]}


def count_waiting(bench: Bench) -> int:
    return int(bench.server.state()["queues"]["metadataExtraction"]["paused_jobs"])


def prepare_backup(bench: Bench) -> dict[str, Any]:
    headers = {"x-api-key": bench.server.admin_api_key}
    requests.post(f"{bench.server.url}/api/jobs", json={"name": "backup-database"}, headers=headers, timeout=20).raise_for_status()
    bench.server.wait_idle()
    ((name,),) = list_backups(bench)
    return {**bench.admin_connection(), "state": "absent", "names": [name]}


def list_backups(bench: Bench) -> list[list[str]]:
    return [[one["filename"]] for one in read_api(bench, "/admin/database-backups")["backups"]]


def prepare_maintenance(bench: Bench) -> dict[str, Any]:
    return {**bench.admin_connection(), "state": "started", "cookie_file": str(bench.folder / "cookie")}


def read_api(bench: Bench, path: str) -> Any:
    """The answer to GET with the administrator's key."""
    answer = requests.get(f"{bench.server.url}/api{path}", headers={"x-api-key": bench.server.admin_api_key}, timeout=20)
    answer.raise_for_status()
    return answer.json()


def list_values(path: str, *names: str) -> Callable[[Bench], list[Any]]:
    """Some fields of each object of a list."""
    return lambda bench: sorted([one.get(name) for name in names] for one in read_api(bench, path))


def prepare_user(bench: Bench) -> dict[str, Any]:
    return {**bench.admin_connection(), "email": "new@example.com", "name": "New", "password": "s3cret-pw", "quota": "1GiB"}


def prepare_config(bench: Bench) -> dict[str, Any]:
    return {**bench.admin_connection(), "config": {"trash": {"days": 60}, "oauth": {"clientId": "id", "clientSecret": "s3cret-pw"}}}


def prepare_library(bench: Bench) -> dict[str, Any]:
    return {**bench.admin_connection(), "name": "NAS", "owner": "user@example.com", "import_paths": [str(bench.folder)], "scan": "changed"}


def prepare_album(bench: Bench) -> dict[str, Any]:
    return {**bench.admin_connection(), "name": "Family", "order": "asc", "users": [{"email": "user@example.com", "role": "viewer"}]}


def prepare_link(bench: Bench) -> dict[str, Any]:
    headers = {"x-api-key": bench.server.admin_api_key}
    requests.post(f"{bench.server.url}/api/albums", json={"albumName": "Wedding"}, headers=headers, timeout=20).raise_for_status()
    return {**bench.admin_connection(), "album": "Wedding", "slug": "wedding", "password": "s3cret-pw"}


def prepare_key(bench: Bench) -> dict[str, Any]:
    return {**bench.admin_connection(), "name": "nas", "permissions": ["asset.upload"], "secret_file": str(bench.folder / "key")}


def prepare_state(bench: Bench) -> dict[str, Any]:
    return {
        **bench.admin_connection(),
        "config": {"trash": {"days": 60}},
        "users": [{"email": "new@example.com", "name": "New", "password": "s3cret-pw"}],
        "albums": [{"name": "Family", "users": [{"email": "new@example.com"}]}],
        "tags": [{"value": "a/b", "color": "#1f2e3d"}],
    }


def prepare_setup(bench: Bench) -> dict[str, Any]:
    password = {"email": "new@example.com", "password": "s3cret-pw"}
    headers = {"x-api-key": bench.server.admin_api_key}
    body = {**password, "name": "New", "isAdmin": True}
    requests.post(f"{bench.server.url}/api/admin/users", json=body, headers=headers, timeout=20).raise_for_status()
    return {"url": bench.server.url, **password, "wait_timeout": 5}


def prepare_integrity(bench: Bench) -> dict[str, Any]:
    admin = next(one["id"] for one in bench.server.state()["users"] if one["is_admin"])
    for number in range(2):
        path = f"/data/upload/{admin}/aa/bb/photo-{number}.jpg"
        bench.server.control("POST", "files", {"path": path})
        bench.server.control("POST", "report", {"path": path, "age": 2 * 86400})
    return {**bench.admin_connection(), "delete_untracked": ["upload"], "wait_interval": 0.01, "max": {"untracked": 0}}


def list_assets(bench: Bench) -> list[tuple[str, list[str], list[str]]]:
    """Each asset's name, albums and tags."""
    bench.server.wait_idle()
    return sorted((one["name"], one["albums"], one["tags"]) for one in bench.server.state()["assets"])


def list_archived_photos(bench: Bench) -> list[str]:
    return sorted(os.path.relpath(path, bench.folder) for path in bench.folder.rglob("*.jpg"))


CHANGES = {
    "immich_upload": Change(prepare_upload, list_assets, [], [("a.jpg", ["Rome"], ["new"]), ("b.jpg", ["Rome"], ["new"])]),
    "immich_copy": Change(prepare_copy, list_assets, [], [("a.jpg", ["Rome"], ["new"]), ("b.jpg", ["Rome"], ["new"])]),
    "immich_archive": Change(prepare_archive, list_archived_photos, [], ["archive/2024/2024-06/a.jpg", "archive/2024/2024-06/b.jpg"]),
    "immich_stack": Change(prepare_stack, lambda bench: stacks_of(bench.server), [], [["IMG_1.JPG", "IMG_1.DNG"]]),
    "immich_duplicates": Change(prepare_duplicates, list_visible_photos, ["a.jpg", "longer.jpg"], ["longer.jpg"]),
    "immich_user": Change(
        prepare_user,
        list_values("/admin/users", "email", "quotaSizeInBytes"),
        [["admin@example.com", None], ["user@example.com", None]],
        [["admin@example.com", None], ["new@example.com", 2**30], ["user@example.com", None]],
    ),
    "immich_config": Change(prepare_config, lambda bench: read_api(bench, "/system-config")["trash"]["days"], 30, 60),
    "immich_library": Change(prepare_library, list_values("/libraries", "name"), [], [["NAS"]]),
    "immich_album": Change(prepare_album, list_values("/albums", "albumName", "order"), [], [["Family", "asc"]]),
    "immich_shared_link": Change(prepare_link, list_values("/shared-links", "slug", "allowUpload"), [], [["wedding", False]]),
    "immich_tag": Change(
        lambda bench: {**bench.admin_connection(), "value": "a/b", "color": "#1f2e3d"},
        list_values("/tags", "value"),
        [],
        [["a"], ["a/b"]],
    ),
    "immich_partner": Change(
        lambda bench: {**bench.admin_connection(), "partner": "user@example.com"},
        list_values("/partners?direction=shared-by", "email"),
        [],
        [["user@example.com"]],
    ),
    "immich_api_key": Change(prepare_key, list_values("/api-keys", "name"), [["admin-all"]], [["admin-all"], ["nas"]]),
    "immich_state": Change(prepare_state, list_values("/albums", "albumName"), [], [["Family"]]),
    "immich_setup": Change(
        prepare_setup, lambda bench: read_api(bench, "/system-metadata/admin-onboarding"), {"isOnboarded": False}, {"isOnboarded": True}
    ),
    "immich_integrity": Change(
        prepare_integrity,
        lambda bench: read_api(bench, "/admin/integrity/summary")["untracked_file"],
        2,
        0,
        ("POST /jobs", "POST /jobs"),
    ),
    "immich_backup": Change(prepare_backup, lambda bench: len(list_backups(bench)), 1, 0),
    "immich_maintenance_mode": Change(
        prepare_maintenance, lambda bench: read_api(bench, "/admin/maintenance/status")["active"], False, True
    ),
    "immich_job_run": Change(prepare_job_run, count_waiting, 1, 0),
    "immich_jobs": Change(prepare_jobs, lambda bench: bench.server.paused(), {"smartSearch"}, {"smartSearch", "ocr"}),
}

VARYING = ("seconds", "bytes_sent", "bytes_received", "invocation", "diff", "id", "sentences", "status")
"""What depends on the clock, on ids that nothing has before the run, or on what only a run sends; and what says that it was done."""


@pytest.fixture
def bench(emulator: Callable[..., Emulator], tmp_path: Path) -> Bench:
    folder = tmp_path / "files"
    folder.mkdir()
    return Bench(emulator(job_seconds=0.001), emulator(version="2.7", job_seconds=0.001), folder)


def forget_requests(bench: Bench) -> None:
    bench.server.clear_requests()
    bench.source.clear_requests()


def drop_varying(result: Any) -> Any:
    """A result without what may differ between a run and its prediction."""
    if isinstance(result, dict):
        return {key: drop_varying(value) for key, value in result.items() if key not in VARYING}
    return [drop_varying(one) for one in result] if isinstance(result, list) else result


def list_writes(bench: Bench) -> list[str]:
    """The requests to either server that could have changed something."""
    return [*writes(bench.server), *writes(bench.source)]


@pytest.mark.parametrize("name", CHANGES)
def test_second_run_changes_nothing(bench: Bench, run_module: ModuleRunner, name: str) -> None:
    change = CHANGES[name]
    options = change.prepare(bench)
    first = run_module(name, **options)
    assert "s3cret-pw" not in str(first)
    assert first.get("failed") is None, first
    assert first["changed"] is True
    assert change.outcome(bench) == change.after
    forget_requests(bench)
    second = run_module(name, **options)
    assert second["changed"] is False
    assert list_writes(bench) == list(change.again)
    assert change.outcome(bench) == change.after


@pytest.mark.parametrize("name", CHANGES)
def test_check_mode_predicts_the_run(bench: Bench, run_module: ModuleRunner, name: str) -> None:
    change = CHANGES[name]
    options = change.prepare(bench)
    forget_requests(bench)
    files = sorted(bench.folder.rglob("*"))
    predicted = run_module(name, check=True, **options)
    assert list_writes(bench) == []
    assert sorted(bench.folder.rglob("*")) == files
    assert change.outcome(bench) == change.before
    done = run_module(name, **options)
    assert "s3cret-pw" not in str(predicted) + str(done)
    assert predicted["diff"]
    assert drop_varying(predicted) == drop_varying(done)


class Read(NamedTuple):
    """A module that returns facts."""

    options: Callable[[Bench], dict[str, Any]]
    part: str
    """One of its results."""
    expected: Callable[[Bench], Any]


READS = {
    "immich_info": Read(Bench.connection, "version", lambda bench: "3.1.0"),
    "immich_integrity_info": Read(Bench.admin_connection, "counts", lambda bench: {"untracked": 0, "missing": 0, "checksum": 0}),
    "immich_backup_info": Read(Bench.admin_connection, "newest", lambda bench: None),
    "immich_jobs_info": Read(Bench.admin_connection, "leases", lambda bench: []),
    "immich_state_info": Read(
        lambda bench: {**bench.admin_connection(), "kinds": ["tags", "config"]},
        "state",
        lambda bench: {"config": {}, "tags": []},
    ),
    "immich_statistics_info": Read(Bench.admin_connection, "sample", lambda bench: []),
    "immich_backup_proof_info": Read(
        lambda bench: {"path": str(write_dump(bench.folder / "dump.sql.gz")), "after": statistics()},
        "left_out",
        lambda bench: ["clip_index"],
    ),
    "immich_host_load_info": Read(lambda bench: {}, "cpus", lambda bench: len(os.sched_getaffinity(0))),
    "_role_variables": Read(lambda bench: {}, "failed", lambda bench: None),  # there is no role whose variables could be wrong
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", READS)
def test_reading_module_changes_nothing(bench: Bench, run_module: ModuleRunner, name: str, check: bool) -> None:
    read = READS[name]
    result = run_module(name, check=check, **read.options(bench))
    assert result.get("changed", False) is False
    assert result.get(read.part) == read.expected(bench)
    assert list_writes(bench) == []


class Failure(NamedTuple):
    """Why a module fails, and what it says of that."""

    name: str
    prepare: Callable[[Bench], dict[str, Any]]
    kind: str | None
    """None: Ansible itself refuses the call."""
    message: str


def prepare_empty_file(bench: Bench) -> dict[str, Any]:
    (bench.folder / "empty.jpg").write_bytes(b"")
    return {**bench.connection(), "src": [str(bench.folder)]}


def prepare_occupied_destination(bench: Bench) -> dict[str, Any]:
    (bench.folder / "archive").write_text("a file")
    return {**bench.connection(), "dest": str(bench.folder / "archive")}


FAILURES = [
    Failure("immich_upload", prepare_empty_file, "local", "1 file failed: "),
    Failure("immich_copy", lambda bench: {**prepare_copy(bench), "source_api_key": "wrong"}, "auth", "source_api_key"),
    Failure("immich_archive", prepare_occupied_destination, "local", "archive"),
    Failure("immich_stack", lambda bench: {**prepare_stack(bench), "album": "Nowhere"}, "not_found", "Nowhere"),
    Failure("immich_duplicates", lambda bench: {**prepare_duplicates(bench), "max_trash": 0}, "validation", "max_trash is 0"),
    Failure("immich_jobs", lambda bench: {**prepare_jobs(bench), **bench.connection()}, "permission", "administrator"),
    Failure("immich_job_run", lambda bench: {**bench.admin_connection(), "manual_job": "sing"}, "validation", "sing"),
    Failure("immich_job_run", lambda bench: {**bench.admin_connection(), "queues": ["ocr"]}, None, "one of the following is required"),
    Failure("immich_jobs", lambda bench: {**bench.admin_connection(), "queues": ["ocr"]}, None, "missing required arguments: state"),
    Failure("immich_integrity", lambda bench: {**prepare_integrity(bench), "delete_limit": 1001}, "validation", "delete_limit"),
    Failure("immich_integrity_info", Bench.connection, "permission", "administrator"),
    Failure("immich_backup", lambda bench: {**bench.admin_connection(), "max_age": "soon"}, "validation", "26h"),
    Failure("immich_backup_info", Bench.connection, "permission", "administrator"),
    Failure("immich_maintenance_mode", lambda bench: {**prepare_maintenance(bench), "cookie_file": "/nowhere/x"}, "local", "/nowhere/x"),
    Failure("immich_jobs_info", Bench.connection, "permission", "administrator"),
    Failure("immich_state", lambda bench: {**prepare_state(bench), **bench.connection()}, "permission", "administrator"),
    Failure("immich_state", lambda bench: {**prepare_state(bench), "purge": ["users"], "purge_limit": 0}, "validation", "purge_limit"),
    Failure("immich_state_info", Bench.connection, "permission", "administrator"),
    Failure("immich_user", lambda bench: {**prepare_user(bench), "storage_label": "a.b"}, "validation", "would be stored as 'ab'"),
    Failure("immich_config", lambda bench: {**prepare_config(bench), "config": {"trash": {"day": 1}}}, "validation", "trash.day"),
    Failure("immich_library", lambda bench: {**prepare_library(bench), "import_paths": ["/nowhere"]}, "validation", "/nowhere"),
    Failure("immich_album", lambda bench: {**prepare_album(bench), "users": [{"email": "x@x.org"}]}, "validation", "x@x.org"),
    Failure("immich_shared_link", lambda bench: {**bench.connection(), "album": "Nowhere"}, "validation", "Nowhere"),
    Failure("immich_tag", lambda bench: {**bench.connection(), "value": "a", "color": "red"}, "validation", "red"),
    Failure("immich_partner", lambda bench: {**bench.connection(), "partner": "user@example.com"}, "validation", "own user"),
    Failure("immich_api_key", lambda bench: {**prepare_key(bench), "permissions": ["asset.raed"]}, "validation", "asset.raed"),
    Failure("immich_api_key", lambda bench: {"url": bench.server.url, "name": "nas"}, "auth", "No API key"),
    Failure(
        "immich_setup", lambda bench: {**prepare_setup(bench), "url": "http://127.0.0.1:9", "wait_timeout": 0}, "unreachable", "127.0.0.1"
    ),
    Failure("immich_info", lambda bench: {**bench.connection(), "api_key": "wrong"}, "auth", "api_key"),
    Failure("immich_info", lambda bench: {**bench.connection(), "url": "http://127.0.0.1:9"}, "unreachable", "127.0.0.1"),
    Failure("immich_statistics_info", lambda bench: {**bench.connection(), "sample": 5000}, "validation", "sample"),
    Failure("immich_backup_proof_info", lambda bench: {"path": str(bench.folder / "none")}, "local", "none cannot be read"),
    Failure("immich_archive", lambda bench: {**bench.connection(), "dest": ""}, "validation", "dest is empty"),
    Failure("immich_host_load_info", lambda bench: {"host": "nas"}, None, "Unsupported parameters"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=[f"{one.name}-{one.kind}" for one in FAILURES])
def test_module_failure_has_kind_and_message(bench: Bench, run_module: ModuleRunner, failure: Failure) -> None:
    options = failure.prepare(bench)
    forget_requests(bench)
    result = run_module(failure.name, **options)
    assert result["failed"] is True
    assert result.get("failure", {}).get("kind") == failure.kind
    assert "s3cret-pw" not in str(result)
    assert failure.message in result["msg"]
    assert list_writes(bench) == []
