# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of files with equal bytes the first by the order of the scan goes up, in check mode as in the run, whichever is hashed first."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.collection import Hasher, Item, pipeline
from support.waiting import wait_until

from ..conftest import Result, Uploads, counts, names, picture

EQUAL = ("a.jpg", "b.jpg", "c.jpg", "d.jpg")


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """Four equal files that were last written to long ago."""
    for name in EQUAL:
        os.utime(picture(tmp_path / "src" / name, "equal"), (1_600_000_000,) * 2)
    return tmp_path / "src"


@pytest.fixture
def first_last(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first file is hashed after all others of its folder. The names in the order in which they were."""
    hashed: list[str] = []
    real = Hasher.sha1

    def sha1(hasher: Hasher, item: Item) -> bytes:
        if item.name == EQUAL[0]:
            wait_until(lambda: set(hashed) >= set(EQUAL[1:]))
        found = real(hasher, item)
        hashed.append(item.name)
        return found

    monkeypatch.setattr(Hasher, "sha1", sha1)
    monkeypatch.setattr(pipeline, "_HASHERS", 2)
    return hashed


def statuses(result: Result) -> dict[str, str]:
    """Name of each file → its status in the result."""
    return {Path(one["path"]).name: one["status"] for one in result["assets"]}


@pytest.mark.usefixtures("first_last")
@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_first_of_equal_files_goes_up(uploads: Uploads, src: Path, *, check: bool) -> None:
    result = uploads(src, check=check, return_assets=10)
    assert statuses(result) == {"a.jpg": "created", "b.jpg": "duplicate", "c.jpg": "duplicate", "d.jpg": "duplicate"}
    assert names(uploads.server) == ([] if check else ["a.jpg"])


def test_known_checksum_does_not_go_first(
    uploads: Uploads, emulator: Callable[..., Emulator], src: Path, first_last: list[str], tmp_path: Path
) -> None:
    cache = str(tmp_path / "cache.sqlite")
    uploads(*(src / name for name in EQUAL[1:]), checksum_cache=cache)
    assert sorted(first_last) == ["b.jpg", "c.jpg", "d.jpg"]
    other = Uploads(emulator())
    result = other(src, checksum_cache=cache, return_assets=10)
    assert first_last[3:] == ["a.jpg"]
    assert statuses(result)["a.jpg"] == "created"
    assert names(other.server) == ["a.jpg"]


@pytest.mark.usefixtures("first_last")
def test_next_of_equal_files_goes_up_if_the_first_is_gone(uploads: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Hasher._read

    def read(hasher: Hasher, item: Item) -> bytes:
        if item.name == EQUAL[0]:
            (src / item.name).unlink()
        return real(hasher, item)

    monkeypatch.setattr(Hasher, "_read", read)
    result = uploads.failing(src, return_assets=10).result
    assert counts(result) == [1, 2, 0, 1]
    assert statuses(result)["b.jpg"] == "created"
    assert names(uploads.server) == ["b.jpg"]
