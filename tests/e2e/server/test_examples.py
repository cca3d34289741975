# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's README and the guide have their reader write makes the server that they describe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import yaml

from behaviour.moves.conftest import Moving
from immich_emulator.testing import Emulator
from support.playbooks.playbook import REPOSITORY, Playbook, local_host
from support.playbooks.readme import examples
from support.playbooks.role import sentences

README = examples(REPOSITORY / "roles" / "immich_server" / "README.md")
GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_server.rst")
SECRETS = {"vault_immich_user_admin_example_com_password": "the admin's", "vault_immich_user_anna_example_com_password": "anna's own"}


def test_every_example_is_tested() -> None:
    assert (set(README), set(GUIDE)) == ({"server", "config-file"}, {"declared", "mounted", "moved", "config-file"})


@pytest.mark.long
def test_readme_and_guide_declare_a_new_server(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator(empty=True)
    (tmp_path / "nas" / "photos").mkdir(parents=True)
    (tmp_path / "nas" / ".mounted").touch()
    play = README["server"].replace("https://photos.example.com", server.url).replace("/etc/immich", str(tmp_path))
    hosts = {"photos": local_host()}
    keys = {"immich_api_key": "", "immich_admin_api_key": ""}
    first = playbook.run(play, hosts=hosts, variables=SECRETS | keys).ok()
    assert sentences(first).endswith(": administrator registered, key made, 2 created, 1 changed.")
    for name, kinds in (("declared", ["config", "users", "albums"]), ("mounted", ["libraries"])):
        declared = yaml.safe_load(GUIDE[name].replace("/mnt/nas", str(tmp_path / "nas")))
        result = playbook.run(play, hosts=hosts, variables=SECRETS | keys | declared).ok().task("Make the server as it is declared").result
        assert [one["kind"] for one in result["results"] if one["changed"] or name == "declared"] == kinds
        assert "warnings" not in result
    key = {"x-api-key": (tmp_path / "admin.key").read_text().strip()}
    libraries = requests.get(f"{server.url}/api/libraries", headers=key, timeout=20).json()
    assert [(one["name"], one["importPaths"]) for one in libraries] == [("NAS", [str(tmp_path / "nas" / "photos")])]


def test_guide_moves_a_library(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    moving = Moving(server, tmp_path)
    moving.fill("a.jpg", "b.jpg")
    moving.account.album("Rome", "a.jpg")
    moving.move_folder()
    for name, key in (("admin", server.admin_api_key), ("anna", server.api_key)):
        (tmp_path / f"{name}.key").write_text(key)
    places = {"https://photos.example.com": server.url, "/etc/immich": tmp_path, "anna@example.com": "user@example.com"}
    places |= {"/mnt/nas/photos": moving.old, "/mnt/newdisk/photos": moving.new}
    play = GUIDE["moved"]
    for text, place in places.items():
        play = play.replace(text, str(place))
    run = playbook.run(play, hosts={"immich": local_host()}).ok()
    assert run.task("Carry over what Immich knows of them").result["moved"] == 2
    assert (moving.about("a.jpg")["albums"], moving.offline()) == ([("Rome", True)], [])
    assert playbook.run(play, hosts={"immich": local_host()}).ok().changed == 0


def test_configuration_file_is_written_by_readme_and_guide(playbook: Playbook, tmp_path: Path) -> None:
    file = tmp_path / "immich.yml"
    for name, text in (("photos", README["config-file"]), ("immich", GUIDE["config-file"])):
        file.unlink(missing_ok=True)
        play = text.replace("/etc/immich", str(tmp_path)).replace("docker restart immich_server", f"touch {tmp_path}/restarted")
        declared = {"immich_server_config": {"trash": {"days": 60}}}
        playbook.run(play, hosts={name: local_host()}, variables=declared).ok()
        assert yaml.safe_load(file.read_text()) == declared["immich_server_config"]
        (tmp_path / "restarted").unlink()
