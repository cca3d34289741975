# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immich_backup is killed in each step, guards included: what is left, and that the next run heals it. A row of the guide each."""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.dumps import write_dump
from support.photos.libraries import small_library
from support.playbooks.killed import Case, Reached, Step, hang, rows
from support.playbooks.playbook import Playbook
from support.waiting import wait_until

BACKUP = Path("photoyard.immich.backup")
OLD = "immich-db-backup-20250101T020000-v3.0.0-pg17.12"
ADMINS = {"smartSearch"}


@dataclass
class Backup(Case):
    """`dest` has a backup of last year with its manifest, and the server the same one. `scratch` is where proofs are made."""

    dest: Path
    scratch: Path
    on_server: Path

    def fetched(self) -> list[str]:
        """The names of files in `dest` but those of the old backup, hidden files included."""
        return sorted(name for name in os.listdir(self.dest) if not name.startswith(OLD)) if self.dest.exists() else []

    def made(self) -> list[str]:
        """The names of the server's backups but the old one."""
        return sorted(name for name in os.listdir(self.on_server) if not name.startswith(OLD))

    def manifest(self) -> dict[str, Any]:
        """The newest one."""
        found: dict[str, Any] = json.loads(max(self.dest.glob("*.json")).read_text())
        return found


@pytest.fixture
def backup(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> Iterator[Backup]:
    server = emulator(job_seconds=0.001, data=tmp_path / "server")
    account = small_library(server)
    account.album("Large", description=random.Random(1).randbytes(600_000).hex())  # so that a part of the dump is received
    server.pause(*ADMINS)
    scratch = Path(tempfile.mkdtemp(prefix="proof-", dir="/var/tmp"))  # a short name, for PostgreSQL's socket
    scratch.chmod(0o711)
    dest, on_server = tmp_path / "dumps", tmp_path / "server" / "backups"
    dest.mkdir()
    on_server.mkdir(exist_ok=True)
    shutil.copy(write_dump(dest / f"{OLD}.sql.gz"), on_server)
    (dest / f"{OLD}.json").write_text("{}")
    variables = {
        "immich_backup_dest": str(dest),
        "immich_backup_max_age": "1h",
        "immich_backup_prove": True,
        "immich_backup_prove_folder": str(scratch),
        "immich_retries": 0,
    }
    yield Backup(server, playbook, tmp_path, BACKUP, variables, dest, scratch, on_server)
    shutil.rmtree(scratch)


# how a run is held in a step


def never_ending_job(backup: Backup) -> Reached:
    backup.server.set_job_seconds(3600)
    return lambda: any(one["path"] == "/jobs" for one in backup.server.requests(writes=True))


def half_a_fetch(backup: Backup) -> Reached:
    backup.server.fault("GET", "/admin/database-backups/", times=None, cut="response", cut_after=400_000, hang=True)
    return lambda: any(part.stat().st_size > 0 for part in backup.dest.glob(".*.part"))


def tasks_that_wait(backup: Backup) -> Reached:
    file = backup.folder / "tasks.yml"
    file.write_text(yaml.safe_dump(backup.waiting_tasks()))
    backup.variables["immich_backup_files_tasks"] = str(file)
    return backup.begun.exists


def half_a_resume(backup: Backup) -> Reached:
    begun = tasks_that_wait(backup)

    def reached() -> bool:
        if begun() and not backup.go.exists():
            backup.server.fault("PUT", "/queues/", after=2, times=None, hang=True)
            backup.go.touch()
        return backup.server.struck() > 0

    return reached


def half_a_proof(backup: Backup) -> Reached:
    return lambda: any(backup.scratch.glob("immich-proof-*/data/postmaster.pid"))


def half_a_deletion(backup: Backup) -> Reached:
    backup.variables["immich_backup_keep_fetched"] = 1
    return lambda: not ((backup.dest / f"{OLD}.sql.gz").exists() and (backup.dest / f"{OLD}.json").exists())


# what is left


def nothing(backup: Backup) -> None:
    assert (backup.fetched(), backup.made()) == ([], [])
    assert backup.server.paused() == ADMINS


def some_queues_paused(backup: Backup) -> None:
    assert (backup.fetched(), backup.made()) == ([], [])
    assert backup.server.paused() > ADMINS
    assert len(backup.leases()) == 1


def a_job_on_the_server(backup: Backup) -> None:
    some_queues_paused(backup)
    backup.server.set_job_seconds(0.001)  # Immich goes on with it
    wait_until(lambda: len(backup.made()) == 1)


def a_part_of_the_file(backup: Backup) -> None:
    part, manifest = backup.fetched()
    (name,) = backup.made()
    assert (part, manifest) == (f".{name}.part", name.replace(".sql.gz", ".json"))
    assert 0 < (backup.dest / part).stat().st_size < (backup.on_server / name).stat().st_size
    assert backup.server.paused() > ADMINS


def the_backup_and_its_manifest(backup: Backup) -> None:
    (name,) = backup.made()
    assert backup.fetched() == [name.replace(".sql.gz", ".json"), name]
    assert backup.manifest()["proof"] is None


def the_same_and_queues_paused(backup: Backup) -> None:
    the_backup_and_its_manifest(backup)
    assert backup.server.paused() > ADMINS
    backup.go.touch()


def the_same_and_a_folder(backup: Backup) -> None:
    the_backup_and_its_manifest(backup)
    assert backup.server.paused() == ADMINS
    assert len(list(backup.scratch.iterdir())) == 1


def a_proven_backup(backup: Backup) -> None:
    assert backup.manifest()["proof"]


STEPS: list[Step[Backup]] = [
    Step("the look at the server", hang("GET", "/admin/database-backups$"), nothing),
    Step("the pause", hang("PUT", "/queues/", after=2), some_queues_paused),
    Step("the counting", hang("GET", "/server/statistics"), some_queues_paused),
    Step("Immich's backup", never_ending_job, a_job_on_the_server),
    Step("the fetch", half_a_fetch, a_part_of_the_file),
    Step("your tasks", tasks_that_wait, the_same_and_queues_paused),
    Step("the resume", half_a_resume, the_same_and_queues_paused),
    Step("the proof", half_a_proof, the_same_and_a_folder),
    Step("the deletion of old backups", half_a_deletion, a_proven_backup),
]


MADE_ANEW = {"the look at the server", "the pause", "the counting", "Immich's backup"}
"""After these, the next run makes a backup as if nothing had been: that such a one can be proven, other tests show."""


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.what)
def test_next_run_heals_a_killed_backup(backup: Backup, step: Step[Backup]) -> None:
    proves = backup.variables["immich_backup_prove"] = step.what not in MADE_ANEW
    backup.kill_in(step.hold(backup), backup.scratch)
    step.left(backup)
    old = backup.dest / f"{OLD}.sql.gz"
    assert old.exists() or "immich_backup_keep_fetched" in backup.variables
    backup.server.clear_requests()

    result = backup.run().task("Set the result").result["ansible_facts"]["immich_backup_result"]
    assert result["proven"] is proves
    assert backup.server.paused() == ADMINS
    assert backup.leases() == []
    assert list(backup.scratch.iterdir()) == []
    name = Path(result["path"]).name
    assert backup.fetched() == [name.replace(".sql.gz", ".json"), name]
    assert (backup.dest / name).read_bytes() == (backup.on_server / name).read_bytes()
    manifest = backup.manifest()
    assert (manifest["proof"] or {}).get("counts", {}).get("assets") == (3 if proves else None)
    assert len(manifest["sample"]) == 3
    assert len(manifest["statistics"]["before"]["server"]["by_user"]) == 2
    # a backup without a manifest does not count, and is not fetched
    assert len(backup.made()) == (2 if step.what == "Immich's backup" else 1)
    assert old.exists() == ("immich_backup_keep_fetched" not in backup.variables)
    if step.what == "the fetch":
        (fetch,) = (one for one in backup.server.requests() if "/admin/database-backups/" in one["path"])
        assert fetch["status"] == 206


def test_the_guide_has_a_row_for_each_step() -> None:
    assert rows("when_something_dies", "A backup") == [step.what for step in STEPS]
