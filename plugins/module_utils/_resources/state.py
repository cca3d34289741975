# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole declaration: every list read once, everything planned and checked before anything is written, then applied in order."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from .._client import errors
from .._client.client import Client
from .._client.endpoints.objects import ObjectCalls
from .._run.run import TIME_FOR_A_CALL, Done, Run
from .._text import printable_json
from .apply import apply_change
from .declare import RunContext, needed_by, normalise, refuse_contradictions, refuse_duplicates, with_references
from .model import ABSENT, PRESENT, REPLACE, Change, Kind, PlannedObject
from .needed_scopes import NeededScopes
from .plan import is_created, plan
from .references import Directory, label_of, reference_key

_MOST_SHOWN = 10  # objects that a message names


class ExpectedServer(ObjectCalls):
    """Answers in check mode as the server would once the tasks before were done."""

    @property
    def warnings(self) -> List[str]:
        """What cannot be known before."""
        return []


Declared = Mapping[str, Sequence[Mapping[str, Any]]]
"""Objects as a playbook gives them, by the names of their kinds. The configuration is a list of one."""


@dataclass(frozen=True)
class PurgeOptions:
    """Which kinds lose what is not declared, and how many objects at most."""

    kinds: Tuple[str, ...] = ()
    limit: int = 10

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise errors.wrong_option("purge_limit", "must be 0 or more, not %d." % self.limit)


def apply_state(
    client: Client,
    kinds: Sequence[Kind],
    declared: Declared,
    check_mode: bool,
    purge: Optional[PurgeOptions] = None,
    *,
    lines: bool = True,
    expected: Optional[ExpectedServer] = None,
    run: Optional[Run] = None,
) -> Dict[str, Any]:
    """Makes the server as it is declared: the module's result. With `lines` the diff has a line for each object.

    `kinds` are those of which something may be declared or purged, in the order in which they are created. `expected` answers in place
    of the server, in check mode. Where the `run` is to stop, it does so after the object that is being changed.

    Raises `ImmichError`; once something was begun `RunFailed`, whose result has what was done until then.
    """
    run = run or Run("declaration")
    context = RunContext(client, Directory(client, expected), check_mode=check_mode, stop_reason=run.stop_reason)
    planned, warnings = run.do(lambda: plan_all(context, kinds, declared, purge or PurgeOptions()))
    warnings += expected.warnings if expected else ()
    declaration = _Declaration(context, in_order(planned), warnings, lines=lines)
    with run.keep_result(declaration.result, declaration.done):
        run.do(lambda: declaration.apply(run.check), TIME_FOR_A_CALL)
    return declaration.result()


class _Declaration:
    """What is to be done, in this order, and what was done so far."""

    def __init__(self, context: RunContext, planned: Sequence[PlannedObject], warnings: Sequence[str], *, lines: bool) -> None:
        self._context = context
        self._planned = planned
        self._warnings = list(warnings)
        self._lines = lines
        self._results: List[Dict[str, Any]] = []

    def apply(self, check_stop: Callable[[], None]) -> None:
        """Carries out one change after the other. Raises `ImmichError`."""
        for planned in self._planned:
            check_stop()
            self._results.append(apply_change(self._context, planned))
        check_stop()  # the last one may have given up waiting

    def result(self) -> Dict[str, Any]:
        """The module's result."""
        results = list(self._results)
        return {
            "changed": any(result["changed"] for result in results),
            "results": results,
            "diff": diff_of(self._planned[: len(results)], lines=self._lines),
            "warnings": self._warnings,
        }

    def done(self) -> Done:
        """How many objects are done."""
        return len(self._results), len(self._planned), "objects"


def plan_all(context: RunContext, kinds: Sequence[Kind], declared: Declared, purge: PurgeOptions) -> Tuple[List[PlannedObject], List[str]]:
    """What is to be done, kind by kind in the order of creation, and warnings. Nothing has been written then.

    Raises `InvalidRequest` for what cannot be done.
    """
    wanted = {
        kind.name: [normalise(kind, given, place_of(kind, number)) for number, given in enumerate(declared[kind.name])]
        for kind in kinds
        if kind.name in declared
    }
    declared_ones: List[PlannedObject] = []
    warnings: List[str] = []
    scopes = NeededScopes(context.client)
    for kind in kinds:
        with scopes.reading(kind, wanted.get(kind.name, ())):
            of_kind = [plan_one(context, kind, given, wanted[kind.name]) for given in wanted.get(kind.name, ())]
            refuse_duplicates(of_kind)
            declared_ones += of_kind
        if kind.name in purge.kinds:
            with scopes.reading(kind):
                context.directory.find_all(kind)
    scopes.require_reading(context, declared_ones)
    refuse_contradictions(declared_ones)
    planned: List[PlannedObject] = []
    for kind in kinds:
        planned += [item for item in declared_ones if item.kind is kind]
        if kind.name in purge.kinds:
            planned += plan_purge(context, kind, declared_ones, warnings)
    limited = [item for item in planned if item.wanted.get("purged_by_list")]
    if len(limited) > purge.limit:
        raise errors.InvalidRequest(
            "purge would remove %d %s, and O(purge_limit) is %d: %s. Declare what is to stay, or raise the limit."
            % (len(limited), "object" if len(limited) == 1 else "objects", purge.limit, _list_of(limited)),
            details={"purge": len(limited), "limit": purge.limit},
            options=("purge_limit",),
        )
    scopes.require_for(context, planned)
    context.planned = planned
    for item in planned:
        warnings += item.kind.check(context, item)
        warnings += item.change.warnings
    return planned, list(dict.fromkeys(warnings))


