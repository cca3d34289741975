# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is really full, at first or from the middle on: what is on it is whole, and the next run goes on once there is space."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._archive.manifest import Manifest
from ansible_collections.photoyard.immich.plugins.module_utils._archive.tree import ArchiveTree
from ansible_collections.photoyard.immich.plugins.module_utils._backup.local import PartialFile
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard.guard import Guard
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import PauseOptions
from ansible_collections.photoyard.immich.plugins.module_utils._queues.pausing import Pausing, StillPaused, begin_pauses, pause_around
from ansible_collections.photoyard.immich.plugins.module_utils._run.outcome import RunOutcome
from behaviour.assets.conftest import Changing, Library
from behaviour.backup.conftest import WHOLE, Backups
from immich_emulator.testing import Emulator
from support.collection import Immich, ImmichError, LeaseOptions, LedgerOptions, RunFailed
from support.disks import MIB, Disk
from support.photos.libraries import Account
from support.photos.shots import Shot
from support.runs import Archives, Result, Uploads

from .conftest import QUEUES, Call, assert_says, before_call, content_of

pytestmark = pytest.mark.check

ADVICE = "Free some space"
PHOTO = 400_000  # bytes, of which a disk of 2 MiB takes five
LARGE = WHOLE + gzip.compress(content_of("dump", MIB).hex().encode(), 1) + WHOLE  # gzip's members follow one another
MANIFEST, PARTIAL = "immich-archive/assets.jsonl", "immich-archive/partial/"
BACKUP = "immich-db-backup-20260102T030405-v3.1.0-pg17.12.sql.gz"


def fill_library(account: Account, count: int, size: int = PHOTO) -> dict[str, bytes]:
    """Uploads photos, and returns their bytes by their names."""
    contents = {f"{number}.jpg": content_of(str(number), size) for number in range(count)}
    for minutes, (name, content) in enumerate(contents.items()):
        account.upload(name, content, minutes=minutes)
    account.server.wait_idle()
    return contents


def photos_in(archives: Archives) -> dict[str, bytes]:
    """The bytes of the archive's photos, by their names."""
    return {os.path.basename(path): content for path, content in archives.photos().items()}


def partial_files(archives: Archives) -> list[str]:
    return [path for path in archives.files() if path.startswith(PARTIAL)]


def at_once(step: Callable[[], None], _grace: float) -> None:
    """Carries out a step of a pause."""
    step()


def assert_completed(archives: Archives, contents: dict[str, bytes]) -> Result:
    """Asserts that the next run brings what is missing, and one more changes nothing. Returns the result of the first."""
    result = archives()
    assert sum(result["counts"].values()) == len(contents)
    assert photos_in(archives) == contents
    assert archives(verify=True)["changed"] is False
    return result


def test_archive_on_full_disk_begins_once_there_is_space(disk: Disk, archives: Archives) -> None:
    contents = fill_library(archives.account, 3)
    disk.fill()
    assert_says(archives.failing(), archives.dest, ADVICE)
    assert (archives.photos(), partial_files(archives)) == ({}, [])
    disk.make_space()
    assert assert_completed(archives, contents)["counts"]["archived"] == 3


def test_archive_keeps_whole_photos_when_disk_fills(disk: Disk, archives: Archives) -> None:
    contents = fill_library(archives.account, 8)
    assert_says(archives.failing(), archives.dest, ADVICE)
    kept = photos_in(archives)
    assert 0 < len(kept) < 8
    assert kept.items() <= contents.items()
    assert partial_files(archives) == []
    disk.grow(20)
    counts = assert_completed(archives, contents)["counts"]
    assert counts["archived"] == 8 - len(kept)


