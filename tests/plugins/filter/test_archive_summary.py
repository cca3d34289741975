# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter archive_summary: each number that a person reads."""

from __future__ import annotations

from typing import Any

from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.filter._archive_summary import archive_summary

COUNTS = ("archived", "already_in_place", "updated", "repaired", "removed", "unchanged", "skipped", "failed")


def archived(also: dict[str, Any] | None = None, **counts: int) -> dict[str, Any]:
    return {"counts": {**dict.fromkeys(COUNTS, 0), **counts}, "albums": [], "removed_albums": [], "archive_files": [], **(also or {})}


def test_first_archive_names_album_and_list_files() -> None:
    result = archived({"albums": ["Rome"], "archive_files": ["a.json", "b.jsonl"]}, archived=1200, already_in_place=34)
    assert archive_summary(result, "/photos") == snapshot(["/photos: 1,234 copied, 1 album file written, a.json and b.jsonl written."])


def test_check_mode_does_not_speak_of_the_past() -> None:
    result = archived({"removed_albums": ["a", "b"], "archive_files": ["a.json"]}, updated=1, repaired=2, removed=3, unchanged=4, skipped=5)
    assert archive_summary(result, "/photos", check_mode=True) == snapshot(
        [
            "/photos: 1 would be updated, 2 would be repaired, 3 would be moved aside, 4 as before, 5 skipped, "
            "2 album files would be moved aside, a.json would be written."
        ]
    )


def test_failed_files_are_counted_and_can_be_run_again() -> None:
    result = archived({"failed": True}, archived=1, failed=2)
    assert archive_summary(result, "/photos") == snapshot(
        [
            "/photos: 1 copied, 2 failed.",
            "Run the archive again once the cause is fixed.",
            "What is in the folder already is not copied again.",
        ]
    )


def test_tolerated_failures_are_counted() -> None:
    assert archive_summary(archived(unchanged=5, failed=1), "/photos") == snapshot(["/photos: nothing new, 5 as before, 1 failed."])


def test_archive_without_counts_copied_nothing() -> None:
    assert archive_summary({}, "/photos") == snapshot(["/photos: nothing was copied."])
    assert archive_summary({"failed": True, "msg": "No URL was given."}, "/photos") == snapshot(
        [
            "/photos: nothing was copied.",
            "Run the archive again once the cause is fixed.",
            "What is in the folder already is not copied again.",
        ]
    )
