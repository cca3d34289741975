# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the server has, by natural keys: each list is read once, references go from names to ids and back."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .. import _ids, _text
from .._client import errors, versions
from .._client.client import Client
from .._client.endpoints.objects import ObjectCalls, require_id
from .model import ABSENT, PRESENT, Field, Kind, Ref, ServerObject, Wanted
from .normalise import leaves


class Directory:
    """The objects of one server, as one key sees them. `objects` answers in place of the server."""

    def __init__(self, client: Client, objects: Optional[ObjectCalls] = None) -> None:
        self.client = client
        self.objects = objects or ObjectCalls(client)
        self._lists: Dict[str, List[ServerObject]] = {}
        self._keys: Dict[str, Dict[str, List[Optional[str]]]] = {}
        self._labels: Dict[str, Dict[str, str]] = {}
        self._others: Dict[str, ServerObject] = {}

    @property
    def version(self) -> versions.Version:
        """The server's."""
        return self.client.version

    def find_all(self, kind: Kind, wanted: Sequence[Wanted] = ()) -> List[ServerObject]:
        """All objects of a kind, read once. `wanted`: what is asked for, which says whether more than the list is needed."""
        if kind.name not in self._lists:
            self._lists[kind.name] = [
                self.decode(kind, raw) for raw in kind.read_all(self.objects, self.version, wanted) if kind.is_one(raw)
            ]
            if kind.keys:
                self._index(kind, self._lists[kind.name])
        return self._lists[kind.name]

    def find(self, kind: Kind, wanted: Wanted, of_kind: Sequence[Wanted] = ()) -> Optional[ServerObject]:
        """The object that `wanted` means, of all that are declared of its kind.

        Raises `InvalidRequest` with the ids where there are several, `NotFound` for an unknown id.
        """
        objects = self.find_all(kind, [wanted])
        if kind.singleton:
            return self.with_parts(kind, objects[0], wanted)
        if wanted.get("id"):
            matches = [item for item in objects if item.id == wanted["id"]]
            if not matches and wanted["state"] == PRESENT:
                raise errors.NotFound("There is no %s with the id %s that this key can see." % (kind.singular, wanted["id"]))
        else:
            names = key_of(kind, wanted)
            better = kind.keys[: kind.keys.index(names)]
            matches = [item for item in objects if _has(item, names, wanted) and not any(_is_named(item, key, of_kind) for key in better)]
            if len(matches) > 1:  # prefer those that can be named in no better way
                matches = [match for match in matches if all(match.values.get(name) is None for key in better for name in key)] or matches
        if len(matches) > 1:
            raise errors.InvalidRequest(
                "%d %s are called %s: %s. Rename or delete all but one."
                % (len(matches), kind.plural, label_of(kind, wanted), ", ".join(_text.one_line(match.id) for match in matches)),
                details={"ids": [match.id for match in matches]},
            )
        return self.with_parts(kind, matches[0], wanted) if matches else None

    def read_again(self, kind: Kind, found_id: str, wanted: Wanted) -> Optional[ServerObject]:
        """One object as it is now; None where it is gone."""
        if kind.object_path:
            try:
                raw = self.objects.read_one(kind.object_path.format(id=require_id(found_id)))
            except errors.NotFound:
                return None
            except errors.InvalidRequest as exc:
                if exc.status is None:
                    raise
                return None  # 400 with other words than those that the client knows: API Key not found, Library not found
            return self.with_parts(kind, self.decode(kind, raw), wanted)
        del self._lists[kind.name]
        return self.find(kind, wanted)

    def another(self, kind: Kind, wanted: Wanted) -> Optional[ServerObject]:
        """Any object of the kind, with those of its parts that `wanted` says anything of. Each part is read once."""
        parts = sorted({field.part for field in kind.fields if field.part and field.name in wanted})
        present = [item for item in self.find_all(kind) if item.status == PRESENT]
        if not parts or not present:
            return None
        key = "%s: %s" % (kind.name, ", ".join(parts))
        if key not in self._others:
            self._others[key] = self.with_parts(kind, present[0], wanted)
        return self._others[key]

    def decode(self, kind: Kind, raw: Mapping[str, Any]) -> ServerObject:
        """The API's JSON as values of fields, apart from `_defaults`, which are not of the object. What belongs to a part, or cannot be
        read, is not there. Raises `ProxyAnswer`."""
        decoded: Dict[str, Any] = {}
        defaults = raw.get("_defaults", {})
        raw = {name: value for name, value in raw.items() if name != "_defaults"}
        for field in kind.fields:
            if field.write_only or field.part or not field.is_of(self.version):
                continue
            try:
                decoded[field.name] = self._decode_field(field, raw)
            except (TypeError, ValueError, LookupError, AttributeError) as exc:
                raise errors.ProxyAnswer(
                    "What the server says of %s (%s) is not what Immich sends. Check the URL, and whether there is a proxy in front of it."
                    % (kind.plural, field.name),
                    path=kind.path,
                ) from exc
        return ServerObject(raw.get("id", ""), decoded, raw, kind.status(raw), defaults)

    def _decode_field(self, field: Field, raw: Mapping[str, Any]) -> Any:
        value = field.decode(raw if field.source == "." else raw.get(field.source))
        if field.members:
            return {self.label(field.members.kind, user_id): role for user_id, role in value.items()}
        if field.refers_to:
            return None if value is None else self.label(field.refers_to, value)
        return leaves(value) if field.tree else value

    def label(self, kind: Kind, object_id: str) -> Ref:
        """A reference to an object of which the id is known, with its natural key if that can be read."""
        self._known(kind)
        return Ref(kind, self._labels[kind.name].get(object_id, object_id), object_id)

    def resolve(self, kind: Kind, key: str) -> Ref:
        """A reference by a natural key or an id. Raises `InvalidRequest` where there is no such object, or several."""
        try:
            return self.label(kind, _ids.checked_uuid(key))
        except ValueError:
            pass
        ids = self._known(kind).get(key, [])
        if len(ids) > 1:
            raise errors.InvalidRequest(
                "%d %s are called %s: %s. Give the id instead." % (len(ids), kind.plural, key, ", ".join(map(_text.one_line, ids))),
                details={"ids": ids},
            )
        if ids:
            return Ref(kind, key, ids[0])
        alone = self.sees_only_itself(kind)
        raise errors.InvalidRequest(
            "There is no %s %s, and none is declared.%s"
            % (kind.singular, key, " This key cannot see other users (server.publicUsers is off): give the id instead." if alone else "")
        )

    def sees_only_itself(self, kind: Kind) -> bool:
        """Whether this key lists no other users. Somebody who is missing from its list may exist all the same."""
        return bool(kind.references) and len(self._known(kind)) <= 1

    def is_name(self, ref: Ref) -> bool:
        """Whether the reference's natural key names just that object."""
        return bool(ref.key) and self._known(ref.kind).get(ref.key) == [ref.id]

    def expect(self, kind: Kind, wanted: Wanted, found: Optional[ServerObject]) -> None:
        """Others may refer to an object that is going to be created, or restored."""
        restored = found.id if found is not None and found.status == ABSENT else None
        self._known(kind).setdefault(reference_key(kind, wanted), [restored])

    def created(self, kind: Kind, wanted: Wanted, object_id: str) -> None:
        """The id of an object that was expected."""
        self._known(kind)[reference_key(kind, wanted)] = [object_id]
        self._labels.setdefault(kind.name, {})[object_id] = reference_key(kind, wanted)

    def knows(self, kind: Kind, object_id: str) -> bool:
        """Whether an object of this id was listed, or created by this run."""
        return object_id in self._labels.get(kind.name, {})

    def id_of(self, ref: Ref) -> str:
        """The id of what a reference means, once it was created. Raises `InvalidRequest` for one that was not."""
        object_id = ref.id or self._known(ref.kind).get(ref.key, [None])[0]
        if not object_id:
            raise errors.InvalidRequest("The %s %s was not created." % (ref.kind.singular, ref.key))
        return object_id

    def _known(self, kind: Kind) -> Dict[str, List[Optional[str]]]:
        if kind.name not in self._keys:
            if kind.references:
                self._index(kind, [self.decode(kind, raw) for raw in self.objects.read_list(kind.references)])
            else:
                self.find_all(kind)
        return self._keys[kind.name]

    def _index(self, kind: Kind, objects: Sequence[ServerObject]) -> None:
        known: Dict[str, List[Optional[str]]] = {key: ids for key, ids in self._keys.get(kind.name, {}).items() if ids == [None]}
        labels = self._labels.setdefault(kind.name, {})
        for item in objects:
            key = reference_key(kind, item.values)
            labels[item.id] = key
            if item.status == PRESENT:
                known[key] = [*(known.get(key) or ()), item.id] if known.get(key) != [None] else [item.id]
        self._keys[kind.name] = known

    def with_parts(self, kind: Kind, found: ServerObject, wanted: Wanted) -> ServerObject:
        """The object with those of its parts that `wanted` says anything of."""
        if found.status not in (PRESENT, ABSENT):
            return found  # it is gone any moment
        parts = {field.part for field in kind.fields if field.part and field.name in wanted}
        for name in sorted(parts):
            raw = self.objects.read_one(kind.parts[name].read.format(id=require_id(found.id)))
            more = {field.name: self._decode_field(field, raw) for field in kind.fields if field.part == name}
            found = found._replace(values={**found.values, **more})
        return found


