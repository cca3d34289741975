# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a role of this collection calls the options of the modules that its tasks run. The modules are told, so that messages say that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Mapping

import yaml

from ansible_collections.photoyard.immich.plugins.module_utils._option_names import VARIABLES

from . import _role_variables

_ROLES = Path(__file__).resolve().parents[2] / "roles"
# Messages name their variables themselves, because a pause takes another key than an upload.
_NAMED_ALREADY = ("api_key", "api_key_file", "admin_api_key", "admin_api_key_file")


def environment_of(task: Any) -> list[dict[str, str]]:
    """What is added to the environment of a task (Ansible's class) of a role of this collection; nothing for a play's own tasks.

    By the task's file, because roles run tasks of one another, and of plays.
    """
    file, _colon, line = (task.get_path() or "").rpartition(":")
    path = Path(file)
    role = path.parents[1].resolve() if len(path.parts) > 2 else path
    if role.parent != _ROLES:
        return []
    variables = variables_of(role.name, read_arguments(path, int(line), task.action))
    return [{VARIABLES: " ".join(f"{option}={variable}" for option, variable in variables.items())}]


def variables_of(role: str, arguments: Mapping[str, str]) -> dict[str, str]:
    """The role's variables by option. `arguments` are a task's as they stand in its file, where they may name a variable that is called
    otherwise than the option."""
    names = _role_variables.options(role, "main")
    own = {name.removeprefix(role + "_"): name for name in names if name.startswith(role + "_")}
    shared = {name.removeprefix("immich_"): name for name in names if not name.startswith(role + "_")}
    named = {option: re.search(r"(?<!\w)immich_\w+", value) for option, value in arguments.items()}
    written = {option: variable[0] for option, variable in named.items() if variable}
    return {option: name for option, name in {**own, **shared, **written}.items() if option not in _NAMED_ALREADY}


def read_arguments(path: Path, line: int, action: str) -> dict[str, str]:
    """The arguments of the task that begins on that line (from 1) of a file, as they stand there: option → text, without other values."""
    loader = _role_variables.YAML_LOADER(path.read_text(encoding="utf-8"))
    try:
        left = [loader.get_single_node()]
    finally:
        loader.dispose()
    while left:
        node = left.pop()
        if isinstance(node, yaml.MappingNode):
            members = {name.value: value for name, value in node.value}
            if node.start_mark.line + 1 == line and isinstance(members.get(action), yaml.MappingNode):
                return {name.value: value.value for name, value in members[action].value if isinstance(value, yaml.ScalarNode)}
            left += members.values()
        elif isinstance(node, yaml.SequenceNode):
            left += node.value
    return {}
