# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immich_server by real `ansible-playbook` runs: from an empty server to a declared one, and what is said on the way."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from immich_emulator.testing import Emulator
from support.playbooks.playbook import Playbook, Run
from support.playbooks.processes import command_lines
from support.playbooks.role import sentences
from support.run_cache import RunCache

SERVER = Path("photoyard.immich.server")
PASSWORD = "correct horse"
ADMIN = {"email": "admin@example.com", "password": PASSWORD}
DECLARED: dict[str, Any] = {
    "immich_server_config": {"trash": {"days": 60}},
    "immich_server_users": [{"email": "anna@example.com", "name": "Anna", "password": "anna's own", "quota": "50GiB"}],
    "immich_server_libraries": [{"name": "NAS", "owner": "anna@example.com", "import_paths": ["/usr/share"]}],
    "immich_server_albums": [{"name": "Family", "users": [{"email": "anna@example.com", "role": "viewer"}]}],
    "immich_server_tags": [{"value": "Trip/Rome"}],
}
SERVER_ALONE = {"immich_admin_api_key": "", "immich_api_key": ""}


@pytest.fixture
def fresh(emulator: Callable[..., Emulator]) -> Emulator:
    """A server that was just installed."""
    return emulator(empty=True)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The path of the administrator's key, which is not there yet."""
    return tmp_path / "admin.key"


Declare = Callable[..., Run]


def declaration(playbook: Playbook, server: Emulator, key_file: Path) -> Declare:
    """Runs of the playbook on a server, with DECLARED and other variables."""

    def run(*arguments: str, **variables: Any) -> Run:
        keys = {**SERVER_ALONE, "immich_url": server.url, "immich_admin_api_key_file": str(key_file), "immich_server_admin": ADMIN}
        return playbook.run(SERVER, *arguments, variables={**keys, **DECLARED, **variables})

    return run


@pytest.fixture
def declare(playbook: Playbook, fresh: Emulator, key_file: Path) -> Declare:
    """Those on the empty server."""
    return declaration(playbook, fresh, key_file)


def make_declared(folder: Path) -> None:
    """Puts the data of a server that is as DECLARED, and its administrator's key, into a folder."""
    with Emulator(data=folder / "server", empty=True) as server:
        declaration(Playbook(folder / "ansible"), server, folder / "admin.key")().ok()


@pytest.fixture
def declared(emulator: Callable[..., Emulator], run_cache: RunCache, key_file: Path, tmp_path: Path) -> Emulator:
    """A server that is as DECLARED. `key_file` has its administrator's key."""
    made = run_cache.folder("declared-server", make_declared)
    shutil.copytree(made / "server", tmp_path / "server")
    shutil.copy(made / "admin.key", key_file)
    return emulator(data=tmp_path / "server", empty=True)


@pytest.fixture
def declare_again(playbook: Playbook, declared: Emulator, key_file: Path) -> Declare:
    """Runs on the server that is as DECLARED."""
    return declaration(playbook, declared, key_file)


def read(server: Emulator, key_file: Path, path: str) -> Any:
    answer = requests.get(f"{server.url}/api{path}", headers={"x-api-key": key_file.read_text().strip()}, timeout=20)
    answer.raise_for_status()
    return answer.json()


def last(run: Run) -> str:
    return sentences(run)


def what_becomes(run: Run) -> list[dict[str, Any]]:
    results = run.task("Make the server as it is declared").result["results"]
    return [{name: value for name, value in one.items() if name != "id"} for one in results]


@pytest.mark.long
def test_empty_server_becomes_as_declared(declare: Declare, fresh: Emulator, key_file: Path) -> None:
    checked = declare("--check", "--diff").ok()
    assert (fresh.requests(writes=True), key_file.exists()) == ([], False)

    with command_lines() as seen:
        first = declare("--diff").ok()
    assert last(first).endswith(": administrator registered, key made, 4 created, 1 changed.")
    assert last(checked).replace(" would be ", " ") == last(first)
    assert [line for line in checked.stdout.splitlines() if line[:1] in "+-"] == [
        line for line in first.stdout.splitlines() if line[:1] in "+-"
    ]
    assert what_becomes(checked) == what_becomes(first)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert {one["email"] for one in read(fresh, key_file, "/admin/users")} == {"admin@example.com", "anna@example.com"}
    assert read(fresh, key_file, "/system-config")["trash"]["days"] == 60
    assert [one["name"] for one in read(fresh, key_file, "/libraries")] == ["NAS"]
    assert [one["albumName"] for one in read(fresh, key_file, "/albums")] == ["Family"]
    assert any(b"ansible-playbook" in line for line in seen)
    for secret in (PASSWORD, "anna's own", key_file.read_text().strip()):
        assert secret not in first.output
        assert [line for line in seen if secret.encode() in line] == []

    fresh.clear_requests()
    second = declare(immich_server_admin={**ADMIN, "password": "changed in the web interface"}).ok()  # the key is all it needs
    assert (second.changed, fresh.requests(writes=True)) == (0, [])
    assert not any(one["path"] == "/auth/login" for one in fresh.requests())
    assert last(second).endswith(": 5 as declared.")


