# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings and commands of the page on ansible-navigator, with the real program, which runs them without a container here."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from support.playbooks.playbook import REPOSITORY, Playbook
from support.playbooks.readme import examples
from support.playbooks.role import on_server, sums

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

PAGE = REPOSITORY / "docs" / "docsite" / "rst" / "guide_awx.rst"
NAVIGATOR = REPOSITORY / "tools" / "navigator.sh"
INVENTORY = 'localhost ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"'

Navigator = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def src(photos: Callable[..., Path]) -> Path:
    """The folder in place of /volume1/photo, with three photos."""
    return photos(3, 1)


@pytest.fixture
def navigator(tmp_path: Path, src: Path, playbook: Playbook, server: Emulator) -> Navigator:
    """Runs it without a container in a folder with the page's inventory and the settings of an example, whose folders exist."""
    playbook.home.mkdir()
    environment = playbook.environment(server) | {"ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "collections"), "TERM": "dumb"}
    environment.pop("PYTHONPATH", None)
    environment.pop("ANSIBLE_CALLBACKS_ENABLED")
    known = Path(environment["HOME"]) / ".ssh" / "known_hosts"
    known.parent.mkdir()
    known.touch()
    (tmp_path / "state").mkdir()
    assert INVENTORY in PAGE.read_text()
    (tmp_path / "inventory").write_text(INVENTORY + "\n")

    def run(example: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        settings = examples(PAGE)[example].replace("src: /volume1/photo", f"src: {src}")
        (tmp_path / "ansible-navigator.yml").write_text(settings.replace("/srv/immich-state", str(tmp_path / "state")))
        command = [str(NAVIGATOR), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
        )

    return run


@pytest.mark.long
def test_navigator_takes_the_settings_of_the_page(navigator: Navigator, src: Path, tmp_path: Path) -> None:
    shown = navigator("navigator", "settings", "--effective", "--execution-environment", "false")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    effective = yaml.safe_load(shown.stdout[shown.stdout.index("ansible-navigator:") :])["ansible-navigator"]
    environment = effective["execution-environment"]
    assert environment["environment-variables"]["pass"] == ["IMMICH_URL", "IMMICH_API_KEY", "IMMICH_ADMIN_API_KEY"]
    assert [(mount["dest"], mount.get("options")) for mount in environment["volume-mounts"]] == [
        ("/volume1/photo", "ro"),
        ("/state", None),
        ("/etc/ssh/ssh_known_hosts", "ro"),
    ]
    assert (effective["mode"], effective["playbook-artifact"]["enable"]) == ("stdout", False)

    (tmp_path / "state").rmdir()
    refused = navigator("navigator", "settings", "--effective", "--execution-environment", "false")
    assert refused.returncode != 0
    assert "does not exist" in refused.stdout + refused.stderr


@pytest.mark.long
def test_navigator_example_uploads(navigator: Navigator, server: Emulator, src: Path, tmp_path: Path) -> None:
    upload = (
        "without-container",
        "run",
        "photoyard.immich.upload",
        "-i",
        "inventory",
        "-e",
        json.dumps({"immich_upload_src": [str(src)]}),
    )
    checked = navigator(*upload, "--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert on_server(server) == set()
    done = navigator(*upload)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jobs run again" in done.stdout
    assert on_server(server) == sums(src)
    assert server.paused() == set()
    assert list(tmp_path.glob("*artifact*")) == []
    for text in (done.stdout, done.stderr, (tmp_path / "ansible-navigator.log").read_text()):
        assert server.api_key not in text
