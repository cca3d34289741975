# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stacks of the source on the target."""

from __future__ import annotations

from typing import Dict, Iterator, List, Set

from .._client import values
from .._sources.naming.stacks import Group, Picture
from .._stacks.plan import COMPLETED, CREATED, Change, carry_out, make_plan
from .._text import printable
from .counterparts import Work

_AT_ONCE = 500  # stacks
_COUNTED = (CREATED, COMPLETED, "left_alone")
"""What is counted; the cover of a stack that the target has stays."""
_MOST_LINES = 1000
_KIND = "copied"


class Stacks:
    """Makes them with their covers and completes them, or with `predicting` only finds out which. A stack that is there keeps its cover."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._counts = dict.fromkeys(_COUNTED, 0)
        self._lines: List[str] = []

    def copy(self) -> None:
        """Does it."""
        stacks: List[List[values.Asset]] = []
        for stack in self._work.source.stacks():
            stacks.append(stack)
            if len(stacks) == _AT_ONCE:
                self._copy(stacks)
                stacks = []
        if stacks:
            self._copy(stacks)

    def result(self) -> Dict[str, int]:
        """How many were made, completed, and left alone."""
        return dict(self._counts)

    def lines(self) -> List[str]:
        """What changes, a line each."""
        return self._lines

    def _copy(self, stacks: List[List[values.Asset]]) -> None:
        there = self._work.counterparts([asset for stack in stacks for asset in stack])
        ids = {one.asset.id: one.id for one in there}
        new: Set[str] = {one.id for one in there if one.new and one.asset.visibility == "timeline"}
        plan = make_plan(self._work.target, list(_groups(stacks, ids)), new=new)
        for left in plan.left_alone:
            self._counts["left_alone"] += 1
            self._work.tally.warn("%s were not stacked: %s" % (", ".join(left.names), left.reason))
        if self._work.predicting:
            for change in plan.changes:
                self._note(change)
            return
        for outcome in carry_out(self._work.target, plan):
            self._work.moved()
            if outcome.error is None:
                self._note(outcome.change)
                continue
            error = outcome.error.with_msg("The stack is not on the target: %s" % outcome.error.msg)
            self._work.tally.failed(", ".join(outcome.change.after), error)

    def _note(self, change: Change) -> None:
        self._counts[change.action] += 1
        if len(self._lines) < _MOST_LINES:
            self._lines.append("stack: %s" % ", ".join(printable(name) for name in change.after))


def _groups(stacks: List[List[values.Asset]], ids: Dict[str, str]) -> Iterator[Group]:
    """Those of which the target has two assets at least, by their ids there."""
    for stack in stacks:
        pictures = [Picture(ids[one.id], None, one.name, one.taken, None, one.kind == "image") for one in stack if one.id in ids]
        members = {picture.key: picture for picture in pictures}
        if len(members) > 1:
            yield Group(_KIND, tuple(members.values()))
