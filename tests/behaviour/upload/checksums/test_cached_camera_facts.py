# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pictures say of times and cameras is kept beside their checksums, so that a second run stacks them without a look into them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload.organise import stacks
from immich_emulator.testing import Emulator
from support.collection import Item
from support.exports.media import Camera, jpeg
from support.photos.shots import NOON, Shot, ask, shot_bytes, stacks_of

from ..conftest import Uploads

OPTIONS: dict[str, Any] = {"stack": ("raw_jpeg", "burst")}
STACKS = [["DSC_0.JPG", "DSC_1.JPG", "DSC_2.JPG"], ["IMG_1.JPG", "IMG_1.DNG"], ["scan.JPG", "scan.DNG"], ["zone.JPG", "zone.DNG"]]
PICTURES = sorted(["scan 1.JPG", "scan 2.JPG", "scan 3.JPG", *(name for names in STACKS for name in names)])


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the pictures that were looked into."""
    found: list[str] = []
    real = stacks._look

    def noting(item: Item) -> Any:
        found.append(item.name)
        return real(item)

    monkeypatch.setattr(stacks, "_look", noting)
    return found


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """A burst; a pair in UTC, one of which a half has another offset and the other none, one without a time of its own; three scans."""
    folder = tmp_path / "src"
    folder.mkdir()
    shots = [Shot(f"DSC_{number}.JPG", 60.1 + number / 4) for number in range(3)]
    shots += [Shot("IMG_1.JPG"), Shot("IMG_1.DNG"), Shot("scan.JPG", 300, dated=False), Shot("scan.DNG", 300, dated=False)]
    shots += [Shot(f"scan {number}.JPG", 301 + number / 4, dated=False) for number in range(1, 4)]
    contents = {shot.name: shot_bytes(shot) for shot in shots}
    there = NOON.replace(hour=18).astimezone(timezone(timedelta(hours=-5, minutes=-30)))
    contents["zone.JPG"] = jpeg("with an offset", Camera(there, zoned=True))
    contents["zone.DNG"] = jpeg("without", Camera(NOON.replace(hour=18)))
    for number, (name, content) in enumerate(contents.items()):
        (folder / name).write_bytes(content)
        os.utime(folder / name, (1_600_000_000 + number / 10,) * 2)  # long ago, or the cache would not keep it
    return folder


def take_apart(server: Emulator) -> None:
    """Takes all stacks apart, as a user would."""
    for stack in ask(server, "GET", "/stacks"):
        ask(server, "DELETE", f"/stacks/{stack['id']}")
    assert stacks_of(server) == []


def test_a_second_run_stacks_without_a_look(each_version: Uploads, src: Path, tmp_path: Path, looks: list[str]) -> None:
    cache = str(tmp_path / "cache.sqlite")
    each_version(src, checksum_cache=cache, **OPTIONS)
    assert (stacks_of(each_version.server), sorted(looks)) == (STACKS, PICTURES)

    looks.clear()
    take_apart(each_version.server)
    predicted = each_version(src, check=True, checksum_cache=cache, **OPTIONS)
    result = each_version(src, checksum_cache=cache, **OPTIONS)

    assert (stacks_of(each_version.server), looks) == (STACKS, [])
    assert predicted["stacks"] == result["stacks"] == {"created": 4, "completed": 0, "cover_changed": 0, "left_alone": 0}
    assert each_version(src, checksum_cache=cache, **OPTIONS)["changed"] is False
    assert looks == []


def test_a_damaged_row_is_looked_up_again(uploads: Uploads, src: Path, tmp_path: Path, looks: list[str]) -> None:
    cache = str(tmp_path / "cache.sqlite")
    uploads(src, checksum_cache=cache, **OPTIONS)
    with closing(sqlite3.connect(cache)) as database, database:
        (count,) = database.execute("SELECT count(*) FROM camera_facts").fetchone()
        database.execute("UPDATE camera_facts SET local = 'noon', minutes = x'00' WHERE local LIKE '2024-06-01T18%' OR minutes = -330")
        database.execute("UPDATE camera_facts SET minutes = 'many' WHERE local LIKE '2024-06-01T12:01:00.1%'")
    looks.clear()
    take_apart(uploads.server)

    uploads(src, checksum_cache=cache, **OPTIONS)

    assert count == len(PICTURES)
    assert sorted(looks) == ["DSC_0.JPG", "zone.DNG", "zone.JPG"]
    assert stacks_of(uploads.server) == STACKS
    looks.clear()
    uploads(src, checksum_cache=cache, **OPTIONS)
    assert looks == []  # what was damaged is written again
