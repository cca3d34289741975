# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The messages of a module in a role, with the role's variables in place of the module's options."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterable, Mapping

import yaml

from .. import _role_variables as role_variables

_ROLES = Path(__file__).resolve().parents[3] / "roles"
# Messages name their variables themselves, because a pause takes another key than an upload.
_NAMED_ALREADY = ("api_key", "api_key_file", "admin_api_key", "admin_api_key_file")


def translate_of_task(task: Any, result: dict[str, Any]) -> dict[str, Any]:
    """The result of a task (Ansible's class), translated if a role of this collection has the task: a play's own tasks are left alone.

    By its file, because roles run tasks of one another, and of plays.
    """
    file, _colon, line = (task.get_path() or "").rpartition(":")
    path = Path(file)
    role = path.parents[1].resolve() if len(path.parts) > 2 else path
    if role.parent != _ROLES:
        return result
    return translate(role.name, task.action.rpartition(".")[2], result, task.args, read_arguments(path, int(line), task.action))


def read_arguments(path: Path, line: int, action: str) -> dict[str, str]:
    """The arguments of the task that begins on that line (from 1) of a file, as they stand there: option → text, without other values."""
    loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
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


def translate(role: str, module: str, result: dict[str, Any], args: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """The module's result with the role's variables in its messages. A text in the task's `args`, in quotes or in a path stays as it is.

    `written` are its arguments as they stand in its file, where they may name a variable that is called otherwise than the option.
    """
    options = _variables(role, {*args} if module != role else None, written)
    failures = result.get("failures") or []
    known = {path for path in (*_texts(args), *(failure["path"] for failure in failures if "path" in failure)) if path}
    pattern = _pattern(options, known)

    def translated(text: Any) -> Any:
        if isinstance(text, str):
            return pattern.sub(lambda match: options[match[0]] if match.lastgroup else match[0], text)
        return text  # a warning of ansible-core 2.19 and later is not a text

    done = (
        {**result, "failures": [{**failure, "msg": translated(failure.get("msg"))} for failure in failures]} if failures else dict(result)
    )
    if "warnings" in result:
        done["warnings"] = [translated(warning) for warning in result["warnings"]]
    if "msg" in result:
        done["msg"] = translated(result["msg"])
        if done["msg"] != result["msg"]:
            done.pop("exception", None)  # in which ansible-core 2.19 and later keep the message as it was, and print it too
    return done


def _texts(value: Any) -> list[str]:
    """The texts among a task's arguments."""
    if isinstance(value, Mapping):
        return _texts(list(value.values()))
    if isinstance(value, (list, tuple)):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) and ("/" in value or " " in value) else []


def _variables(role: str, given: set[str] | None, written: Mapping[str, Any]) -> dict[str, str]:
    """The variables by option. Of those that are English words, such as `backup`, only those that are `given`, if that is not None."""
    names = role_variables.options(role, "main")
    found = {name.removeprefix(role + "_"): name for name in names if name.startswith(role + "_")}
    found = {option: name for option, name in found.items() if "_" in option or given is None or option in given}
    found |= {name.removeprefix("immich_"): name for name in names if not name.startswith(role + "_")}
    for option, value in written.items():
        variable = re.search(r"(?<!\w)immich_\w+", value) if isinstance(value, str) else None
        if variable is not None:
            found[option] = variable[0]
    return {option: name for option, name in found.items() if option not in _NAMED_ALREADY}


def _pattern(options: Iterable[str], known: Iterable[str]) -> re.Pattern[str]:
    """Finds the options, and before them what must stay: the first alternative that fits wins.

    A name that is an English word is an option only where a message says what to do with it, what it must be, or what one of its elements
    lacks (`users[0]: …`).
    """
    whole = sorted(map(re.escape, known), key=len, reverse=True)
    quoted = [r"(?<!\w)'[^']*'(?!\w)", r'"[^"]*"']
    path = [r"\S*[/\\](?:(?:(?!: |\. ).)*[/\\])?\S*"]  # up to the last slash before the next colon or full stop: folders may have blanks
    nothing = "(?!)"
    plain = "|".join(sorted(option for option in options if option == "src" or "_" in option)) or nothing
    plain_words = "|".join(sorted(option for option in options if option != "src" and "_" not in option)) or nothing
    option = [
        rf"(?<![\w./-])(?P<plain>{plain})(?![\w/-]|\.\w)",
        rf"(?:(?<=[Rr]aise )|(?<=[Ll]ower )|(?<=Check )|(?<=Correct )|(?<=out of ))(?P<changed>{plain_words})(?![\w/-])",
        rf"(?:(?<=[Tt]he option )|(?<=[Ee]ach element of )|(?<=set )(?=\w+: ))(?P<named>{plain_words})(?![\w/-])",
        rf"(?<![\w./-])(?P<required>{plain_words})(?= must be | cannot be )",
        rf"(?<![\w./-])(?P<element>{plain_words})(?=\[\d+\](?:: | has ))",
    ]
    return re.compile("|".join([*whole, *quoted, *path, *option]))
