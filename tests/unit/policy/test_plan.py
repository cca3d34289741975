# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy decides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.photoyard.immich.plugins.plugin_utils._policy.conditions import Plan
from ansible_collections.photoyard.immich.plugins.plugin_utils._policy.plan import plan
from ansible_collections.photoyard.immich.plugins.plugin_utils._policy.windows import PolicyError

NIGHT = {"from": "22:00", "to": "06:00", "timezone": "UTC", "queues": ["videoConversion"]}
NOTHING: Plan = {"pause": [], "start": [], "release": []}
BUSY = {"measure": "load5", "pause_above": 1.5, "resume_below": 0.5}


def decide(
    *, hour: int = 12, windows: list[Any] | None = None, load: list[Any] | None = None, held: tuple[str, ...] = (), **measured: float
) -> Plan:
    now = datetime(2025, 6, 2, hour, 0, tzinfo=UTC)
    return plan(windows or [], load or [], measured, held, "policy", now, 900)


def test_plan_pauses_until_end_of_window() -> None:
    assert decide(hour=23, windows=[NIGHT]) == {
        "pause": [
            {
                "lease": "policy:22-00-to-06-00-UTC",
                "queues": ["videoConversion"],
                "lease_ttl": 7 * 3600,
                "reason": "in the window 22:00 to 06:00 UTC, until 06:00 UTC",
            }
        ],
        "start": [],
        "release": [],
    }


def test_plan_outside_window_releases_held_lease_only() -> None:
    assert decide(windows=[NIGHT]) == NOTHING
    assert decide(windows=[NIGHT], held=("policy:22-00-to-06-00-UTC", "somebody else")) == {
        "pause": [],
        "start": [],
        "release": [{"lease": "policy:22-00-to-06-00-UTC", "reason": "the window 22:00 to 06:00 UTC is over"}],
    }


def test_plan_keeps_state_between_load_thresholds() -> None:
    assert decide(load=[BUSY], load5=1.0) == NOTHING
    (kept,) = decide(load=[BUSY], load5=1.0, held=("policy:load5",))["pause"]
    assert kept["reason"] == "load5 of 1 is not yet below 0.5"
    assert kept["lease_ttl"] == 900


def test_load_above_pauses_and_below_releases() -> None:
    (paused,) = decide(load=[BUSY], load5=1.6)["pause"]
    assert (paused["lease"], paused["queues"]) == ("policy:load5", ["upload"])
    assert paused["reason"] == "load5 of 1.6 is above 1.5"
    (released,) = decide(load=[BUSY], load5=0.4, held=("policy:load5",))["release"]
    assert released["reason"] == "load5 of 0.4 is below 0.5"


def test_plan_ignores_missing_measure() -> None:
    assert decide(load=[BUSY | {"measure": "io_pressure"}], load5=9.0, held=("policy:io_pressure",)) == NOTHING


def test_rule_with_own_value_pauses() -> None:
    rule = {"name": "backup", "value": "True", "pause_above": 0, "resume_below": 0, "queues": ["all"]}
    assert decide(load=[rule])["pause"][0]["lease"] == "policy:backup"
    assert decide(load=[rule | {"value": False}], held=("policy:backup",))["release"] == []
    assert decide(load=[rule | {"value": False, "pause_above": 0.5, "resume_below": 0.5}], held=("policy:backup",))["release"]


def test_plan_releases_lease_of_removed_rule() -> None:
    assert decide(held=("policy:old", "upload 1"))["release"] == [{"lease": "policy:old", "reason": "old is no longer part of the policy"}]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "either a measure"),
        (BUSY | {"value": 1}, "either a measure"),
        (BUSY | {"measure": "load7"}, "no measure load7"),
        (BUSY | {"resume_below": 2}, "must not be above"),
        (BUSY | {"pause_above": "much"}, "is a number, not much"),
        ({"value": 1, "pause_above": 1, "resume_below": 1}, "needs a name"),
    ],
)
def test_nonsense_is_explained(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        decide(load=[rule])


def test_plan_refuses_duplicate_names() -> None:
    with pytest.raises(PolicyError, match="Two windows or rules are called load5"):
        decide(load=[BUSY, BUSY], load5=1.0)


@given(some.lists(some.floats(0, 3, allow_nan=False), min_size=1, max_size=60))
def test_plan_changes_at_most_twice_in_rise_and_fall(samples: list[float]) -> None:
    held: tuple[str, ...] = ()
    changes = 0
    for value in sorted(samples) + sorted(samples, reverse=True):
        chosen = decide(load=[BUSY], load5=value, held=held)
        now = ("policy:load5",) if chosen["pause"] else () if chosen["release"] else held
        changes += now != held
        held = now
    assert changes <= 2