@pytest.mark.long
def test_a_change_is_shown_by_check_mode_and_then_made(declare_again: Declare, declared: Emulator, key_file: Path) -> None:
    changed = {"immich_server_config": {"trash": {"days": 30}}, "immich_server_fail_on_drift": True}
    checked = declare_again("--check", "--diff", **changed)
    assert checked.rc == 2
    (drift,) = (task.result["msg"] for task in checked.failed)
    assert "configuration (trash.days)" in drift
    assert read(declared, key_file, "/system-config")["trash"]["days"] == 60
    real = declare_again("--diff", **changed).ok()
    assert (real.changed, read(declared, key_file, "/system-config")["trash"]["days"]) == (1, 30)
    shown = [line for line in checked.stdout.splitlines() if line.startswith(("+config", "-config"))]
    assert shown
    assert shown == [line for line in real.stdout.splitlines() if line.startswith(("+config", "-config"))]
    assert declare_again("--check", **changed).ok().changed == 0


def test_new_server_without_declaration_names_key_alone(playbook: Playbook, fresh: Emulator, key_file: Path) -> None:
    given = {**SERVER_ALONE, "immich_url": fresh.url, "immich_admin_api_key_file": str(key_file), "immich_server_admin": ADMIN}
    made = playbook.run(SERVER, variables=given).ok()
    assert made.changed == 2
    assert last(made).startswith(f"{fresh.url}: administrator registered, key made. Nothing is declared")
    assert read(fresh, key_file, "/users/me")["email"] == ADMIN["email"]


def test_empty_declaration_is_named(playbook: Playbook, server: Emulator) -> None:
    run = playbook.run(SERVER, "--check", server=server, variables={"immich_server_fail_on_drift": True}).ok()
    assert last(run).startswith(f"{server.url}: nothing changed.")
    assert "immich_server_users" in last(run)


def test_summary_without_an_address_begins_with_immich(playbook: Playbook) -> None:
    run = playbook.run(SERVER, "--check", variables={"immich_url": ""})
    assert run.rc == 2
    assert last(run).startswith("Immich: ")


@pytest.mark.long
def test_declare_makes_lost_key_again(declare_again: Declare, declared: Emulator, key_file: Path) -> None:
    key_file.unlink()
    checked = declare_again("--check", immich_server_fail_on_drift=True)
    assert "no key yet" in checked.failed[0].result["msg"]
    assert last(checked).endswith(": key would be made, 5 as declared.")
    run = declare_again().ok()
    assert run.changed == 1
    assert [one["name"] for one in read(declared, key_file, "/api-keys")] == ["ansible"]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"immich_server_user": []}, "immich_server_user is not a variable of this role. Did you mean immich_server_users?"),
        ({"immich_server_users": [{"email": "a@x.org", "quotas": "1G"}]}, "immich_server_users has no option quotas. Did you mean quota?"),
        ({"immich_server_admin": {"email": "a@x.org"}}, "immich_server_admin needs password."),
    ],
)
def test_declare_names_misspelt_variables(declare: Declare, fresh: Emulator, variables: dict[str, Any], said: str) -> None:
    run = declare(**variables)
    assert run.rc == 2
    assert said in run.failed[0].result["msg"]
    assert fresh.requests() == []


def test_bootstrap_alone_makes_the_administrator_and_the_key(playbook: Playbook, fresh: Emulator, key_file: Path) -> None:
    variables = {"immich_url": fresh.url, "immich_admin_api_key_file": str(key_file), "immich_server_admin": ADMIN, **SERVER_ALONE}
    role = {"ansible.builtin.import_role": {"name": "photoyard.immich.immich_server", "tasks_from": "bootstrap"}}
    run = playbook.run([{"hosts": "all", "gather_facts": False, "vars": variables, "tasks": [role]}]).ok()
    assert run.changed == 2
    assert read(fresh, key_file, "/users/me")["email"] == "admin@example.com"


@pytest.mark.parametrize("check", [False, True])
def test_another_file_as_key_file_is_refused_first(declare: Declare, fresh: Emulator, key_file: Path, *, check: bool) -> None:
    key_file.write_bytes(b"line one\nprecious: n\xf6tes\n")
    run = declare(*["--check"] * check)
    assert run.rc == 2
    assert "immich_admin_api_key_file" in run.failed[0].result["msg"]
    assert (key_file.read_bytes(), fresh.requests()) == (b"line one\nprecious: n\xf6tes\n", [])


def test_key_file_without_a_folder_is_refused_first(declare: Declare, fresh: Emulator, tmp_path: Path) -> None:
    run = declare(immich_admin_api_key_file=str(tmp_path / "none" / "admin.key"))
    assert run.rc == 2
    assert f"no folder {tmp_path / 'none'} for immich_admin_api_key_file" in run.failed[0].result["msg"]
    assert fresh.requests() == []


def test_key_file_may_be_link_unless_dangling(declare_again: Declare, declared: Emulator, key_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "moved.key")
    refused = declare_again(immich_admin_api_key_file=str(link))
    assert "is a link, which is not followed" in refused.failed[0].result["msg"]
    assert declared.requests() == []
    key_file.rename(tmp_path / "moved.key")
    assert declare_again(immich_admin_api_key_file=str(link)).ok().changed == 0


def test_wait_for_a_server_is_said_after_some_seconds(playbook: Playbook) -> None:
    waits = {"url": "http://127.0.0.1:9", "email": "a@example.com", "password": "password-1", "wait_timeout": 8}
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Wait", "photoyard.immich.immich_setup": waits}]}]
    run = playbook.run(play)
    assert run.rc == 2
    assert run.output.count("[localhost] waiting for http://127.0.0.1:9, at most 8 s\n") == 1
    assert run.task("Wait").result["failure"]["kind"] == "unreachable"
