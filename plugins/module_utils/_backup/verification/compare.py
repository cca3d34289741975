# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compares what a server held with what a dump, or the server after a restore or an upgrade, holds.

A library may be in use while it is backed up. So a count has to be between those before and after the backup.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ... import _ids
from ..._client import errors

NUMBERS = ("photos", "videos", "usage")
"""What `GET /server/statistics` counts for each user; `usage` in bytes."""
OWN_NUMBERS = ("albums", "tags")
"""What is counted for the key's user."""

_MOST = 50  # differences that are named

Users = Mapping[str, Mapping[str, int]]
Sample = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class ExpectedStatistics:
    """What the server said `before` and `after`: statistics by user id, None where it was not asked. `sample`: assets by their ids.

    `own` is what it said of the keys' users: the `id` of each with `OWN_NUMBERS`.
    """

    before: Optional[Users] = None
    after: Optional[Users] = None
    sample: Sample = field(default_factory=dict)
    own: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of(cls, before: Optional[Mapping[str, Any]], after: Optional[Mapping[str, Any]]) -> ExpectedStatistics:
        """From results of `read_statistics`, whole ones or what a manifest has kept of them. Raises `InvalidRequest` for anything else."""
        try:
            sample = {_ids.checked_uuid(asset["id"]): asset for asset in (after or before or {}).get("sample") or []}
            own = [_own(statistics["user"]) for statistics in (before or {}, after or {}) if statistics.get("user")]
            return cls(_users(before), _users(after), sample, own)
        except (AttributeError, LookupError, TypeError, ValueError) as exc:
            raise errors.InvalidRequest(
                "O(before) or O(after) is not what the module immich_statistics_info has returned, nor what a manifest has kept of that.",
                options=("before", "after"),
            ) from exc


def _users(result: Optional[Mapping[str, Any]]) -> Optional[Users]:
    users = ((result or {}).get("server") or {}).get("by_user")
    if users is None:
        return None
    return {str(user): {name: int(counts.get(name, 0)) for name in NUMBERS} for user, counts in users.items()}


def _own(user: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"id": user["id"], **{name: int(user[name]) for name in OWN_NUMBERS}}


def compare_statistics(restored: Mapping[str, Any], expected: ExpectedStatistics) -> List[str]:
    """A sentence for each count that is not between those before and after."""
    before = expected.before if expected.before is not None else expected.after
    after = expected.after if expected.after is not None else before
    if before is None or after is None:
        return []
    users: Dict[str, Mapping[str, int]] = restored.get("by_user") or {}
    differences = []
    for user in sorted({*before, *after, *users}):
        if user not in users and user in before and user in after:
            differences.append("The user %s is missing." % user)
        elif user in users and user not in before and user not in after:
            differences.append("The user %s was not on the server." % user)
        else:
            differences += _compare_user(user, users.get(user, {}), before.get(user, {}), after.get(user, {}))
    return _bounded(differences)


def _compare_user(user: str, restored: Mapping[str, int], before: Mapping[str, int], after: Mapping[str, int]) -> List[str]:
    sentences = []
    for name in NUMBERS:
        bounds = sorted(int(statistics.get(name, 0)) for statistics in (before, after))
        number = int(restored.get(name, 0))
        if not bounds[0] <= number <= bounds[1]:
            wanted = "%d" % bounds[0] if bounds[0] == bounds[1] else "%d to %d" % (bounds[0], bounds[1])
            sentences.append("%s of the user %s: %d, and not %s." % (name, user, number, wanted))
    return sentences


def compare_sample(restored: Optional[Sample], expected: Sample) -> List[str]:
    """A sentence for each asset of the sample that is missing, or has another checksum."""
    differences = []
    for asset_id, asset in expected.items():
        other = (restored or {}).get(asset_id)
        if other is None:
            differences.append("The asset %s (%s) is missing." % (asset_id, asset.get("name", "")))
        elif other.get("checksum") != asset.get("checksum"):
            differences.append("The asset %s (%s) has another checksum." % (asset_id, asset.get("name", "")))
    return _bounded(differences)


def _bounded(differences: List[str]) -> List[str]:
    more = len(differences) - _MOST
    return differences[:_MOST] + (["And %d more." % more] if more > 0 else [])