def test_manifest_keeps_whole_lines_when_disk_fills(disk: Disk, archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = fill_library(archives.account, 2, 1000)
    archives()
    before = archives.files()[MANIFEST]
    contents["new.jpg"] = content_of("new", 1000)
    archives.account.upload("new.jpg", contents["new.jpg"])
    archives.account.change("new.jpg", description="x" * 20_000)  # a line longer than what is left of a block of the disk
    with monkeypatch.context() as patches:
        before_call(patches, Manifest, "write", 1, disk.fill)
        assert_says(archives.failing(), archives.dest / MANIFEST, ADVICE)
    assert archives.files()[MANIFEST] == before
    disk.make_space()
    counts = assert_completed(archives, contents)["counts"]
    assert (counts["already_in_place"], counts["unchanged"]) == (1, 2)


def test_no_half_sidecar_stays_when_disk_fills(disk: Disk, archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = fill_library(archives.account, 2, 1000)
    real = ArchiveTree.write

    def write(tree: ArchiveTree, path: str, content: bytes) -> None:
        if path.endswith(".xmp"):
            disk.fill()
        real(tree, path, content)

    with monkeypatch.context() as patches:
        patches.setattr(ArchiveTree, "write", write)
        assert_says(archives.failing(), archives.dest, ADVICE)
    assert [path for path in archives.files() if path.endswith(".xmp")] == []
    assert partial_files(archives) == []
    disk.make_space()
    assert_completed(archives, contents)
    assert sum(path.endswith(".xmp") for path in archives.files()) == 2


def test_backup_is_not_fetched_to_full_disk(disk: Disk, backups: Backups) -> None:
    backups.put(BACKUP, LARGE)
    disk.fill()
    with pytest.raises(ImmichError) as caught:
        backups("fetched")
    assert_says(caught.value, backups.dest, ADVICE)
    assert not backups.dest.exists()
    disk.make_space()
    assert backups("fetched")["changed"]
    assert (backups.dest / BACKUP).read_bytes() == LARGE
    assert not backups("fetched")["changed"]


def test_half_backup_is_deleted_when_disk_fills(disk: Disk, backups: Backups, monkeypatch: pytest.MonkeyPatch) -> None:
    backups.put(BACKUP, LARGE)
    with monkeypatch.context() as patches, pytest.raises(ImmichError) as caught:
        before_call(patches, PartialFile, "write", 3, disk.fill)
        backups("fetched")
    assert_says(caught.value, backups.dest, ADVICE)
    assert os.listdir(backups.dest) == []
    disk.make_space()
    assert backups("fetched")["changed"]
    assert (backups.dest / BACKUP).read_bytes() == LARGE
    assert not backups("fetched")["changed"]


def test_lease_on_full_disk_pauses_nothing(disk: Disk, server: Emulator, call: Call) -> None:
    disk.fill()
    with pytest.raises(ImmichError) as caught:
        call(state="paused", lease="nas")
    assert_says(caught.value, disk.path / "state", ADVICE)
    assert server.paused() == set()
    assert [file.name for file in (disk.path / "state").iterdir()] == []
    disk.make_space()
    assert call(state="paused", lease="nas")["paused"] == QUEUES
    assert not call(state="paused", lease="nas")["changed"]
    assert call(state="running", lease="nas")["resumed"] == QUEUES


@pytest.mark.parametrize("fill", [Disk.fill, Disk.fill_with_files], ids=["bytes", "files"])
def test_lease_is_released_when_disk_fills(disk: Disk, server: Emulator, call: Call, fill: Callable[[Disk], None]) -> None:
    """The ledger cannot be written, as another lease stays in it; or there cannot even be a lock."""
    call(state="paused", lease="other", queues=["library"])
    call(state="paused", lease="nas")
    fill(disk)
    with pytest.raises(RunFailed) as caught:
        call(state="running", lease="nas")
    assert_says(caught.value, disk.path / "state", ADVICE)
    assert caught.value.result["resumed"] == QUEUES
    assert server.paused() == {"library"}
    disk.make_space()
    assert call(state="running", lease="nas")["lease"] is None
    assert not call(state="running", lease="nas")["changed"]
    assert server.paused() == {"library"}


def test_pause_on_filling_disk_ends_with_its_work(disk: Disk, server: Emulator, client: Immich) -> None:
    lease = LeaseOptions("nas", 900.0, LedgerOptions("file", str(disk.path / "state")))
    outcome = RunOutcome()

    def work(pause: Pausing) -> Result:
        begin_pauses([pause], lambda: None)
        assert server.paused() == set(QUEUES)
        disk.fill_with_files()
        return {"changed": True}

    options = PauseOptions(queues=QUEUES, lease=lease)
    with pytest.raises(RunFailed) as caught, pause_around(client, options, False, Guard(None), outcome, at_once) as pause:
        outcome.result = work(pause)
    assert_says(caught.value, disk.path / "state", ADVICE)
    assert not isinstance(caught.value.cause, StillPaused)
    assert server.paused() == set()


def test_upload_continues_without_cache_on_full_disk(disk: Disk, uploads: Uploads, tmp_path: Path) -> None:
    cache = disk.path / "cache" / "sums"
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(b"%d" % number)
    disk.fill()
    result = uploads(tmp_path / "0.jpg", tmp_path / "1.jpg", checksum_cache=str(cache))
    (warning,) = result["warnings"]
    assert_says(warning, cache, ADVICE.lower())
    assert result["counts"]["uploaded"] == 2
    assert not cache.exists()
    disk.make_space()
    result = uploads(tmp_path / "2.jpg", checksum_cache=str(cache))
    assert (result["counts"]["uploaded"], result["warnings"]) == (1, [])
    assert not uploads(tmp_path / "2.jpg", checksum_cache=str(cache))["changed"]


def test_cache_stays_usable_when_disk_fills(disk: Disk, uploads: Uploads, tmp_path: Path) -> None:
    cache = disk.path / "sums"
    (tmp_path / "src").mkdir()
    for number in range(20):
        path = tmp_path / "src" / f"{number}.jpg"
        path.write_bytes(b"%d" % number)
        os.utime(path, (1_600_000_000, 1_600_000_000))
    uploads(tmp_path / "src" / "0.jpg", checksum_cache=str(cache))
    disk.fill()
    result = uploads(tmp_path / "src", checksum_cache=str(cache))
    (warning,) = result["warnings"]
    assert_says(warning, cache, ADVICE.lower())
    assert result["counts"]["uploaded"] == 19
    disk.make_space()
    result = uploads(tmp_path / "src", checksum_cache=str(cache))
    assert (result["changed"], result["warnings"]) == (False, [])


@pytest.mark.parametrize("full_at_first", [True, False])
def test_report_keeps_whole_lines_on_full_disk(disk: Disk, uploads: Uploads, tmp_path: Path, full_at_first: bool) -> None:
    report = disk.path / "report.jsonl"
    for number in range(40):
        path = tmp_path / "src" / f"{number:0200}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d" % number)
    if full_at_first:
        disk.fill()
    else:
        report.write_text('{"kind": "run", "module": "immich_upload"}\n')
        disk.fill()  # the report has a block of the disk, which takes some lines
    error = uploads.failing(tmp_path / "src", report=str(report))
    assert_says(error, report, ADVICE)
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert (len(lines) == 0) is full_at_first
    assert len(lines) < 40
    disk.make_space()
    result = uploads(tmp_path / "src", report=str(report))
    assert Counter(json.loads(line).get("action") for line in report.read_text().splitlines())[None] == 2
    assert sum(result["counts"][name] for name in ("uploaded", "duplicates")) == 40
    assert not uploads(tmp_path / "src", report=str(report))["changed"]


def test_sidecar_on_full_disk_is_left_unchanged(disk: Disk, emulator: Callable[..., Emulator]) -> None:
    library = Library(Changing(emulator(job_seconds=0.001)), disk.path)
    library.fill(Shot("a.jpg"))
    library(rating=2)
    before = library.files()
    disk.fill()
    assert_says(library.failure(description="x" * 100_000), library.sidecar(), ADVICE)
    assert library.files() == before
    disk.make_space()
    assert library(description="x" * 100_000)["counts"]["changed"] == 1
    assert library.asset()["exifInfo"]["rating"] == 2
