# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what a playbook declares to what plans compare: options checked and normalised, references found."""

from __future__ import annotations

import difflib
from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from .. import _option_names
from .._client import errors
from .._client.client import Client
from .model import EXPECTED_IDS, PRESENT, UNSET, Context, Field, Kind, PlannedObject, Ref, ServerObject, Wanted
from .references import Directory, label_of, reference_key


class RunContext(Context):
    """The same with the `directory` that it all comes from, for the engine."""

    def __init__(
        self, client: Client, directory: Directory, *, check_mode: bool, stop_reason: Callable[[], Optional[str]] = lambda: None
    ) -> None:
        super().__init__(client, directory.objects, directory.find_all, directory.knows, stop_reason, check_mode)
        self.directory = directory


def normalise(kind: Kind, given: Mapping[str, Any], place: str) -> Dict[str, Any]:
    """One object as a playbook gives it, with its options and `state`; what is None is not given. References are still names.

    `place` is where it stands: `users[3]`. Raises `InvalidRequest` that names the option.
    """
    unknown = sorted(set(given) - set(kind.option_names))
    if unknown:
        close = difflib.get_close_matches(unknown[0], kind.option_names, 1)
        raise errors.InvalidRequest(
            "%s has no option %s%s." % (_option_names.named(place), ", ".join(unknown), ": did you mean %s?" % close[0] if close else ""),
            details={"unknown": unknown},
            options=unknown,
        )
    stated = {kind.aliases.get(name, name): value for name, value in given.items() if value is not None}
    wanted: Dict[str, Any] = {option.name: option.default for option in kind.options if option.default is not None}
    wanted["state"] = stated.get("state", PRESENT)
    if wanted["state"] not in kind.states:
        raise errors.InvalidRequest(
            "%s: state must be one of %s, not %s." % (_option_names.named(place), ", ".join(kind.states), wanted["state"]),
            options=("state",),
        )
    for field in kind.fields:
        value = stated.get(field.name, field.assume)
        if value is not UNSET:
            wanted[field.name] = _normalised(field, value, place)
    wanted.update({option.name: stated[option.name] for option in kind.options if option.name in stated})
    return wanted


def _normalised(field: Field, value: Any, place: str) -> Any:
    try:
        value = field.normalise(value)
    except ValueError as exc:
        raise errors.InvalidRequest(
            "%s: %s %s." % (_option_names.named(place), field.name, exc), details={"option": field.name}, options=(field.name,)
        ) from None
    if field.choices and value not in field.choices:
        raise errors.InvalidRequest(
            "%s: %s must be one of %s, not %s." % (_option_names.named(place), field.name, ", ".join(field.choices), value),
            details={"option": field.name},
            options=(field.name,),
        )
    return value


def with_references(kind: Kind, wanted: Mapping[str, Any], directory: Directory) -> Dict[str, Any]:
    """The same with references to objects that are there or expected, and with what the server's version calls each value.

    Raises `InvalidRequest` for what is not there, unless the object is to be absent anyway.
    """
    resolved = dict(wanted)
    for field in kind.fields:
        value = wanted.get(field.name)
        if value is None:
            continue
        if field.adapt:
            resolved[field.name] = field.adapt(value, directory.version)
        elif field.members:
            target = field.members.kind
            resolved[field.name] = {_resolve(directory, target, key, wanted, kind): role for key, role in value.items()}
        elif field.refers_to:
            resolved[field.name] = _resolve(directory, field.refers_to, value, wanted, kind)
    return resolved


def _resolve(directory: Directory, target: Kind, key: str, wanted: Wanted, kind: Kind) -> Ref:
    try:
        return directory.resolve(target, key)
    except errors.InvalidRequest as exc:
        if wanted["state"] != PRESENT:
            return Ref(target, key)
        raise exc.during("%s %s" % (kind.singular, label_of(kind, wanted))) from exc


def refuse_duplicates(planned: Sequence[PlannedObject]) -> None:
    """Raises `InvalidRequest` where an object of a kind is declared twice, or two are to have what only one can have."""
    ids: Dict[str, str] = {}
    names: Dict[Any, bool] = {}
    values: Dict[Any, str] = {}
    for item in planned:
        label, by_id = item.change.label, bool(item.wanted.get("id"))
        name = _name_of(item)
        if (item.found and item.found.id in ids) or (name in names and not (by_id and names[name])):
            raise errors.InvalidRequest("%s %s is declared twice." % (item.kind.name, label))
        names[name] = by_id
        if item.found:
            ids[item.found.id] = label
        for option in item.kind.unique:
            value = item.wanted.get(option) if item.wanted["state"] == PRESENT else None
            if not value:
                continue
            if (option, value) in values:
                raise errors.InvalidRequest(
                    "%s and %s are declared with the %s %s, which only one of them can have."
                    % (values[option, value], label, option, value),
                    details={"option": option},
                    options=(option,),
                )
            values[option, value] = label


def _name_of(planned: PlannedObject) -> Any:
    """By what a declaration names an object once it is as declared: the fields of a natural key; the id where it gives only that."""
    for names in planned.kind.keys:
        if any(planned.wanted.get(name) is not None for name in names):
            return tuple((name, planned.wanted.get(name)) for name in names)
    return planned.wanted.get("id")


def refuse_contradictions(planned: Sequence[PlannedObject]) -> None:
    """Raises `InvalidRequest` where an object is to be removed that another one, which is to be there, needs.

    Also where it is not there yet, since the other one would bring it.
    """
    for absent in planned:
        if absent.wanted["state"] == PRESENT:
            continue
        reason = needed_by(planned, absent.kind, absent.found) if absent.found else _brought_by(planned, absent.kind, absent.wanted)
        if reason:
            raise errors.InvalidRequest(
                "%s %s is to be removed, and %s. Declare one of them differently." % (absent.kind.singular, absent.change.label, reason)
            )


def needed_by(planned: Sequence[PlannedObject], kind: Kind, found: ServerObject) -> str:
    """Which object that is to be present stands below this one or refers to it, as the end of a sentence; empty where none does."""
    reason = _brought_by(planned, kind, found.values)
    if reason:
        return reason
    ref_to_it = Ref(kind, reference_key(kind, found.values), found.id)
    for item in planned:
        if item.wanted["state"] != PRESENT:
            continue
        for value in item.wanted.values():
            refs = value if isinstance(value, dict) else (value,)
            if any(isinstance(ref, Ref) and ref == ref_to_it for ref in refs):
                return "%s %s, which is declared, refers to it" % (item.kind.singular, item.change.label)
    return ""


def _brought_by(planned: Sequence[PlannedObject], kind: Kind, values: Mapping[str, Any]) -> str:
    """Which object that is to be present stands below the one with these values, as the end of a sentence; empty where none does."""
    key = reference_key(kind, values)
    for item in planned:
        if item.kind is kind and item.wanted["state"] == PRESENT and key in kind.above(item.wanted):
            return "%s %s, which is declared, goes with it" % (item.kind.singular, item.change.label)
    return ""


def outcome(planned: PlannedObject, extra: Mapping[str, Any], object_id: Optional[str]) -> Dict[str, Any]:
    """One line of `results`."""
    change = planned.change
    result: Dict[str, Any] = {"kind": planned.kind.name, "name": change.label, "action": change.action}
    result["changed"] = bool(change.calls) or any(extra.get(name) for name in ("scanned", "follow_up_started"))
    if change.changed and change.action not in ("create", "replace"):
        result["fields"] = sorted(change.after)
    if object_id and not object_id.startswith(EXPECTED_IDS):
        result["id"] = object_id
    return {**result, **extra}
