# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module promises: it does its work, a second run changes nothing, check mode predicts the run, a failure says what to do."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
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


@dataclass
class Context:
    """What a module works with."""

    server: Emulator
    """The server that it is about; of a copy, the target."""
    folder: Path
    start_server: Callable[..., Emulator]

    @cached_property
    def source(self) -> Emulator:
        """Another server, to copy from. It is started when it is first used."""
        return self.start_server(version="2.7", job_seconds=0.001)

    def servers(self) -> list[Emulator]:
        """Those that were started."""
        return [self.server, *([self.source] if "source" in vars(self) else [])]

    def connection(self) -> dict[str, Any]:
        """The options that name the server and the user's key."""
        return {"url": self.server.url, "api_key": self.server.api_key, "retries": 0}

    def admin_connection(self) -> dict[str, Any]:
        """The options of the connection with the administrator's key."""
        return {**self.connection(), "api_key": self.server.admin_api_key}


class Change(NamedTuple):
    """A module that changes something."""

    prepare: Callable[[Context], dict[str, Any]]
    """Makes what the module works on. Its options."""
    outcome: Callable[[Context], Any]
    """What it is about, as the server or the folder has it."""
    before: Any
    after: Any
    again: tuple[str, ...] = ()
    """What a second run sends that looks like a change: a check, which only reads."""


def prepare_upload(context: Context) -> dict[str, Any]:
    for name in ("a.jpg", "b.jpg"):
        (context.folder / name).write_bytes(name.encode())
    return {**context.connection(), "src": [str(context.folder)], "tags": ["new"], "album": "Rome"}


def prepare_copy(context: Context) -> dict[str, Any]:
    account = Account(context.source)
    for name in ("a.jpg", "b.jpg"):
        account.upload(name)
    account.album("Rome", "a.jpg", "b.jpg")
    account.tag("new", "a.jpg", "b.jpg")
    return {**context.connection(), "source_url": context.source.url, "source_api_key": account.api_key, "source_retries": 0}


def prepare_archive(context: Context) -> dict[str, Any]:
    account = Account(context.server)
    for name in ("a.jpg", "b.jpg"):
        account.upload(name)
    context.server.wait_idle()
    return {**context.connection(), "dest": str(context.folder / "archive")}


def prepare_stack(context: Context) -> dict[str, Any]:
    send_shots(context.server, Shot("IMG_1.JPG"), Shot("IMG_1.DNG"))
    return context.connection()


def prepare_asset(context: Context) -> dict[str, Any]:
    send_shots(context.server, Shot("IMG_1.JPG"))
    return {**context.connection(), "select": {"names": ["img*"]}, "set": {"favorite": True}}


def prepare_duplicates(context: Context) -> dict[str, Any]:
    """The larger of two stays."""
    account = Account(context.server)
    ids = [account.upload(name, name.encode()) for name in ("a.jpg", "longer.jpg")]
    context.server.wait_idle()
    account.ask("PUT", "/assets", json={"ids": ids, "duplicateId": str(uuid.uuid4())})
    return {**context.connection(), "action": "trash"}


def list_visible_photos(context: Context) -> list[str]:
    return sorted(one["name"] for one in context.server.state()["assets"] if not one["trashed"])


def prepare_jobs(context: Context) -> dict[str, Any]:
    context.server.pause("smartSearch")
    return {**context.admin_connection(), "state": "paused", "queues": ["ocr", "smartSearch"]}


def prepare_job_run(context: Context) -> dict[str, Any]:
    context.server.pause("metadataExtraction")
    Account(context.server).upload("a.jpg")
    return {**context.admin_connection(), "command": "empty", "queues": ["metadataExtraction"]}


def count_waiting(context: Context) -> int:
    return int(context.server.state()["queues"]["metadataExtraction"]["paused_jobs"])


def prepare_backup(context: Context) -> dict[str, Any]:
    headers = {"x-api-key": context.server.admin_api_key}
    requests.post(f"{context.server.url}/api/jobs", json={"name": "backup-database"}, headers=headers, timeout=20).raise_for_status()
    context.server.wait_idle()
    ((name,),) = list_backups(context)
    return {**context.admin_connection(), "state": "absent", "names": [name]}


def list_backups(context: Context) -> list[list[str]]:
    return [[one["filename"]] for one in read_api(context, "/admin/database-backups")["backups"]]


def prepare_restore(context: Context) -> dict[str, Any]:
    return {**context.admin_connection(), "name": "a.sql.gz", "confirm": "a.sql.gz", "cookie_file": str(context.folder / "cookie")}


