# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation, JSON schemas, rulebooks and guide say the same; the credential type gives what the sources read."""

from __future__ import annotations

import ast
import importlib.resources
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from eda.plugins import PLUGINS, SOURCES, load
from support.playbooks.playbook import REPOSITORY
from support.playbooks.readme import examples

GUIDE_FILE = REPOSITORY / "docs" / "docsite" / "rst" / "guide_eda.rst"
GUIDE = examples(GUIDE_FILE)
RULEBOOKS = {path.stem: path for path in sorted((REPOSITORY / "extensions" / "eda" / "rulebooks").iterdir())}
CREDENTIAL = PLUGINS / "event_source" / "credential_types" / "immich"
TYPES = {"str": "string", "bool": "boolean", "float": "number", "int": "integer", "list": "array"}

VARIABLE = re.compile(r"{{ (immich_\w+)(?: ~ '')?(?: or \w+)?(?: \| default\((.*?)\))?(?: \| regex_replace\(.*?\))? }}")


@cache
def documentation(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(load(name)["DOCUMENTATION"])
    return found


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PLUGINS / "event_source" / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def rulesets(text: str) -> list[dict[str, Any]]:
    """Rulesets that ansible-rulebook's own schema allows."""
    found: list[dict[str, Any]] = yaml.safe_load(text)
    allowed = json.loads(importlib.resources.files("ansible_rulebook").joinpath("schema/ruleset_schema.json").read_text("utf-8"))
    jsonschema.validate(found, allowed)
    return found


def sources(found: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The sources of this collection in rulesets: name and arguments."""
    of_ours = [source for ruleset in found for source in ruleset["sources"]]
    return [(name.rpartition(".")[2], args or {}) for source in of_ours for name, args in source.items() if name.startswith("photoyard")]


def variables(text: str) -> dict[str, str]:
    """The variables of a rulebook, with their defaults as they stand there."""
    return dict(VARIABLE.findall(text))


@pytest.mark.parametrize("name", SOURCES)
def test_documentation_and_schema_agree(name: str) -> None:
    options, properties = documentation(name)["options"], schema(name)["properties"]
    assert list(options) == list(properties)
    assert schema(name).get("required", []) == [key for key, option in options.items() if option.get("required")]
    assert schema(name)["additionalProperties"] is False
    for key, option in options.items():
        assert properties[key]["type"] == TYPES[option["type"]]
        assert properties[key].get("default") == option.get("default")
        assert ("items" in properties[key]) == ("elements" in option)


@pytest.mark.parametrize("name", SOURCES)
def test_defaults_of_sources_equal_documentation(name: str) -> None:
    options = documentation(name)["options"]
    least = {"path": "/photos", "url": "http://immich"}
    given = {key: least[key] for key in options if key in least}
    default = {key: option["default"] for key, option in options.items() if "default" in option}
    of = load(name)["Options"].of
    arguments: tuple[Any, ...] = () if name == "immich_folder" else ({},)
    assert of(given, *arguments) == of(given | default, *arguments)


@pytest.mark.parametrize("name", [*SOURCES, "only_changes"])
def test_a_plugin_documents_itself_in_the_form_of_eda(name: str) -> None:
    assert {"short_description", "description", "version_added", "options"} <= documentation(name).keys()
    assert f"photoyard.immich.{name}" in load(name)["EXAMPLES"]


@pytest.mark.parametrize("path", sorted(PLUGINS.rglob("*.py")), ids=lambda path: path.stem)
def test_a_plugin_stands_alone(path: Path) -> None:
    """ansible-rulebook, which brings aiohttp, runs it by its path, where the collection cannot be imported."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += ["." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in named} <= sys.stdlib_module_names | {"aiohttp"}


@pytest.mark.parametrize(
    "text",
    [*(path.read_text(encoding="utf-8") for path in RULEBOOKS.values()), *(load(name)["EXAMPLES"] for name in SOURCES)]
    + [GUIDE[name] for name in ("own", "template")],
    ids=[*RULEBOOKS, *SOURCES, "own", "template"],
)
def test_rulebooks_and_examples_are_valid(text: str) -> None:
    found = rulesets(text)
    for name, args in sources(found):
        plain = {key: value for key, value in args.items() if "{{" not in str(value)}
        assert args.keys() <= schema(name)["properties"].keys()
        jsonschema.validate(plain | ({"path": "/"} if name == "immich_folder" else {}), schema(name))
    assert len(found) == 1  # one theme


@pytest.mark.parametrize("name", RULEBOOKS)
def test_the_guide_explains_a_rulebook_and_its_variables(name: str) -> None:
    text, guide = RULEBOOKS[name].read_text(encoding="utf-8"), GUIDE_FILE.read_text(encoding="utf-8")
    header = text.partition("\n- name:")[0]
    assert f"``{name}``" in guide
    for shown in (guide, header):
        assert re.search(rf"ansible-rulebook -r photoyard\.immich\.{name} -i \S*inventory\S* --vars vars\.yml", shown)
    for variable, default in variables(text).items():
        if variable != "immich_folder":
            shown = " ".join(guide.partition(f"``{variable}``\n")[2].partition("\n``immich")[0].replace("`", "").split())
            assert ("Required." if not default else f"Default: {default.replace(chr(39), '')}") in shown, variable
        assert re.search(rf"#   {variable}  ", header)
    assert yaml.safe_load(GUIDE[name]).keys() <= variables(text).keys()


@pytest.mark.parametrize("name", SOURCES)
def test_the_guide_names_all_arguments_and_values(name: str) -> None:
    guide = GUIDE_FILE.read_text(encoding="utf-8").partition("Arguments of the source")[2]
    notes = " ".join(documentation(name)["notes"])
    values = {value for value in re.findall(r"C\((\w+)[=)]", notes) if value not in SOURCES}
    for word in {*documentation(name)["options"], *values}:
        assert f"``{word}" in guide


def test_alertmanager_of_the_guide_calls_the_rulebook() -> None:
    (hook,) = yaml.safe_load(GUIDE["alertmanager"])["receivers"][1]["webhook_configs"]
    text = RULEBOOKS["pause_during_alert"].read_text(encoding="utf-8")
    assert hook["url"].endswith(f":{variables(text)['immich_webhook_port']}/alerts")
    assert hook["send_resolved"] is True
    token = yaml.safe_load(GUIDE["pause_during_alert"])["immich_webhook_token"]
    assert hook["http_config"]["authorization"] == {"type": "Bearer", "credentials": token}


@pytest.mark.parametrize(
    ("inputs", "key"),
    [
        ({"url": "https://a"}, ""),
        ({"url": "https://a", "api_key": "user"}, "user"),
        ({"url": "https://a", "admin_api_key": "admin"}, "admin"),
        ({"url": "https://a", "api_key": "user", "admin_api_key": "admin"}, "admin"),
    ],
)
def test_the_credential_type_gives_the_source_its_key(inputs: dict[str, str], key: str) -> None:
    """Rendered as an EDA server does it (aap_eda/core/utils/strings.py): in a sandbox, what was left out is undefined."""
    fields = yaml.safe_load((CREDENTIAL / "input.yml").read_text(encoding="utf-8"))
    assert inputs.keys() <= {field["id"] for field in fields["fields"]}
    assert [field["id"] for field in fields["fields"] if field.get("secret")] == ["api_key", "admin_api_key"]
    (kind,) = (injectors := yaml.safe_load((CREDENTIAL / "injectors.yml").read_text(encoding="utf-8")))
    render = SandboxedEnvironment(undefined=StrictUndefined).from_string
    environment = {name: render(value).render(inputs) for name, value in injectors[kind].items()}
    assert kind == "env"
    options = load("immich_server")["Options"].of({}, environment)
    assert (options.base, options.key) == ("https://a/api", key)


def test_every_example_is_tested() -> None:
    assert GUIDE.keys() == {*RULEBOOKS, "inventory", "alertmanager", "own", "template"}
