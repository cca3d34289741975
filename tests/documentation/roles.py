# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what roles repeat of a module's options: their variables, argument specs and the tables in their READMEs; and, into the argument
specs, what `ansible-doc` shows first: groups of variables, and the README's example.

`python -m documentation.roles` writes them into the roles, between two marks. A test holds the files against what would be written.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import yaml

REPOSITORY = Path(__file__).parents[2]
ROLES = REPOSITORY / "roles"
CONNECTION = Path(__file__).with_name("connection.yml")
GROUPS = Path(__file__).with_name("groups.yml")
PLUGINS = "ansible_collections.photoyard.immich.plugins"
_BEGIN, _END = "generated from the module's documentation by make generate", "end of what is generated"
_CONNECTION_BEGIN, _CONNECTION_END = "generated from tests/documentation/connection.yml by make generate", "end of the connection"
_GROUPS_BEGIN, _GROUPS_END = "generated from tests/documentation/groups.yml by make generate", "end of the groups"
_EXAMPLE = re.compile(r"(?m)^( +)# generated from the example ([\w-]+) in README by make generate\n(?:.*\n)*?(?= +# end of the example$)")
_WIDTH = 140
_MARKUP = re.compile(r"\b(RV|[OVCMEP])\(((?:[^()\\]|\\.|\([^()]*\))*)\)")

Option = Mapping[str, Any]


class Role(NamedTuple):
    """A role whose variables are a module's options, with its name before them.

    `options` is the dataclass with the options, or "" where the module has none. `fragments` are those of the module's fragments that have
    some of them; of a module without a dataclass all count. `instead` says what a reference to an option becomes for which the role has a
    variable of another name. `other_module` is the module's name where it is not the role's.
    """

    name: str
    options: str
    fragments: tuple[str, ...] = ()
    instead: Mapping[str, str] = {}
    other_module: str = ""

    @property
    def module(self) -> str:
        return self.other_module or self.name


SPECS = [
    Role("immich_upload", "_upload.options.UploadOptions", ("stacks",), {"pause_queues": "immich_upload_pause_queues"}),
    Role("immich_copy", "_copy.context.CopyOptions", ("filters",), {"pause_queues": "immich_copy_pause_jobs"}),
    Role("immich_archive", "_archive.run.ArchiveOptions", ("filters",)),
    Role("immich_server", "", (), {"login": "immich_server_admin"}, "immich_state"),
]
# What the user's key is for, in roles that work for a user. In the others it stands in for the administrator's.
_KEYS = {
    "immich_archive": "API key of the user whose photos are copied.",
    "immich_copy": "API key of the user who will own the copies.",
    "immich_upload": "API key of the user who will own the photos. Its scopes are listed in the role's README.",
}
_WITHOUT_ADMINISTRATOR = {"immich_archive"}
# A text that is empty counts as not given for other options.
_MAY_BE_EMPTY = {"album_joiner"}


def options_of(role: Role) -> dict[str, Option]:
    """The documentation of the options that the module's dataclass has, in the order of the documentation."""
    module = import_module(f"{PLUGINS}.modules.{role.module}")
    documented = dict(_options_in(module.DOCUMENTATION))
    for fragment in role.fragments if role.options else _extended(module.DOCUMENTATION):
        file, _dot, name = fragment.partition(".")
        documented |= _options_in(
            getattr(import_module(f"{PLUGINS}.doc_fragments.{file}").ModuleDocFragment, (name or "documentation").upper())
        )
    if not role.options:  # secrets are marked in the code only
        documented = {name: _with_secrets(option, module.SPEC.options[name]) for name, option in documented.items()}
    return {name: option for name, option in documented.items() if name not in role.instead}


def _extended(documentation: str) -> list[str]:
    """The fragments that a documentation extends, but for the connection and the attributes that all modules have."""
    names = [name.removeprefix("photoyard.immich.") for name in yaml.safe_load(documentation)["extends_documentation_fragment"]]
    return [name for name in names if name.partition(".")[0] not in ("connection", "attributes")]


@cache
def _options_in(documentation: str) -> dict[str, Option]:
    """The options of a documentation, which is read once: nobody changes them."""
    options: dict[str, Option] = yaml.safe_load(documentation)["options"]
    return options


def _with_secrets(option: Option, spec: Mapping[str, Any]) -> Option:
    marked = {**option, "no_log": True} if spec.get("no_log") else dict(option)
    if "suboptions" in option:
        marked["suboptions"] = {name: _with_secrets(about, spec["options"][name]) for name, about in option["suboptions"].items()}
    return marked