def prepare_maintenance(context: Context) -> dict[str, Any]:
    return {**context.admin_connection(), "state": "started", "cookie_file": str(context.folder / "cookie")}


def read_api(context: Context, path: str) -> Any:
    """The answer to GET with the administrator's key."""
    answer = requests.get(f"{context.server.url}/api{path}", headers={"x-api-key": context.server.admin_api_key}, timeout=20)
    answer.raise_for_status()
    return answer.json()


def list_values(path: str, *names: str) -> Callable[[Context], list[Any]]:
    """Some fields of each object of a list."""
    return lambda context: sorted([one.get(name) for name in names] for one in read_api(context, path))


def prepare_user(context: Context) -> dict[str, Any]:
    return {**context.admin_connection(), "email": "new@example.com", "name": "New", "password": "s3cret-pw", "quota": "1GiB"}


def prepare_config(context: Context) -> dict[str, Any]:
    return {**context.admin_connection(), "config": {"trash": {"days": 60}, "oauth": {"clientId": "id", "clientSecret": "s3cret-pw"}}}


def prepare_library(context: Context) -> dict[str, Any]:
    return {
        **context.admin_connection(),
        "name": "NAS",
        "owner": "user@example.com",
        "import_paths": [str(context.folder)],
        "scan": "changed",
    }


def prepare_album(context: Context) -> dict[str, Any]:
    return {**context.admin_connection(), "name": "Family", "order": "asc", "users": [{"email": "user@example.com", "role": "viewer"}]}


def prepare_link(context: Context) -> dict[str, Any]:
    headers = {"x-api-key": context.server.admin_api_key}
    requests.post(f"{context.server.url}/api/albums", json={"albumName": "Wedding"}, headers=headers, timeout=20).raise_for_status()
    return {**context.admin_connection(), "album": "Wedding", "slug": "wedding", "password": "s3cret-pw"}


def prepare_key(context: Context) -> dict[str, Any]:
    return {**context.admin_connection(), "name": "nas", "permissions": ["asset.upload"], "secret_file": str(context.folder / "key")}


def prepare_state(context: Context) -> dict[str, Any]:
    return {
        **context.admin_connection(),
        "config": {"trash": {"days": 60}},
        "users": [{"email": "new@example.com", "name": "New", "password": "s3cret-pw"}],
        "albums": [{"name": "Family", "users": [{"email": "new@example.com"}]}],
        "tags": [{"value": "a/b", "color": "#1f2e3d"}],
    }


def prepare_setup(context: Context) -> dict[str, Any]:
    password = {"email": "new@example.com", "password": "s3cret-pw"}
    headers = {"x-api-key": context.server.admin_api_key}
    body = {**password, "name": "New", "isAdmin": True}
    requests.post(f"{context.server.url}/api/admin/users", json=body, headers=headers, timeout=20).raise_for_status()
    return {"url": context.server.url, **password, "wait_timeout": 5}


def prepare_integrity(context: Context) -> dict[str, Any]:
    admin = next(one["id"] for one in context.server.state()["users"] if one["is_admin"])
    for number in range(2):
        path = f"/data/upload/{admin}/aa/bb/photo-{number}.jpg"
        context.server.control("POST", "files", {"path": path})
        context.server.control("POST", "report", {"path": path, "age": 2 * 86400})
    return {**context.admin_connection(), "delete_untracked": ["upload"], "wait_interval": 0.01, "max": {"untracked": 0}}


def list_assets(context: Context) -> list[tuple[str, list[str], list[str]]]:
    """Each asset's name, albums and tags."""
    context.server.wait_idle()
    return sorted((one["name"], one["albums"], one["tags"]) for one in context.server.state()["assets"])


def list_archived_photos(context: Context) -> list[str]:
    return sorted(os.path.relpath(path, context.folder) for path in context.folder.rglob("*.jpg"))


def list_favorites(context: Context) -> list[str]:
    return [asset["name"] for asset in context.server.state()["assets"] if asset["favorite"]]


