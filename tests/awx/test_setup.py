# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role awx_setup, with the modules of awx.awx, against the stand-in of AWX's API."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from awx.conftest import EVERYTHING, FOLDER, KEYS, SetUp, with_texts
from awx_api import injection
from awx_api.kinds import KINDS
from awx_api.testing import Awx
from pictures import survey
from support.playbooks.playbook import REPOSITORY, Playbook, Run
from support.playbooks.readme import examples

SECRETS = [value for name, value in KEYS.items() if name.endswith("_KEY")]
GUIDE = yaml.safe_load(examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_awx.rst")["setup"])
NOTIFY = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_awx.rst")
TEMPLATES = ("upload", "heal", "jobs", "policy", "maintenance")
DECLARED = {"immich_server_config": {"trash": {"days": 60}}, "immich_server_purge": ["tags"]}
OPTIONS = {name.removeprefix("awx_setup_"): value for name, value in GUIDE.items()} | {"server_variables": DECLARED}


def names(controller: Awx, kind: str) -> set[str]:
    return {thing["name"] for thing in controller.store.things[kind].values()}


def changed_items(run: Run) -> list[str]:
    """The lines of a run's output about changed items."""
    return re.findall(r"^changed: .*$", run.stdout, re.MULTILINE)


def joined(controller: Awx, kind: str, name: str, what: str) -> set[str]:
    """The names in a list of a thing."""
    store = controller.store
    numbers = store.joined[kind, store.by_name(kind, name)["id"], what]
    return {store.get(KINDS[kind].lists[what], number)["name"] for number in numbers}


@pytest.fixture
def make_notification(controller: Awx, collections: str, playbook: Playbook) -> Callable[[], Run]:
    """Runs the guide's playbook that makes a notification of failures."""
    environment = {"ANSIBLE_COLLECTIONS_PATH": collections} | controller.environment
    return lambda: playbook.run(NOTIFY["awx"], environment=environment).ok()


@pytest.fixture
def notification(make_notification: Callable[[], Run]) -> dict[str, Any]:
    """The guide's options by which templates send it, once it is there."""
    assert make_notification().changed == 1
    return {name.removeprefix("awx_setup_"): value for name, value in yaml.safe_load(NOTIFY["awx-setup"]).items()}


@pytest.mark.long
def test_setup_twice_changes_once_and_is_undone(controller: Awx, set_up: SetUp, notification: dict[str, Any]) -> None:
    options = OPTIONS | notification
    before, written = copy.deepcopy(controller.store.things), controller.writes()
    predicted = set_up(controller, check=True, **options).ok()
    assert controller.writes() == written

    first = set_up(controller, **options).ok()
    assert predicted.changed == first.changed == 9
    assert changed_items(predicted) == changed_items(first)
    assert names(controller, "job_templates") == {f"Immich {what}" for what in (*TEMPLATES, "report", "copy", "archive", "server")}
    upload = controller.store.by_name("job_templates", "Immich upload")
    assert (upload["allow_simultaneous"], upload["prevent_instance_group_fallback"]) == (False, True)
    shown = survey.lines(controller.store.surveys[upload["id"]]["spec"])
    assert shown == survey.TRANSCRIPT.read_text(encoding="utf-8")  # else: make pictures
    assert joined(controller, "job_templates", "Immich upload", "credentials") == {"Immich", "Immich administrator"}
    assert joined(controller, "job_templates", "Immich copy", "credentials") == {"Immich", "Immich administrator", "Immich source"}
    assert joined(controller, "job_templates", "Immich upload", "instance_groups") == {"Immich"}
    assert joined(controller, "job_templates", "Immich heal", "instance_groups") == set()
    assert joined(controller, "job_templates", "Immich upload", "notification_templates_error") == {"Phone"}
    assert joined(controller, "workflow_job_templates", "Immich upload, then heal", "notification_templates_error") == {"Phone"}
    group = controller.store.by_name("instance_groups", "Immich")
    assert (group["max_concurrent_jobs"], group["is_container_group"]) == (1, True)
    assert names(controller, "schedules") == {"Immich every night", "Immich heals", "Immich policy", "Immich archive", "Immich drift"}
    server = controller.store.by_name("job_templates", "Immich server")
    assert json.loads(server["extra_vars"]) == DECLARED
    drift = controller.store.by_name("schedules", "Immich drift")
    assert (drift["job_type"], drift["extra_data"]) == ("check", {"immich_server_fail_on_drift": "yes"})
    assert drift["unified_job_template"] == server["id"]
    night = controller.store.by_name("schedules", "Immich every night")
    assert night["rrule"] == "DTSTART;TZID=Europe/Berlin:20260101T013000 RRULE:FREQ=DAILY;INTERVAL=1"
    nodes = {node["identifier"]: node["id"] for node in controller.store.things["workflow_job_template_nodes"].values()}
    assert controller.store.joined["workflow_job_template_nodes", nodes["upload"], "always_nodes"] == [nodes["heal"]]

    written = controller.writes()
    second = set_up(controller, "-vvv", **options).ok()
    assert second.changed == 0
    assert controller.writes() == written
    assert [key for key in SECRETS if key in first.output + second.output] == []

    gone = set_up(controller, state="absent", **options).ok()
    assert gone.changed > 0
    remaining = {kind: things for kind, things in controller.store.things.items() if kind != "project_updates"}
    assert remaining == {kind: things for kind, things in before.items() if kind != "project_updates"}
    assert set_up(controller, state="absent", check=True, **options).ok().changed == 0


@pytest.mark.long
def test_setup_removes_templates_without_source_or_folder(ready: Awx, instead: dict[str, str], set_up: SetUp) -> None:
    assert ready.store.by_name("schedules", "Immich backup")["extra_data"] == {"immich_backup_dest": f"{instead[FOLDER]}/dumps"}
    for_folders = ("archive_variables", "backup_variables")
    options = with_texts({name: value for name, value in EVERYTHING.items() if name not in for_folders}, instead)
    predicted, done = set_up(ready, check=True, **options).ok(), set_up(ready, **options).ok()
    gone = [f"changed: [localhost] => (item=Immich {what})" for what in ("source", "copy", "archive", "backup")]
    assert changed_items(predicted) == changed_items(done) == gone
    assert names(ready, "job_templates") == {f"Immich {what}" for what in (*TEMPLATES, "report", "server")}
    assert names(ready, "credentials") == {"Ansible Galaxy", "Immich", "Immich administrator"}
    assert names(ready, "schedules") == {"Immich every night", "Immich heals", "Immich policy", "Immich drift"}


def test_a_source_without_a_key(controller: Awx, set_up: SetUp) -> None:
    run = set_up(controller, environment={"IMMICH_SOURCE_API_KEY": ""}, source_url="https://old.example.com")
    assert "Give the key of a user of https://old.example.com in the environment as IMMICH_SOURCE_API_KEY" in run.failed[0].result["msg"]
    assert controller.writes() == []


def test_an_organization_without_a_galaxy_credential(controller: Awx, set_up: SetUp) -> None:
    controller.store.joined.clear()
    run = set_up(controller)
    assert "The organization Default has no Galaxy credential" in run.failed[0].result["msg"]
    assert controller.writes() == []


def play(*uses: tuple[dict[str, Any], bool]) -> list[dict[str, Any]]:
    """Uses the role with each of these variables, in check mode or not, also when another use has failed."""
    tasks = [
        {
            "block": [
                {
                    "ansible.builtin.import_role": {"name": "photoyard.immich.awx_setup"},
                    "vars": {f"awx_setup_{name}": value for name, value in variables.items()},
                }
            ],
            "check_mode": check,
            "rescue": [{"ansible.builtin.meta": "noop"}],
        }
        for variables, check in uses
    ]
    return [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"CONTROLLER_HOST": "http://127.0.0.1:1"},
            ("http://127.0.0.1:1: Connection refused", "Set CONTROLLER_HOST"),
        ),
        (
            {"CONTROLLER_OAUTH_TOKEN": "a-wrong-token"},
            ("AWX at {url} refuses the token", "Set CONTROLLER_OAUTH_TOKEN", "CONTROLLER_USERNAME and CONTROLLER_PASSWORD"),
        ),
        (
            {"CONTROLLER_OAUTH_TOKEN": ""},
            ("AWX at {url} wants to know who asks", "Set CONTROLLER_OAUTH_TOKEN", "CONTROLLER_USERNAME and CONTROLLER_PASSWORD"),
        ),
        (
            {"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": "admin", "CONTROLLER_PASSWORD": "a-wrong-password"},
            ("AWX at {url} refuses the password of admin", "Set CONTROLLER_USERNAME and CONTROLLER_PASSWORD", "CONTROLLER_OAUTH_TOKEN"),
        ),
    ],
)
def test_setup_names_unusable_awx(controller: Awx, set_up: SetUp, environment: dict[str, str], said: tuple[str, ...]) -> None:
    plays = play(({"state": "present"}, False), ({"state": "present"}, True), ({"state": "absent"}, False))
    run = set_up(controller, plays=plays, environment=environment)
    messages = [task.result["msg"] for task in run.failed]
    assert len(messages) == 3
    assert [words for message in messages for words in said if words.format(url=controller.url) not in message] == []
    assert controller.writes() == []
    assert [secret for secret in ("a-wrong-token", "a-wrong-password") if secret in run.output] == []


