# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is mounted read-only, or that becomes so in the middle of a run because it fails."""

from __future__ import annotations

import gzip
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._archive.tree import ArchiveTree
from ansible_collections.photoyard.immich.plugins.module_utils._backup.local import LocalBackup, PartialFile
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard.watch import Stopping, release
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import Report
from ansible_collections.photoyard.immich.plugins.module_utils._upload.checksum_cache import CacheFile
from behaviour.assets.conftest import Changing, Library
from behaviour.backup.conftest import WHOLE, Backups
from immich_emulator.testing import Emulator
from support.collection import Immich, ImmichError, LeaseOptions, LedgerOptions, RunFailed
from support.disks import MIB, BreakingDisk, Disk
from support.photos.shots import Shot
from support.runs import Archives, Uploads

from .conftest import QUEUES, Call, assert_says, before_call, content_of

pytestmark = pytest.mark.check

ADVICE = "Look after its disk"
READ_ONLY = "mounted read-only"
LARGE = WHOLE + gzip.compress(content_of("dump", MIB).hex().encode(), 1) + WHOLE  # gzip's members follow one another
BACKUP = "immich-db-backup-20260102T030405-v3.1.0-pg17.12.sql.gz"


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """A folder of 20 photos that were last written to long ago."""
    folder = tmp_path / "src"
    folder.mkdir()
    for number in range(20):
        path = folder / f"{number}.jpg"
        path.write_bytes(b"%d" % number)
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return folder


