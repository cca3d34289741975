# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation tells people to write and to type exists: options, variables, playbooks and targets of make."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from documentation.blocks import Block, blocks, commands, words
from support.playbooks.playbook import REPOSITORY

OURS = "photoyard.immich."
ROLES = {
    path.parts[-3]: {
        name: about
        for entry_point in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values()
        for name, about in entry_point["options"].items()
    }
    for path in sorted(REPOSITORY.glob("roles/*/meta/argument_specs.yml"))
}
PLAYBOOKS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(REPOSITORY.glob("playbooks/*.yml"))}
RULEBOOKS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(REPOSITORY.glob("extensions/eda/rulebooks/*.yml"))}
VARIABLES = {name for options in ROLES.values() for name in options} | {
    name for text in [*PLAYBOOKS.values(), *RULEBOOKS.values()] for name in re.findall(r"\bimmich_\w+", text)
}
EVENT_PLUGINS = {path.stem for path in REPOSITORY.glob("extensions/eda/plugins/event_*/*.py")}
"""What is given to these, tests/eda/test_guide.py looks at."""
GROUPS = yaml.safe_load((REPOSITORY / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def spec(module: str) -> _module.Spec:
    """The argument spec that a module runs with."""
    found = importlib.import_module(f"ansible_collections.photoyard.immich.plugins.modules.{module}")
    nothing = _module.Spec({})
    usual: _module.Spec = _module.CONNECTION if hasattr(found, "_module") else nothing
    return getattr(found, "SPEC", usual)


def plain(value: Any) -> Any:
    """A value without what only Ansible can tell: templates."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if not is_template(one)}
    return [plain(one) for one in value if not is_template(one)] if isinstance(value, list) else value


def is_template(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value


def optional(options: dict[str, Any]) -> dict[str, Any]:
    """Options that may be missing, since a template may have been taken out, or the value stands elsewhere."""
    return {
        name: {**about, "required": False} | ({"options": optional(about["options"])} if about.get("options") else {})
        for name, about in options.items()
    }


def wrong(options: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """The errors of a module or a role for the given options."""
    unknown = [f"{name} is unknown" for name in given if name not in options]
    known = {name: value for name, value in plain(given).items() if name in options}
    return unknown + list(ArgumentSpecValidator(optional(options)).validate(known).error_messages)


def problems(value: Any) -> Iterator[str]:
    """The problems of the tasks, roles and variables in a piece of YAML."""
    if isinstance(value, list):
        for one in value:
            yield from problems(one)
    if not isinstance(value, dict):
        return
    yield from (f"{name} is not a variable" for name in value if str(name).startswith("immich_") and name not in VARIABLES)
    for name, found in value.items():
        if str(name).startswith(OURS):
            module = str(name).removeprefix(OURS)
            if module in GROUPS["immich"] or (REPOSITORY / "plugins" / "modules" / f"{module}.py").is_file():
                yield from wrong(spec(module).options, found or {})
            elif module not in EVENT_PLUGINS:
                yield f"{name} does not exist"
        elif str(name) == "group/photoyard.immich.immich":
            yield from wrong(_module.CONNECTION.options, found)
        elif str(name).endswith("import_playbook") and str(found).removeprefix(OURS) not in PLAYBOOKS:
            yield f"the playbook {found} does not exist"
        yield from problems(found)
    yield from problems_of_role(value)


def problems_of_role(value: dict[str, Any]) -> Iterator[str]:
    """The problems of a role's variables, where a role of the collection is used."""
    task = next((found for name, found in value.items() if str(name).endswith(("import_role", "include_role"))), None)
    role = str(task["name"] if isinstance(task, dict) else value.get("role", ""))
    if role.startswith(OURS):
        if role.removeprefix(OURS) not in ROLES:
            yield f"the role {role} does not exist"
        else:
            given = {name: one for name, one in {**value, **value.get("vars", {})}.items() if str(name).startswith("immich_")}
            yield from wrong(ROLES[role.removeprefix(OURS)], given)


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_the_options_and_variables_of_an_example_exist(block: Block) -> None:
    assert list(problems(list(yaml.safe_load_all(block.text)))) == []


def used_in_templates(page: str) -> set[str]:
    """The variables that the playbooks on a page take, besides their roles'."""
    templates = [text for block in blocks("yaml") if block.file == page for text in re.findall(r"{{(.*?)}}", block.text)]
    return {name for text in templates for name in re.findall(r"\b[a-z_]+\b", text)}


@pytest.mark.parametrize("block", [*blocks("console"), *blocks("shell")], ids=str)
def test_the_playbooks_and_targets_of_a_command_exist(block: Block) -> None:
    for command, _printed in commands(block):
        found = words(command)
        if found[:1] == ["make"]:
            assert {word for word in found[1:] if "=" not in word} <= TARGETS
        for playbook in [word for word in found if word.startswith(OURS) and "ansible-playbook" in found]:
            assert playbook.removeprefix(OURS) in PLAYBOOKS
        for flag, given in pairwise(found):
            if flag == "-e" and not given.startswith("@"):
                names = json.loads(given) if given.startswith("{") else [given.partition("=")[0]]
                assert set(names) <= VARIABLES | used_in_templates(block.file)


def test_examples_are_found_in_pages() -> None:
    assert len(blocks("yaml")) > 40
    assert len(blocks("console")) > 20


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- photoyard.immich.immich_upload: {src: /photos, albun: Rome}", "albun is unknown"),
        ("- photoyard.immich.immich_jobs: {state: asleep}", "value of state must be one of: paused, running, healed, got: asleep"),
        ("- photoyard.immich.immich_job: {}", "photoyard.immich.immich_job does not exist"),
        ("- {hosts: nas, vars: {immich_upload_scr: /photos}}", "immich_upload_scr is not a variable"),
        ("- import_playbook: photoyard.immich.jop", "the playbook photoyard.immich.jop does not exist"),
        ("- role: photoyard.immich.immich_uplod", "the role photoyard.immich.immich_uplod does not exist"),
    ],
)
def test_a_wrong_example_is_found(text: str, problem: str) -> None:
    assert problem in list(problems(yaml.safe_load(text)))


def test_rulebooks_call_modules_as_these_are_documented() -> None:
    called = [
        {action["run_module"]["name"]: action["run_module"].get("module_args", {})}
        for text in RULEBOOKS.values()
        for ruleset in yaml.safe_load(text)
        for rule in ruleset["rules"]
        for action in [rule.get("action", {}), *rule.get("actions", [])]
        if "run_module" in action
    ]
    assert called
    assert list(problems(called)) == []
