# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done with one object: pure, the one source of check mode, of the diff, and of what is sent."""

from __future__ import annotations

import difflib
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._client import errors, versions
from .model import (
    ABSENT,
    CREATE,
    DELETE,
    NOTHING,
    PRESENT,
    PURGE,
    PURGED,
    REPLACE,
    RESTORE,
    UNSET,
    UPDATE,
    Call,
    Change,
    Field,
    Kind,
    Members,
    Ref,
    Route,
    ServerObject,
    Tree,
    Wanted,
)
from .normalise import document
from .references import label_of

HIDDEN, HIDDEN_TOO = "********", "******** (another one)"
"""What a diff shows of a secret before and after."""


def plan(
    kind: Kind,
    wanted: Wanted,
    found: Optional[ServerObject],
    version: versions.Version,
    *,
    again: bool = False,
    replace: str = "",
    like: Optional[ServerObject] = None,
) -> Change:
    """What makes an object of `found` that is as `wanted` says, in the server's `version`.

    `again`: part of it was sent just now, so that what cannot be read counts as sent. `replace`: why a new object is made
    beside one that exists. `like`: an existing object of the kind; a new one will have the same settings in its documents. Raises
    `InvalidRequest` for what cannot be done.
    """
    _check_version(kind, wanted, version)
    label = label_of(kind, wanted if found is None or not kind.keys else {**found.values, **wanted}, found.id if found else "")
    if wanted["state"] != PRESENT:
        return _plan_removal(kind, wanted, found, label)
    if found is None or replace or is_created(found):
        given = {**found.values, **wanted} if found and replace else wanted  # the new one keeps what the old one had
        made = _plan_creation(kind, given, label, REPLACE if replace else CREATE, version, like)
        return _beside_the_old(made, found) if found and replace and kind.has_secret else made
    return _plan_update(kind, wanted, found, label, version, again)


def is_created(found: Optional[ServerObject]) -> bool:
    """Whether an object that is to be present has to be created: one that is being removed makes room for another."""
    return found is None or found.status not in (PRESENT, ABSENT)


def _plan_removal(kind: Kind, wanted: Wanted, found: Optional[ServerObject], label: str) -> Change:
    purges = wanted["state"] == PURGED
    if found is None or found.status not in (PRESENT, ABSENT) or (found.status == ABSENT and not purges):
        return Change(kind, label, NOTHING, (), {}, {})
    calls = [_call(kind.calls["purge" if purges else "delete"], {})]
    if found.status == ABSENT:
        calls.insert(0, _call(kind.calls["restore"], {}))  # what was deleted softly cannot be deleted for good
    before = {
        field.name: _show(field, found.values.get(field.name))
        for field in kind.fields
        if found.values.get(field.name) not in (None, (), {})
    }
    return Change(kind, label, PURGE if purges else DELETE, tuple(calls), before, {})


def _plan_creation(kind: Kind, wanted: Wanted, label: str, action: str, version: versions.Version, like: Optional[ServerObject]) -> Change:
    given = dict(wanted)
    warnings: List[str] = []
    for field in kind.fields:
        if field.ours is not UNSET and field.name not in given and field.is_of(version):
            given[field.name] = field.ours
    missing = [field.name for field in kind.fields if field.required and given.get(field.name) in (None, "", ())]
    if missing:
        raise errors.InvalidRequest(
            "The %s %s does not exist. To create it, give %s." % (kind.singular, label, " and ".join(missing)),
            details={"missing": missing},
        )
    for field in kind.fields:
        if field.tree and like and field.name in given:
            given[field.name] = _predicted(kind, field, label, wanted, like.values[field.name], like, warnings)
    body = {field.api: _encoded(field, given[field.name]) for field in kind.fields if field.on_create and given.get(field.name) is not None}
    after: Dict[str, Any] = {}
    for field in kind.fields:
        if given.get(field.name) is not None:
            after.update(_shown(field, given[field.name]))
    route = kind.calls["create"]
    member = next((value for value in given.values() if isinstance(value, Ref)), None) if "{member}" in route.path else None
    call = Call(route.method, route.path, route.wrap({**(route.body or {}), **body}), member, creates=True, scope=route.scope)
    changed = tuple(field.name for field in kind.fields if field.name in given)
    return Change(kind, label, action, (call,), {}, after, changed, tuple(warnings))


def _beside_the_old(made: Change, found: ServerObject) -> Change:
    """A new secret under an old name: what was there, and that the secret is another one."""
    before = {field.name: _show(field, found.values.get(field.name)) for field in made.kind.fields if field.name in made.after}
    return made._replace(before={**before, "secret": HIDDEN}, after={**made.after, "secret": HIDDEN_TOO})