def test_setup_refuses_wrong_time_before_writing(controller: Awx, set_up: SetUp) -> None:
    time, timezone = {"upload_start": "25:99"}, {"timezone": "Europe/Berln"}
    run = set_up(controller, plays=play((time, True), (time, False), (timezone, True), (timezone, False)))
    about_time = 'awx_setup_upload_start must be a time such as "01:30", in quotes, not 25:99.'
    about_timezone = "Correct awx_setup_timezone: The timezone Europe/Berln"
    begins = [about_time, about_time, about_timezone, about_timezone]
    assert [task.result["msg"][: len(begin)] for task, begin in zip(run.failed, begins, strict=True)] == begins
    assert controller.writes() == []


@pytest.mark.parametrize(
    "environment",
    [pytest.param({}, marks=pytest.mark.smoke), {"CONTROLLER_HOST": "", "CONTROLLER_OAUTH_TOKEN": ""}],
    ids=["unset", "empty"],
)
def test_no_awx_is_configured(set_up: SetUp, environment: dict[str, str]) -> None:
    run = set_up(None, environment=environment)
    (message,) = (task.result["msg"] for task in run.failed)
    assert message.startswith("No AWX is configured")
    assert {"CONTROLLER_HOST", "CONTROLLER_OAUTH_TOKEN"} <= set(message.split())


def test_without_the_collection_of_awx(controller: Awx, set_up: SetUp) -> None:
    run = set_up(controller, environment={"ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "collections")})
    (message,) = (task.result["msg"] for task in run.failed)
    assert message.endswith(": ansible-galaxy collection install awx.awx")


def test_notification_of_guide_is_made_once(controller: Awx, notification: dict[str, Any], make_notification: Callable[[], Run]) -> None:
    assert notification == {"notifications": ["Phone"]}
    phone = controller.store.by_name("notification_templates", "Phone")
    assert "{{ job.name }} failed" in phone["messages"]["error"]["body"]
    assert make_notification().changed == 0


def type_of(name: str) -> dict[str, Any]:
    """A credential type as somebody has pasted it."""
    files = REPOSITORY / "roles" / "awx_setup" / "files"
    inputs, injectors = (yaml.safe_load((files / f"{name}.{part}.yml").read_text()) for part in ("inputs", "injectors"))
    assert injection.problem(inputs, injectors) == {}
    return {"inputs": inputs, "injectors": injectors}
