# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guard is told about whoever may still take its lease. (Processes that die are in test_guard.)"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard.announcement import AT_WORK, GONE, LEFT, NOBODY, Announcement
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.locks import locked

URL = "http://photos.example.com"


def perhaps() -> str:
    return LEFT


@pytest.fixture
def announcement(tmp_path: Path) -> Announcement:
    return Announcement(str(tmp_path / "state"), URL, "nas")


def test_it_is_there_while_the_work_is(announcement: Announcement, tmp_path: Path) -> None:
    assert announcement.look() == NOBODY
    with announcement.made(perhaps):
        assert announcement.look() == AT_WORK
        assert Announcement(str(tmp_path / "state"), URL, "laptop").look() == NOBODY
    assert announcement.look() == LEFT
    announcement.forget()
    assert Announcement(str(tmp_path / "state"), URL, "nas").look() == NOBODY
    assert announcement.look() == LEFT  # as one who has died is noticed


@pytest.mark.parametrize("outcome", GONE)
def test_it_tells_what_has_become_of_the_lease(announcement: Announcement, outcome: str) -> None:
    with announcement.made(lambda: outcome):
        pass
    assert announcement.look() == outcome


def test_what_another_version_left_there_says_nothing_of_the_lease(announcement: Announcement, tmp_path: Path) -> None:
    with announcement.made(perhaps):
        pass
    (file,) = (tmp_path / "state").iterdir()
    file.write_bytes(b"\n\xff")
    assert announcement.look() == LEFT


def test_a_file_that_is_not_locked_yet_is_nobodys(announcement: Announcement, tmp_path: Path) -> None:
    with announcement.made(perhaps):
        pass
    (file,) = (tmp_path / "state").iterdir()
    file.write_bytes(b"")
    assert announcement.look() == NOBODY


def test_that_somebody_left_long_ago_says_nothing(announcement: Announcement, tmp_path: Path) -> None:
    with announcement.made(perhaps):
        pass
    (file,) = (tmp_path / "state").iterdir()
    os.utime(file, (1, 1))
    assert announcement.look() == NOBODY
    with announcement.made(perhaps):
        assert announcement.look() == AT_WORK
    assert announcement.look() == LEFT


def test_what_nobody_removed_goes_in_the_end_and_nothing_else(announcement: Announcement, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    for name in ("taker-old.lock", "taker-at-work.lock", "taker-new.lock", "guard-old.lock", "leases.json"):
        (folder / name).touch()
        if name != "taker-new.lock":
            os.utime(folder / name, (1, 1))
    with locked(str(folder / "taker-at-work.lock"), 0.0), announcement.made(perhaps):
        left = {file.name for file in folder.iterdir()}
    assert len(left) == 5
    assert {"taker-at-work.lock", "taker-new.lock", "guard-old.lock", "leases.json"} < left


def test_a_file_that_somebody_else_removes_meanwhile_keeps_nobody_from_being_told(
    announcement: Announcement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "taker-old.lock").touch()
    entries = list(os.scandir(folder))
    (folder / "taker-old.lock").unlink()
    monkeypatch.setattr(os, "scandir", lambda _folder: entries)
    with announcement.made(perhaps):
        assert announcement.look() == AT_WORK


def test_without_a_folder_nobody_is_told_and_the_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    announcement = Announcement(str(tmp_path / "file" / "state"), URL, "nas")
    with announcement.made(perhaps):
        assert announcement.look() == NOBODY