CHANGES = {
    "immich_upload": Change(prepare_upload, list_assets, [], [("a.jpg", ["Rome"], ["new"]), ("b.jpg", ["Rome"], ["new"])]),
    "immich_copy": Change(prepare_copy, list_assets, [], [("a.jpg", ["Rome"], ["new"]), ("b.jpg", ["Rome"], ["new"])]),
    "immich_archive": Change(prepare_archive, list_archived_photos, [], ["archive/2024/2024-06/a.jpg", "archive/2024/2024-06/b.jpg"]),
    "immich_asset": Change(prepare_asset, list_favorites, [], ["IMG_1.JPG"]),
    "immich_stack": Change(prepare_stack, lambda context: stacks_of(context.server), [], [["IMG_1.JPG", "IMG_1.DNG"]]),
    "immich_duplicates": Change(prepare_duplicates, list_visible_photos, ["a.jpg", "longer.jpg"], ["longer.jpg"]),
    "immich_user": Change(
        prepare_user,
        list_values("/admin/users", "email", "quotaSizeInBytes"),
        [["admin@example.com", None], ["user@example.com", None]],
        [["admin@example.com", None], ["new@example.com", 2**30], ["user@example.com", None]],
    ),
    "immich_config": Change(prepare_config, lambda context: read_api(context, "/system-config")["trash"]["days"], 30, 60),
    "immich_library": Change(prepare_library, list_values("/libraries", "name"), [], [["NAS"]]),
    "immich_album": Change(prepare_album, list_values("/albums", "albumName", "order"), [], [["Family", "asc"]]),
    "immich_shared_link": Change(prepare_link, list_values("/shared-links", "slug", "allowUpload"), [], [["wedding", False]]),
    "immich_tag": Change(
        lambda context: {**context.admin_connection(), "value": "a/b", "color": "#1f2e3d"},
        list_values("/tags", "value"),
        [],
        [["a"], ["a/b"]],
    ),
    "immich_partner": Change(
        lambda context: {**context.admin_connection(), "partner": "user@example.com"},
        list_values("/partners?direction=shared-by", "email"),
        [],
        [["user@example.com"]],
    ),
    "immich_api_key": Change(prepare_key, list_values("/api-keys", "name"), [["admin-all"]], [["admin-all"], ["nas"]]),
    "immich_state": Change(prepare_state, list_values("/albums", "albumName"), [], [["Family"]]),
    "immich_setup": Change(
        prepare_setup, lambda context: read_api(context, "/system-metadata/admin-onboarding"), {"isOnboarded": False}, {"isOnboarded": True}
    ),
    "immich_integrity": Change(
        prepare_integrity,
        lambda context: read_api(context, "/admin/integrity/summary")["untracked_file"],
        2,
        0,
        ("POST /jobs", "POST /jobs"),
    ),
    "immich_backup": Change(prepare_backup, lambda context: len(list_backups(context)), 1, 0),
    "immich_maintenance_mode": Change(
        prepare_maintenance, lambda context: read_api(context, "/admin/maintenance/status")["active"], False, True
    ),
    "immich_job_run": Change(prepare_job_run, count_waiting, 1, 0),
    "immich_jobs": Change(prepare_jobs, lambda context: context.server.paused(), {"smartSearch"}, {"smartSearch", "ocr"}),
}

VARYING = ("seconds", "bytes_sent", "bytes_received", "invocation", "diff", "id", "sentences", "status")
"""What depends on the clock, on ids that nothing has before the run, or on what only a run sends; and what says that it was done."""


@pytest.fixture
def context(emulator: Callable[..., Emulator], tmp_path: Path) -> Context:
    folder = tmp_path / "files"
    folder.mkdir()
    return Context(emulator(job_seconds=0.001), folder, emulator)


def forget_requests(context: Context) -> None:
    for server in context.servers():
        server.clear_requests()


def drop_varying(result: Any) -> Any:
    """A result without what may differ between a run and its prediction."""
    if isinstance(result, dict):
        return {key: drop_varying(value) for key, value in result.items() if key not in VARYING}
    return [drop_varying(one) for one in result] if isinstance(result, list) else result


def list_writes(context: Context) -> list[str]:
    """The requests to either server that could have changed something."""
    return [request for server in context.servers() for request in writes(server)]


@pytest.mark.parametrize("name", CHANGES)
def test_check_predicts_run_and_second_run_is_unchanged(context: Context, run_module: ModuleRunner, name: str) -> None:
    change = CHANGES[name]
    options = change.prepare(context)
    forget_requests(context)
    files = sorted(context.folder.rglob("*"))
    predicted = run_module(name, check=True, **options)
    assert list_writes(context) == []
    assert sorted(context.folder.rglob("*")) == files
    assert change.outcome(context) == change.before
    first = run_module(name, **options)
    assert "s3cret-pw" not in str(predicted) + str(first)
    assert first.get("failed") is None, first
    assert first["changed"] is True
    assert change.outcome(context) == change.after
    assert predicted["diff"]
    assert drop_varying(predicted) == drop_varying(first)
    forget_requests(context)
    second = run_module(name, **options)
    assert second["changed"] is False
    assert list_writes(context) == list(change.again)
    assert change.outcome(context) == change.after


