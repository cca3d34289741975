# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lines say, and what they leave out because nobody knows it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.plugin_utils._progress import line
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress.line import WINDOW, Pace
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress.snapshot import Snapshot, parse

GB, MB = 10**9, 10**6
WILD = [
    ("files_seen", float("inf")),
    ("bytes_sent", 10**400),
    ("updated", float("nan")),
    ("seconds", float("inf")),
    ("seconds", float("nan")),
]


def progress_at(**values: Any) -> Snapshot:
    usual: dict[str, Any] = {
        "phase": "upload",
        "scan_done": True,
        "files_seen": 18302,
        "bytes_seen": 9_800 * MB,
        "files_done": 6120,
        "bytes_done": 3_100 * MB,
        "bytes_hashed": 3_100 * MB,
        "bytes_sent": 0,
        "uploaded": 204,
        "duplicates": 5916,
        "skipped": 0,
        "failed": 0,
        "seconds": 100.0,
    }
    return Snapshot(**{**usual, **values})


def pace(*snapshots: Snapshot, every: float = 5.0) -> Pace:
    seen = Pace()
    for number, one in enumerate(snapshots):
        seen.add(one, number * every)
    return seen


def test_progress_line_has_files_bytes_speed_and_time_left() -> None:
    before = progress_at(files_done=5620, bytes_done=2_450 * MB, bytes_sent=100 * MB, seconds=75.0)
    now = progress_at(bytes_sent=700 * MB)
    assert line.progress(now, pace(before, now)) == snapshot(
        "6,120 of 18,302 files · 3.1 of 9.8 GB · 24 MB/s · 204 new, 5,916 already there, 0 failed · about 10 min left"
    )


def test_progress_line_with_one_file_is_singular() -> None:
    now = progress_at(files_seen=1, files_done=0, bytes_seen=4 * GB, bytes_done=GB, bytes_sent=GB, uploaded=0, duplicates=0, seconds=10.0)
    assert line.progress(now, pace(now)) == snapshot("0 of 1 file · 1.0 of 4.0 GB · 100 MB/s · 0 new, 0 already there, 0 failed")


def test_progress_line_while_scanning_has_no_time_left() -> None:
    before = progress_at(scan_done=False, bytes_sent=10 * MB, files_done=5000, seconds=70.0)
    now = progress_at(scan_done=False, bytes_sent=700 * MB)
    said = line.progress(now, pace(before, now))
    assert said.startswith("6,120 of 18,302 files so far · ")
    assert said.endswith(" · still looking for files")
    assert "left" not in said


def test_progress_line_before_first_file_has_no_numbers() -> None:
    now = progress_at(scan_done=False, files_seen=0, files_done=0, bytes_seen=0, bytes_done=0)
    assert line.progress(now, pace(now)) == "looking for files"


def test_reading_is_not_called_sending() -> None:
    before = progress_at(bytes_hashed=0, seconds=98.0)
    now = progress_at(bytes_hashed=620 * MB)
    assert " · reading 310 MB/s · " in line.progress(now, pace(before, now))


def test_when_nothing_is_read_or_sent_files_are_counted() -> None:
    before = progress_at(files_done=1120, seconds=99.0)
    assert " · 5,000 files/s · " in line.progress(progress_at(), pace(before, progress_at()))


def test_the_time_left_goes_by_the_slower_of_number_and_size() -> None:
    few_large_ones_left = pace(
        progress_at(files_done=18000, bytes_done=1_000 * MB, seconds=80.0), progress_at(files_done=18300, bytes_done=1_200 * MB)
    )
    assert few_large_ones_left.time_left == (9_800 - 1_200) / 10
    many_small_ones_left = pace(
        progress_at(files_done=100, bytes_done=9_000 * MB, seconds=80.0), progress_at(files_done=302, bytes_done=9_790 * MB)
    )
    assert many_small_ones_left.time_left == 18000 / 10.1


def test_no_time_left_is_made_up() -> None:
    standing_still = pace(progress_at(seconds=80.0), progress_at())
    assert standing_still.time_left is None
    only_just_begun = pace(progress_at(seconds=1.0), progress_at(files_done=7000, bytes_done=4 * GB, seconds=5.0))
    assert only_just_begun.time_left is None


