# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the classes in `kinds` are made of: a kind of object, its fields, its calls. A unit test finds what contradicts itself in one.

A value has two forms: the one of the API, and the one that plans compare, which `Field.normalise` makes of what a playbook says and
`Field.decode` of what the server says. In the second None is the API's null; a field that is not said is absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._client import errors
from .._client.client import Client
from .._client.endpoints.objects import ObjectCalls
from .._client.versions import Version


class _Unset:
    """The one value of `UNSET`."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()
"""A value that is not given, where None would be one."""

PRESENT, ABSENT, PURGED = "present", "absent", "purged"
"""The states that a playbook may ask for."""

NOTHING, CREATE, UPDATE, DELETE, RESTORE, REPLACE, PURGE = "nothing", "create", "update", "delete", "restore", "replace", "purge"
"""What a run does with an object."""

Wanted = Mapping[str, Any]
"""What a playbook says of an object, in the form that plans compare, with its options and `state`."""

EXPECTED_IDS = "00000000-0000-4000-8000-"
"""How the ids begin that check mode gives to objects which the tasks before it would have made. No result has them."""


class Variable(str):
    """A template in an export, for a value that the user has to supply. A text that came from a server never has this type."""


@dataclass(frozen=True)
class Ref:
    """Another object, by its natural key. `id` is None for one that the same run is going to create."""

    kind: Kind
    key: str
    id: Optional[str] = field(default=None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ref) or other.kind is not self.kind:
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

    kind: Kind
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

    refers_to: Optional[Kind] = None  # of which it is a natural key
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

    def is_of(self, version: Version) -> bool:
        """Whether the version has it."""
        return self.since is None or version >= self.since


class Part(NamedTuple):
    """A part of an object with calls of its own."""

    read: str
    update: Route


class ServerObject(NamedTuple):
    """An object as the server has it: its values by the names of fields, and the API's JSON. `status` is as `Kind.status` says."""

    id: str
    values: Mapping[str, Any]
    raw: Mapping[str, Any]
    status: str = PRESENT
    defaults: Mapping[str, Any] = {}


class Call(NamedTuple):
    """One call that is to be sent. References in the body, and `{id}` and `{member}` in the path, are filled in when it is sent.

    `scope` is what Immich asks the key for.
    """

    method: str
    path: str
    body: Any
    member: Optional[Ref] = None
    creates: bool = False
    scope: str = ""


class Change(NamedTuple):
    """What is to be done with one object. `before` and `after` are what a person sees: the fields that change, secrets masked."""

    kind: Kind
    label: str
    action: str
    calls: Tuple[Call, ...]
    before: Dict[str, Any]
    after: Dict[str, Any]
    changed: Tuple[str, ...] = ()
    warnings: Tuple[str, ...] = ()


@dataclass
class PlannedObject:
    """One object that is declared, as the server has it, and what is to be done."""

    kind: Kind
    wanted: Wanted
    found: Optional[ServerObject]
    change: Change


@dataclass
class Context:
    """What the methods of a kind may ask: the server, the key's user, what is switched on, and how the run goes.

    `objects` is for calls by paths: it answers as the server, or in check mode as is expected of it. `find_all` gives all objects of a
    kind, read once, and raises `PermissionDenied` where the key may not know. `knows` says whether one of this id was listed, or created by
    this run. `stop_reason` says why the run is to end, for what waits; None while it goes on. `planned` is all that the run is going to do,
    once that is known.
    """

    client: Client
    objects: ObjectCalls
    find_all: Callable[[Kind], List[ServerObject]]
    knows: Callable[[Kind, str], bool]
    stop_reason: Callable[[], Optional[str]]
    check_mode: bool
    planned: Sequence[PlannedObject] = ()

    @property
    def version(self) -> Version:
        """The server's."""
        return self.client.version

    @cached_property
    def me(self) -> str:
        """The id of the key's user."""
        return str(self.objects.read_one("/users/me")["id"])

    @cached_property
    def key_id(self) -> Optional[str]:
        """The id of the key in use; None before Immich 1.139, which cannot tell, and for a login."""
        try:
            return str(self.objects.read_one("/api-keys/me")["id"])
        except (errors.InvalidRequest, errors.PermissionDenied, errors.NotFound):
            return None

    @cached_property
    def features(self) -> Mapping[str, Any]:
        """What is switched on."""
        return self.objects.read_one("/server/features")


