# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact of 1.0.0 for somebody who has nothing else: ansible-core, requests, and an empty home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from documentation.contents import INTERNAL
from immich_emulator.testing import Emulator
from support.playbooks.playbook import immich_environment
from support.playbooks.readme import examples
from support.run_cache import RunCache

from .conftest import REPOSITORY, Checkout

VERSION = "1.0.0"
#: What ansible-doc lists of a collection → where it would be in this one.
KINDS = {kind: f"plugins/{kind}" for kind in ("filter", "lookup", "test", "callback", "inventory", "connection", "vars")}
KINDS |= {"module": "plugins/modules", "role": "roles"}


class Stranger:
    """Somebody with an empty home, in which the collection has been installed."""

    def __init__(self, home: Path) -> None:
        tools = REPOSITORY / ".cache" / "plain" / "bin"
        self.home, self.python = home, tools / "python"
        self._environment = {"HOME": str(home), "PATH": f"{tools}:{os.defpath}", "LANG": "C.UTF-8"}

    def run(self, *command: str, **environment: str) -> str:
        """The output of a command, which has to succeed."""
        done = subprocess.run(
            command,
            cwd=self.home,
            env=self._environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def stranger(checkout: Checkout, tmp_path: Path, run_cache: RunCache) -> Stranger:
    """Has what is built of this checkout as 1.0.0."""
    home = run_cache.folder("empty-environment", partial(install, checkout, tmp_path))
    return Stranger(shutil.copytree(home, tmp_path / "home"))


def install(checkout: Checkout, built: Path, home: Path) -> None:
    """Installs it below an empty home."""
    galaxy = checkout.path / "galaxy.yml"
    lines = galaxy.read_text(encoding="utf-8").splitlines()
    galaxy.write_text("\n".join(f"version: {VERSION}" if line.startswith("version:") else line for line in lines) + "\n")
    checkout.run("tools/build.sh", str(built))
    checkout.run("bash", "-c", '. tools/lib.sh; make_venv "$cache/plain" "$(find_python 3.12 3.14)" requirements/plain.txt')
    Stranger(home).run("ansible-galaxy", "collection", "install", str(built / f"photoyard-immich-{VERSION}.tar.gz"))


@pytest.mark.long
def test_artifact_uploads_from_empty_environment(stranger: Stranger, server: Emulator, photos: Callable[..., Path]) -> None:
    play = examples(REPOSITORY / "README.md")["first"].replace("/volume1/photo", str(photos(4, 2)))
    (stranger.home / "photos.yml").write_text(play, encoding="utf-8")
    command = ["ansible-playbook", "-i", "nas,", "-c", "local", "-e", f"ansible_python_interpreter={stranger.python}", "photos.yml"]
    stranger.run(*command, **immich_environment(server))
    assert len(server.state()["assets"]) == 4
    assert {album["name"] for album in server.state()["albums"]} == {"Trip 01", "Trip 02"}
    assert server.paused() == set()


@pytest.mark.long
def test_internal_plugins_of_artifact_are_marked(stranger: Stranger) -> None:
    found: dict[str, str] = {}
    for kind, folder in KINDS.items():
        if not (REPOSITORY / folder).is_dir():
            continue
        listed = json.loads(stranger.run("ansible-doc", "--type", kind, "--list", "--json", "photoyard.immich"))
        found |= {f"{kind} {name.rpartition('.')[2]}": json.dumps(said) for name, said in listed.items()}
    assert {"role immich_upload", "module immich_upload"} <= found.keys()
    internal = {name for name in found if name.partition(" ")[2].startswith("_") or name.partition(" ")[2] in INTERNAL}
    assert {name for name, said in found.items() if "[INTERNAL]" in said} == internal
