# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the same bytes that are on their way at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload.check import Claim, InFlight
from support.collection import FileItem, Folder, Item, Root


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    """Three files of the same bytes."""
    folder = Folder(str(tmp_path), Root.at(str(tmp_path)), follow=False)
    found: list[Item] = []
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"same")
        item = FileItem(folder, name, (tmp_path / name).stat())
        item.sha1 = b"1" * 20
        found.append(item)
    return found


def test_first_file_goes_up_and_others_wait(items: list[Item]) -> None:
    in_flight = InFlight()
    assert [in_flight.claim(item) for item in items] == [Claim(True, None), Claim(False, None), Claim(False, None)]
    assert in_flight.mark_arrived(items[0].sha1, "the-id") == items[1:]
    assert in_flight.claim(items[2]) == Claim(False, "the-id")


def test_next_file_goes_up_after_failure(items: list[Item]) -> None:
    in_flight = InFlight()
    for item in items:
        in_flight.claim(item)
    assert in_flight.mark_failed(items[0].sha1) is items[1]
    assert in_flight.mark_arrived(items[1].sha1, "the-id") == [items[2]]
    assert in_flight.mark_failed(items[0].sha1) is None


def test_arrived_file_is_forgotten_before_next_check(items: list[Item]) -> None:
    """A photo may be deleted during the run, and its file come again: then it has to go up once more."""
    in_flight = InFlight()
    in_flight.claim(items[0])
    assert in_flight.mark_arrived(items[0].sha1, "the-id") == []
    in_flight.about_to_check()
    assert in_flight.claim(items[1]) == Claim(True, None)
