# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress file, as the one who watches reads it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.plugin_utils._progress import snapshot
from support.collection import pipeline
from support.waiting import wait_until

from ..conftest import Uploads, counts, picture


def read(path: Path) -> snapshot.Snapshot:
    """The snapshot, through the eyes of the action plugin."""
    found = snapshot.parse(path.read_text())
    assert found is not None
    return found


def test_last_snapshot_has_all_counts(uploads: Uploads, tmp_path: Path) -> None:
    src = tmp_path / "src"
    uploads(picture(src / "old.jpg"))
    picture(src / "new.jpg", b"x" * 1000)
    picture(src / "empty.jpg", b"")
    picture(src / "notes.txt")
    uploads.failing(src, album="A", progress_path=str(tmp_path / "progress"))
    last = read(tmp_path / "progress")
    assert last.seconds > 0
    assert (last.phase, last.scan_done) == ("done", True)
    assert (last.files_seen, last.files_done) == (4, 4)
    assert (last.bytes_seen, last.bytes_done, last.bytes_hashed, last.bytes_sent) == (1007, 1007, 1007, 1000)
    assert (last.uploaded, last.duplicates, last.skipped, last.failed) == (1, 1, 1, 1)
    assert last.steps > 0
    assert (tmp_path / "progress").stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(tmp_path)) == ["progress", "src"]


def test_snapshot_shows_file_in_transfer(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "a.mp4", os.urandom(6_000_000))
    path = tmp_path / "progress"
    seen: list[snapshot.Snapshot] = []

    def heartbeat() -> None:
        if path.exists():
            seen.append(read(path))

    uploads(tmp_path / "src", progress_path=str(path), bandwidth_limit=4e6, heartbeat=heartbeat)
    assert any(0 < one.bytes_done < 6_000_000 and one.files_done == 0 and one.phase == "upload" for one in seen)
    assert all(one.bytes_done <= one.bytes_seen for one in seen)


def test_snapshot_has_phase_pause_while_files_wait(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "a.jpg")
    path = tmp_path / "progress"

    def pause(_check_cancelled: Callable[[], None]) -> None:
        wait_until(lambda: path.exists() and read(path).phase == "pause")

    uploads(tmp_path / "src", progress_path=str(path), before_sending=pause)
    assert read(path).phase == "done"


def test_total_is_known_before_the_scan_ends(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_SCAN_AHEAD", 30)
    monkeypatch.setattr(pipeline, "_COUNT_AHEAD_AFTER", 0.0)
    for number in range(150):
        picture(tmp_path / "src" / f"{number}.jpg", f"{number:0400}")
    picture(tmp_path / "src" / "empty.jpg", b"")
    picture(tmp_path / "src" / "notes.txt")
    path = tmp_path / "progress"
    seen: list[snapshot.Snapshot] = []

    def heartbeat() -> None:
        if path.exists():
            seen.append(read(path))

    result = uploads(tmp_path / "src", progress_path=str(path), bandwidth_limit=2e4, heartbeat=heartbeat, max_failures=1)
    assert counts(result) == [150, 0, 1, 1]
    early = [one for one in seen if one.scan_done and one.files_done < 70]
    assert early
    assert all((one.files_seen, one.bytes_seen) == (152, 60_000) for one in early)


def test_unwritable_progress_file_is_ignored(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    result: dict[str, Any] = uploads(tmp_path, progress_path=str(tmp_path / "none" / "progress"))
    assert result["counts"]["uploaded"] == 1
    assert json.dumps(result)
    assert threading.active_count() < 50
