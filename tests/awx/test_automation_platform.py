# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role awx_setup with ansible.controller, as Ansible Automation Platform has it.

That collection is awx.awx under another name: AWX's own build makes it so (awx_collection/tools/roles/template_galaxy), and what it renames
is renamed here too. Its modules then ask below /api/controller/, as the platform answers from version 2.5 on.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from awx.conftest import SetUp
from awx.test_setup import KEYS, OPTIONS, joined, names
from awx_api.testing import Awx, awx
from support.playbooks.playbook import REPOSITORY, Playbook
from support.playbooks.readme import examples

API = "/api/controller/v2"
COLLECTION = "ansible.controller"
GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_awx.rst")


@pytest.fixture(scope="module")
def environment(collections: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which Ansible finds ansible.controller and this collection, and not awx.awx."""
    ours, _, theirs = collections.partition(":")
    folder = tmp_path_factory.mktemp("controller")
    target = folder / "ansible_collections" / "ansible" / "controller"
    shutil.copytree(Path(theirs) / "ansible_collections" / "awx" / "awx", target, ignore=shutil.ignore_patterns("test", "images"))
    for path in (*target.rglob("*.py"), *target.rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("awx.awx", COLLECTION).replace('_COLLECTION_TYPE = "awx"', '_COLLECTION_TYPE = "controller"'))
    manifest = target / "MANIFEST.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"namespace": "awx"', '"namespace": "ansible"').replace('"name": "awx"', '"name": "controller"'))
    return {"ANSIBLE_COLLECTIONS_PATH": f"{ours}:{folder}"}


@pytest.fixture
def platform() -> Iterator[Awx]:
    """A stand-in for the controller of a platform that has just been installed."""
    with awx(api=API) as running:
        yield running


def test_platform_is_set_up_twice_and_away_again(platform: Awx, set_up: SetUp, environment: dict[str, str]) -> None:
    before = copy.deepcopy(platform.store.things)
    options = OPTIONS | {"collection": COLLECTION}
    predicted = set_up(platform, check=True, environment=environment, **options).ok()
    assert platform.writes() == []

    first = set_up(platform, environment=environment, **options).ok()
    assert predicted.changed == first.changed == 9
    assert joined(platform, "job_templates", "Immich copy", "credentials") == {"Immich", "Immich administrator", "Immich source"}
    assert names(platform, "schedules") == {"Immich every night", "Immich heals", "Immich policy", "Immich archive", "Immich drift"}
    assert platform.app.requests
    assert [path for _method, path in platform.app.requests if not path.startswith(f"{API}/")] == []

    written = platform.writes()
    second = set_up(platform, "-vvv", environment=environment, **options).ok()
    assert (second.changed, platform.writes()) == (0, written)
    assert [key for key in KEYS if key in first.output + second.output] == []
    assert "version of this collection but connecting to" not in first.output

    set_up(platform, state="absent", environment=environment, **options).ok()
    remaining = {kind: things for kind, things in platform.store.things.items() if kind != "project_updates"}
    assert remaining == {kind: things for kind, things in before.items() if kind != "project_updates"}


def test_example_gives_an_organization_its_galaxy_credential(platform: Awx, environment: dict[str, str], playbook: Playbook) -> None:
    platform.store.joined.clear()
    platform.store.create("organizations", {"name": "Photos"})
    for changed in (1, 0):
        run = playbook.run(GUIDE["organization"], environment=environment | platform.environment).ok()
        assert run.changed == changed
    assert joined(platform, "organizations", "Photos", "galaxy_credentials") == {"Ansible Galaxy"}


def test_missing_controller_collection_is_named(platform: Awx, set_up: SetUp) -> None:
    run = set_up(platform, collection=COLLECTION)
    (message,) = (task.result["msg"] for task in run.failed)
    assert "Automation Hub" in message
    assert message.endswith(": ansible-galaxy collection install ansible.controller")
    assert platform.app.requests == []


def test_collection_without_templates_is_refused(platform: Awx, set_up: SetUp) -> None:
    run = set_up(platform, collection="ansible.platform")
    (message,) = (task.result["msg"] for task in run.failed)
    assert "awx_setup_collection must be one of: awx.awx, ansible.controller" in message
    assert platform.app.requests == []
