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
from typing import Any

import pytest

from awx.conftest import SetUp
from awx.test_setup import SECRETS, changed_items, joined, type_of
from awx_api.testing import Awx, awx, new_store
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
    with awx(new_store(api=API)) as running:
        yield running


@pytest.mark.long
def test_second_server_on_platform_shares_credential_types(set_up: SetUp, environment: dict[str, str]) -> None:
    with awx(new_store(on_kubernetes=False, api=API)) as platform:
        types = platform.store.create("credential_types", type_of("immich_api") | {"name": "Immich API", "kind": "cloud"})
        by_hand = {"name": "by hand", "organization": 1, "credential_type": types["id"], "inputs": {"api_key": "x"}}
        platform.store.create("credentials", by_hand)
        before, written = copy.deepcopy(platform.store.things), platform.writes()
        options: dict[str, Any] = {
            "collection": COLLECTION,
            "name": "Family",
            "project_local_path": "immich",
            "execution_environment_image": "registry.example.com/immich-ee:1",
            "timezone": "Europe/Berlin",
            "hosts": {"nas": {"ansible_host": "nas.example.com"}},
            "immich_insecure": True,
            "source_url": "https://old.example.com",
            "policy_variables": {"immich_policy_windows": [{"from": "19:00", "to": "23:00"}]},
            "schedules": [
                {"name": "saturdays", "template": "Family upload", "at": "03:00", "rule": "FREQ=WEEKLY;BYDAY=SA"}
                | {"answers": {"immich_folders": "/photos"}}
            ],
        }
        predicted = set_up(platform, check=True, environment=environment, **options).ok()
        assert platform.writes() == written

        done = set_up(platform, environment=environment, **options).ok()
        assert changed_items(predicted) == changed_items(done)
        group = platform.store.by_name("instance_groups", "Family")
        assert (group["is_container_group"], group["policy_instance_percentage"]) == (False, 100)
        assert platform.store.by_name("job_templates", "Family upload")["execution_environment"] is not None
        assert joined(platform, "job_templates", "Family copy", "credentials") == {"Family", "Family administrator", "Family source"}
        assert platform.store.by_name("credentials", "Family")["inputs"]["insecure"] is True
        rule = "DTSTART;TZID=Europe/Berlin:20260101T030000 RRULE:FREQ=WEEKLY;BYDAY=SA;INTERVAL=1"
        assert platform.store.by_name("schedules", "saturdays")["rrule"] == rule

        run = set_up(platform, "-vvv", environment=environment | {"IMMICH_API_KEY": "a-new-key"}, update_secrets=True, **options).ok()
        assert run.changed == 1  # and nothing else, as it is there
        assert platform.store.by_name("credentials", "Family")["inputs"]["api_key"] == "a-new-key"
        assert [key for key in (*SECRETS, "a-new-key") if key in done.output + run.output] == []
        assert "version of this collection but connecting to" not in done.output
        assert platform.app.requests
        assert [path for _method, path in platform.app.requests if not path.startswith(f"{API}/")] == []

        set_up(platform, state="absent", environment=environment, **options).ok()
        remaining = {kind: set(things) for kind, things in platform.store.things.items() if kind != "project_updates"}
        assert remaining == {kind: set(things) for kind, things in before.items() if kind != "project_updates"}


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
