# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles immich_backup, immich_restore and immich_upgrade by real `ansible-playbook` runs, with restic, borg and PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.http.wire import writes
from support.photos.libraries import small_library
from support.playbooks.playbook import REPOSITORY, Playbook, Run
from support.playbooks.readme import examples
from support.playbooks.role import sentences

BACKUP, RESTORE, UPGRADE = (Path(f"photoyard.immich.{name}") for name in ("backup", "restore", "upgrade"))
RESTIC = examples(REPOSITORY / "roles" / "immich_backup" / "README.md")["backup/restic.yml"]
GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_backup.rst")
FAIL = [{"name": "Fail", "ansible.builtin.fail": {"msg": "as the test wanted"}}]


@pytest.fixture
def tasks(tmp_path: Path) -> Callable[[Any], str]:
    """Writes a file of tasks, given as data or as text."""

    def write(content: Any) -> str:
        file = tmp_path / "tasks.yml"
        file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return str(file)

    return write


@pytest.mark.long
def test_a_backup_is_proven_and_the_files_go_to_restic(
    playbook: Playbook, emulator: Callable[..., Emulator], tasks: Callable[[Any], str], tmp_path: Path
) -> None:
    server = emulator(job_seconds=0.001)
    small_library(server)
    server.pause("smartSearch")
    repository, password, files, dest = (tmp_path / name for name in ("restic", "password", "library", "dumps"))
    password.write_text("a password")
    files.mkdir()
    restic = {**os.environ, "RESTIC_REPOSITORY": str(repository), "RESTIC_PASSWORD_FILE": str(password), "HOME": str(tmp_path)}
    subprocess.run(["restic", "init", "--quiet"], env=restic, check=True)
    here = RESTIC.replace("/mnt/backup/restic", str(repository)).replace("/etc/immich/restic-password", str(password))
    variables = {
        "immich_backup_dest": str(dest),
        "immich_backup_prove": True,
        "immich_backup_files_tasks": tasks(here.replace("/srv/immich/library", str(files))),
    }
    server.clear_requests()
    assert "would be backed up" in sentences(playbook.run(BACKUP, server=server, variables=variables, check=True).ok())
    assert writes(server) == []
    assert not dest.exists()

    said = sentences(playbook.run(BACKUP, server=server, variables=variables).ok())
    assert "3 photos and videos of 2 users and 1 album" in said
    assert said.endswith("smartSearch stays paused (not ours).")
    assert server.paused() == {"smartSearch"}
    (dump,) = dest.glob("*.sql.gz")
    manifest = json.loads(Path(str(dump).replace(".sql.gz", ".json")).read_text())
    assert manifest["proof"]["proven"] is True
    assert {one["name"] for one in manifest["sample"]} == {"a.jpg", "b.jpg", "c.jpg"}
    listed = subprocess.run(["restic", "ls", "latest"], env=restic, check=True, capture_output=True, text=True).stdout.split()
    assert {str(dump), str(files)} <= set(listed)

    server.clear_requests()
    again = playbook.run(
        BACKUP, server=server, variables={**variables, "immich_backup_files_tasks": "", "immich_backup_max_age": "1h"}
    ).ok()
    assert again.changed == 0
    assert writes(server) == []


@pytest.mark.long
def test_files_and_database_go_to_borg(
    playbook: Playbook, emulator: Callable[..., Emulator], tasks: Callable[[Any], str], tmp_path: Path
) -> None:
    server = emulator(job_seconds=0.001)
    small_library(server)
    repository, password, files, dest = (tmp_path / name for name in ("borg", "password", "library", "dumps"))
    password.write_text("a password")
    files.mkdir()
    (files / "a.jpg").write_bytes(b"a photo")
    here = {"BORG_BASE_DIR": str(tmp_path / "base"), "BORG_PASSCOMMAND": f"cat {password}"}

    def borg(*arguments: str) -> str:
        return subprocess.run(["borg", *arguments], env=os.environ | here, check=True, capture_output=True, text=True).stdout

    borg("init", "--encryption", "repokey", str(repository))

    def example(name: str) -> str:
        text = GUIDE[name].replace("/mnt/backup/borg", str(repository)).replace("/etc/immich/borg-password", str(password))
        return tasks(text.replace("srv/immich/library", str(files)[1:]))

    variables = {"immich_backup_dest": str(dest), "immich_backup_files_tasks": example("nightly/borg.yml")}
    for _run in range(2):  # each archive has a name of its own
        said = sentences(playbook.run(BACKUP, server=server, variables=variables, environment=here).ok())
        assert "Background jobs were paused for" in said
    first, second = borg("list", "--short", str(repository)).split()
    dumps = {str(one)[1:] for one in dest.glob("*.sql.gz")}
    assert len(dumps) == 2
    assert len(dumps & set(borg("list", "--short", f"{repository}::{first}").splitlines())) == 1
    assert dumps | {str(files / "a.jpg")[1:]} <= set(borg("list", "--short", f"{repository}::{second}").splitlines())

    (files / "a.jpg").unlink()
    newest = max(dest.glob("*.sql.gz"))
    variables = {"immich_restore_src": str(newest), "immich_restore_confirm": newest.name}
    files_tasks = {"immich_restore_files_tasks": example("restore/borg-extract.yml")}
    playbook.run(RESTORE, server=server, variables=variables | files_tasks, environment=here).ok()
    assert (files / "a.jpg").read_bytes() == b"a photo"


