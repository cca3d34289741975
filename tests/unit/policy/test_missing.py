# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which step is due after the machine-learning host was away."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.filter._policy_plan import policy_plan

PC = "http://pc:3003"
AWAY, FIRST, SECOND = "nas:while-unreachable", "nas:start-missing", "nas:start-duplicates"
ASKING, FOLLOWING = ["smartSearch", "faceDetection", "ocr"], ["duplicateDetection", "facialRecognition"]
HELD_BACK = ["duplicateDetection"]


def lease(name: str, *queues: str, expired: bool = False) -> dict[str, Any]:
    return {"holder": name, "queues": list(queues), "expired": expired, "ending": False}


def decide(
    *leases: dict[str, Any], answers: bool = True, start: bool = True, has: tuple[str, ...] = (), **queues: dict[str, Any]
) -> dict[str, Any]:
    """What is decided by these leases. The queues have nothing to do, and are paused if a lease has them, but for what is given of them."""
    held = {name for found in leases for name in found["queues"]}
    idle = {"active": 0, "waiting": 0, "delayed": 0}
    named = [{"name": name, "paused": name in held, **idle, **queues.get(name, {})} for name in has or (*ASKING, *FOLLOWING)]
    decided = policy_plan(
        leases, "nas", measured={"machine_learning_answers": answers}, queues=named, while_unreachable=PC, start_missing=start, lease_ttl=60
    )
    assert decided["error"] == ""
    return decided


def taken(decided: dict[str, Any]) -> dict[str, list[str]]:
    return {wanted["lease"]: wanted["queues"] for wanted in decided["pause"]}


def started(decided: dict[str, Any]) -> list[str]:
    return [name for missed in decided["start"] for name in missed["queues"]]


def released(decided: dict[str, Any]) -> list[str]:
    return [unwanted["lease"] for unwanted in decided["release"]]


def test_return_of_host_holds_duplicates_back() -> None:
    decided = decide(lease(AWAY, *ASKING, *FOLLOWING))
    assert (taken(decided), started(decided), released(decided)) == ({FIRST: HELD_BACK}, [], [AWAY])
    assert decided["pause"][0]["lease_ttl"] == 60


def test_host_never_away_leaves_nothing_missing() -> None:
    assert decide() == {"pause": [], "start": [], "release": [], "error": ""}


def test_missing_results_may_be_left_alone() -> None:
    decided = decide(lease(AWAY, *ASKING), start=False)
    assert (taken(decided), started(decided), released(decided)) == ({}, [], [AWAY])
    assert released(decide(lease(FIRST, *HELD_BACK), start=False)) == [FIRST]


@pytest.mark.parametrize("about", [{"waiting": 1}, {"active": 1}, {"delayed": 1}])
def test_first_step_waits_for_waiting_jobs(about: dict[str, int]) -> None:
    decided = decide(lease(FIRST, *HELD_BACK), ocr=about)
    assert (taken(decided), started(decided), released(decided)) == ({FIRST: HELD_BACK}, [], [])
    assert decided["pause"][0]["reason"] == "until ocr has nothing left to do"


def test_first_step_starts_queues_before_lease_is_released() -> None:
    decided = decide(lease(FIRST, *HELD_BACK), duplicateDetection={"waiting": 7})
    assert taken(decided) == {FIRST: HELD_BACK, SECOND: HELD_BACK}
    assert (started(decided), released(decided)) == (ASKING, [FIRST])
    assert decided["start"][0]["lease"] == FIRST


def test_first_step_is_taken_again_before_second() -> None:
    assert started(decide(lease(FIRST, *HELD_BACK), lease(SECOND, *HELD_BACK))) == ASKING


def test_second_step_waits_for_first() -> None:
    for name in ("smartSearch", "facialRecognition"):
        about: dict[str, Any] = {name: {"waiting": 1}}
        decided = decide(lease(SECOND, *HELD_BACK), **about)
        assert (taken(decided), started(decided), released(decided)) == ({SECOND: HELD_BACK}, [], [])


def test_second_step_waits_for_running_comparison() -> None:
    assert started(decide(lease(SECOND, *HELD_BACK), duplicateDetection={"active": 1})) == []


def test_second_step_starts_following_queues() -> None:
    decided = decide(lease(SECOND, *HELD_BACK), duplicateDetection={"waiting": 7})
    assert (taken(decided), started(decided), released(decided)) == ({SECOND: HELD_BACK}, FOLLOWING, [SECOND])


@pytest.mark.parametrize("name", [AWAY, FIRST, SECOND])
def test_expired_lease_still_says_step(name: str) -> None:
    queues = ASKING if name == AWAY else HELD_BACK
    live, expired = decide(lease(name, *queues)), decide(lease(name, *queues, expired=True))
    assert (taken(expired), started(expired)) == (taken(live), started(live))
    assert released(expired) == ([] if name == AWAY else released(live))  # the pause before it ends it


def test_host_leaving_again_begins_all_over() -> None:
    for name in (FIRST, SECOND):
        decided = decide(lease(name, *HELD_BACK), answers=False)
        assert (taken(decided), started(decided), released(decided)) == ({AWAY: [*ASKING, *FOLLOWING]}, [], [])
    both = decide(lease(AWAY, *ASKING, *FOLLOWING), lease(SECOND, *HELD_BACK))
    assert (taken(both), started(both), released(both)) == ({FIRST: HELD_BACK}, [], [AWAY])


def test_queue_paused_by_hand_is_left_alone() -> None:
    by_hand = {"paused": True, "waiting": 3}
    assert started(decide(lease(FIRST, *HELD_BACK), ocr=by_hand)) == ["smartSearch", "faceDetection"]
    assert started(decide(lease(SECOND), ocr=by_hand, duplicateDetection=by_hand)) == ["facialRecognition"]


def test_queue_paused_by_other_lease_is_waited_for() -> None:
    assert started(decide(lease(FIRST, *HELD_BACK), lease("an upload", "ocr"))) == []


def test_old_server_has_no_ocr_to_start() -> None:
    assert started(decide(lease(FIRST, *HELD_BACK), has=("smartSearch", "faceDetection", *FOLLOWING))) == ["smartSearch", "faceDetection"]