def _list_of(limited: Sequence[PlannedObject]) -> str:
    """The first of the objects, and how many more there are."""
    shown = ", ".join("%s %s" % (item.kind.singular, item.change.label) for item in limited[:_MOST_SHOWN])
    return shown + (" and %d more" % (len(limited) - _MOST_SHOWN) if len(limited) > _MOST_SHOWN else "")


def place_of(kind: Kind, number: int) -> str:
    """What a message calls the place in the declaration."""
    return kind.name if kind.singleton else "%s[%d]" % (kind.name, number)


def plan_one(context: RunContext, kind: Kind, given: Mapping[str, Any], of_kind: Sequence[Mapping[str, Any]]) -> PlannedObject:
    """What is to be done with one object. `of_kind` are all that are declared of its kind."""
    directory = context.directory
    directory.find_all(kind, of_kind)
    wanted: Mapping[str, Any] = with_references(kind, given, directory)
    found = directory.find(kind, wanted, of_kind)
    wanted = kind.complete(wanted, found)
    reason = kind.reason_to_replace(context, wanted, found) if found and wanted["state"] == PRESENT else ""
    like = directory.another(kind, wanted) if wanted["state"] == PRESENT and is_created(found) else None
    change = plan(kind, wanted, found, directory.version, replace=reason, like=like)
    if wanted["state"] == PRESENT and kind.keys and (found is None or found.status != PRESENT):
        directory.expect(kind, wanted, found)
    return PlannedObject(kind, wanted, found, change)


def plan_purge(context: RunContext, kind: Kind, planned: Sequence[PlannedObject], warnings: List[str]) -> List[PlannedObject]:
    """What is there of a kind and is not declared, to be removed. What is protected or needed stays, with a warning.

    `planned` is all that is declared. What stands above an object that is declared is declared with it.
    """
    declared = {item.found.id for item in planned if item.found and item.kind is kind}
    parents = {key for item in planned if item.kind is kind and item.wanted["state"] == PRESENT for key in kind.above(item.wanted)}
    removed = []
    for found in context.directory.find_all(kind):
        if found.id in declared or found.status != PRESENT or not kind.is_purged(found.raw) or kind.is_in_use(context, found):
            continue
        if reference_key(kind, found.values) in parents:
            continue
        reason = kind.reason_to_stay(found.raw) or needed_by(planned, kind, found)
        if reason:
            warnings.append("%s %s is not declared, and is left alone: %s." % (kind.singular, label_of(kind, found.values), reason))
            continue
        options = {option.name: option.default for option in kind.options}
        wanted = {**options, **found.values, "state": ABSENT, "purged_by_list": True}
        removed.append(PlannedObject(kind, wanted, found, plan(kind, wanted, found, context.directory.version)))
    return removed


def in_order(planned: Sequence[PlannedObject]) -> List[PlannedObject]:
    """Created and changed in the order of the kinds, and then removed in the opposite one."""
    present = [item for item in planned if item.wanted["state"] == PRESENT]
    return present + [item for item in reversed(planned) if item.wanted["state"] != PRESENT]


def diff_of(planned: Sequence[PlannedObject], *, lines: bool) -> Dict[str, Any]:
    """What changes: with `lines` a line for each object, else the fields of the only one."""
    changes = [item.change for item in planned if item.change.calls]
    if not lines:
        return {"before": changes[0].before if changes else {}, "after": changes[0].after if changes else {}}
    return {
        "before": "".join(line_of(change, change.before) for change in changes),
        "after": "".join(line_of(change, change.after) for change in changes),
    }


def line_of(change: Change, values: Mapping[str, Any]) -> str:
    """`users anna@example.com: {quota: 50GiB}`; nothing for an object that is not there. What its name says is not said again."""
    if not values and (change.before or change.after):
        return ""
    hidden = () if change.before and change.after and change.action != REPLACE else change.kind.key_names
    shown = ", ".join("%s: %s" % (name, _shown(value)) for name, value in values.items() if name not in hidden)
    name = change.label if change.kind.singleton else "%s %s" % (change.kind.name, change.label)
    return "%s: {%s}\n" % (name, shown)


def _shown(value: Any) -> str:
    plain = isinstance(value, str) and bool(value) and value.isprintable() and not set(value) & set("{}[],:#&*!|>'\"%@`")
    return value if plain else printable_json(value)


def declare_one(
    kind: Kind,
    client: Client,
    params: Mapping[str, Any],
    check_mode: bool,
    expected: Optional[ExpectedServer] = None,
    run: Optional[Run] = None,
) -> Dict[str, Any]:
    """One object, as the modules for a single kind do: their result. Of the parameters only the kind's are looked at.

    Without a `run` around it, it is one of its own, which a signal stops once the call under way has its answer.
    """
    given = {name: value for name, value in params.items() if name in kind.option_names}
    with ExitStack() as stack:
        run = run or stack.enter_context(Run("declaration"))
        result = apply_state(client, [kind], {kind.name: [given]}, check_mode, lines=False, expected=expected, run=run)
    (only,) = result.pop("results")
    del only["kind"]
    return {**result, **only}
