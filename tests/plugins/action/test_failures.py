# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown of failed files, and what is left of a failed result."""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.plugin_utils._wording.failures import failed_files, reduce_result

QUEUES = [{"name": "ocr", "paused": True}, {"name": "editor", "paused": False}]


def result(count: int = 1, **others: Any) -> dict[str, Any]:
    failures = [{"path": f"/p/{number}.jpg", "kind": "local", "msg": "The file is empty."} for number in range(min(count, 100))]
    counts = {"uploaded": 95, "duplicates": 0, "skipped": 0, "failed": count}
    return {"failed": True, "msg": "/p/0.jpg: The file is empty.", "counts": counts, "failures": failures, "albums": [], **others}


def test_each_failed_file_has_a_line() -> None:
    assert failed_files(result(2), "report") == snapshot(["failed: /p/0.jpg: The file is empty.", "failed: /p/1.jpg: The file is empty."])
    assert failed_files({"failed": True}, "report") == []


@pytest.mark.parametrize(("report", "words"), [("/r", "see the report /r"), (None, "which report would list in a file")])
def test_after_ten_files_the_rest_is_counted(report: str | None, words: str) -> None:
    lines = failed_files(result(1234, report=report), "report")
    assert len(lines) == 11
    assert lines[-1] == f"and 1,224 more, {words}"


def test_a_file_s_name_moves_no_cursor() -> None:
    failures = [{"path": "/p/\x1b[2J\n.jpg", "msg": "The file is empty."}]
    assert failed_files({"failures": failures}, "report") == snapshot(["failed: /p/\\x1b[2J\\n.jpg: The file is empty."])


def test_failed_result_keeps_its_lists_and_nothing_empty() -> None:
    paused = {"changed": True, "paused": ["ocr"], "left_paused": ["editor"], "queues": QUEUES, "lease": {"holder": "nas"}, "healed": []}
    resumed = {"changed": True, "resumed": ["ocr"], "left_paused": ["editor"], "queues": QUEUES}
    albums = [{"name": str(number)} for number in range(300)]
    of_source = {"source_pause": paused, "source_resume": resumed, "source_lease": None}
    about = {"albums": albums, "report": None, "failure": {"kind": "local", "status": None}}
    small = reduce_result(result(27, pause=paused, resume=resumed, **of_source, **about), True)
    assert small["msg"] == snapshot("27 files failed: /p/0.jpg, /p/1.jpg, /p/2.jpg and 24 more.")
    assert [failure["path"] for failure in small["failures"]] == [f"/p/{number}.jpg" for number in range(27)]
    assert small["albums"] == albums
    assert small["resume"] == small["source_resume"] == {"changed": True, "resumed": ["ocr"], "left_paused": ["editor"]}
    assert small["failure"] == {"kind": "local"}
    assert {"pause", "source_pause", "source_lease", "report"}.isdisjoint(small)


def test_reduced_result_keeps_stacks_unless_none() -> None:
    assert "stacks" not in reduce_result(result(stacks={"created": 0, "completed": 0}), True)
    assert reduce_result(result(stacks={"created": 0, "completed": 1}), True)["stacks"] == {"created": 0, "completed": 1}


def test_reduced_message_counts_missing_paths_apart() -> None:
    failures = [{"path": "/p", "msg": "There is no such file or folder on this host."}]
    missing = result(msg="/p: There is no such file or folder on this host.", failures=failures, counts={"failed": 0, "missing_paths": 1})
    assert reduce_result(missing, True)["msg"] == "1 path is not there: /p."
    others = [{"path": f"/{name}", "msg": "…"} for name in ("q", "a\n", "b", "c")]
    both = missing | {"failures": [*failures, *others], "counts": {"failed": 3, "missing_paths": 2}}
    assert reduce_result(both, True)["msg"] == snapshot("2 paths are not there: /p and /q. 3 files failed: /a\\n, /b and /c.")
    many = [{"path": f"/{number}", "msg": "…"} for number in range(99)]
    lost = missing | {"failures": [*failures, *many], "counts": {"failed": 5, "missing_paths": 100}}
    assert reduce_result(lost, True)["msg"] == snapshot("100 paths are not there: /p, /0, /1 and 97 more. 5 files failed.")


def test_reduced_message_counts_unreadable_folders_apart() -> None:
    failures = [{"path": "/p/closed", "msg": "The folder cannot be read: Permission denied for the user nas."}]
    closed = result(msg=f"/p/closed: {failures[0]['msg']}", failures=failures, counts={"failed": 1, "missing_paths": 0})
    assert reduce_result(closed, True)["msg"] == snapshot("1 folder failed: /p/closed.")
    both = closed | {"failures": [*failures, {"path": "/p/a.jpg", "msg": "The file is empty."}], "counts": {"failed": 2}}
    assert reduce_result(both, True)["msg"] == snapshot("2 files and folders failed: /p/closed and /p/a.jpg.")


def test_which_queues_are_still_paused_is_kept() -> None:
    small = reduce_result(
        result(pause={"paused": ["ocr", "editor"]}, resume={"failed": True, "resumed": ["editor"], "queues": QUEUES}), True
    )
    assert small["resume"]["queues"] == QUEUES[:1]
    assert small["pause"] == {"paused": ["ocr", "editor"]}


def test_reduced_result_keeps_other_messages() -> None:
    assert reduce_result(result() | {"msg": "The quota is used up."}, True)["msg"] == "The quota is used up."
    assert reduce_result(result(), False)["msg"] == snapshot("/p/0.jpg: The file is empty.")
