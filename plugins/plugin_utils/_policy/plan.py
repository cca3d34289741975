# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From windows, rules for load, conditions and what is held now to what to do. Each of them has a lease of its own."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any, Collection, List, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.photoyard.immich.plugins.module_utils._queues import names
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.lease_name import as_one_word

from .conditions import UNREACHABLE, Condition, Plan
from .missing import STEPS, MissingResults
from .windows import PolicyError, Window, parse_window


def plan(
    windows: Sequence[Mapping[str, Any]],
    load: Sequence[Mapping[str, Any]],
    measured: Mapping[str, Any],
    held: Collection[str],
    name: str,
    now: datetime,
    lease_ttl: int,
    available: Optional[Collection[str]] = None,
    conditions: Sequence[Condition] = (),
    missing: Optional[MissingResults] = None,
) -> Plan:
    """`{pause: [{lease, queues, lease_ttl, reason}], start: [{lease, queues, reason}], release: [{lease, reason}]}`; raises `PolicyError`.

    `held` are the names of the live leases; only those that begin with the policy's `name` are its own, and those that no window,
    rule or condition knows any more are released. `lease_ttl` (seconds) is how long a pause for load outlives the scheduler; a
    window's lasts to its end, and a
    condition says it itself. A measure that the host does not have leaves its rule alone. With `available`, the names of the server's
    queues, `InvalidRequest` is raised for a queue that is none of them, also by a window or a rule that pauses nothing now. `missing` is
    given if what was not done while the machine-learning host was away is to be started.
    """
    chosen: Plan = {"pause": [], "start": [], "release": []}
    known: set[str] = set()
    prefix = as_one_word(name) + ":"
    if prefix == ":":
        raise PolicyError("A policy needs a name with letters or digits. Change immich_policy_name.")
    of_windows = [_of_window(parse_window(given), now) for given in windows]
    of_load = [_of_rule(rule, prefix + as_one_word(rule.name) in held, measured, lease_ttl) for rule in map(parse_rule, load)]
    for condition in (*of_windows, *of_load, *conditions):
        if available is not None:
            names.check(condition.queues, list(available), condition.option)
        lease = _new_lease(prefix, condition.name, known)
        if condition.holds:
            chosen["pause"].append(
                {"lease": lease, "queues": condition.queues, "lease_ttl": condition.lease_ttl, "reason": condition.reason}
            )
        elif condition.holds is not None and lease in held:
            chosen["release"].append({"lease": lease, "reason": condition.reason})
    if missing is not None:
        missing.decide(chosen, prefix + as_one_word(UNREACHABLE), *(_new_lease(prefix, step, known) for step in STEPS))
    for lease in sorted(held):
        if lease.startswith(prefix) and lease not in known:
            chosen["release"].append({"lease": lease, "reason": "%s is no longer part of the policy" % lease[len(prefix) :]})
    return chosen


def _new_lease(prefix: str, name: str, known: set[str]) -> str:
    lease = prefix + as_one_word(name)
    if lease in known:
        raise PolicyError("Two windows or rules are called %s. Give one of them another name." % name)
    known.add(lease)
    return lease


def _of_window(window: Window, now: datetime) -> Condition:
    end = window.ends(now)
    if end is None:
        reason, ttl = "the window %s is over" % window.name, 0
    else:
        until = end.astimezone(window.zone).strftime("%H:%M %Z")
        reason, ttl = "in the window %s, until %s" % (window.name, until), max(1, ceil((end - now).total_seconds()))
    return Condition(window.name, "immich_policy_windows", window.queues, end is not None, reason, ttl)


def _of_rule(rule: LoadRule, paused: bool, measured: Mapping[str, Any], lease_ttl: int) -> Condition:
    """`paused`: the rule has paused already."""
    value = rule.value if rule.value is not None else measured.get(rule.measure)
    if value is None:
        return Condition(rule.name, "immich_policy_load", rule.queues, None, "", lease_ttl)
    holds = value > rule.pause_above or (paused and value >= rule.resume_below)
    if value > rule.pause_above:
        how = "is above %g" % rule.pause_above
    else:
        how = "%s below %g" % ("is not yet" if holds else "is", rule.resume_below)
    reason = "%s of %g %s" % (rule.name, round(value, 2), how)
    return Condition(rule.name, "immich_policy_load", rule.queues, holds, reason, lease_ttl)


MEASURES = ("load1", "load5", "load15", "cpu_pressure", "memory_pressure", "io_pressure")
"""Loads are per CPU; pressures are the percentage of the last minute in which some process had to wait for it."""


class LoadRule(NamedTuple):
    """Pause above one value, resume below a lower one, and in between leave it as it is."""

    name: str
    measure: str
    value: Optional[float]
    pause_above: float
    resume_below: float
    queues: List[str]


def parse_rule(given: Mapping[str, Any]) -> LoadRule:
    """A rule from `{measure or value, pause_above, resume_below, queues, name}`. Raises `PolicyError`."""
    measure, value = given.get("measure"), given.get("value")
    if (measure is None) == (value is None):
        raise PolicyError("A load rule has either a measure (%s) or a value of your own." % ", ".join(MEASURES))
    if measure is not None and measure not in MEASURES:
        raise PolicyError("There is no measure %s. Use one of %s." % (measure, ", ".join(MEASURES)))
    if value is not None and not given.get("name"):
        raise PolicyError("A load rule with a value of your own needs a name.")
    above = _number(given.get("pause_above"), "pause_above")
    below = _number(given.get("resume_below"), "resume_below")
    if below > above:
        raise PolicyError("A load rule's resume_below (%g) must not be above its pause_above (%g)." % (below, above))
    own = None if value is None else _number(value, "value")
    name = str(given.get("name") or measure)
    return LoadRule(name, str(measure or name), own, above, below, list(given.get("queues") or ["upload"]))


def _number(given: Any, option: str) -> float:
    """A number; an expression's truth counts as 1 or 0 (templates may make a string of it)."""
    if str(given).lower() in ("true", "false"):
        return float(str(given).lower() == "true")
    try:
        return float(given)
    except (TypeError, ValueError):
        raise PolicyError("A load rule's %s is a number, not %s." % (option, given)) from None
