# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans and makes the changes on the server that turn groups of assets into stacks, or take stacks apart."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Callable, Collection, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple
from typing import Counter as CounterOf

from .. import _text, _times
from .._client import api, errors, values
from .._deletions.confirm import confirm
from .._naming.stacks import Picture, PictureGroup

CREATED, COMPLETED, COVER_CHANGED = ACTIONS = ("created", "completed", "cover_changed")
REMOVED = "removed"
"""What becomes of a stack on the way back, where `ACTIONS` are what an upload does too."""

_READ_SCOPES = {"asset.read": "find photos", "stack.read": "see which stacks there are"}

SCOPES = {**_READ_SCOPES, "stack.create": "make stacks and complete them"}
"""The scopes that stacks need, each with what it is for."""

COVER_SCOPES = {**SCOPES, "stack.update": "change the cover of a stack"}
"""The same where it matters which photo is on top."""

REMOVAL_SCOPES = {**_READ_SCOPES, "stack.delete": "take stacks apart"}
"""The scopes for taking stacks apart."""

_IN_DIFFERENT_STACKS = "They are in different stacks already."
_NOT_THE_SAME = "The stack does not have exactly these photos."
_NO_COVER = "Some of them are in a stack that is gone by now, or whose cover is in the trash or hidden."
_MOST_LINES = 1000  # for the diff
_LARGEST_OFFSET = datetime.timedelta(hours=14)  # of a local time from UTC


class StackChange(NamedTuple):
    """One stack that is made, changed or taken apart. `asset_ids` are those that the call takes: for a new cover it alone, else the cover
    first; for a removal what the stack consists of.

    `before` and `after` are the names of what is in the stack, the cover first; `before` is empty for a new one, as `stack_id` is None, and
    `after` for one that is taken apart.
    """

    kind: str
    action: str
    stack_id: Optional[str]
    asset_ids: Tuple[str, ...]
    before: Tuple[str, ...]
    after: Tuple[str, ...]


class LeftAlone(NamedTuple):
    """A group that cannot become a stack without taking another one apart, or cannot be taken out of one; with a sentence why."""

    kind: str
    names: Tuple[str, ...]
    reason: str


class StackPlan:
    """What there is to do, and how many stacks of each kind are as they should be."""

    def __init__(self) -> None:
        self.changes: List[StackChange] = []
        self.left_alone: List[LeftAlone] = []
        self.unchanged: CounterOf[str] = Counter()
        self._shared: Dict[str, _SharedStack] = {}

    def shared(self, stack_id: str) -> _SharedStack:
        """What the groups that belong to a stack of the server's want of it together."""
        return self._shared.setdefault(stack_id, _SharedStack())


class _SharedStack:
    """A stack of the server's that several groups may belong to: they make one change, since each call would undo a part of another's.

    `cover` is the one that the first of them wants that may say which, `free` are those that are not in the stack yet, `at` is the place of
    the change in the plan.
    """

    def __init__(self) -> None:
        self.cover: Optional[str] = None
        self.free: List[Picture] = []
        self.at: Optional[int] = None


class ChangeResult(NamedTuple):
    """What became of a change: the stack's id, or what went wrong."""

    change: StackChange
    stack_id: Optional[str]
    error: Optional[errors.ImmichError]


def make_plan(
    client: api.Immich,
    groups: Sequence[PictureGroup],
    *,
    reset_covers: Collection[str] = (),
    new: Collection[str] = (),
    restored: Collection[str] = (),
) -> StackPlan:
    """Compares groups, whose pictures have the ids of assets as their `key`, with the stacks that are there. Only reads.

    Only assets in the timeline are stacked: nowhere else does Immich show stacks. What is elsewhere is left out of its group. A stack that
    is there keeps its cover, unless its kind is one of `reset_covers`. Where times are known (in seconds, UTC or local), the timeline is
    read for their months alone. Scopes: `asset.read`, `stack.read`.

    `new` has the keys of those that were uploaded to the timeline just now, or in check mode would be: they are in no stack, and nothing is
    asked about them. In check mode their keys need not be ids. `restored` are those that a run would have taken out of the trash before.
    """
    plan = StackPlan()
    shown = _shown(client, groups, new)
    for group in groups:
        trashed = _show_restored(client, group, shown, new, restored)
        _plan_group(client, group, _Known(shown, trashed, restored), group.kind in reset_covers, plan)
    return plan


