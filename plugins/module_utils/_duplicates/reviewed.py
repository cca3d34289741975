# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decisions that somebody has reviewed: the report that they are in, and its groups as they come back through the option `groups`."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .. import _own_files
from .._client import errors
from .._ids import checked_uuid
from .._run.report import unwritable
from .._text import one_line, printable
from .model import ACTIONS, DECISIONS, DISMISS, NONE, SKIP, STACK, TRASH, ReviewedDecision, identity_of

_OF_DUPLICATES = re.compile(rb'\{"kind": ?"run", ?"module": ?"immich_duplicates"')
_SEAL = re.compile(rb', "sha256": "([0-9a-f]{64})"\}\n')
_KEYS = {"members", "keep", "decision"}
_OF_REPORT = {"kind", "group_id", "rule", "trashed", "merged", "lost", "skipped_reason", "status"}
"""What a report says besides, which is not looked at."""


def refuse_review(path: str) -> None:
    """Raises `LocalFailure` if no report can be written there, or if somebody has corrected the one that is there.

    That is said as far as it can be seen without writing one.
    """
    what = "an earlier report of duplicates"
    _own_files.refuse_foreign(path, is_report, option="report", what=what, in_place=True)
    try:
        if os.path.exists(path) and not _is_as_written(path):
            raise errors.LocalFailure(
                "%s was corrected since a run wrote it, or that run was ended early, so it is left unchanged. Move it away, delete it, or "
                "name another file with the option O(report)." % printable(path),
                options=("report",),
            )
    except OSError as exc:
        raise unwritable(path, exc.strerror or str(exc)) from exc


def is_report(head: bytes) -> bool:
    """Whether a file that begins so is a report of duplicates."""
    return _OF_DUPLICATES.match(head) is not None


def _is_as_written(path: str) -> bool:
    """Whether a report has no group yet, or has at its end the checksum of all lines before. Raises `OSError`."""
    digest, last, count = hashlib.sha256(), b"", 0
    with open(_own_files.open_regular(path), "rb") as stream:
        for line in stream:
            digest.update(last)
            last = line
            count += 1
    seal = _SEAL.search(last)
    return count < 2 or (seal is not None and seal[1].decode("ascii") == digest.hexdigest())


def parse_reviewed(given: Sequence[Any], action: str) -> Dict[Tuple[str, ...], ReviewedDecision]:
    """The option `groups`, by the ids of each group's members. Raises `InvalidRequest` for what is not a decision, or contradicts `action`.

    The lines of a report that are not of a group are passed over.
    """
    decisions: Dict[Tuple[str, ...], ReviewedDecision] = {}
    for number, entry in enumerate(given):
        if isinstance(entry, dict) and entry.get("kind") == "run":
            continue
        where = "groups[%d]" % number
        members, decision = _parse(entry, where, action)
        if members in decisions:
            raise errors.wrong_option(where, "has the same members as a group before it. Remove one of them.")
        decisions[members] = decision
    return decisions


def _parse(entry: Any, where: str, action: str) -> Tuple[Tuple[str, ...], ReviewedDecision]:
    if not isinstance(entry, dict) or "members" not in entry:
        raise errors.wrong_option(where, "is not a group: it has no members.")
    unknown = sorted(str(name) for name in entry.keys() - _KEYS - _OF_REPORT)
    if unknown:
        raise errors.wrong_option(where, "has %s, which is not part of a group." % one_line(", ".join(unknown)))
    members = identity_of(_ids(entry, "members", where))
    keep = tuple(dict.fromkeys(_ids(entry, "keep", where))) if entry.get("keep") is not None else ()
    decision = entry.get("decision")
    _check(where, members, keep, decision, has_keep=entry.get("keep") is not None)
    if decision == TRASH and action not in (TRASH, NONE):
        raise errors.InvalidRequest(
            "O(%s) says trash, and action is %s. Set O(action) to trash, or correct the decision." % (where, action),
            options=(where, "action"),
        )
    return members, ReviewedDecision(keep if decision in (None, TRASH, STACK) else (), decision)


def _ids(about: Mapping[str, Any], name: str, where: str) -> List[str]:
    """The ids in a list of ids, or of what a report says of each member."""
    entries = about[name]
    try:
        return [checked_uuid(entry["id"] if isinstance(entry, dict) else entry) for entry in list(entries)]
    except (KeyError, TypeError, ValueError):
        raise errors.InvalidRequest("O(%s): %s is not a list of the ids of photos." % (where, name), options=(where,)) from None


def _check(where: str, members: Sequence[str], keep: Sequence[str], decision: Any, *, has_keep: bool) -> None:
    if len(members) < 2:
        raise errors.wrong_option(where, "has fewer than two members.")
    if decision is not None and decision not in DECISIONS:
        shown = ", not '%s'" % one_line(decision) if isinstance(decision, str) else ""  # of a long list, no repr may be possible
        raise errors.InvalidRequest("O(%s): decision must be one of %s%s." % (where, ", ".join(DECISIONS), shown), options=(where,))
    if not set(keep) <= set(members):
        raise errors.InvalidRequest("O(%s): keep names a photo that is not among its members." % where, options=(where,))
    if decision in (SKIP, DISMISS) or not has_keep:
        return
    if not keep:
        raise errors.InvalidRequest("O(%s): keep is empty. Name the photos that stay." % where, options=(where,))
    if decision != STACK and len(keep) == len(members):
        raise errors.InvalidRequest(
            "O(%s): keep names all members, so nothing is a duplicate. Set decision to dismiss for that." % where, options=(where,)
        )


def actions_of(action: str, reviewed: Optional[Mapping[Tuple[str, ...], ReviewedDecision]]) -> List[str]:
    """What a run may do with groups, besides leaving them alone; nothing with the action `none`."""
    if action == NONE:
        return []
    wanted = {action} if reviewed is None else {decision.action or action for decision in reviewed.values()}
    return [name for name in ACTIONS if name in wanted]
