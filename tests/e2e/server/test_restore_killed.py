# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immich_restore is killed in each step: what is left, and that the next run heals it. A row of the guide each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.photos.libraries import Account, small_library
from support.playbooks.killed import GIVE_UP_AFTER, Case, Reached, Step, hang, rows
from support.playbooks.playbook import Playbook
from support.playbooks.role import sentences
from support.run_cache import RunCache
from support.waiting import wait_until

RESTORE, BACKUP = Path("photoyard.immich.restore"), Path("photoyard.immich.backup")


@dataclass
class Restore(Case):
    """A server with an album that the dump does not have, so that one sees whether it was restored."""

    dump: Path

    def albums(self) -> list[str]:
        return sorted(one["name"] for one in self.server.state()["albums"])

    def left_beside_the_dump(self) -> list[str]:
        return sorted(one.suffix for one in self.dump.parent.iterdir() if one.suffix not in (".gz", ".json"))

    def in_maintenance(self) -> bool:
        """Whether the server is in maintenance mode."""
        return bool(Account(self.server).ask("GET", "/admin/maintenance/status")["active"])


def back_up(folder: Path) -> None:
    """Puts a server's data and what the role immich_backup makes of them into a folder."""
    with Emulator(job_seconds=0.001, data=folder / "server") as server:
        small_library(server)
        variables = {"immich_backup_dest": str(folder / "dumps")}
        Playbook(folder / "ansible").run(BACKUP, timeout=GIVE_UP_AFTER, server=server, variables=variables).ok()


@pytest.fixture
def restore(playbook: Playbook, emulator: Callable[..., Emulator], run_cache: RunCache, tmp_path: Path) -> Restore:
    made = run_cache.folder("backup-to-restore", back_up)
    for name in ("server", "dumps"):
        shutil.copytree(made / name, tmp_path / name)
    (path,) = (tmp_path / "dumps").glob("*.sql.gz")
    assert json.loads(path.with_name(path.name.replace(".sql.gz", ".json")).read_text())["sample"]
    server = emulator(job_seconds=0.001, data=tmp_path / "server")
    Account(server).album("Oslo")
    server.clear_requests()
    variables = {"immich_restore_src": str(path), "immich_restore_confirm": path.name, "immich_retries": 0}
    return Restore(server, playbook, tmp_path, RESTORE, variables, path)


def tasks_that_wait(restore: Restore) -> Reached:
    file = restore.folder / "tasks.yml"
    file.write_text(yaml.safe_dump(restore.waiting_tasks()))
    restore.variables["immich_restore_files_tasks"] = str(file)
    return restore.begun.exists


def answer_on_its_way(restore: Restore) -> Reached:
    """Immich carries out what it was asked for, and nobody gets the cookie."""
    restore.server.fault("POST", "/admin/maintenance$", delay=1.0)
    return lambda: restore.server.struck() > 0


def nothing(restore: Restore) -> None:
    assert restore.albums() == ["Oslo", "Rome"]
    assert not restore.in_maintenance()
    restore.go.touch()


def nothing_but_an_empty_file(restore: Restore) -> None:
    nothing(restore)
    assert restore.left_beside_the_dump() == [".new"]


def a_restore_without_its_cookie(restore: Restore) -> None:
    assert restore.left_beside_the_dump() == [".new"]
    wait_until(lambda: restore.albums() == ["Rome"])  # Immich goes on by itself


def a_restore_with_its_cookie(restore: Restore) -> None:
    assert restore.left_beside_the_dump() == [".cookie"]
    wait_until(lambda: restore.albums() == ["Rome"])


def a_restored_server(restore: Restore) -> None:
    assert restore.albums() == ["Rome"]
    assert not restore.in_maintenance()
    assert restore.left_beside_the_dump() == []


STEPS: list[Step[Restore]] = [
    Step("your tasks for the files", tasks_that_wait, nothing),
    Step("the upload of the backup", hang("POST", "/admin/database-backups/upload"), nothing_but_an_empty_file),
    Step("the answer with which the restore begins", answer_on_its_way, a_restore_without_its_cookie),
    Step("the restore", hang("GET", "/admin/maintenance/status", after=1), a_restore_with_its_cookie),
    Step("the comparison with the manifest", hang("GET", "/server/statistics"), a_restored_server),
]


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.what)
def test_next_run_heals_a_killed_restore(restore: Restore, step: Step[Restore]) -> None:
    restore.kill_in(step.hold(restore))
    step.left(restore)
    said = sentences(restore.run())
    assert "3 originals and thumbnails" in said
    assert "restore-point-immich-db-backup-" in said
    a_restored_server(restore)


def test_the_guide_has_a_row_for_each_step() -> None:
    assert rows("when_something_dies", "A restore") == [step.what for step in STEPS]