def variables(role: Role) -> str:
    """For vars/main.yml: the options that the module gets from the role's variables. Those that are required the task sets."""
    names = [repr(name) for name, option in options_of(role).items() if not option.get("required")]
    terms = textwrap.fill(", ".join(names) + ",", _WIDTH, initial_indent="     ", subsequent_indent="     ")
    may_be_empty = sorted(_MAY_BE_EMPTY & set(options_of(role)))
    last = f"prefix='{role.name}_'" + (f", may_be_empty={may_be_empty}" if may_be_empty else "")
    return "\n".join((f"__{role.name}_options: >-", "  {{ lookup('photoyard.immich.role_options',", terms, f"     {last}) }}}}", ""))


def specs(role: Role) -> str:
    """For meta/argument_specs.yml: the options by the names of the role's variables."""
    lines: list[str] = []
    for name, option in options_of(role).items():
        lines += _spec(f"{role.name}_{name}", option, lambda text: _for_role(role, text), "      ")
    return "\n".join(lines) + "\n"


def table(role: Role) -> str:
    """For README.md: by groups, the variables, their defaults, and what the first sentence says of each. Raises `ValueError` for an option
    that is in no group."""
    options = options_of(role)
    missing = set(options).difference(*groups()[role.name].values())
    if missing:
        raise ValueError(f"Put {', '.join(sorted(missing))} into a group of {role.name} in tests/documentation/groups.yml.")
    parts = []
    for title, names in groups()[role.name].items():
        rows = [_row(role, name, options[name]) for name in names if name in options]
        if rows:
            parts.append("\n".join([f"{title}:", "", "| variable | default | meaning |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def _row(role: Role, name: str, option: Option) -> str:
    first = _first_sentence(_texts(option["description"])[0])
    default = "required" if option.get("required") else _shown(option.get("default"))
    return f"| `{role.name}_{name}` | {default} | {_markdown(role, _continued(first))} |".replace("|  |", "| |")


@cache
def groups() -> dict[str, dict[str, list[str]]]:
    """Role → title → names of variables, without the role's name where they begin with it."""
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(GROUPS.read_text(encoding="utf-8"))
    return found


def variables_in(role: str, names: list[str]) -> list[str]:
    """The names of a group as they are in the argument spec."""
    return [name if name.startswith("immich_") else f"{role}_{name}" for name in names]


def grouped(role: str, indent: str) -> str:
    """For meta/argument_specs.yml: the groups of variables as items of the description."""
    lines: list[str] = []
    for title, names in groups()[role].items():
        lines += _item(f"B({title}:) {', '.join(f'O({name})' for name in variables_in(role, names))}.", indent)
    return "\n".join(lines) + "\n"


def with_examples(specs: str, readme: str) -> str:
    """The text of meta/argument_specs.yml with the README's examples. Raises `ValueError` where README has none of the name."""

    def replace(found: re.Match[str]) -> str:
        indent, name = found[1], found[2]
        example = re.search(rf"(?s)<!-- example: {name} -->\n```yaml\n(.*?)^```$", readme, re.MULTILINE)
        if example is None:
            raise ValueError(f"README has no example {name}.")
        return f"{found[0].splitlines()[0]}\n{indent}examples: |\n{textwrap.indent(example[1], indent + '  ')}"

    return _EXAMPLE.sub(replace, specs)


def connection(role: str, indent: str) -> str:
    """For meta/argument_specs.yml: the variables of the connection."""
    lines: list[str] = []
    for name, option in yaml.safe_load(CONNECTION.read_text(encoding="utf-8")).items():
        if name.startswith("immich_admin_") and role in _WITHOUT_ADMINISTRATOR:
            continue
        texts = _texts(option["description"])
        if name == "immich_api_key" and role in _KEYS:
            texts = [_KEYS[role], *texts[1:]]
        lines += _spec(name, {**option, "description": texts}, lambda text: text, indent)
    return "\n".join(lines) + "\n"


FILES: dict[str, Callable[[Role], str]] = {"vars/main.yml": variables, "meta/argument_specs.yml": specs, "README.md": table}


def generated() -> Iterator[tuple[Path, str]]:
    """Each file with the text that it should have."""
    by_role = {role.name: role for role in SPECS}
    for path in sorted(ROLES.glob("*/*/*.yml")) + sorted(ROLES.glob("*/README.md")):
        text = old = path.read_text(encoding="utf-8")
        name = str(path.relative_to(ROLES))
        role, _, file = name.partition("/")
        if file == "meta/argument_specs.yml" and _CONNECTION_BEGIN in text:
            indent = re.findall(rf"(?m)^( +)# {_CONNECTION_BEGIN}", text)[0]
            text = put_between(text, connection(role, indent), _CONNECTION_BEGIN, _CONNECTION_END)
        if file == "meta/argument_specs.yml":
            text = with_examples(text, (ROLES / role / "README.md").read_text(encoding="utf-8"))
        if file == "meta/argument_specs.yml" and role in groups():
            text = put_between(text, grouped(role, "      "), _GROUPS_BEGIN, _GROUPS_END)
        if role in by_role and file in FILES:
            text = put_between(text, FILES[file](by_role[role]), _BEGIN, _END)
        if text != old or _BEGIN in text or _CONNECTION_BEGIN in text:
            yield path, text


def put_between(text: str, new: str, begin: str, end: str) -> str:
    """The text with `new` between the lines that have the two marks. Raises `ValueError` where they are missing."""
    found = re.search(rf"(?m)^[^\n]*{begin}[^\n]*\n(.*?)^[^\n]*{end}", text, re.DOTALL)
    if found is None:
        raise ValueError(f"There is no part that is {begin}.")
    return text[: found.start(1)] + new + text[found.end(1) :]


def _spec(name: str, option: Option, rewrite: Callable[[str], str], indent: str) -> list[str]:
    kind = _type_of(option["type"])
    lines = [f"{indent}{name}:", f"{indent}  type: {kind}"]
    if option.get("no_log"):
        lines.append(f"{indent}  no_log: true")
    if "elements" in option:
        lines.append(f"{indent}  elements: {_type_of(option['elements'])}")
    if option.get("required"):
        lines.append(f"{indent}  required: true")
    if "choices" in option:
        lines.append(f"{indent}  choices: [{', '.join(map(str, option['choices']))}]")
    texts = [rewrite(text) for text in _texts(option["description"])]
    if option.get("default") not in (None, [], ""):
        texts.append(f"The default is {_default(option['default'])}.")
    lines.append(f"{indent}  description:")
    for text in texts:
        lines += _item(text, indent + "    ")
    if "suboptions" in option:
        lines.append(f"{indent}  options:")
        for one, about in option["suboptions"].items():
            lines += _spec(one, about, rewrite, indent + "    ")
    return lines


def _type_of(name: str) -> str:
    """A role's paths are texts: the controller must not expand what is the managed host's."""
    return "str" if name == "path" else name


def _item(text: str, indent: str) -> list[str]:
    """An item of a list in YAML, plain where that means the same."""
    plain = _is_plain(text)
    first = "- " if plain else "- >-"
    wrapped = textwrap.wrap(text, _WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False)
    if plain:
        return [indent + (first if number == 0 else "  ") + line for number, line in enumerate(wrapped)]
    return [indent + first, *(f"{indent}  {line}" for line in wrapped)]


def _is_plain(text: str) -> bool:
    try:
        return bool(yaml.safe_load(f"- {text}") == [text])
    except yaml.YAMLError:
        return False


def _for_role(role: Role, text: str) -> str:
    """The text with the role's variables in place of the module's options, and with results named as the module's."""
    own = options_of(role)

    def replace(found: re.Match[str]) -> str:
        kind, content = found[1], found[2]
        name, equals, value = content.partition("=")
        if kind == "O" and name in own:
            return f"O({role.name}_{name}{equals}{value})"
        if kind == "O" and re.split(r"[.\[]", name)[0] in own:
            return f"O({role.name}_{content})"
        if kind == "O" and name in role.instead:
            return f"O({role.instead[name]})"
        if kind in ("O", "RV") and "#" not in content:
            return f"{kind}(photoyard.immich.{role.module}#module:{content})"
        return found[0]

    return _MARKUP.sub(replace, text)


def _markdown(role: Role, text: str) -> str:
    own = options_of(role)

    def replace(found: re.Match[str]) -> str:
        name, equals, value = found[2].partition("=")
        return f"`{role.name}_{name}{': ' if equals else ''}{value}`" if found[1] == "O" and name in own else f"`{found[2]}`"

    return _MARKUP.sub(replace, text).replace("|", "\\|")


def _first_sentence(text: str) -> str:
    """Up to the first full stop, without it."""
    return re.split(r"\.(?= [A-Z])", text, maxsplit=1)[0].rstrip(".")


def _continued(sentence: str) -> str:
    """The sentence with a small letter at its start, unless it begins with an abbreviation."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def _texts(description: str | list[str]) -> list[str]:
    return [description] if isinstance(description, str) else description


def _default(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return " and ".join(f"V({_scalar(one)})" for one in values)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"`[{', '.join(map(_scalar, value))}]`" if isinstance(value, list) else f"`{_scalar(value)}`"


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    for path, text in generated():
        path.write_text(text, encoding="utf-8")
