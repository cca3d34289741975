# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live server as a declaration: the inverse of the engine. Applied to the same server it changes nothing."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from .._client.client import Client
from .._text import printable_json
from .model import PRESENT, Field, Kind, Ref, ServerObject, Variable
from .needed_scopes import NeededScopes
from .normalise import document
from .references import Directory, label_of

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_DIGITS = 8
"""How many digits of a digest tell names apart of which the same is left in the name of a variable."""
_NOT_IN_NAME = re.compile(r"[^a-z0-9]+")


def export_state(client: Client, kinds: Sequence[Kind]) -> Dict[str, Any]:
    """What of these kinds there is: `state` in the form that is declared, and `secrets`, the variables that are to be filled.

    Values that the server sets by itself are left out, and secrets are names of variables.
    """
    directory = Directory(client)
    by_kind: Dict[str, Any] = {}
    secrets: List[str] = []
    warnings: List[str] = []
    scopes = NeededScopes(client)
    for kind in sorted(kinds, key=lambda kind: kind.order):
        with scopes.reading(kind):
            declarable = _find_declarable(directory, kind, warnings)
            alike = Counter(_to_name_part(label_of(kind, item.values, item.id)) for item in declarable)
            objects = [export_one(directory, kind, _read_parts(directory, kind, item), alike, secrets) for item in declarable]
            by_kind[kind.name] = objects[0][kind.name] if kind.singleton and objects else objects
    scopes.require_reading()
    files = {name: "---\n" + format_yaml({"immich_server_" + name: value}) for name, value in by_kind.items()}
    return {"state": by_kind, "files": files, "secrets": secrets, "warnings": warnings}


def _find_declarable(directory: Directory, kind: Kind, warnings: List[str]) -> List[ServerObject]:
    """What a declaration can name: not what was deleted, nothing without a name, and no two of one name.

    In the order of names: a server lists the newest first, which would move lines of a repository.
    """
    declarable = [
        item
        for item in directory.find_all(kind, [{"export": True}])
        if item.status == PRESENT and (kind.singleton or kind.is_purged(item.raw))
    ]
    nameless = [item for item in declarable if any(item.values.get(name) == "" for name in kind.key_names)]
    if nameless:
        warnings.append("%s without a name: left out, since a declaration could not name them." % _format_number(kind, len(nameless)))
    declarable = [item for item in declarable if item not in nameless]
    count = Counter(label_of(kind, item.values, item.id) for item in declarable)
    for label, number in count.items():
        if number > 1:
            warnings.append(
                "%d %s are called %s, and are left out: a declaration could not tell them apart." % (number, kind.plural, label)
            )
    declarable.sort(key=lambda item: label_of(kind, item.values, item.id))
    return [item for item in declarable if count[label_of(kind, item.values, item.id)] == 1]


def _format_number(kind: Kind, number: int) -> str:
    return "%d %s" % (number, kind.singular if number == 1 else kind.plural)


def _read_parts(directory: Directory, kind: Kind, found: ServerObject) -> ServerObject:
    """The object with all of its parts."""
    everything = {field.name: None for field in kind.fields if field.part}
    return directory.with_parts(kind, found, everything) if everything and found.status == PRESENT else found


def export_one(directory: Directory, kind: Kind, found: ServerObject, alike: Mapping[str, int], secrets: List[str]) -> Dict[str, Any]:
    """One object as a playbook says it. The names of variables that it needs are added to `secrets`.

    `alike`: how many objects of the kind have a label of which the same is left in the name of a variable.
    """
    declaration: Dict[str, Any] = {}
    label = label_of(kind, found.values, found.id)
    if alike[_to_name_part(label)] > 1 or not _to_name_part(label):
        label += " " + hashlib.sha256(label.encode()).hexdigest()[:_DIGITS]
    for field in kind.fields:
        if field.write_only:
            if field.secret and field.on_create:
                declaration[field.name] = _add_variable(kind, label, field.name, secrets)
            continue
        value = found.values.get(field.name)
        is_key = field.name in kind.key_names
        if value in (None, "") or (value == field.default and not is_key):
            continue
        declaration.update(_export_field(directory, kind, field, value, found, label, secrets))
    declaration.update(kind.exported(label))
    return declaration


def _export_field(
    directory: Directory, kind: Kind, field: Field, value: Any, found: ServerObject, label: str, secrets: List[str]
) -> Dict[str, Any]:
    if field.tree:
        shown = {path: leaf for path, leaf in value.items() if leaf != field.tree.defaults(found).get(path)}
        for path in shown:
            if path in field.tree.secrets:
                shown[path] = _add_variable(kind, label, path, secrets)
        return {field.name: document(shown)} if shown or kind.singleton else {}
    if field.members:
        users = [
            {"email" if directory.is_name(ref) else "id": ref.key, "role": role}
            for ref, role in value.items()
            if directory.is_name(ref) or (ref.key == ref.id and directory.sees_only_itself(ref.kind))  # others were deleted
        ]
        return {field.name: sorted(users, key=str)} if users else {}
    if field.secret:
        return {field.name: _add_variable(kind, label, field.name, secrets)} if value else {}
    if isinstance(value, Ref):
        return {field.name: value.key if directory.is_name(value) else value.id}
    shown_value = field.show(value)
    return {field.name: list(shown_value) if isinstance(shown_value, tuple) else shown_value}


def _add_variable(kind: Kind, label: str, name: str, secrets: List[str]) -> Variable:
    """A reference to a variable that somebody has to fill, from Vault as a rule."""
    parts: Tuple[str, ...] = ("vault_immich", kind.name if kind.singleton else "%s_%s" % (kind.singular, label), name)
    variable = _to_name_part("_".join(parts))
    if variable not in secrets:
        secrets.append(variable)
    return Variable("{{ %s }}" % variable)


def _to_name_part(text: str) -> str:
    return _NOT_IN_NAME.sub("_", text.lower()).strip("_")


def format_yaml(value: Any, indent: str = "", *, in_list: bool = False) -> str:
    """YAML of plain values, without PyYAML, which a managed host need not have: texts are JSON's, which YAML includes.

    A text that a template engine would take for its own is marked as `!unsafe`, unless it is a `Variable`: users choose their own names,
    and one who is called as a variable of Vault's would otherwise get what is in that.
    """
    if isinstance(value, dict) and value:
        lines = [
            "%s%s:%s" % (indent, name if _PLAIN.fullmatch(name) else printable_json(name), _format_below(item, indent))
            for name, item in value.items()
        ]
        text = "".join(lines)
        return text[len(indent) :] if in_list else text
    if isinstance(value, list) and value:
        return "".join("%s- %s" % (indent, format_yaml(item, indent + "  ", in_list=True)) for item in value)
    return _format_scalar(value) + "\n"


def _format_below(value: Any, indent: str) -> str:
    if isinstance(value, (dict, list)) and value:
        return "\n" + format_yaml(value, indent + "  ")
    return " %s\n" % _format_scalar(value)


def _format_scalar(value: Any) -> str:
    is_template = isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "{#")) and not isinstance(value, Variable)
    return "!unsafe " + printable_json(value) if is_template else printable_json(value)