class Read(NamedTuple):
    """A module that returns facts."""

    options: Callable[[Context], dict[str, Any]]
    part: str
    """One of its results."""
    expected: Callable[[Context], Any]


READS = {
    "immich_info": Read(Context.connection, "version", lambda context: "3.1.0"),
    "immich_integrity_info": Read(Context.admin_connection, "counts", lambda context: {"untracked": 0, "missing": 0, "checksum": 0}),
    "immich_backup_info": Read(Context.admin_connection, "newest", lambda context: None),
    "immich_jobs_info": Read(Context.admin_connection, "leases", lambda context: []),
    "immich_state_info": Read(
        lambda context: {**context.admin_connection(), "kinds": ["tags", "config"]},
        "state",
        lambda context: {"config": {}, "tags": []},
    ),
    "immich_statistics_info": Read(Context.admin_connection, "sample", lambda context: []),
    "immich_backup_proof_info": Read(
        lambda context: {"path": str(write_dump(context.folder / "dump.sql.gz")), "after": statistics()},
        "left_out",
        lambda context: ["clip_index"],
    ),
    "immich_host_load_info": Read(lambda context: {}, "cpus", lambda context: len(os.sched_getaffinity(0))),
    "role_variables": Read(lambda context: {}, "failed", lambda context: None),  # there is no role whose variables could be wrong
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", READS)
def test_reading_module_changes_nothing(context: Context, run_module: ModuleRunner, name: str, check: bool) -> None:
    read = READS[name]
    result = run_module(name, check=check, **read.options(context))
    assert result.get("changed", False) is False
    assert result.get(read.part) == read.expected(context)
    assert list_writes(context) == []


class Failure(NamedTuple):
    """Why a module fails, and what it says of that."""

    name: str
    prepare: Callable[[Context], dict[str, Any]]
    kind: str | None
    """None: Ansible itself refuses the call."""
    message: str


def prepare_empty_file(context: Context) -> dict[str, Any]:
    (context.folder / "empty.jpg").write_bytes(b"")
    return {**context.connection(), "src": [str(context.folder)]}


def prepare_occupied_destination(context: Context) -> dict[str, Any]:
    (context.folder / "archive").write_text("a file")
    return {**context.connection(), "dest": str(context.folder / "archive")}


FAILURES = [
    Failure("immich_upload", prepare_empty_file, "local", "1 file failed: "),
    Failure("immich_copy", lambda context: {**prepare_copy(context), "source_api_key": "wrong"}, "auth", "source_api_key"),
    Failure("immich_archive", prepare_occupied_destination, "local", "archive"),
    Failure("immich_asset", lambda context: {**prepare_asset(context), "select": {}}, "validation", "select has no condition"),
    Failure("immich_stack", lambda context: {**prepare_stack(context), "album": "Nowhere"}, "not_found", "Nowhere"),
    Failure("immich_duplicates", lambda context: {**prepare_duplicates(context), "max_trash": 0}, "validation", "max_trash is 0"),
    Failure("immich_jobs", lambda context: {**prepare_jobs(context), **context.connection()}, "permission", "administrator"),
    Failure("immich_job_run", lambda context: {**context.admin_connection(), "manual_job": "sing"}, "validation", "sing"),
    Failure(
        "immich_job_run", lambda context: {**context.admin_connection(), "queues": ["ocr"]}, "validation", "Give command or manual_job."
    ),
    Failure("immich_jobs", lambda context: {**context.admin_connection(), "queues": ["ocr"]}, "validation", "state"),
    Failure("immich_jobs", lambda context: {**prepare_jobs(context), "renew": True}, "validation", "renew=true needs lease."),
    Failure("immich_integrity", lambda context: {**prepare_integrity(context), "delete_limit": 1001}, "validation", "delete_limit"),
    Failure("immich_integrity_info", Context.connection, "permission", "administrator"),
    Failure("immich_backup", lambda context: {**context.admin_connection(), "max_age": "soon"}, "validation", "26h"),
    Failure("immich_backup", lambda context: {**context.admin_connection(), "state": "fetched"}, "validation", "state=fetched needs dest."),
    Failure(
        "immich_backup", lambda context: {**context.admin_connection(), "state": "absent"}, "validation", "needs name, names, keep or dest."
    ),
    Failure("immich_backup_info", Context.connection, "permission", "administrator"),
    Failure("immich_restore", prepare_restore, "not_found", "a.sql.gz"),
    Failure("immich_restore", lambda context: {**prepare_restore(context), "confirm": "yes"}, "validation", "set confirm: a.sql.gz"),
    Failure(
        "immich_restore", lambda context: {**prepare_restore(context), "src": "/a.sql.gz"}, "validation", "name and src exclude each other."
    ),
    Failure("immich_restore", lambda context: {**prepare_restore(context), "name": None}, "validation", "Give name or src."),
    Failure("immich_restore", lambda context: {**prepare_restore(context), "cookie_file": None}, "validation", "cookie_file"),
    Failure(
        "immich_maintenance_mode", lambda context: {**prepare_maintenance(context), "cookie_file": "/nowhere/x"}, "local", "/nowhere/x"
    ),
    Failure("immich_jobs_info", Context.connection, "permission", "administrator"),
    Failure("immich_state", lambda context: {**prepare_state(context), **context.connection()}, "permission", "administrator"),
    Failure("immich_state", lambda context: {**prepare_state(context), "purge": ["users"], "purge_limit": 0}, "validation", "purge_limit"),
    Failure("immich_state_info", Context.connection, "permission", "administrator"),
    Failure("immich_user", lambda context: {**prepare_user(context), "storage_label": "a.b"}, "validation", "would be stored as 'ab'"),
    Failure("immich_config", lambda context: {**prepare_config(context), "config": {"trash": {"day": 1}}}, "validation", "trash.day"),
    Failure("immich_library", lambda context: {**prepare_library(context), "import_paths": ["/nowhere"]}, "validation", "/nowhere"),
    Failure("immich_album", lambda context: {**prepare_album(context), "users": [{"email": "x@x.org"}]}, "validation", "x@x.org"),
    Failure("immich_album", lambda context: {**context.connection(), "description": "a"}, "validation", "Give name or id."),
    Failure("immich_shared_link", lambda context: {**context.connection(), "album": "Nowhere"}, "validation", "Nowhere"),
    Failure("immich_shared_link", lambda context: {**context.connection()}, "validation", "Give slug, album or album_id."),
    Failure(
        "immich_state",
        lambda context: {**prepare_state(context), "albums": [{"description": "a"}]},
        "validation",
        "Each element of albums needs name or id.",
    ),
    Failure("immich_tag", lambda context: {**context.connection(), "value": "a", "color": "red"}, "validation", "red"),
    Failure("immich_partner", lambda context: {**context.connection(), "partner": "user@example.com"}, "validation", "own user"),
    Failure("immich_api_key", lambda context: {**prepare_key(context), "permissions": ["uploads"]}, "validation", "Did you mean upload?"),
    Failure("immich_api_key", lambda context: {"url": context.server.url, "name": "nas"}, "auth", "No API key"),
    Failure(
        "immich_setup",
        lambda context: {**prepare_setup(context), "url": "http://127.0.0.1:9", "wait_timeout": 0},
        "unreachable",
        "127.0.0.1",
    ),
    Failure("immich_info", lambda context: {**context.connection(), "api_key": "wrong"}, "auth", "api_key"),
    Failure("immich_info", lambda context: {**context.connection(), "url": "http://127.0.0.1:9"}, "unreachable", "127.0.0.1"),
    Failure("immich_statistics_info", lambda context: {**context.connection(), "sample": 5000}, "validation", "sample"),
    Failure("immich_backup_proof_info", lambda context: {"path": str(context.folder / "none")}, "local", "none cannot be read"),
    Failure("immich_archive", lambda context: {**context.connection(), "dest": ""}, "validation", "dest is empty"),
    Failure("immich_host_load_info", lambda context: {"paths": ["nas/.mounted"]}, "validation", "not an absolute path"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=[f"{one.name}-{one.kind}" for one in FAILURES])
def test_module_failure_has_kind_and_message(context: Context, run_module: ModuleRunner, failure: Failure) -> None:
    options = failure.prepare(context)
    forget_requests(context)
    result = run_module(failure.name, **options)
    assert result["failed"] is True
    assert result.get("failure", {}).get("kind") == failure.kind
    assert "s3cret-pw" not in str(result)
    assert failure.message in result["msg"]
    assert list_writes(context) == []