def make_removals(client: api.Immich, groups: Sequence[PictureGroup]) -> StackPlan:
    """Finds the stacks that are just these groups, whichever photo is on top. Only reads. Scopes: `asset.read`, `stack.read`.

    A stack with anything else in it, or with a part of a group only, is someone's own and is left alone.
    """
    plan = StackPlan()
    shown = _shown(client, groups, ())
    for group in groups:
        ids = {_id(picture) for picture in group.members}
        stacks = {stack.stack_id for stack in map(shown.get, ids) if stack is not None}
        if not stacks and ids <= shown.keys():
            plan.unchanged[group.kind] += 1
            continue
        existing = _only_stack(client, stacks) if stacks else None
        if existing is not None and existing.members.keys() == ids:
            before = _names(existing.members, existing.cover, existing.members)
            plan.changes.append(StackChange(group.kind, REMOVED, existing.id, tuple(sorted(ids)), before, ()))
        else:
            plan.left_alone.append(LeftAlone(group.kind, tuple(picture.name for picture in group.members), _NOT_THE_SAME))
    return plan


def carry_out(client: api.Immich, plan: StackPlan) -> Iterator[ChangeResult]:
    """Makes the changes, one after the other. Raises what would stop all further calls; any other failure is yielded, and the rest goes on.

    Scopes: `stack.create`, and `stack.update` where covers change; `stack.delete` for removals.
    """
    for change in plan.changes:
        try:
            yield ChangeResult(change, _carry_out(client, change), None)
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            yield ChangeResult(change, change.stack_id, exc)


class StackWriter:
    """Makes and changes the stacks of an upload or a copy, in check mode only counts them. `lines` say what changes, for the diff.

    `warn` takes a sentence about each group that is left alone; `note_activity` is called after each call of the server.
    """

    def __init__(self, client: api.Immich, warn: Callable[[str], None], note_activity: Callable[[], None], *, predicting: bool) -> None:
        self._client = client
        self._warn = warn
        self._note_activity = note_activity
        self._predicting = predicting
        self._counts = dict.fromkeys((*ACTIONS, "left_alone"), 0)
        self.lines: List[str] = []

    def write(
        self,
        groups: Sequence[PictureGroup],
        failed: Callable[[StackChange, errors.ImmichError], None],
        *,
        reset_covers: Collection[str] = (),
        new: Collection[str] = (),
        restored: Collection[str] = (),
    ) -> None:
        """Makes these groups stacks (see `make_plan`). `failed` takes each change that fails; raises what would stop all further calls."""
        plan = make_plan(self._client, groups, reset_covers=reset_covers, new=new, restored=restored)
        for group in plan.left_alone:
            self._counts["left_alone"] += 1
            self._warn("%s were not stacked: %s" % (", ".join(group.names), group.reason))
        if self._predicting:
            for change in plan.changes:
                self._count(change)
            return
        for outcome in carry_out(self._client, plan):
            self._note_activity()
            if outcome.error is None:
                self._count(outcome.change)
            else:
                failed(outcome.change, outcome.error)

    def result(self) -> Dict[str, int]:
        """How many stacks were made, completed, given another cover, and left alone."""
        return dict(self._counts)

    def _count(self, change: StackChange) -> None:
        self._counts[change.action] += 1
        if len(self.lines) < _MOST_LINES:
            kind = "stack %s" % change.kind if change.kind else "stack"
            self.lines.append("%s: %s" % (kind, ", ".join(_text.printable(name) for name in change.after)))


