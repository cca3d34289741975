# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pauses while a disk or a machine-learning host is away."""

from __future__ import annotations

from typing import Any

from ansible_collections.photoyard.immich.plugins.filter._policy_plan import policy_plan

SENTINEL = "/mnt/nas/.mounted"
PC = "http://pc:3003"


def decide(*held: str, queues: tuple[str, ...] = (), **about: Any) -> dict[str, Any]:
    measured = {"missing": about.pop("missing", []), "machine_learning_answers": about.pop("answers", None)}
    leases = [{"holder": lease, "expired": False, "ending": False, "queues": []} for lease in held]
    named = [{"name": name, "paused": False, "active": 0, "waiting": 0, "delayed": 0} for name in queues] or None
    return policy_plan(leases, "nas", measured=measured, queues=named, **about)


def test_missing_path_pauses_library_for_weeks() -> None:
    decided = decide(while_missing=[SENTINEL, "/mnt/usb"], missing=[SENTINEL], lease_ttl=60)
    (paused,) = decided["pause"]
    assert (paused["lease"], paused["queues"]) == ("nas:while-missing", ["library"])
    assert paused["reason"] == "/mnt/nas/.mounted is not there"
    assert paused["lease_ttl"] == 30 * 24 * 3600
    assert decided["release"] == []


def test_missing_paths_are_all_named() -> None:
    (paused,) = decide("nas:while-missing", while_missing=[SENTINEL, "/mnt/usb"], missing=["/mnt/usb", SENTINEL])["pause"]
    assert paused["reason"] == "/mnt/nas/.mounted, /mnt/usb are not there"


def test_present_paths_release_held_lease_only() -> None:
    about: dict[str, Any] = {"while_missing": [SENTINEL, "/mnt/usb"], "missing": []}
    assert decide(**about)["release"] == []
    assert decide("nas:while-missing", **about) == {
        "pause": [],
        "start": [],
        "release": [{"lease": "nas:while-missing", "reason": "/mnt/nas/.mounted, /mnt/usb are there"}],
        "error": "",
    }


def test_silent_host_pauses_machine_learning_of_old_server() -> None:
    has = ("library", "smartSearch", "faceDetection", "duplicateDetection", "facialRecognition")
    (paused,) = decide(while_unreachable=PC, answers=False, queues=has, lease_ttl=60)["pause"]
    assert paused["queues"] == ["smartSearch", "faceDetection", "duplicateDetection", "facialRecognition"]
    assert (paused["reason"], paused["lease_ttl"]) == ("http://pc:3003 does not answer", 60)


def test_answering_host_releases_held_lease() -> None:
    about: dict[str, Any] = {"while_unreachable": PC, "while_unreachable_queues": ["ocr"], "answers": True, "queues": ("ocr",)}
    assert decide(**about)["release"] == []
    assert decide("nas:while-unreachable", **about)["release"] == [{"lease": "nas:while-unreachable", "reason": "http://pc:3003 answers"}]


def test_unknown_queue_is_refused_while_nothing_is_away() -> None:
    for option, about in (
        ("immich_policy_while_missing_queues", {"while_missing": [SENTINEL], "while_missing_queues": ["shelves"]}),
        ("immich_policy_while_unreachable_queues", {"while_unreachable": PC, "while_unreachable_queues": ["shelves"], "answers": True}),
    ):
        decided = decide("nas:old", queues=("library",), **about)
        assert option in decided["error"]
        assert (decided["pause"], decided["release"]) == ([], [])


def test_removed_condition_releases_its_lease() -> None:
    assert [one["lease"] for one in decide("nas:while-missing")["release"]] == ["nas:while-missing"]
