# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules on how busy a host is, with two thresholds so that queues do not flap. Private to the collection."""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple, Optional

from .errors import PolicyError

MEASURES = ("load1", "load5", "load15", "cpu_pressure", "memory_pressure", "io_pressure")
"""Loads are per CPU; pressures are the percentage of the last minute in which some process had to wait for it."""


class Rule(NamedTuple):
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


def parse_rule(given: Mapping[str, Any]) -> Rule:
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
    return Rule(name, str(measure or name), own, above, below, list(given.get("queues") or ["upload"]))


def _number(given: Any, option: str) -> float:
    """A number; an expression's truth counts as 1 or 0 (templates may make a string of it)."""
    if str(given).lower() in ("true", "false"):
        return float(str(given).lower() == "true")
    try:
        return float(given)
    except (TypeError, ValueError):
        raise PolicyError("A load rule's %s is a number, not %s." % (option, given)) from None