def test_rate_is_of_last_window_only() -> None:
    fast_then_slow = pace(
        progress_at(bytes_sent=0, seconds=0.0),
        progress_at(bytes_sent=10 * GB, seconds=100.0),
        progress_at(bytes_sent=10 * GB + 30 * MB, seconds=100.0 + WINDOW),
    )
    assert fast_then_slow.rate("bytes_sent") == 30 * MB / WINDOW


def test_progress_line_tells_standstill() -> None:
    seen = pace(progress_at(seconds=80.0), progress_at(seconds=85.0), progress_at(seconds=105.0), every=20.0)
    assert line.progress(progress_at(seconds=105.0), seen).endswith(" · nothing has moved for 40 s")


def test_bytes_sent_again_are_no_movement() -> None:
    """While the server stands still, each attempt sends the first bytes of the same files."""
    tries = [
        progress_at(bytes_sent=number * MB, bytes_done=size, seconds=80.0 + 5 * number) for number, size in enumerate([9, 5, 9, 0, 9, 7])
    ]
    said = line.progress(tries[-1], pace(*tries, every=5.0))
    assert said.endswith(" · nothing has moved for 25 s")
    assert "/s" not in said


def test_received_bytes_count_as_movement() -> None:
    received = [progress_at(bytes_sent=number * MB, receives=True, seconds=80.0 + 5 * number) for number in range(6)]
    assert "nothing has moved" not in line.progress(received[-1], pace(*received, every=5.0))


def test_steps_after_the_last_file_are_movement() -> None:
    made = [progress_at(phase="organise", steps=number, seconds=80.0 + 10 * number) for number in range(6)]
    assert line.progress(made[-1], pace(*made, every=10.0)).endswith(" · filling albums, tags and stacks")


def test_albums_at_the_end_are_said() -> None:
    now = progress_at(phase="organise", files_done=18302, bytes_done=9_800 * MB)
    assert line.progress(now, pace(now)).endswith(" · filling albums, tags and stacks")


def test_failed_and_skipped_files_are_counted() -> None:
    now = progress_at(skipped=1200, failed=3)
    assert "204 new, 5,916 already there, 1,200 skipped, 3 failed" in line.progress(now, pace(now))


def test_progress_line_counts_missing_paths_and_deletions() -> None:
    now = progress_at(missing_paths=2, deleted_local=7)
    assert "0 failed, 2 paths are not there, 7 local files deleted" in line.progress(now, pace(now))


def test_progress_line_tells_pause_before_first_file() -> None:
    now = progress_at(phase="pause")
    assert line.progress(now, pace(now)).endswith(" · pausing background jobs first")


def test_closing_line_sums_up_run() -> None:
    done = progress_at(phase="done", files_done=18302, uploaded=412, duplicates=17889, failed=1, bytes_sent=1_200 * MB, seconds=724.0)
    assert line.closing(done, check_mode=False) == snapshot(
        "18,302 files in 12 min 4 s · 412 new, 17,889 already there, 1 failed · 1.2 GB sent, 1.7 MB/s"
    )


def test_closing_line_of_cut_run_says_stopped_early() -> None:
    assert line.closing(progress_at(), check_mode=False) == snapshot(
        "6,120 of 18,302 files in 1 min 40 s · 204 new, 5,916 already there, 0 failed · stopped early"
    )
    assert line.closing(progress_at(scan_done=False), check_mode=False).startswith("6,120 of 18,302 files so far in ")


def test_the_closing_line_of_check_mode() -> None:
    done = progress_at(files_seen=1, files_done=1, uploaded=1, duplicates=0, seconds=0.3)
    assert line.closing(done, check_mode=True) == snapshot(
        "1 file in 0.3 s · 1 new, 0 already there, 0 failed · check mode: nothing was sent"
    )


def test_parse_of_malformed_snapshot_is_none() -> None:
    for text in ("", "{", "[]", "null", '{"phase": "upload"}', "cat: No such file or directory"):
        assert parse(text) is None


@pytest.mark.parametrize("text", ["[" * 100_000, *(json.dumps({**asdict(progress_at()), name: value}) for name, value in WILD)])
def test_no_number_of_a_snapshot_ends_the_task(text: str) -> None:
    """The file lies on another host, and whoever can write to it must not cost the task its result."""
    assert parse(text) is None
