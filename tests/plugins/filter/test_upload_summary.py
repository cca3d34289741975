# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentence at the end of a run."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.filter.upload_summary import human_size, join_names, upload_summary

PAUSED = {"changed": True, "paused": ["metadataExtraction", "ocr"]}
RESUMED = {"changed": True, "resumed": ["metadataExtraction", "ocr"]}


def uploaded(new: int = 0, there: int = 0, skipped: int = 0, failed: int = 0, **others: Any) -> dict[str, Any]:
    counts = {"uploaded": new, "duplicates": there, "skipped": skipped, "failed": failed}
    return {"counts": counts, "bytes_sent": 0, "failures": [], "albums": []} | others


def queue(name: str, paused: bool) -> dict[str, Any]:
    return {"name": name, "paused": paused}


def says(*results: Any, **options: Any) -> str:
    summary = upload_summary(*results, **options)
    assert not summary["failed"]
    return str(summary["msg"])


def fails(*results: Any, **options: Any) -> str:
    summary = upload_summary(*results, **options)
    assert summary["failed"]
    return str(summary["msg"])


def test_a_good_run_names_what_went_up_and_what_stays_paused() -> None:
    result = uploaded(
        412,
        17889,
        bytes_sent=1_234_000_000,
        albums=[{"name": "a", "created": True, "added": 3}, {"name": "b", "created": False, "added": 1}, {"name": "c", "added": 0}],
    )
    assert says(result, pause=PAUSED | {"left_paused": ["smartSearch"]}, resume=RESUMED) == (
        "412 uploaded (1.2 GB), 17,889 already there, albums: 1 new, 1 added to. "
        "Background jobs run again; smartSearch stays paused (not ours)."
    )


def test_two_foreign_pauses_are_plural() -> None:
    assert "; ocr and smartSearch stay paused (not ours)." in says(
        uploaded(1), pause=PAUSED | {"left_paused": ["ocr", "smartSearch"]}, resume=RESUMED
    )


def test_a_pause_that_had_to_be_renewed_is_told() -> None:
    assert says(uploaded(1), pause=PAUSED, resume=RESUMED, watch={"reasserted": ["metadataExtraction"]}) == (
        "1 uploaded. Immich restarted, it seems, and resumed metadataExtraction, so it was paused again. Background jobs run again."
    )


def test_a_guard_that_failed_is_told() -> None:
    assert says(uploaded(1), pause=PAUSED, resume=RESUMED, watch={"finished": 1, "failed": True, "msg": "No route to host"}) == (
        "1 uploaded. Nobody watched over the pause to the end, because the guard failed: No route to host. Background jobs run again."
    )


def test_a_guard_whose_result_ansible_cannot_find_did_not_fail() -> None:
    watch = {"finished": True, "failed": True, "msg": "could not find job"}
    assert says(uploaded(1), pause=PAUSED, resume=RESUMED, watch=watch) == "1 uploaded. Background jobs run again."


def test_a_guard_that_has_not_ended_yet_did_not_fail() -> None:
    assert says(uploaded(1), pause=PAUSED, resume=RESUMED, watch={"finished": 0, "failed": True}) == (
        "1 uploaded. Background jobs run again."
    )


def test_what_others_hold_stays_paused() -> None:
    resume = RESUMED | {"held_by_others": ["smartSearch"], "left_paused": ["library"]}
    assert says(uploaded(1), pause=PAUSED, resume=resume) == (
        "1 uploaded. Background jobs run again; smartSearch stays paused (held by others too); library stays paused (not ours)."
    )


def test_what_an_earlier_run_left_is_told() -> None:
    assert says(uploaded(0, 3), pause={"healed": ["ocr"]}) == "Nothing new, 3 already there. Resumed what an earlier run left paused: ocr."


def test_nothing_new_says_nothing_about_queues() -> None:
    assert says(uploaded(0, 30), preview=uploaded(0, 30), pause={"skipped": True}, resume={"skipped": True}) == (
        "Nothing new, 30 already there."
    )


def test_an_empty_folder_is_not_nothing_new() -> None:
    assert says(uploaded()) == "No photo or video was found."


def test_check_mode_speaks_of_what_would_be() -> None:
    assert says(uploaded(3), pause=PAUSED, resume={"skipped": True}, check_mode=True) == (
        "3 would be uploaded. Background jobs would pause meanwhile."
    )


def test_failures_that_may_be_show_an_example() -> None:
    result = uploaded(1, failed=2, failures=[{"path": "/p/a.jpg", "kind": "local", "msg": "is empty."}])
    assert says(result) == "1 uploaded, 2 failed (see /p/a.jpg: is empty)."


def test_a_failed_upload_ends_on_what_to_do() -> None:
    result = uploaded(1, failed=1, failures=[{"path": "/p/a.jpg", "kind": "local", "msg": "is empty"}]) | {
        "failed": True,
        "msg": "/p/a.jpg: is empty",
    }
    assert fails(result, pause=PAUSED, resume=RESUMED) == (
        "1 uploaded, 1 failed. Background jobs run again. /p/a.jpg: is empty. "
        "Run it again once that is mended: what is there already is not sent a second time."
    )


def test_a_wrong_key_is_said_before_anything_happens() -> None:
    assert fails(None, preview={"failed": True, "msg": "The key is wrong."}) == (
        "Nothing was uploaded and no queue was touched. The key is wrong."
    )


def test_a_refused_pause_is_a_remark() -> None:
    pause = {"failed": False, "failure": {"kind": "permission"}, "msg": "The API key lacks the scope queue.update."}
    assert says(uploaded(1), pause=pause) == (
        "1 uploaded. Background jobs kept running: The API key lacks the scope queue.update. Or set immich_upload_pause_jobs: false."
    )


def test_a_failed_pause_stops_the_run() -> None:
    assert "Nothing was uploaded, because the background jobs could not be paused. No way." in fails(
        None, preview=uploaded(1), pause={"failed": True, "msg": "No way"}, resume=RESUMED
    )


def test_a_failed_resume_names_the_queues_and_the_way_out() -> None:
    resume = {"failed": True, "msg": "ocr could not be resumed: boom", "queues": [queue("metadataExtraction", False), queue("ocr", True)]}
    assert fails(uploaded(1), pause=PAUSED, resume=resume).endswith(
        "ocr could not be resumed: boom. The guard on the host goes on trying. Or resume ocr in Immich's administration, under Jobs."
    )


def test_a_failed_resume_of_nothing_gives_no_advice() -> None:
    assert fails(None, preview=uploaded(1), pause={"failed": True, "msg": "No way"}, resume={"failed": True, "msg": "Nor back"}) == (
        "Nothing was uploaded, because the background jobs could not be paused. No way. Nor back."
    )


def test_a_host_that_went_away_is_a_failure() -> None:
    assert "The host went away during the upload. ssh: no route." in fails({"unreachable": True, "msg": "ssh: no route"})


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_960, "10 kB"), (999_499, "999 kB"), (999_600, "1.0 MB"), (5 * 10**12, "5.0 TB")],
)
def test_sizes(size: int, words: str) -> None:
    assert human_size(size) == words


def test_lists_of_names() -> None:
    assert [join_names(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
