# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument specs from the kinds, so that an option is said once: there, and in the documentation, which sanity holds against it."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Sequence, Union

from .model import Field, Kind, Option
from .normalise import leaves

_LOOKS_SECRET = re.compile("pass|secret|token")


def options_of(kind: Kind) -> Dict[str, Dict[str, Any]]:
    """The options of one object, as an argument spec."""
    spec = {field.name: _spec_of(field) for field in kind.fields}
    spec.update({option.name: _spec_of(option) for option in kind.options})
    for alias, name in kind.aliases.items():
        spec[alias] = {"type": spec[name]["type"]}
    if len(kind.keys) == 1:
        for name in kind.keys[0]:
            if name in kind.by_name and "default" not in spec[name]:
                spec[name]["required"] = "id" not in spec
    if len(kind.states) > 1:
        spec["state"] = {"type": "str", "choices": list(kind.states), "default": kind.states[0]}
    return spec


def required_one_of(kind: Kind) -> List[List[str]]:
    """The options of one object of which one has to be given to find it, as an argument spec has them; none where each is required."""
    names = [name for name in kind.key_names if name not in kind.optional]
    further = [alias for alias, name in kind.aliases.items() if name in names]
    if any(option.name == "id" for option in kind.options):
        further.append("id")
    return [names + further] if len(kind.keys) > 1 or further else []


def options_of_all(kinds: Sequence[Kind]) -> Dict[str, Dict[str, Any]]:
    """An option for each kind: a list of objects, and of the configuration the document itself."""
    spec: Dict[str, Dict[str, Any]] = {}
    for kind in kinds:
        options = options_of(kind)
        if kind.singleton:
            spec[kind.name] = options[kind.name]
        else:
            spec[kind.name] = {"type": "list", "elements": "dict", "options": options, "required_one_of": required_one_of(kind)}
        if "key" in kind.name:
            spec[kind.name]["no_log"] = False  # the name alone looks like a secret
    return spec


def _spec_of(field: Union[Field, Option]) -> Dict[str, Any]:
    spec: Dict[str, Any] = {"type": field.type}
    if field.elements:
        spec["elements"] = field.elements
    if field.choices:
        spec["choices"] = list(field.choices)
    if isinstance(field, Field):
        return {**spec, **_spec_of_field(field)}
    if _LOOKS_SECRET.search(field.name):
        spec["no_log"] = False  # the name alone looks like one
    if field.default is not None:
        spec["default"] = field.default
    return spec


def _spec_of_field(field: Field) -> Dict[str, Any]:
    described: Dict[str, Any] = {}
    if field.options:
        described["options"] = {name: dict(spec) for name, spec in field.options.items()}
    if isinstance(field.assume, str):
        described["default"] = field.assume
    if field.secret or (field.tree and field.tree.secrets):
        described["no_log"] = True
    elif _LOOKS_SECRET.search(field.name):
        described["no_log"] = False
    return described


def secrets_in(kind: Kind, given: Mapping[str, Any]) -> Dict[str, bool]:
    """The texts in the documents that were given for a kind, and whether each of them is a secret."""
    secrets: Dict[str, bool] = {}
    for field in kind.fields:
        if field.tree and field.tree.secrets and isinstance(given.get(field.name), dict):
            for path, value in leaves(given[field.name]).items():
                for text in value if isinstance(value, list) else [value]:
                    secrets[str(text)] = secrets.get(str(text), False) or path in field.tree.secrets
    return secrets