def _carry_out(client: api.Immich, change: StackChange) -> str:
    if change.action == COVER_CHANGED:
        client.stacks.set_cover(str(change.stack_id), change.asset_ids[0])
        return str(change.stack_id)
    if change.action == REMOVED:
        confirm("The stack of %s was not taken apart" % _text.one_line(change.before[0]), lambda: _has_others(client, change))
        client.stacks.delete(str(change.stack_id))
        return str(change.stack_id)
    return client.stacks.create(change.asset_ids).id


def _has_others(client: api.Immich, change: StackChange) -> Optional[str]:
    """What speaks against it that a stack consists of the photos that it is to be taken apart for; nothing where it is gone by now."""
    try:
        stack = client.stacks.get(str(change.stack_id))
    except errors.NotFound:
        return None
    return None if stack.members.keys() == set(change.asset_ids) else "it does not consist of these photos now"


def _shown(client: api.Immich, groups: Sequence[PictureGroup], new: Collection[str]) -> Dict[str, Optional[values.InStack]]:
    """Which of the groups' assets the timeline shows, each with the stack that it is the cover of."""
    shown: Dict[str, Optional[values.InStack]] = dict.fromkeys(new)
    asked = [picture for group in groups for picture in group.members if _id(picture) not in shown]
    if not asked:
        return shown
    wanted = {_id(picture) for picture in asked}
    months = _months(asked)
    for month in client.stacks.months():
        if months is None or month[:7] in months:
            in_month = client.stacks.shown(month)
            shown.update((asset_id, stack) for asset_id, stack in in_month.items() if asset_id in wanted)
    return shown


class _Known(NamedTuple):
    """What is known of a group's assets: those that are `shown` (see `_shown`), and those in the trash that a run would have restored, each
    with the id of its stack. `restored` are all that it would have."""

    shown: Mapping[str, Optional[values.InStack]]
    trashed: Mapping[str, str]
    restored: Collection[str]


def _show_restored(
    client: api.Immich, group: PictureGroup, shown: Dict[str, Optional[values.InStack]], new: Collection[str], restored: Collection[str]
) -> Dict[str, str]:
    """Adds to `shown` those of a group that a run would have `restored` from the trash before, or returns them with the id of their stack.

    Up to 3.1 no answer names the stack of what is in the trash. That it is in one is taken from another of its group that is on top of one.
    """
    known = [_id(picture) for picture in group.members if _id(picture) not in new]
    asked = [asset_id for asset_id in known if asset_id in restored]
    stack_id = next(filter(None, map(client.stacks.covered_by, known)), None) if asked else None
    trashed: Dict[str, str] = {}
    for asset_id in asked:
        asset = client.assets.get(asset_id)
        if asset is not None and asset.metadata.visibility == "timeline":
            if stack_id is None:
                shown[asset_id] = None
            else:
                trashed[asset_id] = stack_id
    return trashed


def _months(pictures: Sequence[Picture]) -> Optional[Set[str]]:
    """The months, such as `2024-01`, in which the pictures may stand by their local time; None for all of them."""
    months: Set[str] = set()
    for picture in pictures:
        moment = _times.from_seconds(picture.taken)
        if moment is None:
            return None
        try:
            months.update((moment + offset).strftime("%Y-%m") for offset in (-_LARGEST_OFFSET, _LARGEST_OFFSET))
        except OverflowError:
            return None
    return months


def _plan_group(client: api.Immich, group: PictureGroup, known: _Known, reset_cover: bool, plan: StackPlan) -> None:
    ids, shown = [_id(picture) for picture in group.members], known.shown
    if all(asset_id in shown and shown[asset_id] is None for asset_id in ids):
        plan.changes.append(_new(group.kind, group.members))
        return
    tops = {asset_id: stack for asset_id, stack in ((asset_id, shown.get(asset_id)) for asset_id in ids) if stack is not None}
    if len(tops) == 1 and all(asset_id in tops or asset_id not in shown for asset_id in ids):
        # One is the cover of a stack that is large enough, and the others are in a stack too: in this one, or in one that keeps them. A
        # look into each stack would make a second run over a library as long as the first.
        ((cover, stack),) = tops.items()
        shared = plan.shared(stack.stack_id)
        if stack.size >= len(ids) and not (reset_cover and cover != ids[0] and shared.cover is None):
            shared.cover = shared.cover or (cover if reset_cover else None)
            plan.unchanged[group.kind] += 1
            return
    _plan_closely(client, group, known, reset_cover, plan)


