# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that decides for a policy."""

from __future__ import annotations

from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.filter._policy_plan import policy_plan


def held(lease: str) -> dict[str, object]:
    return {"holder": lease, "expired": False, "ending": False}


def test_policy_releases_its_own_leases_only() -> None:
    leases = [held("my-nas:old"), held("my-nas-2:old"), held("my-nas-20260131T010000Z-upload-3f2a")]
    assert [one["lease"] for one in policy_plan(leases, "my nas")["release"]] == ["my-nas:old"]


def test_policy_lease_is_single_word() -> None:
    window = {"from": "00:00", "to": "00:00", "timezone": "UTC", "name": 'all day, it\'s "long"'}
    assert [one["lease"] for one in policy_plan([], "my nas: night", [window])["pause"]] == ["my-nas-night:all-day-it-s-long"]


def test_name_without_a_letter_is_refused() -> None:
    assert policy_plan([], " '\" ")["error"] == snapshot("A policy needs a name with letters or digits. Change immich_policy_name.")


def test_policy_refuses_windows_with_same_lease() -> None:
    window = {"from": "00:00", "to": "00:00", "timezone": "UTC"}
    windows = [window | {"name": "a b"}, window | {"name": "a-b"}]
    assert policy_plan([], "nas", windows)["error"].startswith("Two windows or rules are called a-b.")


def test_unknown_queue_is_refused_while_nothing_is_due() -> None:
    rule = {"measure": "load5", "pause_above": 1.5, "resume_below": 0.5, "queues": ["smartsearch"]}
    decided = policy_plan([], "nas", load=[rule], measured={"load5": 0.1}, queues=[{"name": "smartSearch"}])
    assert (decided["pause"], decided["release"]) == ([], [])
    assert "smartsearch (did you mean smartSearch?)" in decided["error"]
    assert "immich_policy_load" in decided["error"]
