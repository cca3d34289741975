# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX makes of a credential: CredentialType.inject_credential and the checks of its injectors, as in AWX 24.6.

Sources: awx/main/models/credential.py, awx/main/fields.py and awx/main/constants.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

Values = Mapping[str, Any]

BLOCKED = {"VIRTUAL_ENV", "PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "REST_API_URL", "REST_API_TOKEN", "CACHE", "AWX_HOST"}
_FIELD_KEYS = {"id", "label", "type", "format", "choices", "help_text", "multiline", "secret", "ask_at_runtime", "default"}
_VARIABLE = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
_FILE = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")


def environment(inputs: Values, injectors: Values, given: Values, folder: Path) -> dict[str, str]:
    """The environment variables of a job with a credential of these values. Files are written into the folder.

    An empty text is as good as none, and undefined in a template; a boolean that is not given is false, whatever its default.
    """
    names: dict[str, Any] = {name: value for name, value in given.items() if isinstance(value, bool) or value}
    for field in inputs.get("fields", ()):
        if field["type"] == "boolean" and field["id"] not in given:
            names[field["id"]] = False
    tower = names["tower"] = SimpleNamespace()
    sandbox = ImmutableSandboxedEnvironment()
    for label, template in injectors.get("file", {}).items():
        file = folder / label
        file.write_text(sandbox.from_string(template).render(**names))
        _set_filename(tower, label, str(file))
    return {name: sandbox.from_string(template).render(**names) for name, template in injectors.get("env", {}).items()}


def _set_filename(tower: SimpleNamespace, label: str, path: str) -> None:
    _, dot, name = label.partition(".")
    if not dot:
        tower.filename = path
        return
    if not hasattr(tower, "filename"):
        tower.filename = SimpleNamespace()
    setattr(tower.filename, name, path)


def problem(inputs: dict[str, Any], injectors: Values) -> dict[str, list[str]]:
    """Why AWX refuses a credential type; {} if it does not. As AWX does, this gives each field of `inputs` its type."""
    if wrong := _wrong_inputs(inputs):
        return {"inputs": [wrong]}
    wrong = _wrong_injectors(injectors, [field["id"] for field in inputs.get("fields", ())])
    return {"injectors": [wrong]} if wrong else {}


def _wrong_inputs(inputs: dict[str, Any]) -> str:
    if set(inputs) - {"fields", "required"}:
        return "Additional properties are not allowed"
    seen: set[str] = set()
    for field in inputs.get("fields", ()):
        if set(field) - _FIELD_KEYS or not {"id", "label"} <= set(field):
            return f"{field} is not valid under the schema"
        name, kind = field["id"], field.setdefault("type", "string")
        if not _VARIABLE.fullmatch(name) or name == "tower" or name in seen or kind not in ("string", "boolean"):
            return f"{name} is an invalid, reserved or repeated field, or of no known type"
        seen.add(name)
        if "default" in field and type(field["default"]) is not {"string": str, "boolean": bool}[kind]:
            return f"{field['default']} is not a {kind}"
        if kind != "string" and {"choices", "multiline", "format", "secret"} & set(field):
            return f"not allowed for {kind} type ({name})"
    return ""


def _wrong_injectors(injectors: Values, fields: list[str]) -> str:
    if set(injectors) - {"file", "env", "extra_vars"}:
        return "Additional properties are not allowed"
    files, variables = injectors.get("file", {}), injectors.get("env", {})
    if not all(_FILE.fullmatch(label) for label in files) or ("template" in files and len(files) > 1):
        return "Must use multi-file syntax when injecting multiple files"
    for name, template in variables.items():
        if not _VARIABLE.fullmatch(name) or name.startswith("ANSIBLE_") or name in BLOCKED or not template.isascii():
            return f"Environment variable {name} is not allowed to be used in credentials."
    names: dict[str, Any] = dict.fromkeys(fields, "EXAMPLE")
    tower = names["tower"] = SimpleNamespace()
    for label in files:
        _set_filename(tower, label, "EXAMPLE_FILENAME")
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name, template in {**files, **variables}.items():
        try:
            sandbox.from_string(template).render(names)
        except TemplateError as error:
            return f"{name} uses an undefined field ({error})"
    return ""
