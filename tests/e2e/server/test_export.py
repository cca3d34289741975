# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server has becomes files of variables, and the file that Immich reads its configuration from."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.playbooks.playbook import Playbook, Run

EXPORT, SERVER = Path("photoyard.immich.export"), Path("photoyard.immich.server")
DECLARED: dict[str, Any] = {
    "immich_server_config": {"trash": {"days": 60}, "notifications": {"smtp": {"transport": {"password": "secret of the mail"}}}},
    "immich_server_users": [{"email": "anna@example.com", "name": "Anna", "password": "anna's own", "quota": "50GiB"}],
    "immich_server_albums": [{"name": "Family", "users": [{"email": "anna@example.com", "role": "viewer"}]}],
    "immich_server_tags": [{"value": "Trip/Rome", "color": "#ff0000"}],
}
KINDS = ["config", "users", "libraries", "albums", "tags", "shared_links", "partners"]


def export(playbook: Playbook, server: Emulator, folder: Path, *arguments: str, **variables: Any) -> Run:
    dest = {"immich_server_export_dest": str(folder), "immich_server_export_kinds": KINDS}
    return playbook.run(EXPORT, *arguments, server=server, variables={**dest, **variables})


@pytest.mark.long
def test_an_export_applied_again_changes_nothing(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    playbook.run(SERVER, server=server, variables=DECLARED).ok()
    folder = tmp_path / "group_vars" / "immich"
    checked = export(playbook, server, folder, "--check").ok()
    assert (checked.changed > 0, folder.exists()) == (True, False)
    server.clear_requests()
    run = export(playbook, server, folder).ok()
    assert server.requests(writes=True) == []
    assert {path.name for path in folder.iterdir()} == {f"immich_server_{kind}.yml" for kind in KINDS}
    assert "secret of the mail" not in "".join(path.read_text() for path in folder.iterdir()) + run.output

    said = "\n".join(run.task("Show the summary").result["msg"])
    secrets = said.rpartition("encrypts: ")[2].split(", ")
    assert "vault_immich_config_notifications_smtp_transport_password" in secrets
    filled = {name: "secret of the mail" if "smtp" in name else "any" for name in secrets}
    files = [f"-e@{path}" for path in folder.iterdir()]
    again = playbook.run(SERVER, *files, server=server, variables=filled).ok()
    assert (again.changed, server.requests(writes=True)) == (0, [])
    assert export(playbook, server, folder).ok().changed == 0


def test_export_overwrites_existing_file_only_when_asked(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "immich_server_tags.yml"
    file.write_text("immich_server_tags: []  # mine\n")
    run = export(playbook, server, tmp_path).ok()
    assert file.read_text() == "immich_server_tags: []  # mine\n"
    assert "Left alone, and different from the server: immich_server_tags.yml" in run.task("Show the summary").result["msg"]
    forced = export(playbook, server, tmp_path, immich_server_export_overwrite=True).ok()
    assert forced.changed == 1
    assert "-immich_server_tags: []  # mine" in forced.stdout
    assert "mine" not in file.read_text()


def writing(file: Path) -> list[dict[str, Any]]:
    """A play that writes DECLARED's configuration to a file."""
    variables = {
        "immich_server_config": DECLARED["immich_server_config"],
        "immich_server_config_file": str(file),
        "immich_server_config_file_handler": "Restart Immich",
    }
    role = {"ansible.builtin.import_role": {"name": "photoyard.immich.immich_server", "tasks_from": "config_file"}}
    handler = {"name": "Restart Immich", "ansible.builtin.debug": {"msg": "restarted"}}
    return [{"hosts": "all", "gather_facts": False, "vars": variables, "tasks": [role], "handlers": [handler]}]


def test_the_configuration_file_is_private_and_notifies(playbook: Playbook, tmp_path: Path) -> None:
    file = tmp_path / "immich.yml"
    play = writing(file)
    checked = playbook.run(play, "--check", "--diff").ok()
    assert (checked.changed > 0, file.exists()) == (True, False)
    run = playbook.run(play, "--diff").ok()
    assert yaml.safe_load(file.read_text()) == DECLARED["immich_server_config"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "restarted" in run.stdout
    assert "secret of the mail" not in checked.output + run.output
    again = playbook.run(play).ok()
    assert (again.changed, "restarted" in again.stdout) == (0, False)
    file.write_text(file.read_text().replace("60", "5"))
    file.chmod(0o644)
    assert playbook.run(play).ok().changed > 0
    assert yaml.safe_load(file.read_text()) == DECLARED["immich_server_config"]


@pytest.mark.parametrize("check", [False, True])
def test_configuration_of_somebody_else_is_refused(playbook: Playbook, tmp_path: Path, *, check: bool) -> None:
    file = tmp_path / "immich.yml"
    file.write_text("trash: {days: 5}\n")
    run = playbook.run(writing(file), *["--check"] * check)
    assert run.rc == 2
    assert "immich_server_config_file" in run.failed[0].result["msg"]
    assert (file.read_text(), run.changed) == ("trash: {days: 5}\n", 0)
