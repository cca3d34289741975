# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From windows, rules for load, conditions and what is held now to what to do. Each of them has a lease of its own."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any, Collection, Dict, List, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.photoyard.immich.plugins.module_utils._queues import names
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.lease_name import as_one_word

from .conditions import UNREACHABLE, Condition
from .missing import STEPS, MissingResults
from .windows import PolicyError, Window, parse_window

Plan = Dict[str, List[Dict[str, Any]]]


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
    for window in map(parse_window, windows):
        _check_queues(window.queues, available, "immich_policy_windows")
        lease = _new_lease(prefix, window.name, known)
        _decide_window(chosen, window, lease, lease in held, now)
    for rule in map(parse_rule, load):
        _check_queues(rule.queues, available, "immich_policy_load")
        lease = _new_lease(prefix, rule.name, known)
        _decide_rule(chosen, rule, lease, lease in held, measured, lease_ttl)
    for condition in conditions:
        _check_queues(condition.queues, available, condition.option)
        lease = _new_lease(prefix, condition.name, known)
        if condition.away:
            chosen["pause"].append(
                {"lease": lease, "queues": condition.queues, "lease_ttl": condition.lease_ttl, "reason": condition.reason}
            )
        elif lease in held:
            chosen["release"].append({"lease": lease, "reason": condition.reason})
    if missing is not None:
        missing.decide(chosen, prefix + as_one_word(UNREACHABLE), *(_new_lease(prefix, step, known) for step in STEPS))
    for lease in sorted(held):
        if lease.startswith(prefix) and lease not in known:
            chosen["release"].append({"lease": lease, "reason": "%s is no longer part of the policy" % lease[len(prefix) :]})
    return chosen


def _check_queues(wanted: Sequence[str], available: Optional[Collection[str]], option: str) -> None:
    if available is not None:
        names.check(wanted, list(available), option)


def _new_lease(prefix: str, name: str, known: set[str]) -> str:
    lease = prefix + as_one_word(name)
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


def _decide_rule(chosen: Plan, rule: LoadRule, lease: str, held: bool, measured: Mapping[str, Any], lease_ttl: int) -> None:
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

    def wants_pause(self, value: float, paused: bool) -> bool:
        """Whether it shall be paused now; `paused` says whether this rule has paused already."""
        if value > self.pause_above:
            return True
        return paused and value >= self.resume_below


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
