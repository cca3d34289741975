# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger in a file: damage, full disks, and clocks that are set."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases import ledger_file
from immich_emulator.testing import Emulator
from support.collection import FileLedger, Leases, LedgerOptions, ServerLedger, choose_ledger, describe, errors
from support.http.wire import writes

from ..conftest import Connect, options
from .conftest import QUEUES, Call


@pytest.fixture
def folder(state_home: Path) -> Path:
    state_home.mkdir(parents=True)
    return state_home


def ledger_in(folder: Path) -> Path:
    (file,) = folder.glob("leases-*.json")
    return file


def test_the_file_is_private_and_removed_with_the_last_lease(call: Call, state_home: Path) -> None:
    call(state="paused", lease="nas")
    file = ledger_in(state_home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state_home.stat().st_mode) == 0o700
    assert [lease["lease"] for lease in json.loads(file.read_text())["leases"]] == ["nas"]
    call(state="running", lease="nas")
    assert not file.exists()


def test_a_lease_is_recorded_although_its_folder_vanishes(tmp_path: Path) -> None:
    ledger = FileLedger(str(tmp_path / "folder"), "http://nas:2283")
    with ledger.turn(adding=True):
        shutil.rmtree(tmp_path / "folder")
        ledger.add("nas", ["ocr"], 9.0)
    assert [record.lease for record in ledger.records()] == ["nas"]


def test_calls_without_lease_make_no_ledger(call: Call, state_home: Path) -> None:
    call(state="paused")
    call(state="running")
    call(state="running", lease="nobody")
    call()
    assert not state_home.exists()


def test_another_server_has_another_file(tmp_path: Path) -> None:
    one, other = FileLedger(str(tmp_path), "http://nas:2283"), FileLedger(str(tmp_path), "https://photos.example.com")
    one.add("mine", ["ocr"], 9.0)
    assert [record.lease for record in one.records()] == ["mine"]
    assert other.records() == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "damaged"),
        (b'{"version": 1, "server": "', "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b'[{"lease": "x"}]', "damaged"),
        (b'{"version": 1, "server": "SERVER", "leases": [{"lease": "x"}]}', "damaged"),
        (
            b'{"version": 1, "server": "SERVER", "leases": [{"id": "1", "lease": "x", "queues": "ocr", "released": [], "ttl": 9}]}',
            "damaged",
        ),
        (b'{"version": 0, "server": "SERVER", "leases": []}', "version 0"),
        (b'{"version": 1, "server": "http://elsewhere", "leases": []}', "another server"),
    ],
)
def test_a_damaged_or_foreign_file_is_set_aside_with_a_warning(
    server: Emulator, connect: Connect, call: Call, folder: Path, content: bytes, reason: str
) -> None:
    content = content.replace(b"SERVER", server.url.encode())
    path = Path(FileLedger(None, server.url).path)
    path.write_bytes(content)
    server.pause("ocr")
    shown = describe(connect(server, read_only=True), options().ledger)
    assert any("cannot be used" in warning for warning in shown["warnings"])
    assert path.read_bytes() == content, "looking changes nothing"
    result = call(state="paused", lease="nas")
    (warning,) = result["warnings"]
    assert "was renamed to" in warning
    assert reason in warning
    (aside,) = folder.glob("*.set-aside-*")
    assert aside.read_bytes() == content
    assert result["left_paused"] == ["ocr"]
    assert call(state="running", lease="nas")["warnings"] == []
    assert server.paused() == {"ocr"}


