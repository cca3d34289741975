# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests of what runs in AWX, and of what sets it up."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awx_api.store import Store
from awx_api.testing import Awx, awx, new_store
from support.playbooks import processes
from support.playbooks.playbook import REPOSITORY, Playbook, Run
from support.run_cache import RunCache

SetUp = Callable[..., Run]
KEYS = {
    "IMMICH_URL": "https://photos.example.com",
    "IMMICH_API_KEY": "a-users-key",
    "IMMICH_ADMIN_API_KEY": "an-admins-key",
    "IMMICH_SOURCE_API_KEY": "the-key-of-the-source",
    "IMMICH_SOURCE_ADMIN_API_KEY": "the-admins-key-of-the-source",
}
SOURCE_URL = {"IMMICH_SOURCE_URL": "https://old.example.com"}
FOLDER = "/Anna, Ben"
"""A folder whose name must not be taken for two."""
#: Each template that the role can make, with variables of its own.
EVERYTHING: dict[str, Any] = {
    "folders": [f"{FOLDER}/photos"],
    "data_folder": f"{FOLDER}/data",
    "upload_variables": {"immich_upload_bandwidth_limit": "4K", "immich_upload_ledger": "server", "immich_upload_lease_ttl": 6},
    "policy_variables": {
        "immich_policy_windows": [{"from": "00:00", "to": "23:59", "queues": ["smartSearch"]}],
        "immich_policy_ledger": "server",
    },
    "copy_variables": {"immich_copy_albums": ["Rome"]},
    "archive_variables": {"immich_archive_dest": f"{FOLDER}/backup"},
    "backup_variables": {"immich_backup_dest": f"{FOLDER}/dumps"},
    "server_variables": {"immich_server_tags": [{"value": "Trip"}]},
}


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
    with awx(new_store()) as running:
        yield running


@pytest.fixture
def instead(tmp_path: Path) -> dict[str, str]:
    """What a test has instead of the folder, the address and the keys that AWX was set up with."""
    return {FOLDER: f"{tmp_path}{FOLDER}"}


@pytest.fixture
def ready(run_cache: RunCache, set_up: SetUp, instead: dict[str, str]) -> Iterator[Awx]:
    """A stand-in of an AWX in which the role has made everything. Only the first test of a run has the role do that."""

    def make() -> Store:
        with awx(new_store()) as controller:
            set_up(controller, environment=SOURCE_URL, **EVERYTHING).ok()
        return controller.store

    store = copy.deepcopy(run_cache.get("ready", make))
    store.things, store.surveys = with_texts(store.things, instead), with_texts(store.surveys, instead)
    with awx(store) as running:
        yield running


def with_texts(value: Any, texts: dict[str, str]) -> Any:
    """The same, with other texts for some."""
    if isinstance(value, str):
        for old, new in texts.items():
            value = value.replace(old, new)
    elif isinstance(value, dict):
        value = {name: with_texts(one, texts) for name, one in value.items()}
    elif isinstance(value, list):
        value = [with_texts(one, texts) for one in value]
    return value


@pytest.fixture
def set_up(collections: str, tmp_path: Path) -> SetUp:
    """Runs the playbook, or other `plays`: `set_up(controller, check=False, environment={…}, **variables)`; without a controller, none is
    configured."""
    playbook = Playbook(tmp_path / "setup")

    def run(
        controller: Awx | None,
        *arguments: str,
        plays: Path | list[dict[str, Any]] = Path("photoyard.immich.awx_setup"),
        check: bool = False,
        environment: dict[str, str] | None = None,
        **variables: Any,
    ) -> Run:
        for_ansible = {"ANSIBLE_COLLECTIONS_PATH": collections, "ANSIBLE_PIPELINING": "1"}
        return playbook.run(
            plays,
            *arguments,
            check=check,
            variables={f"awx_setup_{name}": value for name, value in variables.items()},
            environment=for_ansible | (controller.environment if controller else {}) | KEYS | (environment or {}),
        )

    return run


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    """Runs playbooks with state folders that end with the test."""
    return Playbook(tmp_path / "ansible")