def _plan_closely(client: api.Immich, group: PictureGroup, known: _Known, reset_cover: bool, plan: StackPlan) -> None:
    members: List[Picture] = []
    stack_ids: Set[str] = set()
    for picture in group.members:
        in_timeline, stack_id = _stack_of(client, _id(picture), known)
        if in_timeline:
            members.append(picture)
            stack_ids.update([stack_id] if stack_id else [])
    if len(members) < 2:
        return
    if not stack_ids:
        plan.changes.append(_new(group.kind, members))
        return
    stack = _only_stack(client, stack_ids, known.restored)
    if stack is None:
        reason = _IN_DIFFERENT_STACKS if len(stack_ids) > 1 else _NO_COVER
        plan.left_alone.append(LeftAlone(group.kind, tuple(picture.name for picture in members), reason))
        return
    shared = plan.shared(stack.id)
    shared.cover = shared.cover or (_id(members[0]) if reset_cover else None)
    shared.free += [picture for picture in members if _id(picture) not in stack.members and _id(picture) not in known.trashed]
    change = _change_of(group.kind, stack, shared, members)
    if shared.at is not None:
        plan.changes[shared.at] = change._replace(kind=plan.changes[shared.at].kind)
    elif shared.free or change.asset_ids != (stack.cover,):
        shared.at = len(plan.changes)
        plan.changes.append(change)
    else:
        plan.unchanged[group.kind] += 1


def _change_of(kind: str, stack: values.Stack, shared: _SharedStack, members: Sequence[Picture]) -> StackChange:
    """Adds what is free to a stack, or else puts the cover on top."""
    cover = shared.cover or stack.cover
    names_of = {**stack.members, **{_id(picture): picture.name for picture in (*members, *shared.free)}}
    before = _names(stack.members, stack.cover, names_of)
    free = [_id(picture) for picture in shared.free]
    after = _names([*stack.members, *free], cover, names_of)
    if not free:
        return StackChange(kind, COVER_CHANGED, stack.id, (cover,), before, after)
    return StackChange(kind, COMPLETED, stack.id, tuple(dict.fromkeys([cover, stack.cover, *free])), before, after)


def _stack_of(client: api.Immich, asset_id: str, known: _Known) -> Tuple[bool, Optional[str]]:
    if asset_id in known.trashed:
        return True, known.trashed[asset_id]
    if asset_id not in known.shown:
        asset = client.assets.get(asset_id)
        if asset is None:
            return False, None
        return asset.metadata.visibility == "timeline" and not asset.trashed, asset.stack_id
    stack = known.shown[asset_id]
    return True, None if stack is None else stack.stack_id


def _only_stack(client: api.Immich, stack_ids: Set[str], restored: Collection[str] = ()) -> Optional[values.Stack]:
    """The stack, if it is a single one that can be added to: its cover is there, or among what a run would have `restored` before."""
    if len(stack_ids) > 1:
        return None
    try:
        stack = client.stacks.get(*stack_ids)
    except errors.NotFound:  # someone takes it apart at this moment
        return None
    return stack if stack.cover in stack.members or stack.cover in restored else None


def _new(kind: str, members: Sequence[Picture]) -> StackChange:
    return StackChange(kind, CREATED, None, tuple(_id(picture) for picture in members), (), tuple(picture.name for picture in members))


def _names(asset_ids: Collection[str], cover: str, names: Dict[str, str]) -> Tuple[str, ...]:
    return tuple(names[asset_id] for asset_id in dict.fromkeys([cover, *asset_ids]))


def _id(picture: Picture) -> str:
    return str(picture.key)
