# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in refuses what AWX refuses, and what would be a mistake of the role."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from awx_api.app import TOKEN
from awx_api.testing import Awx


def call(awx: Awx, method: str, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
    """Sends one request and returns the status and the JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{awx.url}/api/v2/{path}", data, {"Authorization": f"Bearer {token}"}, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


TEMPLATE = {"name": "t", "project": 5, "inventory": 6, "playbook": "playbooks/upload.yml"}


@pytest.fixture
def things(controller: Awx) -> Awx:
    """An AWX with a project (5), an inventory (6) and a template (8) whose survey requires an answer."""
    store = controller.store
    assert store.create("projects", {"name": "p", "organization": 1, "local_path": "immich"})["id"] == 5
    assert store.create("inventories", {"name": "i", "organization": 1})["id"] == 6
    assert store.create("credential_types", {"name": "c", "kind": "cloud", "inputs": {"fields": []}})["id"] == 7
    assert store.create("job_templates", TEMPLATE | {"survey_enabled": True})["id"] == 8
    question = {"question_name": "q", "variable": "v", "type": "text", "required": True, "default": "d"}
    store.set_survey(8, {"name": "", "description": "", "spec": [question]})
    return controller


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("projects", {"name": "q", "organization": 1, "scm_typ": "git"}, "scm_typ"),
        ("projects", {"name": "q", "organization": 99, "local_path": "immich"}, "organization"),
        ("projects", {"name": "q", "organization": 1, "local_path": "elsewhere"}, "local_path"),
        ("projects", {"name": "q", "organization": 1, "local_path": "immich"}, "local_path"),
        ("projects", {"name": "p", "organization": 1, "scm_type": "git", "scm_url": "https://git.example.com/immich"}, "__all__"),
        ("job_templates", TEMPLATE | {"name": "u", "playbook": "upload.yml"}, "playbook"),
        ("job_templates", TEMPLATE | {"name": "u", "project": None}, "project"),
        ("job_templates", TEMPLATE | {"name": "u", "verbosity": "1"}, "verbosity"),
        ("credentials", {"name": "x", "credential_type": 7, "organization": 1, "inputs": {"strange": "1"}}, "inputs"),
        ("credentials", {"name": "x", "credential_type": 7}, "detail"),
        ("credential_types", {"name": "x", "kind": "cloud", "injectors": {"env": {"ANSIBLE_HOME": "x"}}}, "injectors"),
        ("credential_types", {"name": "x", "kind": "cloud", "injectors": {"env": {"X": "{{ missing }}"}}}, "injectors"),
        ("schedules", {"name": "s", "unified_job_template": 8, "rrule": "DTSTART:20260101T013000Z RRULE:FREQ=DAILY"}, "rrule"),
        (
            "schedules",
            {"name": "s", "unified_job_template": 8, "rrule": "DTSTART;TZID=Europe/Nowhere:20260101T013000 RRULE:FREQ=DAILY;INTERVAL=1"},
            "rrule",
        ),
        (
            "schedules",
            {"name": "s", "unified_job_template": 8, "rrule": "DTSTART:20260101T013000Z RRULE:FREQ=DAILY;INTERVAL=1"},
            "variables_needed_to_start",
        ),
        ("instance_groups", {"name": "default"}, "name"),
    ],
)
def test_a_wrong_field_is_refused_with_its_name(things: Awx, kind: str, body: dict[str, Any], field: str) -> None:
    status, answer = call(things, "POST", f"{kind}/", body)
    assert (status, list(answer)) == (400, [field])


@pytest.mark.parametrize(("answer", "is_right"), [(0, True), (3600, True), (-1, False), (3601, False), ("5", False), (True, False)])
def test_stand_in_refuses_number_beyond_limits(things: Awx, answer: object, is_right: bool) -> None:
    question = {"question_name": "q", "variable": "v", "type": "integer", "required": True, "min": 0, "max": 3600}
    things.store.set_survey(8, {"name": "", "description": "", "spec": [question]})
    rule = {"name": "s", "unified_job_template": 8, "rrule": "DTSTART:20260101T013000Z RRULE:FREQ=DAILY;INTERVAL=1"}
    status, answered = call(things, "POST", "schedules/", rule | {"extra_data": {"v": answer}})
    assert (status, "variables_needed_to_start" in answered) == ((201, False) if is_right else (400, True))


def test_lists_have_filters_and_pages(things: Awx) -> None:
    for number in range(30):
        things.store.create("hosts", {"name": f"host{number}", "inventory": 6})
    _, first = call(things, "GET", "hosts/?inventory=6")
    assert (first["count"], len(first["results"]), first["previous"]) == (30, 25, None)
    _, second = call(things, "GET", first["next"].removeprefix("/api/v2/"))
    assert (len(second["results"]), second["next"]) == (5, None)
    assert call(things, "GET", "hosts/?name=host7&inventory=6")[1]["count"] == 1
    assert call(things, "GET", "hosts/?or__id=7&or__name=host7")[1]["count"] == 1
    assert call(things, "GET", "hosts/?colour=red")[0] == 400
    assert [one["type"] for one in call(things, "GET", "unified_job_templates/?name=t")[1]["results"]] == ["job_template"]


def test_used_things_stay_and_dependent_ones_go(things: Awx) -> None:
    things.store.create("credentials", {"name": "x", "credential_type": 7, "organization": 1})
    assert call(things, "DELETE", "credential_types/7/")[0] == 403
    rule = {"rrule": "DTSTART:20260101T013000Z RRULE:FREQ=DAILY;INTERVAL=1", "extra_data": {"v": "x"}}
    things.store.create("schedules", {"name": "s", "unified_job_template": 8} | rule)
    assert call(things, "DELETE", "inventories/6/")[0] == 202
    assert things.store.things["job_templates"][8]["inventory"] is None
    assert call(things, "DELETE", "job_templates/8/")[0] == 204
    assert things.store.things["schedules"] == {}


def test_a_container_group_keeps_its_percentage(things: Awx) -> None:
    group = things.store.by_name("instance_groups", "default")
    status, answer = call(things, "PATCH", f"instance_groups/{group['id']}/", {"policy_instance_percentage": 100})
    assert (group["is_container_group"], status, list(answer)) == (True, 400, ["policy_instance_percentage"])


def test_second_link_between_nodes_is_refused(things: Awx) -> None:
    workflow = things.store.create("workflow_job_templates", {"name": "w", "organization": 1})["id"]
    first, second = (
        things.store.create("workflow_job_template_nodes", {"identifier": name, "workflow_job_template": workflow})["id"] for name in "ab"
    )
    nodes = f"workflow_job_template_nodes/{first}/"
    assert call(things, "POST", nodes + "always_nodes/", {"id": second})[0] == 204
    assert call(things, "POST", nodes + "failure_nodes/", {"id": second}) == (400, {"Error": "Relationship not allowed."})


def test_a_token_is_needed(things: Awx) -> None:
    assert call(things, "GET", "projects/", token="another")[0] == 401