def _has(found: ServerObject, names: Sequence[str], wanted: Wanted) -> bool:
    return all(found.values.get(name) == wanted.get(name) for name in names)


def _is_named(found: ServerObject, names: Sequence[str], declared: Sequence[Wanted]) -> bool:
    """Whether one that is declared names the object by these fields."""
    return any(all(other.get(name) is not None for name in names) and _has(found, names, other) for other in declared)


def key_of(kind: Kind, wanted: Wanted) -> Tuple[str, ...]:
    """The names of the natural key's fields by which `wanted` is found. Raises `InvalidRequest` where it has none."""
    for names in kind.keys:
        if all(wanted.get(name) is not None or name in kind.optional for name in names):
            return names
    raise errors.InvalidRequest(
        "A %s needs %s." % (kind.singular, " or ".join("the options " + " and ".join(names) for names in kind.keys))
    )


def reference_key(kind: Kind, values: Mapping[str, Any]) -> str:
    """By what others refer to an object: the first field of its key."""
    value = values.get(kind.keys[0][0])
    return value.key if isinstance(value, Ref) else str(value)


def label_of(kind: Kind, values: Mapping[str, Any], object_id: str = "") -> str:
    """What messages and diffs call an object: `Holiday (anna@example.com)`."""
    if kind.singleton:
        return kind.singular
    for names in kind.keys:
        shown = [values[name] for name in names if values.get(name) is not None]
        if shown and all(values.get(name) is not None or name in kind.optional for name in names):
            first, *rest = [_text.one_line(key.key if isinstance(key, Ref) else str(key)) for key in shown]
            return "%s (%s)" % (first, ", ".join(rest)) if rest else first
    return object_id or str(values.get("id", ""))
