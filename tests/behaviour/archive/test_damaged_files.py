# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of an archive whose bytes are not those that it was made of: a disk has lost a bit, or somebody has edited a photo."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import ExportOptions, RunFailed
from support.photos.libraries import Account, picture

from .conftest import Archives
from .test_way_back import bring_back

KEEP = ExportOptions(export_unmatched="upload")
PLACE = "2024/2024-06/1.jpg"
DAMAGED = picture("1.jpg")[:-1] + b"?"


@pytest.fixture
def damaged(archives: Archives) -> Path:
    """An archive in which a bit of one photo is another than it was."""
    for number in range(3):
        archives.account.upload(f"{number}.jpg", minutes=number)
    archives()
    path = archives.dest / PLACE
    before = path.stat()
    path.write_bytes(DAMAGED)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return archives.dest


@pytest.fixture
def target(emulator: Callable[..., Emulator]) -> Account:
    return Account(emulator(job_seconds=0.001))


@pytest.mark.parametrize("options", [{"after_upload": "delete"}, {}, {"export": ExportOptions(export_unmatched="skip")}])
@pytest.mark.parametrize("check", [True, False])
def test_a_damaged_file_is_not_uploaded_and_never_deleted(damaged: Path, target: Account, options: dict[str, Any], check: bool) -> None:
    with pytest.raises(RunFailed) as caught:
        bring_back(target, damaged, check=check, **options)
    assert caught.value.msg.startswith(f"{damaged / PLACE}: ")
    assert [caught.value.result["counts"][name] for name in ("uploaded", "failed")] == [2, 1]
    assert (damaged / PLACE).read_bytes() == DAMAGED
    assert len(target.server.state()["assets"]) == (0 if check else 2)
    assert (damaged / "2024/2024-06/0.jpg").exists() == (check or "after_upload" not in options)


@pytest.mark.parametrize("options", [{}, {"verify": True, "checksum_cache": True}, {"checksum_cache": True}])
def test_damage_in_a_compressed_archive_is_found(damaged: Path, target: Account, tmp_path: Path, options: dict[str, Any]) -> None:
    """Its checksums are known from the listing, so that no file is read for them."""
    packed = shutil.make_archive(str(tmp_path / "packed"), "gztar", damaged.parent, damaged.name)
    if options.get("checksum_cache"):
        options = {**options, "checksum_cache": str(tmp_path / "checksums.sqlite")}
    with pytest.raises(RunFailed, match=r"1\.jpg: Its bytes are not those"):
        bring_back(target, Path(packed), **options)
    assert len(target.server.state()["assets"]) == 2


def test_damaged_archived_file_is_uploaded_when_asked(damaged: Path, target: Account) -> None:
    assert bring_back(target, damaged, export=KEEP)["uploaded"] == 3
    assert not bring_back(target, damaged, export=KEEP)["changed"]


def test_damage_is_found_despite_cached_checksum(damaged: Path, target: Account, tmp_path: Path) -> None:
    cache = str(tmp_path / "checksums.sqlite")
    bring_back(target, damaged, export=KEEP, checksum_cache=cache)
    with pytest.raises(RunFailed, match=r"1\.jpg: Its bytes are not those"):
        bring_back(target, damaged, checksum_cache=cache)


def test_damage_after_caching_is_found_when_the_file_is_sent(
    archives: Archives, target: Account, emulator: Callable[..., Emulator], tmp_path: Path
) -> None:
    archives.account.upload("1.jpg")
    archives()
    cache = str(tmp_path / "checksums.sqlite")
    bring_back(target, archives.dest, checksum_cache=cache)
    path = archives.dest / PLACE
    before = path.stat()
    path.write_bytes(DAMAGED)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    other = Account(emulator(job_seconds=0.001))
    with pytest.raises(RunFailed, match="Its bytes are not those"):
        bring_back(other, archives.dest, checksum_cache=cache)
    assert other.server.state()["assets"] == []
