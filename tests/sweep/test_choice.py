# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers of a case are tried, and what a power failure takes."""

from __future__ import annotations

import datetime
import itertools
import os
from pathlib import Path

import pytest

from sweep.choice import noted, numbers, seed
from sweep.local_calls import Unsynced, watched


def test_each_number_is_tried_once_within_width_days() -> None:
    days = [datetime.date(2026, 11, 30) + datetime.timedelta(days=day) for day in range(7)]
    tried = [number for day in days for number in numbers("case", width=7, known=20, environment={"SWEEP_SEED": day.isoformat()})]
    assert sorted(tried) == list(range(1, 21))


def test_width_of_one_tries_numbers_without_end() -> None:
    tried = numbers("case", width=7, known=2, environment={"SWEEP_WIDTH": "1"})
    assert list(itertools.islice(tried, 4)) == [1, 2, 3, 4]


def test_named_number_is_tried_alone() -> None:
    assert list(numbers("case", width=7, known=2, environment={"SWEEP_AT": "17", "SWEEP_WIDTH": "1"})) == [17]
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