class Kind:
    """A kind of object. Each is a class below this one, in a file of its own, and has one instance.

    What stands here holds for objects that one GET lists and that each have a path of their own, to be read, changed and deleted.
    A kind that differs overrides it.
    """

    name: str  # the option of immich_state
    singular: str  # what messages call one
    plural: str  # and several
    order: int  # created before those with a higher one, removed after them
    fields: Tuple[Field, ...]
    keys: Tuple[Tuple[str, ...], ...] = ()  # natural keys: the first of which all fields are given finds the object
    optional: Tuple[str, ...] = ()  # fields of a key that may be missing, and then are null
    options: Tuple[Option, ...] = ()
    aliases: Mapping[str, str] = {}  # other names of options
    states: Tuple[str, ...] = (PRESENT, ABSENT)
    singleton: bool = False
    has_secret: bool = False  # each object that is created has another one, which a diff shows as changed

    path: str = ""  # GET lists all
    object_path: str = ""  # GET reads one again; without it the list is
    references: str = ""  # GET lists those to whom others may refer, where that is another list
    scope_to_read: str = ""
    calls: Mapping[str, Route] = {}
    parts: Mapping[str, Part] = {}

    @property
    def by_name(self) -> Dict[str, Field]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}

    @property
    def option_names(self) -> Sequence[str]:
        """The names of all options of an object."""
        return [*self.by_name, *(option.name for option in self.options), *self.aliases, "state"]

    @property
    def key_names(self) -> Tuple[str, ...]:
        """The names of all fields that are part of a natural key."""
        return tuple(dict.fromkeys(name for key in self.keys for name in key))

    @property
    def unique(self) -> Sequence[str]:
        """The names of the fields and options of which no two objects may have the same value."""
        return [field.name for field in self.fields if field.unique] + [option.name for option in self.options if option.unique]

    # What the server has.

    def query_for(self, version: Version) -> Optional[Mapping[str, str]]:
        """What the list is asked with."""
        return None

    def read_all(self, objects: ObjectCalls, version: Version, wanted: Sequence[Wanted]) -> Sequence[Mapping[str, Any]]:
        """The API's JSON of all objects. `wanted` is what is asked for, which says whether more than the list is needed."""
        return objects.read_list(self.path, self.query_for(version))

    def is_one(self, raw: Mapping[str, Any]) -> bool:
        """Whether what was listed is of this kind."""
        return True

    def status(self, raw: Mapping[str, Any]) -> str:
        """`PRESENT`, `ABSENT` for what was deleted and can be restored, or another word for what is neither for a while."""
        return PRESENT

    def created_id(self, answer: Any) -> Any:
        """The id in the answer to the call that creates. May raise `LookupError`, `TypeError` or `AttributeError`."""
        return answer["id"]

    def above(self, values: Mapping[str, Any]) -> Sequence[str]:
        """Keys of those that an object with these values stands below, and goes with."""
        return ()

    def exported(self, label: str) -> Dict[str, Any]:
        """Options that an export adds to an object, so that it changes nothing."""
        return {}

    # What is to be done.

    def complete(self, wanted: Wanted, found: Optional[ServerObject]) -> Wanted:
        """What is wanted, with what follows from the options. Raises `InvalidRequest`."""
        return wanted

    def reason_to_replace(self, context: Context, wanted: Wanted, found: ServerObject) -> str:
        """Why an object that is there has to be made again; "" where it need not."""
        return ""

    def more_scopes(self, context: Context, planned: PlannedObject) -> Dict[str, str]:
        """The scopes that `check` and `finish` need, each with what it is for."""
        return {}

    def check(self, context: Context, planned: PlannedObject) -> Sequence[str]:
        """Looks at a planned change before anything is written, also in check mode: warnings. Raises `ImmichError`."""
        return ()

    # What a purge leaves alone.

    def is_purged(self, raw: Mapping[str, Any]) -> bool:
        """Whether a purge may remove it."""
        return True

    def reason_to_stay(self, raw: Mapping[str, Any]) -> str:
        """Why a purge leaves it alone with a warning, as the end of a sentence that begins with the object; ""."""
        return ""

    def is_in_use(self, context: Context, found: ServerObject) -> bool:
        """Whether the run itself needs it."""
        return False

    # What is done.

    def recover(self, objects: ObjectCalls, failure: str) -> bool:
        """Does something about what a server's failure says; whether to send that call once more."""
        return False

    def advice(self, planned: PlannedObject, failure: str) -> str:
        """What helps against what the server says of an object."""
        return ""

    def keep(self, context: Context, planned: PlannedObject, object_id: str, answer: Any) -> None:
        """Comes right after an object was created, with the answer. Deletes the object if that fails, and raises `ImmichError`."""

    def finish(self, context: Context, planned: PlannedObject, object_id: Optional[str]) -> Dict[str, Any]:
        """What follows once an object is as it should be, predicted in check mode: what the result says of it."""
        return {}


def camel_case(name: str) -> str:
    """`import_paths` → `importPaths`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
