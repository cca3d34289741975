# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From windows, rules and what is held now to what to do. Each window and each rule has a lease of its own. Private to the collection."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any, Collection, Dict, List, Mapping, Sequence

from .errors import PolicyError
from .load import Rule, parse_rule
from .windows import Window, parse_window

Plan = Dict[str, List[Dict[str, Any]]]


def plan(
    windows: Sequence[Mapping[str, Any]],
    load: Sequence[Mapping[str, Any]],
    measured: Mapping[str, Any],
    held: Collection[str],
    prefix: str,
    now: datetime,
    lease_ttl: int,
) -> Plan:
    """`{pause: [{lease, queues, lease_ttl, reason}], release: [{lease, reason}]}`; raises `PolicyError`.

    `held` are the names of the live leases; only those that begin with `prefix` are this policy's, and those that no window
    and no rule knows any more are released. `lease_ttl` (seconds) is how long a pause for load outlives the scheduler; a
    window's lasts to its end. A measure that the host does not have leaves its rule alone.
    """
    chosen: Plan = {"pause": [], "release": []}
    known: set[str] = set()
    for window in map(parse_window, windows):
        lease = _new_lease(prefix, window.name, known)
        _decide_window(chosen, window, lease, lease in held, now)
    for rule in map(parse_rule, load):
        lease = _new_lease(prefix, rule.name, known)
        _decide_rule(chosen, rule, lease, lease in held, measured, lease_ttl)
    for lease in sorted(held):
        if lease.startswith(prefix) and lease not in known:
            chosen["release"].append({"lease": lease, "reason": "%s is no longer part of the policy" % lease[len(prefix) :]})
    return chosen


def _new_lease(prefix: str, name: str, known: set[str]) -> str:
    lease = prefix + name
    if lease in known:
        raise PolicyError("Two windows or rules are called %s. Give one of them another name." % name)
    known.add(lease)
    return lease


def _decide_window(chosen: Plan, window: Window, lease: str, held: bool, now: datetime) -> None:
    end = window.ends(now)
    if end is not None:
        until = end.astimezone(window.zone).strftime("%H:%M %Z")
        chosen["pause"].append(
            {
                "lease": lease,
                "queues": window.queues,
                "lease_ttl": max(1, ceil((end - now).total_seconds())),
                "reason": "in the window %s, until %s" % (window.name, until),
            }
        )
    elif held:
        chosen["release"].append({"lease": lease, "reason": "the window %s is over" % window.name})


def _decide_rule(chosen: Plan, rule: Rule, lease: str, held: bool, measured: Mapping[str, Any], lease_ttl: int) -> None:
    value = rule.value if rule.value is not None else measured.get(rule.measure)
    if value is None:
        return
    if rule.wants_pause(value, held):
        how = "is above %g" % rule.pause_above if value > rule.pause_above else "is not yet below %g" % rule.resume_below
        chosen["pause"].append(
            {"lease": lease, "queues": rule.queues, "lease_ttl": lease_ttl, "reason": "%s of %g %s" % (rule.name, round(value, 2), how)}
        )
    elif held:
        chosen["release"].append({"lease": lease, "reason": "%s of %g is below %g" % (rule.name, round(value, 2), rule.resume_below)})