def test_a_link_in_the_place_of_the_file_is_not_followed(server: Emulator, call: Call, folder: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = Path(FileLedger(None, server.url).path)
    path.symlink_to(victim)
    (warning,) = call(state="paused", lease="nas")["warnings"]
    assert "symbolic link" in warning
    assert victim.read_text() == "precious"
    assert not path.is_symlink()


def test_a_sound_file_of_another_user_is_left_to_its_holder(
    server: Emulator, connect: Connect, call: Call, state_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(state="paused", lease="nas")
    path = ledger_in(state_home)
    content = path.read_bytes()
    with monkeypatch.context() as patches:
        patches.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
        for given in ({}, {"state": "paused", "lease": "root"}, {"state": "running", "lease": "nas"}):
            with pytest.raises(errors.RunFailed, match=r"belongs to another user"):
                call(**given)
        shown = describe(connect(server, read_only=True), options().ledger)
        assert any("belongs to another user" in warning for warning in shown["warnings"])
    assert path.read_bytes() == content
    call(state="running", lease="nas")
    assert server.paused() == set()


def test_ledger_of_newer_version_is_left_unchanged(server: Emulator, call: Call, folder: Path) -> None:
    path = Path(FileLedger(None, server.url).path)
    content = json.dumps({"version": 2, "server": server.url, "leases": []})
    path.write_text(content)
    with pytest.raises(errors.RunFailed, match=r"version 2.*its version of the collection"):
        call(state="paused", lease="nas")
    assert path.read_text() == content
    assert writes(server) == []


def test_a_damaged_file_of_another_user_is_set_aside(server: Emulator, call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(FileLedger(None, server.url).path)
    path.write_text('{"ver')
    monkeypatch.setattr("os.geteuid", lambda: folder.stat().st_uid + 1)
    (warning,) = call(state="running")["warnings"]
    assert "was renamed to" in warning


@pytest.mark.parametrize("ttl", [float("inf"), float("nan"), 1e12, -1.0])
def test_an_impossible_ttl_is_refused_before_any_write(
    server: Emulator, connect: Connect, call: Call, state_home: Path, ttl: float
) -> None:
    call(state="paused", lease="nas")
    content = ledger_in(state_home).read_bytes()
    with pytest.raises(errors.InvalidRequest, match="lease_ttl must be more than 0 seconds and at most"):
        call(state="paused", lease="silly", lease_ttl=ttl)
    leases = Leases(connect(server), FileLedger(None, server.url))
    for work in (lambda: leases.hold("silly", ["ocr"], ttl), lambda: leases.renew("nas", ttl)):
        with pytest.raises(errors.InvalidRequest):
            work()
    for ledger in (FileLedger(None, server.url), ServerLedger(connect(server))):
        with pytest.raises(errors.InvalidRequest, match="cannot be recorded"):
            ledger.add("silly", ["ocr"], ttl)
    assert ledger_in(state_home).read_bytes() == content
    call(state="running", lease="nas")
    assert server.paused() == set()


@pytest.mark.parametrize("breaking", ["write", "fsync", "rename"])
def test_full_disk_fails_before_pausing(
    server: Emulator, call: Call, state_home: Path, monkeypatch: pytest.MonkeyPatch, breaking: str
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patches:
        if breaking == "write":
            patches.setattr("os.fchmod", full)
        else:
            patches.setattr(f"os.{breaking}", full)
        with pytest.raises(errors.RunFailed, match="No space left on device"):
            call(state="paused", lease="nas")
    assert writes(server) == []
    assert server.paused() == set()
    assert not [file for file in state_home.iterdir() if file.suffix in (".json", ".new")]
    assert call(state="paused", lease="nas")["paused"] == QUEUES


def test_a_full_disk_does_not_keep_the_queues_paused(server: Emulator, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call(state="paused", lease="nas")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patches:
        patches.setattr("os.fsync", full)
        with pytest.raises(errors.RunFailed, match="No space left") as caught:
            call(state="running", lease="nas")
    assert caught.value.result["resumed"] == QUEUES
    assert server.paused() == set()
    assert call(state="running", lease="nas")["lease"] is None


def full_disk(monkeypatch: pytest.MonkeyPatch, server: Emulator) -> pytest.MonkeyPatch:
    """From when no queue is paused any more, nothing can be written."""

    def sync(_descriptor: int) -> None:
        if not server.paused():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", sync)
    return monkeypatch


def test_failed_chain_reports_resumed_queues(server: Emulator, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call(state="paused", lease="nas")
    with monkeypatch.context() as patches, pytest.raises(errors.RunFailed, match="No space left") as caught:
        full_disk(patches, server)
        call(state="running", lease="nas", resume_order="chain")
    assert caught.value.result["resumed"] == QUEUES
    assert call(state="running", lease="nas")["lease"] is None


def test_failed_clean_up_reports_healed_queues(server: Emulator, call: Call, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    call(state="paused", lease="dead")
    ledger = choose_ledger(connect(server), LedgerOptions("file"))
    (record,) = ledger.records()
    assert ledger.renew(record, 1e-6)
    with monkeypatch.context() as patches, pytest.raises(errors.RunFailed, match="No space left") as caught:
        full_disk(patches, server)
        call()
    assert caught.value.result["changed"]
    assert caught.value.result["healed"] == QUEUES
    assert caught.value.result["expired_leases"] == ["dead"]
    assert server.paused() == set()


def test_resume_ended_half_way_reports_resumed_queues(server: Emulator, call: Call) -> None:
    call(state="paused")
    server.fault("GET", "^/queues$", after=4, times=None, status=401, json={"message": "Invalid API key"})
    with pytest.raises(errors.RunFailed) as caught:
        call(state="running", resume_order="chain")
    server.clear_faults()
    assert caught.value.result["resumed"] == QUEUES[:1]
    assert server.paused() == set(QUEUES[1:])
    call(state="running")


class BadLook:
    """Has one look at a folder fail: number `at`, from 1 on. `looks` counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, number: int, at: int) -> None:
        self.looks = 0
        real = os.stat

        def look(path: Any, *args: Any, **options: Any) -> Any:
            self.looks += path == str(folder)
            if path == str(folder) and self.looks == at:
                raise OSError(number, os.strerror(number))
            return real(path, *args, **options)

        monkeypatch.setattr(os, "stat", look)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_unreadable_ledger_folder_hides_no_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    ledger = FileLedger(str(tmp_path), "http://nas:2283")
    record = ledger.add("nas", ["ocr"], 9.0)
    for act in (lambda: ledger.renew(record, 9.0), lambda: ledger.change(record, [], ()), lambda: ledger.remove(record)):
        with monkeypatch.context() as patches, pytest.raises(errors.LocalFailure, match="cannot be looked at") as caught:
            BadLook(patches, tmp_path, number, 1)
            act()
        assert caught.value.options == ("ledger_dir",)
    assert [found.queues for found in ledger.records()] == [record.queues]


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_unreadable_ledger_folder_leaves_no_unrecorded_pause(
    server: Emulator, call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    for at in itertools.count(1):
        with monkeypatch.context() as patches:
            bad_look = BadLook(patches, folder, number, at)
            with suppress(errors.ImmichError):
                call(state="paused", lease="nas")
        recorded = {queue for record in FileLedger(str(folder), server.url).records() for queue in record.queues}
        assert server.paused() <= recorded
        call(state="running", lease="nas")
        assert server.paused() == set()
        if bad_look.looks < at:
            return


def test_unusable_ledger_dir_fails_before_pausing(server: Emulator, call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.RunFailed, match="Not a directory") as caught:
        call(state="paused", lease="nas", ledger_dir=str(tmp_path / "file" / "ledger"))
    assert caught.value.options == ("ledger_dir",)
    assert writes(server) == []


class Moment:
    """A ledger_file that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.value = ledger_file.Now(1_700_000_000.0, "boot 1", 5000.0)
        monkeypatch.setattr(ledger_file, "now", lambda: self.value)

    def pass_by(self, seconds: float) -> None:
        self.value = self.value._replace(wall=self.value.wall + seconds, boottime=self.value.boottime + seconds)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    return Moment(monkeypatch)


@pytest.mark.parametrize("jump", [-1e8, -3600, 3600, 1e8])
def test_lease_is_independent_of_wall_clock(tmp_path: Path, moment: Moment, jump: float) -> None:
    chosen = FileLedger(str(tmp_path), "http://nas")
    chosen.add("nas", ["ocr"], 900.0)
    moment.value = moment.value._replace(wall=moment.value.wall + jump)
    moment.pass_by(890)
    assert chosen.records()[0].live
    moment.pass_by(20)
    assert not chosen.records()[0].live


@pytest.mark.parametrize(
    ("wall", "live"), [(60, True), (899, True), (901, False), (-60, True), (-899, True), (-901, False), (1e8, False), (-1e8, False)]
)
def test_a_wall_clock_set_back_prolongs_a_lease_once_at_most(tmp_path: Path, moment: Moment, wall: float, live: bool) -> None:
    chosen = FileLedger(str(tmp_path), "http://nas")
    chosen.add("nas", ["ocr"], 900.0)
    moment.value = ledger_file.Now(moment.value.wall + wall, "boot 2", 30.0)
    assert chosen.records()[0].live is live


def test_time_asleep_counts_for_lease(tmp_path: Path) -> None:
    present = ledger_file.now()
    assert ledger_file.seconds_since(
        {"wall": present.wall + 500, "boot": present.boot, "boottime": present.boottime - 100}
    ) == pytest.approx(100, abs=50)
