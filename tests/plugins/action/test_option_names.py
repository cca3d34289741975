# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the messages of a module are in a role: with its variables, and with every path and name as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.photoyard.immich.plugins.module_utils import _option_errors
from ansible_collections.photoyard.immich.plugins.module_utils._client import errors
from ansible_collections.photoyard.immich.plugins.module_utils._option_names import VARIABLES, name_options, named
from ansible_collections.photoyard.immich.plugins.plugin_utils._option_names import read_arguments, variables_of
from support.playbooks.playbook import REPOSITORY

TASKS = """---
- name: Pause and resume
  block:
    - name: Pause
      photoyard.immich.immich_jobs:
        state: paused
        queues: [ocr]
        wait_timeout: "{{ immich_jobs_timeout }}"
    - name: Resume
      photoyard.immich.immich_jobs: "{{ options }}"
"""
# Whose variable depends on the server, or which the message says by itself.
SAID_OTHERWISE = {"api_key", "api_key_file", "admin_api_key", "admin_api_key_file"}


@pytest.fixture
def in_role(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Messages as in the role that the test's parameter `role` names."""
    variables = variables_of(request.getfixturevalue("role"), {})
    monkeypatch.setenv(VARIABLES, " ".join(f"{option}={variable}" for option, variable in variables.items()))


@pytest.mark.usefixtures("in_role")
@pytest.mark.parametrize(
    ("role", "option", "variable"),
    [
        ("immich_upload", "bandwidth_limit", "immich_upload_bandwidth_limit"),
        ("immich_archive", "bandwidth_limit", "immich_archive_bandwidth_limit"),
        ("immich_copy", "source_url", "immich_source_url"),
        ("immich_copy", "url", "immich_url"),
        ("immich_copy", "source_validate_certs", "immich_source_validate_certs"),
        ("immich_upload", "validate_certs", "immich_validate_certs"),
        ("immich_upload", "src", "immich_upload_src"),
        ("immich_upload", "api_key", "api_key"),
        ("immich_server", "users[0]", "immich_server_users[0]"),
        ("immich_server", "config.trash.days", "immich_server_config.trash.days"),
        ("immich_heal", "src", "src"),
    ],
)
def test_option_has_the_name_of_the_variable(role: str, option: str, variable: str) -> None:
    assert named(option) == variable


@pytest.mark.usefixtures("in_role")
@pytest.mark.parametrize("role", ["immich_upload"])
def test_message_names_variables_and_leaves_paths(role: str) -> None:
    failure = errors.LocalFailure("'%s' is encrypted. Name its folder in O(src), not src." % "/my src/src.zip", options=("src",))
    assert failure.msg == str(failure) == "'/my src/src.zip' is encrypted. Name its folder in immich_upload_src, not src."
    assert failure.failure()["options"] == ["src"]
    assert name_options("%s is not read: see O(src).", "src") % "O(src)" == "O(src) is not read: see immich_upload_src."


def test_message_names_options_outside_of_roles() -> None:
    failure = errors.InvalidRequest("O(timeout) must be more than 0, as O(retries).", options=("timeout", "retries"))
    assert failure.msg == "timeout must be more than 0, as retries."
    ended = errors.RunFailed(failure.during("It is not uploaded"), {})
    assert (ended.msg, ended.failure()["options"]) == ("It is not uploaded: " + failure.msg, ["timeout", "retries"])


def test_variable_of_another_name_is_found_in_task() -> None:
    found = variables_of("immich_backup", {"wait_timeout": "{{ immich_backup_timeout }}", "state": "present"})
    assert found["wait_timeout"] == "immich_backup_timeout"
    assert found["timeout"] == "immich_timeout"
    assert "state" not in found


@pytest.mark.usefixtures("in_role")
@pytest.mark.parametrize(
    ("role", "module", "options", "said"),
    [
        (
            "immich_upload",
            "immich_upload",
            {"src": ["/a"], "after_upload": "move"},
            "immich_upload_after_upload=move needs immich_upload_move_to.",
        ),
        ("immich_server", "immich_state", {"albums": [{}]}, "Each element of immich_server_albums needs name or id."),
    ],
)
def test_unmet_condition_names_variables(role: str, module: str, options: dict[str, Any], said: str) -> None:
    spec = import_module(f"ansible_collections.photoyard.immich.plugins.modules.{module}").SPEC
    (found,) = ArgumentSpecValidator(spec.options, required_if=spec.required_if).validate(options).error_messages
    assert _option_errors.explain_refusal(found, spec.options, options).msg == said


def test_arguments_are_read_from_the_task_at_the_line(tmp_path: Path) -> None:
    file = tmp_path / "main.yml"
    file.write_text(TASKS)
    assert read_arguments(file, 4, "photoyard.immich.immich_jobs") == {"state": "paused", "wait_timeout": "{{ immich_jobs_timeout }}"}
    assert read_arguments(file, 9, "photoyard.immich.immich_jobs") == {}


def test_each_module_has_action_knowing_roles() -> None:
    routing = yaml.safe_load((REPOSITORY / "meta/runtime.yml").read_text(encoding="utf-8"))["plugin_routing"]["modules"]
    own = {path.stem for path in (REPOSITORY / "plugins/action").glob("immich_*.py")}
    assert {path.stem for path in (REPOSITORY / "plugins/modules").glob("immich_*.py")} == own | set(routing)
    assert not own & set(routing)
    assert {route["action_plugin"] for route in routing.values()} == {"photoyard.immich.immich_info"}


def calls() -> Iterator[tuple[Path, ast.Call]]:
    """The calls of whatever makes a failure or a message."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.ImmichError)}
    for path in (REPOSITORY / "plugins/module_utils").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {*kinds, "name_options", "_error", "_Explained"}:
                yield path, node


def texts(node: ast.AST) -> str:
    """The texts in a call, but for those that are names of options."""
    return "\n".join(
        inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and " " in inner.value
    )


def test_each_option_in_a_message_is_marked() -> None:
    specs = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (REPOSITORY / "roles").glob("immich_*/meta/argument_specs.yml")]
    names = {name for spec in specs for entry in spec["argument_specs"].values() for name in entry["options"]}
    prefixes = [path.name + "_" for path in (REPOSITORY / "roles").iterdir()]
    options = {name.removeprefix(next((one for one in prefixes if name.startswith(one)), "immich_")) for name in names} - SAID_OTHERWISE
    several_words = "|".join(sorted(option for option in options if "_" in option))
    unmarked = [
        (path.name, node.lineno, found[0])
        for path, node in calls()
        for found in re.finditer(rf"(?<![\w(./'-])(?:{several_words})(?![\w/-])", texts(node))
    ]
    assert unmarked == []


def test_each_marked_option_is_given() -> None:
    for path, node in calls():
        given = ast.unparse(node).replace('"', "'")
        for option in re.findall(r"O\(([a-z_.]+)\)", texts(node)):
            assert f"'{option}'" in given, f"{path}:{node.lineno}"