def _plan_update(kind: Kind, wanted: Wanted, found: ServerObject, label: str, version: versions.Version, again: bool) -> Change:
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    bodies: Dict[str, Dict[str, Any]] = {}
    calls: List[Call] = []
    changed: List[str] = []
    warnings: List[str] = []
    for field in kind.fields:
        if field.name not in wanted or not field.is_of(version):
            continue
        was, now = found.values.get(field.name), wanted[field.name]
        if field.tree:
            now = _predicted(kind, field, label, wanted, was or {}, found, warnings)
            now = {path: leaf for path, leaf in now.items() if not _equal_leaves(field, path, leaf, (was or {}).get(path, UNSET))}
            known = was or {}
            was = {path: known[path] for path in now if path in known}
        if _unchanged(field, wanted, was, now, again):
            continue
        if not field.on_update:
            raise errors.InvalidRequest(
                "The %s %s has the %s %s, which Immich cannot change: create another one, or correct the option."
                % (kind.singular, label, field.name.replace("_", " "), _show(field, was)),
                details={"option": field.name},
                options=(field.name,),
            )
        changed.append(field.name)
        before.update(_shown(field, was, now))
        after.update(_shown(field, now, was, new=True))
        if field.members:
            calls += _member_calls(field, field.members, was or {}, now, wanted)
        else:
            bodies.setdefault(field.part, {})[field.api] = _encoded(field, now, found)
    calls = [*_update_calls(kind, bodies, wanted, found, version), *calls]
    if found.status == ABSENT:
        calls.insert(0, _call(kind.calls["restore"], {}))
        before["state"], after["state"] = ABSENT, PRESENT
        return Change(kind, label, RESTORE, tuple(calls), before, after, tuple(changed), tuple(warnings))
    return Change(kind, label, UPDATE if calls else NOTHING, tuple(calls), before, after, tuple(changed), tuple(warnings))


def _update_calls(
    kind: Kind, bodies: Mapping[str, Dict[str, Any]], wanted: Wanted, found: ServerObject, version: versions.Version
) -> List[Call]:
    """A call for the object itself, and one for each part of it that changes."""
    calls = []
    for part in sorted(bodies):
        body = bodies[part]
        for field in kind.fields:
            if field.always and field.part == part and field.api not in body and field.is_of(version):
                body[field.api] = _encoded(field, wanted.get(field.name, found.values.get(field.name)))
        route = kind.parts[part].update if part else kind.calls["update"]
        calls.append(_call(route, body.get(".", body)))
    return calls


def _call(route: Route, body: Dict[str, Any]) -> Call:
    if route.body is None and not body:
        return Call(route.method, route.path, None, scope=route.scope)
    return Call(route.method, route.path, route.wrap({**(route.body or {}), **body}), scope=route.scope)


def _member_calls(field: Field, members: Members, was: Mapping[Ref, Any], now: Mapping[Ref, Any], wanted: Wanted) -> List[Call]:
    """Who is added, changed and removed. One call changes nothing of those who are there already: Immich 3 ignores them in the first."""
    calls = []
    added = {ref: role for ref, role in now.items() if _member(was, ref) is UNSET}
    if added:
        calls.append(_call(members.add, {field.api: field.encode(added)}))
    for ref, role in now.items():
        if _member(was, ref) not in (UNSET, role):
            call = _call(members.change, {"role": role})
            calls.append(call._replace(member=ref))
    if wanted.get(members.mode) == "exact":
        calls += [_call(members.remove, {})._replace(member=ref) for ref in was if _member(now, ref) is UNSET]
    return calls


def _member(members: Mapping[Ref, Any], ref: Ref) -> Any:
    return next((role for other, role in members.items() if other == ref), UNSET)


def _unchanged(field: Field, wanted: Wanted, was: Any, now: Any, again: bool) -> bool:
    if field.write_only:
        return again or field.update_if is None or wanted.get(field.update_if[0]) != field.update_if[1]
    if field.tree:
        return not now
    if field.members:
        missing = any(_member(was or {}, ref) != role for ref, role in now.items())
        extra = wanted.get(field.members.mode) == "exact" and any(_member(now, ref) is UNSET for ref in was or {})
        return not missing and not extra
    if field.unordered:
        return sorted(set(was or ())) == sorted(set(now or ()))
    return bool(was == now)


def _predicted(
    kind: Kind, field: Field, label: str, wanted: Wanted, was: Mapping[str, Any], found: ServerObject, warnings: List[str]
) -> Dict[str, Any]:
    """The leaves of a document as the server will store them. Raises `InvalidRequest` for those that it does not know."""
    tree, now = field.tree or Tree(), wanted[field.name]
    unknown = sorted(path for path in now if path not in was)
    try:
        _refuse_groups(unknown, was)
        _refuse_unknown(field, unknown, was, wanted, warnings)
        known = {path: _typed(tree.nullable, path, leaf, was[path]) for path, leaf in now.items() if path in was}
    except errors.InvalidRequest as exc:
        raise exc if kind.singleton else exc.during("%s %s" % (kind.singular, label)) from exc
    return tree.rewrite(known, was, found.defaults)


