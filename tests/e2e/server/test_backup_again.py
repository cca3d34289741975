# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immich_backup after one of its runs has failed: which backup counts, what is made again, and what is deleted."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.dumps import write_dump
from support.http.wire import writes
from support.photos.libraries import small_library
from support.playbooks.killed import GIVE_UP_AFTER
from support.playbooks.playbook import Playbook, Run
from support.playbooks.role import sentences
from support.waiting import wait_until

BACKUP = Path("photoyard.immich.backup")
OLD = "immich-db-backup-20250101T020000-v3.0.0-pg17.12"
TERABYTES = 8 * 1024**4


@dataclass
class Backup:
    """Runs of the role with `max_age`. `dest` and the server have a backup of last year."""

    server: Emulator
    playbook: Playbook
    dest: Path
    on_server: Path
    variables: dict[str, Any]

    def run(self, *, check: bool = False) -> Run:
        return self.playbook.run(BACKUP, timeout=GIVE_UP_AFTER, server=self.server, variables=self.variables, check=check)

    def fails(self) -> str:
        """Runs the role, which must fail, and returns the message of the last failed task."""
        run = self.run()
        assert run.rc == 2, run.output
        return str(run.failed[-1].result["msg"])

    def fetched(self) -> list[str]:
        """The names of files in `dest` but those of the old backup, which must be there."""
        assert (self.dest / f"{OLD}.sql.gz").exists()
        assert (self.dest / f"{OLD}.json").exists()
        return sorted(name for name in os.listdir(self.dest) if not name.startswith(OLD))

    def made(self) -> list[Path]:
        """The paths of the server's backups but the old one."""
        return sorted(one for one in self.on_server.iterdir() if not one.name.startswith(OLD))


@pytest.fixture
def backup(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> Backup:
    server = emulator(job_seconds=0.001, data=tmp_path / "server")
    small_library(server)
    dest, on_server = tmp_path / "dumps", tmp_path / "server" / "backups"
    dest.mkdir()
    on_server.mkdir(exist_ok=True)
    shutil.copy(write_dump(dest / f"{OLD}.sql.gz"), on_server)
    (dest / f"{OLD}.json").write_text('{\n  "sha256": null\n}\n')  # of a run that was killed after its fetch
    variables = {"immich_backup_dest": str(dest), "immich_backup_max_age": "1h", "immich_retries": 0}
    return Backup(server, playbook, dest, on_server, variables)


def manifest_of(dump: str) -> str:
    return dump.replace(".sql.gz", ".json")


def result_of(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run.ok().task("Set the result").result["ansible_facts"]["immich_backup_result"]
    return found


@pytest.mark.long
@pytest.mark.parametrize("max_age", ["1h", ""], ids=["used", "deleted"])
def test_manifest_left_by_full_disk_is_used_or_deleted(backup: Backup, max_age: str) -> None:
    backup.server.fault("GET", "/server/statistics", after=1, until_cleared=True)  # between the backup and its fetch
    with backup.playbook.start(BACKUP, server=backup.server, variables=backup.variables) as running:
        wait_until(lambda: backup.server.struck() > 0)
        (dump,) = backup.made()
        content = dump.read_bytes()
        os.truncate(dump, TERABYTES)  # more than the disk of dest has
        backup.server.clear_faults()
        failed = running.finish(GIVE_UP_AFTER)
    assert failed.rc == 2
    assert f"The disk of {backup.dest} has " in failed.failed[-1].result["msg"]
    assert backup.fetched() == [manifest_of(dump.name)]
    dump.write_bytes(content)  # there is room now

    backup.variables["immich_backup_max_age"] = max_age
    said = sentences(backup.run(check=True).ok())
    assert ("would be backed up" in said) == (not max_age)
    assert backup.fetched() == [manifest_of(dump.name)]
    run = backup.run()
    name = Path(result_of(run)["path"]).name
    assert (name == dump.name) == bool(max_age)
    assert backup.fetched() == [manifest_of(name), name]
    gone = f"No backup belongs to {manifest_of(dump.name)}, which an earlier run began: it was deleted."
    assert (gone in sentences(run)) == (not max_age)


@pytest.mark.long
def test_damaged_young_backup_does_not_count(backup: Backup) -> None:
    backup.server.let_backups_work(True, "cut")
    for made in (1, 2):  # in each run a single one
        assert "on the server is cut: after" in backup.fails()
        assert len(backup.made()) == made
        assert [name for name in backup.fetched() if name.endswith(".gz")] == []
    backup.server.let_backups_work(True)
    damaged = backup.made()[-1].name

    backup.server.clear_requests()
    predicted = backup.run(check=True)
    assert sentences(predicted).startswith(f"The backup {damaged} on the server is cut: after ")
    assert "does not count" in sentences(predicted)
    assert "would be backed up" in sentences(predicted)
    assert writes(backup.server) == []

    run = backup.run()
    assert "So it does not count, and a new backup was made. The database is backed up in " in sentences(run)
    result = result_of(run)
    assert result["rejected"].startswith(f"The backup {damaged} on the server is cut: after ")
    name = Path(result["path"]).name
    assert backup.fetched() == [manifest_of(name), name]
    again = backup.run()
    assert (again.changed, result_of(again)["path"], result_of(again)["rejected"]) == (0, result["path"], "")


@pytest.mark.long
def test_backup_whose_proof_found_differences_does_not_count(backup: Backup) -> None:
    first = Path(result_of(backup.run())["path"])
    manifest = Path(manifest_of(str(first)))
    held = json.loads(manifest.read_text())
    for moment in ("before", "after"):
        for user in held["statistics"][moment]["server"]["by_user"].values():
            user["photos"] += 7
    manifest.write_text(json.dumps(held))
    backup.variables["immich_backup_prove"] = True
    assert "can be restored, but it does not hold what the server had: " in backup.fails()

    run = backup.run()
    result = result_of(run)
    assert result["proven"]
    assert Path(result["path"]) > first
    assert sentences(run).startswith(f"The proof of {first.name} has failed: ")
    assert first.exists()


@pytest.mark.parametrize("check", [True, False])
def test_backup_without_its_disk_changes_nothing(backup: Backup, check: bool) -> None:
    """Neither the folder above the backups is there, nor what is required."""
    backup.server.clear_requests()
    disk = backup.dest.parent / "disk"
    backup.variables["immich_backup_dest"] = str(disk / "backups")
    run = backup.run(check=check)
    assert (run.rc, str(disk) in run.failed[-1].result["msg"]) == (2, True)
    backup.variables.update(immich_backup_dest=str(backup.dest), immich_backup_require=[str(disk)])
    run = backup.run(check=check)
    assert (run.rc, run.failed[-1].result["failure"]["details"]) == (2, {"missing": [str(disk)]})
    assert (writes(backup.server), disk.exists(), backup.fetched()) == ([], False, [])
