# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pauses that last while something is away: the disk of a library, or the host that does machine learning."""

from __future__ import annotations

from typing import Any, Collection, Dict, List, Mapping, NamedTuple, Optional, Sequence

MISSING_TTL = 30 * 24 * 3600
"""Seconds that the pause for a missing path outlives the scheduler. If it ended before the disk is back, Immich's next scan would move the
whole library to the trash; one that lasts too long only delays scans."""

ASKING = ("smartSearch", "faceDetection", "ocr")
"""The queues whose jobs ask the machine-learning host."""

FOLLOWING = ("duplicateDetection", "facialRecognition")
"""Those that go on from what these have found."""

UNREACHABLE = "while unreachable"
"""The name of the pause while the machine-learning host does not answer."""


Plan = Dict[str, List[Dict[str, Any]]]
"""What a policy does, see `plan.plan`."""


class Condition(NamedTuple):
    """Queues that are paused while something `holds`, which `option` names; None where that is not known, and all stays as it is.

    `reason` says why they are paused, or else why they are resumed. `lease_ttl` (seconds) is that of the pause.
    """

    name: str
    option: str
    queues: List[str]
    holds: Optional[bool]
    reason: str
    lease_ttl: int


def while_missing(paths: Sequence[str], queues: Sequence[str], measured: Mapping[str, Any]) -> Condition:
    """Paused while one of the paths is in `measured["missing"]`."""
    missing = [path for path in dict.fromkeys(paths) if path in measured["missing"]]
    named = missing or list(dict.fromkeys(paths))
    reason = "%s %s%s there" % (", ".join(named), "is" if len(named) == 1 else "are", " not" if missing else "")
    return Condition("while missing", "immich_policy_while_missing_queues", list(queues), bool(missing), reason, MISSING_TTL)


def while_unreachable(
    url: str, queues: Sequence[str], measured: Mapping[str, Any], lease_ttl: int, available: Optional[Collection[str]]
) -> Condition:
    """Paused while the host at `url` does not answer. Without `queues`, those of machine learning that the server has."""
    chosen = queues or [name for name in (*ASKING, *FOLLOWING) if available is None or name in available]
    answers = bool(measured["machine_learning_answers"])
    reason = "%s %s" % (url, "answers" if answers else "does not answer")
    return Condition(UNREACHABLE, "immich_policy_while_unreachable_queues", list(chosen), not answers, reason, lease_ttl)
