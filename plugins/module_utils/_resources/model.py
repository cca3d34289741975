# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tables in `kinds` are made of: a kind of object, its fields, its calls. Contradictions are refused when a table is built.

A value has two forms: the one of the API, and the one that plans compare, which `Field.normalise` makes of what a playbook says and
`Field.decode` of what the server says. In the second None is the API's null; a field that is not said is absent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._client.values import Version


class _Unset:
    """The one value of `UNSET`."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()
"""A value that is not given, where None would be one."""

PRESENT, ABSENT = "present", "absent"

EXPECTED_IDS = "00000000-0000-4000-8000-"
"""How the ids begin that check mode gives to objects which the tasks before it would have made. No result has them."""


class Variable(str):
    """A template in an export, for a value that the user has to supply. A text that came from a server never has this type."""


@dataclass(frozen=True)
class Ref:
    """Another object, by its natural key. `id` is None for one that the same run is going to create."""

    kind: str
    key: str
    id: Optional[str] = field(default=None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ref) or other.kind != self.kind:
            return False
        return self.id == other.id if self.id and other.id else self.key == other.key

    def __hash__(self) -> int:
        return hash(self.kind)  # two that are equal may have different keys, or no id


def same(value: Any) -> Any:
    """The value as it is."""
    return value


@dataclass(frozen=True)
class Tree:
    """A field that is a document of groups, of which a playbook may give any part. Its value maps the dotted names of leaves to values.

    `whole`: the API takes only the whole document. `rewrite` predicts what the server makes of the leaves that are given: it gets them,
    the document as it is, and the defaults as far as they were read. `nullable` are numbers that may be missing. `sets` are lists whose
    order means nothing. `defaults` of an object are left out of an export.
    """

    whole: bool = False
    secrets: Tuple[str, ...] = ()
    nullable: Tuple[str, ...] = ()
    sets: Tuple[str, ...] = ()
    rewrite: Callable[[Dict[str, Any], Mapping[str, Any], Mapping[str, Any]], Dict[str, Any]] = lambda given, found, defaults: given
    defaults: Callable[[Any], Mapping[str, Any]] = lambda found: found.defaults


@dataclass(frozen=True)
class Members:
    """A field that maps objects of another kind to what they are here (users to roles), with calls of its own for each change.

    `mode` names the option that says whether others are removed (`exact`).
    """

    kind: str
    mode: str
    add: Route
    change: Route
    remove: Route


class Route(NamedTuple):
    """A call: `{id}` in its path is the object's, `{member}` a member's. `body` is sent besides the fields, without
    either the call has no body; `wrap` changes the whole. `scope` is what Immich asks the key for."""

    method: str
    path: str
    body: Optional[Mapping[str, Any]] = None
    wrap: Callable[[Dict[str, Any]], Any] = same
    scope: str = ""


@dataclass(frozen=True)
class Option:
    """What a playbook says of an object that is not part of it: how to treat it. It has a name as `Field` does."""

    name: str
    type: str = "str"
    elements: str = ""
    choices: Tuple[str, ...] = ()
    default: Any = None
    unique: bool = False  # as a field's


@dataclass(frozen=True)
class Field:
    """One field of a kind."""

    name: str  # of the option
    api: str = ""  # the API's name, by default the same in camel case; "." is the whole document
    source: str = ""  # the API's name in answers, where that is another
    type: str = "str"  # these four as in an argument spec
    elements: str = ""
    choices: Tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    default: Any = UNSET  # what the server sets where nothing is said: an export leaves it out
    ours: Any = UNSET  # what is set instead where a playbook creates an object and says nothing
    assume: Any = UNSET  # what is meant where a playbook says nothing

    normalise: Callable[[Any], Any] = same  # from a playbook; raises ValueError with the end of a sentence
    adapt: Optional[Callable[[Any, Version], Any]] = None  # to what the server's version calls it
    encode: Callable[[Any], Any] = same  # to the API's form
    decode: Callable[[Any], Any] = same  # from the API's form
    show: Callable[[Any], Any] = same  # to what a person reads, and could write in a playbook

    refers_to: str = ""  # the kind of which it is a natural key
    required: bool = False  # nothing is created without it
    on_create: bool = True  # whether these calls take it
    on_update: bool = True
    always: bool = False  # each update sends it, changed or not, since the server forgets it otherwise
    write_only: bool = False
    update_if: Optional[Tuple[str, Any]] = None  # the option and its value with which one that cannot be read is sent again
    secret: bool = False
    unordered: bool = False
    unique: bool = False  # no two objects may have the same value
    part: str = ""  # read and written by the calls of that part
    tree: Optional[Tree] = None
    members: Optional[Members] = None
    since: Optional[Version] = None

    def __post_init__(self) -> None:
        if not self.api:
            object.__setattr__(self, "api", camel_case(self.name))
        if not self.source:
            object.__setattr__(self, "source", self.api)
        problems = (
            (not re.fullmatch(r"[a-z][a-z0-9_]*", self.name), "has no name that an option may have"),
            (self.write_only and self.default is not UNSET, "cannot be read, so that nobody knows its default"),
            (self.update_if and not self.write_only, "can be compared, and needs no option for that"),
            (self.always and (self.write_only or not self.on_update), "is to be sent always, and cannot be"),
            (self.tree and self.members, "is a document and a list of members"),
            (self.tree and self.refers_to, "is a document and a reference"),
            (self.unordered and self.type != "list", "has no order that could mean anything"),
            (not self.on_create and not self.on_update, "can never be set"),
            (self.required and not self.on_create, "is required where it cannot be given"),
            (self.part and self.on_create, "is of another call than the one that creates"),
            (self.choices and self.type != "str", "has choices, and is not a text"),
        )
        for wrong, what in problems:
            if wrong:
                raise ValueError("The field %s %s." % (self.name, what))

    def is_of(self, version: Version) -> bool:
        """Whether the version has it."""
        return self.since is None or version >= self.since


class Part(NamedTuple):
    """A part of an object with calls of its own."""

    read: str
    update: Route


Check = Callable[..., Sequence[str]]
"""Looks at one planned change before anything is written, also in check mode: warnings, or an `ImmichError`."""

Action = Callable[..., Dict[str, Any]]
"""What follows once an object is as it should be, also in check mode, where it predicts: what the result says of it."""


@dataclass(frozen=True)
class Kind:
    """A kind of object."""

    name: str  # the option of immich_state
    singular: str  # what messages call one
    keys: Tuple[Tuple[str, ...], ...]  # natural keys: the first of which all fields are given finds the object
    fields: Tuple[Field, ...]
    order: int  # created before those with a higher one, removed after them
    optional: Tuple[str, ...] = ()  # fields of a key that may be missing, and then are null
    aliases: Mapping[str, str] = field(default_factory=dict)  # other names of options
    options: Tuple[Option, ...] = ()
    states: Tuple[str, ...] = (PRESENT, ABSENT)
    admin: bool = False
    singleton: bool = False

    path: str = ""  # GET lists all
    scope_to_read: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    query_since: Optional[Version] = None  # older servers get none
    read: Optional[Callable[..., Sequence[Mapping[str, Any]]]] = None  # makes the list where one GET does not
    one: str = ""  # GET reads one again; without it the list is
    references: str = ""  # GET lists those to whom others may refer, where that is another list
    calls: Mapping[str, Route] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    created_id: Callable[[Any], Any] = lambda answer: answer["id"]

    select: Callable[[Mapping[str, Any]], bool] = lambda raw: True  # which of the list are of this kind
    status: Callable[[Mapping[str, Any]], str] = lambda raw: PRESENT  # or ABSENT (can be restored), or another: neither for a while
    purges: Callable[[Mapping[str, Any]], bool] = lambda raw: True  # which ones a list may purge
    protect: Callable[[Mapping[str, Any]], str] = lambda raw: ""  # why one of those stays
    in_use: Callable[[Any, Any], bool] = lambda context, found: False  # whether the run itself needs it

    complete: Callable[[Mapping[str, Any], Any], Mapping[str, Any]] = lambda wanted, found: wanted  # what follows from the options
    recover: Callable[[Any, str], bool] = lambda objects, said: False  # does something about a failure; whether to send that call once more
    replace: Optional[Callable[..., str]] = None  # why an object that is there has to be made again
    above: Callable[[Mapping[str, Any]], Sequence[str]] = lambda found: ()  # keys of those that it stands below, and goes with
    exported: Tuple[Tuple[str, Callable[[str], Any]], ...] = ()  # options that an export adds, of its label, so that it changes nothing
    hints: Tuple[Tuple[str, str], ...] = ()  # what the server says, and what helps
    checks: Tuple[Check, ...] = ()
    more_scopes: Callable[[Any, Any], Mapping[str, str]] = lambda context, planned: {}  # of checks and of the action: scope → what for
    keep: Optional[Callable[[Any, Any, str, Any], None]] = None  # right after it was created, with the answer; deletes it if that fails
    action: Optional[Action] = None

    def __post_init__(self) -> None:
        names = [one.name for one in self.fields] + [one.name for one in self.options]
        keys = {name for key in self.keys for name in key}
        problems = (
            (len(set(names)) != len(names), "has two fields of one name"),
            (not keys <= set(names), "has a key that is not a field"),
            (not self.keys and not self.singleton, "has no key"),
            (not self.path and not self.read, "cannot be read"),
            (any(one.part not in self.parts for one in self.fields if one.part), "has a field of a part that it does not have"),
            (not set(self.aliases.values()) <= set(names), "has another name for a field that it does not have"),
            (PRESENT in self.states and not self.singleton and "create" not in self.calls, "cannot be created"),
            (ABSENT in self.states and "delete" not in self.calls, "cannot be deleted"),
            (not set(self.optional) < keys and bool(self.optional), "has an optional key that is not one of several"),
            (any(self.by_name[name].write_only for name in keys & set(names)), "has a key that cannot be read"),
        )
        for wrong, what in problems:
            if wrong:
                raise ValueError("The kind %s %s." % (self.name, what))

    def query_for(self, version: Version) -> Optional[Mapping[str, str]]:
        """What the list is asked with, or None."""
        return self.query if self.query and (self.query_since is None or version >= self.query_since) else None

    @property
    def plural(self) -> str:
        """What messages call several."""
        return self.singular[:-1] + "ies" if self.singular.endswith("y") and self.singular != "API key" else self.singular + "s"

    @property
    def by_name(self) -> Dict[str, Field]:
        """The fields by their names."""
        return {one.name: one for one in self.fields}

    @property
    def key_names(self) -> Tuple[str, ...]:
        """The names of all fields that are part of a natural key."""
        return tuple(dict.fromkeys(name for key in self.keys for name in key))

    @property
    def unique(self) -> Sequence[str]:
        """The names of the fields and options of which no two objects may have the same value."""
        return [one.name for one in self.fields if one.unique] + [one.name for one in self.options if one.unique]


class Found(NamedTuple):
    """An object as the server has it: its values by the names of fields, and the API's JSON. `status` is as `Kind.status` says."""

    id: str
    values: Mapping[str, Any]
    raw: Mapping[str, Any]
    status: str = PRESENT
    defaults: Mapping[str, Any] = {}


def camel_case(name: str) -> str:
    """`import_paths` → `importPaths`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