def test_failed_tasks_of_a_backup_end_with_a_summary(
    playbook: Playbook, emulator: Callable[..., Emulator], tasks: Callable[[Any], str], tmp_path: Path
) -> None:
    server = emulator(job_seconds=0.001)
    variables = {"immich_backup_dest": str(tmp_path / "dumps"), "immich_backup_files_tasks": tasks(FAIL)}

    run = playbook.run(BACKUP, server=server, variables=variables)

    assert run.rc == 2
    assert "The maintenance did not finish" in run.output
    assert "Background jobs were paused for " in run.output
    (dump,) = (tmp_path / "dumps").glob("*.sql.gz")
    said = run.task("Say what there is of the backup").result["msg"]
    assert said.startswith('The backup did not finish: your tasks (immich_backup_files_tasks) failed at "Fail". as the test wanted')
    assert f"fetched in {dump}, and not proven" in said
    assert server.paused() == set()


def test_refused_key_ends_a_backup_with_a_summary(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator()
    variables = {"immich_backup_dest": str(tmp_path / "dumps"), "immich_admin_api_key": "wrong"}

    run = playbook.run(BACKUP, server=server, variables=variables)

    assert [task.result["failure"]["kind"] for task in run.failed] == ["auth"]
    (said,) = run.tasks[-1].result["msg"]
    assert said.startswith("Nothing was backed up")
    assert writes(server) == []


def test_restore_names_missing_backup(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator()
    variables = {"immich_restore_src": str(tmp_path / "NAME.sql.gz"), "immich_restore_confirm": "NAME.sql.gz"}

    run = playbook.run(RESTORE, server=server, variables=variables)

    assert run.failed[-1].result["msg"].startswith(f"immich_restore_src: the file {tmp_path}/NAME.sql.gz ")
    assert writes(server) == []


@pytest.mark.long
def test_an_upgrade_is_checked_before_and_verified_afterwards(playbook: Playbook, tasks: Callable[[Any], str], tmp_path: Path) -> None:
    data, begun, done = (tmp_path / name for name in ("data", "begun", "done"))
    old = Emulator(version="2.7", data=data, job_seconds=0.001)
    old.start()
    small_library(old)
    variables = {
        "immich_upgrade_version": "3.1.0",
        "immich_upgrade_acknowledge": ["3.0.0"],
        "immich_upgrade_backup_dest": str(tmp_path / "dumps"),
        "immich_upgrade_prove": False,
        "immich_upgrade_timeout": 30,
        "immich_upgrade_min_free": "1MiB",
        "immich_retries": 0,
    }

    def run(content: Any, **more: Any) -> Run:
        check = bool(more.pop("check", False))
        return playbook.run(UPGRADE, server=old, variables={**variables, "immich_upgrade_tasks": tasks(content), **more}, check=check)

    old.clear_requests()
    assert "nothing stands against it" in sentences(run(FAIL, check=True).ok())
    assert writes(old) == []

    failed = run(FAIL)
    assert failed.rc == 2
    message = failed.failed[-1].result["msg"]
    assert message.startswith("Your tasks (immich_upgrade_tasks) failed. The cause: as the test wanted")
    assert f"immich_restore_src={tmp_path}/dumps/immich-db-backup-" in message
    assert old.paused() == set()

    script = f"touch {begun}; until test -e {done}; do sleep 0.05; done"
    variables["immich_upgrade_tasks"] = tasks([{"name": "Start it", "ansible.builtin.command": {"argv": ["sh", "-c", script]}}])
    with playbook.start(UPGRADE, server=old, variables=variables) as running:
        while running.process.poll() is None:
            if begun.exists() and not done.exists():
                port = old.url.rpartition(":")[2]
                old.stop()
                old.arguments = ["--version", "3.1", "--data", str(data), "--port", port]
                old.start()
                done.touch()
            time.sleep(0.02)
        said = sentences(running.finish().ok())
    assert said.startswith("Immich was upgraded from 2.7.5 to 3.1.0")
    assert old.paused() == set()
    assert sentences(run(FAIL).ok()).startswith("Immich is 3.1.0 already")
    old.stop()
