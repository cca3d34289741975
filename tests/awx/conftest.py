# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests of what runs in AWX, and of what sets it up."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awx_api.testing import Awx, awx
from support.playbooks import processes
from support.playbooks.playbook import REPOSITORY, Playbook, Run

SetUp = Callable[..., Run]


@pytest.fixture(autouse=True)
def _guards_end_with_their_test(tmp_path: Path) -> Iterator[None]:
    """In AWX they end with the container of their job."""
    yield
    processes.kill_guards(tmp_path)


@pytest.fixture(scope="session")
def collections() -> str:
    """ANSIBLE_COLLECTIONS_PATH with this collection and awx.awx."""
    subprocess.run([REPOSITORY / "tools/checks/awx_collection.sh"], check=True, stdin=subprocess.DEVNULL)
    return f"{REPOSITORY / 'collections'}:{REPOSITORY / '.cache/awx'}"


@pytest.fixture
def controller() -> Iterator[Awx]:
    """A stand-in of an AWX that has just been installed."""
    with awx() as running:
        yield running


@pytest.fixture
def set_up(collections: str, tmp_path: Path) -> SetUp:
    """Runs the playbook: `set_up(controller, check=False, environment={…}, **variables)`; without a controller, none is configured."""
    playbook = Playbook(tmp_path / "setup")

    def run(
        controller: Awx | None, *arguments: str, check: bool = False, environment: dict[str, str] | None = None, **variables: Any
    ) -> Run:
        keys = {"IMMICH_URL": "https://photos.example.com", "IMMICH_API_KEY": "a-users-key", "IMMICH_ADMIN_API_KEY": "an-admins-key"}
        keys |= {"IMMICH_SOURCE_API_KEY": "a-key-of-the-source", "IMMICH_SOURCE_ADMIN_API_KEY": "an-admins-key-of-the-source"}
        for_ansible = {"ANSIBLE_COLLECTIONS_PATH": collections, "ANSIBLE_PIPELINING": "1"}
        return playbook.run(
            Path("photoyard.immich.awx_setup"),
            *arguments,
            check=check,
            variables={f"awx_setup_{name}": value for name, value in variables.items()},
            environment=for_ansible | (controller.environment if controller else {}) | keys | (environment or {}),
        )

    return run


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    """Runs playbooks with state folders that end with the test."""
    return Playbook(tmp_path / "ansible")
