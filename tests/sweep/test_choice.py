# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers of a case are tried, which call fails, and what a power failure takes."""

from __future__ import annotations

import datetime
import errno
import itertools
import os
from pathlib import Path

import pytest

from sweep.choice import TODAY, noted, numbers, seed
from sweep.local_calls import Counting, Failing, Unsynced, watched


def test_each_number_is_tried_once_within_width_days() -> None:
    days = [datetime.date(2026, 11, 30) + datetime.timedelta(days=day) for day in range(7)]
    tried = [number for day in days for number in numbers("case", width=7, known=20, environment={"SWEEP_SEED": day.isoformat()})]
    assert sorted(tried) == list(range(1, 21))


def test_width_of_one_tries_numbers_without_end() -> None:
    tried = numbers("case", width=7, known=2, environment={"SWEEP_WIDTH": "1"})
    assert list(itertools.islice(tried, 4)) == [1, 2, 3, 4]


def test_named_number_is_tried_alone() -> None:
    assert list(numbers("case", width=7, known=2, environment={"SWEEP_AT": "17", "SWEEP_WIDTH": "1"})) == [17]


def test_seed_is_today_unless_a_day_is_named() -> None:
    assert [seed({}), seed({"SWEEP_SEED": ""})] == [TODAY, TODAY]
    assert seed({"SWEEP_SEED": "2026-11-30"}) == datetime.date(2026, 11, 30)


def test_failure_has_the_note() -> None:
    with pytest.raises(KeyError) as caught, noted("the note"):
        raise KeyError
    assert caught.value.__notes__ == ["the note"]


def save(folder: Path) -> None:
    """A file that is written, synced and renamed into place, the folder not synced."""
    descriptor = os.open(folder / "new", os.O_WRONLY | os.O_CREAT)
    with open(descriptor, "wb") as stream:
        stream.write(b"12345678")
        stream.flush()
        os.fsync(descriptor)
    os.replace(folder / "new", folder / "file")


def test_each_call_about_a_file_may_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    counting, failing = Counting(), Failing("ENOSPC", 3)
    with watched(tmp_path, counting):
        save(tmp_path)
    assert counting.counts == {"ENOSPC": 4, "EIO": 4, "EACCES": 2}  # open, write, fsync, replace
    with watched(tmp_path, failing), pytest.raises(OSError, match="No space left") as caught:
        save(tmp_path)
    assert (caught.value.errno, failing.failed and failing.failed.name) == (errno.ENOSPC, "fsync")
    assert (tmp_path / "file").read_bytes() == b"12345678"


def test_reading_a_file_and_its_folder_may_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    counting = Counting()
    with watched(tmp_path, counting):
        assert [os.path.isfile(tmp_path / name) for name in os.listdir(tmp_path)] == [True]
        with open(os.open(tmp_path / "file", os.O_RDONLY), "rb") as stream:
            assert stream.read(3) == b"old"
    assert counting.counts == {"EIO": 4, "EACCES": 3}  # scandir, stat, open, read
    for number in range(1, 5):
        with watched(tmp_path, Failing("EIO", number)), pytest.raises(OSError, match="Input/output"):
            for name in os.listdir(tmp_path):
                os.stat(tmp_path / name)
            with open(os.open(tmp_path / "file", os.O_RDONLY), "rb") as stream:
                stream.read(3)


@pytest.mark.parametrize("synced", [True, False])
def test_power_failure_loses_unsynced_changes_only(tmp_path: Path, synced: bool) -> None:
    host = tmp_path / "host"
    host.mkdir()
    (host / "file").write_bytes(b"old")
    (host / "gone").write_bytes(b"gone")
    unsynced = Unsynced(tmp_path / "aside")
    with watched(host, unsynced):
        save(host)
        os.unlink(host / "gone")
        if synced:
            folder = os.open(host, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        unsynced.lose()
    assert {path.name: path.read_bytes() for path in host.iterdir()} == (
        {"file": b"12345678"} if synced else {"file": b"old", "gone": b"gone"}
    )
