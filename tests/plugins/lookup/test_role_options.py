# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup role_options, in a run of ansible-playbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.playbooks.playbook import Playbook, Run

LOOKUP = "lookup('photoyard.immich.role_options', 'album', 'tags', 'joiner', 'report', prefix='holiday_', may_be_empty=['joiner'])"
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing is set": ({}, {}),
    "values keep their types": (
        {"holiday_album": "2025", "holiday_tags": [], "holiday_report": False},
        {"album": "2025", "tags": [], "report": False},
    ),
    "null and an empty text are not set": ({"holiday_album": "", "holiday_report": None}, {}),
    "an empty text that may be one": ({"holiday_joiner": ""}, {"joiner": ""}),
    "templates": (
        {"holiday_album": "{{ 'Summer ' ~ 2025 }}", "holiday_tags": "{{ ['a', 'b'] }}"},
        {"album": "Summer 2025", "tags": ["a", "b"]},
    ),
    "omit": ({"holiday_album": "{{ missing | default(omit) }}", "holiday_report": "x"}, {"report": "x"}),
    "other variables": ({"holiday_src": "/srv", "album": "other"}, {}),
}


def run(tmp_path: Path, tasks: list[dict[str, Any]]) -> Run:
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    return Playbook(tmp_path).run([play])


def test_options_are_found_as_their_variables_are_set(tmp_path: Path) -> None:
    tasks = [
        {"name": name, "ansible.builtin.debug": {"msg": f"{{{{ {LOOKUP} }}}}"}, "vars": given} for name, (given, _expected) in CASES.items()
    ]
    found = {task.name: task.result.get("msg") for task in run(tmp_path, tasks).ok().tasks}
    assert found == {name: expected for name, (_given, expected) in CASES.items()}


def test_lookup_fails_on_undefined_variable_in_option(tmp_path: Path) -> None:
    task = {"name": "Look up", "ansible.builtin.debug": {"msg": f"{{{{ {LOOKUP} }}}}"}, "vars": {"holiday_album": "{{ missing }}"}}
    (failed,) = run(tmp_path, [task]).failed
    assert "'missing' is undefined" in failed.result["msg"]
