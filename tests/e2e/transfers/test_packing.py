# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that Ansible has packed is not packed again by the next playbook, unless a file of it has changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.playbooks.playbook import Playbook, Run
from support.playbooks.role import upload_play

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

REPOSITORY = Path(__file__).parents[3]
VERSION = "plugins/module_utils/_version.py"


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    """Runs playbooks for which nothing has been packed yet."""
    return Playbook(tmp_path / "ansible", shares_compiled=False)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A copy of the collection that Ansible finds below `tmp_path`."""
    copy = tmp_path / "collections/ansible_collections/photoyard/immich"
    for part in ("plugins", "roles", "meta"):
        shutil.copytree(REPOSITORY / part, copy / part)
    shutil.copy(REPOSITORY / "galaxy.yml", copy)
    return copy


@pytest.fixture
def upload(playbook: Playbook, server: Emulator, photos: Callable[..., Path], collection: Path) -> Callable[..., Run]:
    """A run of the copy."""
    src = photos(1, 1)
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(collection.parents[2]), "ANSIBLE_DEBUG": "1"}

    def run(**environment: str) -> Run:
        return playbook.run(upload_play(src), server=server, environment=settings | environment).ok()

    return run


def was_packed(run: Run) -> bool:
    """Whether the module was packed, and not taken from ansible-core's cache, as ANSIBLE_DEBUG shows."""
    assert ("ANSIBALLZ: Creating module" in run.stdout) != ("ANSIBALLZ: using cached module" in run.stdout)
    return "ANSIBALLZ: Creating module" in run.stdout


def test_second_playbook_packs_only_after_change(upload: Callable[..., Run], server: Emulator, collection: Path) -> None:
    assert was_packed(upload())
    second = upload()
    assert not was_packed(second)
    assert second.changed == 0

    file = collection / VERSION
    before = file.stat()
    file.write_text(file.read_text().replace('"1.0.0"', '"1.0.9"'))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    server.clear_requests()
    assert was_packed(upload())
    assert not was_packed(upload())
    assert {request["headers"]["user-agent"] for request in server.requests()} == {"photoyard.immich/1.0.9"}


def test_nothing_is_kept_where_python_keeps_nothing(upload: Callable[..., Run]) -> None:
    assert was_packed(upload(PYTHONDONTWRITEBYTECODE="1"))
    assert was_packed(upload())


def test_upload_without_a_cache_folder_works(upload: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    nowhere = {"XDG_CACHE_HOME": str(tmp_path / "file")}
    assert was_packed(upload(**nowhere))
    assert was_packed(upload(**nowhere))