def _typed(nullable: Tuple[str, ...], path: str, value: Any, like: Any) -> Any:
    """A leaf of the type that it has: templates make texts of numbers and truth values."""
    if value is None:
        if path not in nullable:
            raise _wrong(path, "is empty: give a value, or leave it out.")
        return None
    if isinstance(like, bool):
        text = str(value).lower()
        if text not in ("true", "false", "yes", "no"):
            raise _wrong(path, "must be true or false, not '%s'." % value)
        return text in ("true", "yes")
    is_number = isinstance(like, (int, float)) or (like is None and path in nullable)
    if is_number and not isinstance(value, (int, float)):
        try:
            return float(value) if "." in str(value) else int(value)
        except (TypeError, ValueError):
            raise _wrong(path, "must be a number, not '%s'." % value) from None
    if isinstance(like, list) and not isinstance(value, list):
        raise _wrong(path, "must be a list.")
    return str(value) if isinstance(like, str) and not isinstance(value, str) else value


def _wrong(path: str, why: str) -> errors.InvalidRequest:
    return errors.InvalidRequest("%s %s" % (path, why), details={"option": path}, options=(path,))


def _equal_leaves(field: Field, path: str, now: Any, was: Any) -> bool:
    if field.tree and path in field.tree.sets and isinstance(was, list):
        return sorted(map(str, now)) == sorted(map(str, was))
    return bool(now == was) and isinstance(now, bool) == isinstance(was, bool)


def _refuse_groups(unknown: List[str], was: Mapping[str, Any]) -> None:
    """Raises `InvalidRequest` for a value that stands where a group of settings should."""
    for path in unknown:
        below = sorted(leaf for leaf in was if leaf.startswith(path + "."))
        if below:
            raise _wrong(
                path, "is a group of settings, such as %s, and must be a dictionary of them. Leave it out to change none." % below[0]
            )


def _refuse_unknown(field: Field, unknown: List[str], known: Mapping[str, Any], wanted: Wanted, warnings: List[str]) -> None:
    if not unknown:
        return
    message = "This version of Immich has no setting %s in %s" % (", ".join(unknown), field.name)
    if wanted.get("strict", True):
        near = difflib.get_close_matches(unknown[0], known, 1)
        raise errors.InvalidRequest(
            "%s.%s Correct the name, or set strict to false to leave out what a version does not have."
            % (message, " Did you mean %s?" % near[0] if near else ""),
            details={"unknown": unknown},
        )
    warnings.append(message + ": left out.")


def _check_version(kind: Kind, wanted: Wanted, version: versions.Version) -> None:
    for field in kind.fields:
        if field.name in wanted and not field.is_of(version):
            raise errors.InvalidRequest(
                "The option %s of a %s needs Immich %s; the server runs %s." % (field.name, kind.singular, field.since, version),
                details={"option": field.name},
                options=(field.name,),
            )


def _encoded(field: Field, value: Any, found: Optional[ServerObject] = None) -> Any:
    """A value as the API takes it; references stay references."""
    if field.tree:
        changed = document(value)
        if not field.tree.whole:
            return changed
        return _merged(found.raw if found else {}, changed)
    return field.encode(value)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        deeper = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merged(merged[name], value) if deeper else value
    return merged


def _shown(field: Field, value: Any, other: Any = None, *, new: bool = False) -> Dict[str, Any]:
    """A field of a diff: a line for each leaf of a document, and only the members that change."""
    if field.tree:
        return {
            "%s.%s" % (field.name, path) if field.part else path: _mask(leaf, new=new) if path in field.tree.secrets else leaf
            for path, leaf in (value or {}).items()
        }
    if field.members:
        return {field.name: {ref.key: role for ref, role in sorted((value or {}).items(), key=lambda pair: pair[0].key)}}
    if field.secret or field.write_only:
        return {field.name: _mask(value, new=new and other is not None)} if new or not field.write_only else {}
    return {field.name: _show(field, value)}


def _show(field: Field, value: Any) -> Any:
    if field.secret:
        return _mask(value)
    if field.members or field.tree:
        return next(iter(_shown(field, value).values()), None)
    if isinstance(value, Ref):
        return value.key
    shown = field.show(value)
    return list(shown) if isinstance(shown, tuple) else shown


def _mask(value: Any, *, new: bool = False) -> Any:
    if value is None or value == "":
        return value
    return HIDDEN_TOO if new else HIDDEN