class StoppingWithoutSleep(Stopping):
    """A guard's, which is not to try again."""

    def sleep(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        raise AssertionError("The guard tries again.")


@pytest.fixture
def stopping() -> Iterator[Stopping]:
    """It has a handler of its own for SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    yield StoppingWithoutSleep()
    signal.signal(signal.SIGTERM, before)


def test_lease_on_read_only_disk_pauses_nothing(disk: Disk, server: Emulator, call: Call) -> None:
    (disk.path / "state").mkdir()
    disk.set_read_only(True)
    with pytest.raises(ImmichError) as caught:
        call(state="paused", lease="nas")
    assert_says(caught.value, disk.path / "state", ADVICE)
    assert server.paused() == set()
    disk.set_read_only(False)
    assert call(state="paused", lease="nas")["paused"] == QUEUES
    assert not call(state="paused", lease="nas")["changed"]


def test_lease_is_released_when_disk_becomes_read_only(disk: Disk, server: Emulator, call: Call) -> None:
    call(state="paused", lease="nas")
    disk.set_read_only(True)
    with pytest.raises(RunFailed) as caught:
        call(state="running", lease="nas")
    assert_says(caught.value, disk.path / "state", ADVICE)
    assert caught.value.result["resumed"] == QUEUES
    assert server.paused() == set()
    disk.set_read_only(False)
    assert call(state="running", lease="nas")["lease"] is None
    assert not call(state="running", lease="nas")["changed"]


def test_guard_on_read_only_disk_resumes_once(disk: Disk, server: Emulator, client: Immich, call: Call, stopping: Stopping) -> None:
    """Whoever pauses the queues after that finds no guard that resumes them again."""
    call(state="paused", lease="nas")
    disk.set_read_only(True)
    release(client, LeaseOptions("nas", 900.0, LedgerOptions("file", str(disk.path / "state"))), stopping, lambda: QUEUES)
    assert server.paused() == set()
    disk.set_read_only(False)
    call(state="running", lease="nas")


def test_report_on_read_only_disk_fails_before_upload(disk: Disk, uploads: Uploads, src: Path) -> None:
    report = disk.path / "report.jsonl"
    disk.set_read_only(True)
    for check in (True, False):
        assert_says(uploads.failing(src, report=str(report), check=check), report, READ_ONLY)
    assert uploads.server.state()["assets"] == []
    disk.set_read_only(False)
    assert uploads(src, report=str(report))["counts"]["uploaded"] == 20
    assert not uploads(src, report=str(report))["changed"]


def test_upload_continues_without_cache_on_read_only_disk(disk: Disk, uploads: Uploads, src: Path) -> None:
    cache = disk.path / "sums"
    disk.set_read_only(True)
    result = uploads(src, checksum_cache=str(cache))
    (warning,) = result["warnings"]
    assert_says(warning, cache, "Read-only file system")
    assert result["counts"]["uploaded"] == 20
    disk.set_read_only(False)
    for _run in range(2):
        result = uploads(src, checksum_cache=str(cache))
        assert (result["changed"], result["warnings"]) == (False, [])


def test_archive_on_read_only_disk_continues_later(disk: Disk, archives: Archives) -> None:
    archives.account.upload("a.jpg")
    archives()
    before = archives.files()
    archives.account.upload("b.jpg", minutes=1)
    disk.set_read_only(True)
    assert_says(archives.failing(), archives.dest, ADVICE)
    assert archives(check=True)["counts"]["archived"] == 1
    disk.set_read_only(False)
    assert archives.files() == before
    assert archives()["counts"]["archived"] == 1
    assert archives()["changed"] is False


def test_backup_is_not_fetched_to_read_only_disk(disk: Disk, backups: Backups) -> None:
    backups.put(BACKUP, LARGE)
    backups.dest.mkdir()
    disk.set_read_only(True)
    with pytest.raises(ImmichError) as caught:
        backups("fetched")
    assert_says(caught.value, backups.dest, ADVICE)
    disk.set_read_only(False)
    assert backups("fetched")["changed"]
    assert not backups("fetched")["changed"]


def test_archive_on_breaking_disk_continues_after_repair(
    breaking_disk: BreakingDisk, archives: Archives, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {f"{number}.jpg": content_of(str(number), 100_000) for number in range(8)}
    for minutes, (name, content) in enumerate(contents.items()):
        archives.account.upload(name, content, minutes=minutes)
    archives.account.server.wait_idle()
    with monkeypatch.context() as patches:
        before_call(patches, ArchiveTree, "place", 6, breaking_disk.break_down)  # behind the first: each has a sidecar, too
        assert_says(archives.failing(), archives.dest, ADVICE)
    breaking_disk.repair()
    kept = {os.path.basename(path): content for path, content in archives.photos().items()}
    assert kept.items() <= contents.items()
    counts = archives()["counts"]
    assert sum(counts.values()) == 8
    assert {os.path.basename(path): content for path, content in archives.photos().items()} == contents
    assert archives(verify=True)["changed"] is False


@pytest.mark.parametrize("number", [1, 3])
def test_backup_on_breaking_disk_is_fetched_after_repair(
    breaking_disk: BreakingDisk, backups: Backups, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    backups.put(BACKUP, LARGE)
    with monkeypatch.context() as patches, pytest.raises(ImmichError) as caught:
        before_call(patches, PartialFile, "empty" if number == 1 else "write", number, breaking_disk.break_down)
        backups("fetched")
    assert_says(caught.value, backups.dest, ADVICE)
    assert not LocalBackup(str(backups.dest), BACKUP, True).looks_like(len(LARGE), None)
    breaking_disk.repair()
    assert backups("fetched")["changed"]
    assert (backups.dest / BACKUP).read_bytes() == LARGE
    assert not backups("fetched")["changed"]


def test_report_on_breaking_disk_ends_and_upload_continues(
    breaking_disk: BreakingDisk, uploads: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = breaking_disk.path / "report.jsonl"
    with monkeypatch.context() as patches:
        before_call(patches, Report, "line", 5, breaking_disk.break_down)
        assert_says(uploads.failing(src, report=str(report)), report, ADVICE)
    assert len(uploads.server.state()["assets"]) == 20
    breaking_disk.repair()
    assert not uploads(src, report=str(report))["changed"]
    assert len([json.loads(line) for line in report.read_text().splitlines()]) == 22


def test_cache_on_breaking_disk_ends_and_upload_continues(
    breaking_disk: BreakingDisk, uploads: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = breaking_disk.path / "sums"
    uploads(src / "0.jpg", checksum_cache=str(cache))
    with monkeypatch.context() as patches:
        before_call(patches, CacheFile, "write", 1, breaking_disk.break_down)
        result = uploads(src, checksum_cache=str(cache))
    (warning,) = result["warnings"]
    assert_says(warning, cache, "name another file")
    assert result["counts"]["uploaded"] == 19
    breaking_disk.repair()
    for _run in range(2):
        result = uploads(src, checksum_cache=str(cache))
        assert (result["changed"], result["warnings"]) == (False, [])


def test_lease_on_breaking_disk_is_released(breaking_disk: BreakingDisk, server: Emulator, call: Call) -> None:
    call(state="paused", lease="nas")
    breaking_disk.break_down()
    with pytest.raises(RunFailed) as caught:
        call(state="running", lease="nas")
    assert_says(caught.value, breaking_disk.path / "state", ADVICE)
    assert server.paused() == set()
    breaking_disk.repair()
    call(state="running", lease="nas")
    assert not call(state="running", lease="nas")["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_sidecar_on_read_only_disk_is_refused_before(disk: Disk, emulator: Callable[..., Emulator], check: bool) -> None:
    library = Library(Changing(emulator(job_seconds=0.001)), disk.path)
    library.fill(Shot("a.jpg"))
    disk.set_read_only(True)
    assert_says(library.failure(rating=5, check=check), library.sidecar(), READ_ONLY)
    assert library.server.requests(writes=True) == []
