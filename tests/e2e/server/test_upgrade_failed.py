# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immich_upgrade fails in each step: what is left, and that what the guide says helps. A row of the guide each, or two."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.photos.libraries import Account
from support.playbooks.killed import GIVE_UP_AFTER, rows
from support.playbooks.playbook import Run, local_host
from support.playbooks.role import sentences
from support.playbooks.upgrade import ADMINS, Upgrade, put_a_photo_into_trash

FAIL = {"name": "Fail", "ansible.builtin.fail": {"msg": "as the test wanted"}}
RESTORE = Path("photoyard.immich.restore")


def message(failed: Run) -> str:
    """The message of the last failed task of a run, which must have failed."""
    assert failed.rc == 2, failed.output
    return str(failed.failed[-1].result["msg"])


def photos(server: Emulator) -> int:
    """How many there are that are not in the trash."""
    return int(Account(server).ask("GET", "/assets/statistics")["total"])


@dataclass(frozen=True)
class Failure:
    """A row of the table: what fails, how that comes, how its message begins and what else it says, what is left, and what is done then."""

    what: str
    fail: Callable[[Upgrade], Run]
    begins: str
    says: str
    left: Callable[[Upgrade], None]
    remedy: Callable[[Upgrade], None]


# how a step fails


def breaking_changes(upgrade: Upgrade) -> Run:
    upgrade.variables["immich_upgrade_acknowledge"] = []
    return upgrade.play()


def no_backup(upgrade: Upgrade) -> Run:
    upgrade.server.let_backups_work(False)
    return upgrade.play()


def no_proof(upgrade: Upgrade) -> Run:
    upgrade.variables |= {"immich_upgrade_prove": True, "immich_backup_prove_postgres_bin": str(upgrade.folder / "nothing")}
    return upgrade.play()


def tasks_at_once(upgrade: Upgrade) -> Run:
    write_tasks(upgrade, [FAIL])
    return upgrade.play()


def tasks_that_have_stopped_it(upgrade: Upgrade) -> Run:
    write_tasks(upgrade, [*upgrade.waiting_tasks(), FAIL])
    return upgrade.play(upgrade.stop)


def no_answer(upgrade: Upgrade) -> Run:
    upgrade.variables |= {"immich_upgrade_timeout": 10}
    return upgrade.play(upgrade.stop)


def nothing_is_started(upgrade: Upgrade) -> Run:
    upgrade.variables |= {"immich_upgrade_timeout": 10}
    return upgrade.play(lambda: None)


def a_photo_is_missing(upgrade: Upgrade) -> Run:
    def start_and_lose() -> None:
        upgrade.start_new_version()
        put_a_photo_into_trash(upgrade.server)

    return upgrade.play(start_and_lose)


def write_tasks(upgrade: Upgrade, tasks: list[dict[str, Any]]) -> None:
    Path(upgrade.variables["immich_upgrade_tasks"]).write_text(yaml.safe_dump(tasks))


# what is left


def nothing(upgrade: Upgrade) -> None:
    assert upgrade.server.requests(writes=True) == []
    assert not upgrade.dest.exists()
    the_old_version(upgrade)


def the_old_version(upgrade: Upgrade) -> None:
    assert (upgrade.version(), upgrade.was_begun()) == ("2.7", False)
    assert upgrade.server.paused() == ADMINS


def the_old_version_and_the_record(upgrade: Upgrade) -> None:
    assert (upgrade.version(), upgrade.was_begun()) == ("2.7", True)
    assert upgrade.server.paused() == ADMINS


def no_server(upgrade: Upgrade) -> None:
    assert upgrade.server.process is None
    assert upgrade.was_begun()
    assert upgrade.paused > ADMINS


def the_new_version(upgrade: Upgrade) -> None:
    assert (upgrade.version(), upgrade.was_begun()) == ("3.1", True)
    assert upgrade.server.paused() == ADMINS
    assert photos(upgrade.server) == 2


def the_new_version_and_the_way_back(upgrade: Upgrade) -> None:
    the_new_version(upgrade)
    (dump,) = upgrade.dest.glob("*.sql.gz")
    files = upgrade.folder / "the same files"
    shutil.copytree(upgrade.data, files, ignore=shutil.ignore_patterns("immich.sqlite*"))
    with Emulator(version="2.7", data=files, empty=True) as old:
        old.api_key, old.admin_api_key = upgrade.server.api_key, upgrade.server.admin_api_key  # those of the dump
        variables = {"immich_restore_src": str(dump), "immich_restore_confirm": dump.name, "immich_retries": 0}
        back = sentences(upgrade.playbook.run(RESTORE, timeout=GIVE_UP_AFTER, server=old, variables=variables).ok())
        assert "3 originals and thumbnails" in back
        assert photos(old) == 3


# what is done then, before the role runs again


def acknowledge(upgrade: Upgrade) -> None:
    upgrade.variables["immich_upgrade_acknowledge"] = ["3.0.0"]


def let_backups_work(upgrade: Upgrade) -> None:
    upgrade.server.let_backups_work(True)


def name_the_programs(upgrade: Upgrade) -> None:
    del upgrade.variables["immich_backup_prove_postgres_bin"]


def write_better_tasks(upgrade: Upgrade) -> None:
    write_tasks(upgrade, upgrade.waiting_tasks())


def correct_the_tasks(upgrade: Upgrade) -> None:
    write_better_tasks(upgrade)
    looked = upgrade.playbook.run(upgrade.name, server=upgrade.server, variables=upgrade.variables, check=True)
    assert "was cut off, and would be finished: your tasks (immich_upgrade_tasks) would run again." in sentences(looked.ok())


def wait_longer(upgrade: Upgrade) -> None:
    upgrade.variables["immich_upgrade_timeout"] = 60


def let_the_migration_end(upgrade: Upgrade) -> None:
    upgrade.start_new_version()
    wait_longer(upgrade)


def take_it_out_of_the_trash(upgrade: Upgrade) -> None:
    Account(upgrade.server).ask("POST", "/trash/restore")


NOT_BEGUN, TASKS_FAILED = "The upgrade was not begun", "Your tasks (immich_upgrade_tasks) failed"
NOT_RUNNING = "Immich 3.1.0 does not run after 10 s (immich_upgrade_timeout)"
FAILURES = [
    Failure("a check before the upgrade", breaking_changes, NOT_BEGUN, "Immich 3.0.0 has breaking changes", nothing, acknowledge),
    Failure("the backup, or its proof", no_backup, NOT_BEGUN, "No backup was made", the_old_version, let_backups_work),
    Failure("the backup, or its proof", no_proof, NOT_BEGUN, "nothing", the_old_version, name_the_programs),
    Failure("your tasks", tasks_at_once, TASKS_FAILED, "as the test wanted", the_old_version_and_the_record, write_better_tasks),
    Failure("your tasks", tasks_that_have_stopped_it, TASKS_FAILED, "as the test wanted", no_server, write_better_tasks),
    Failure("the new version does not answer", no_answer, NOT_RUNNING, "Connection refused", no_server, let_the_migration_end),
    Failure("the new version does not answer", no_answer, NOT_RUNNING, "it runs them again", no_server, correct_the_tasks),
    Failure(
        "the new version does not answer",
        nothing_is_started,
        NOT_RUNNING,
        "What answers is Immich 2.7.5",
        the_old_version_and_the_record,
        wait_longer,
    ),
    Failure(
        "something is missing afterwards",
        a_photo_is_missing,
        "Immich 3.1.0 runs, but not everything is there",
        "photos",
        the_new_version_and_the_way_back,
        take_it_out_of_the_trash,
    ),
]


@pytest.mark.long
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: f"{failure.fail.__name__}-{failure.remedy.__name__}")
def test_next_run_ends_well_after_a_failure(upgrade: Upgrade, failure: Failure) -> None:
    upgrade.server.clear_requests()
    said = message(failure.fail(upgrade))
    assert said.startswith(failure.begins)
    assert failure.says in said
    before_the_tasks = failure.begins == NOT_BEGUN
    way_back = f"run the playbook photoyard.immich.restore with immich_restore_src={upgrade.dest}/immich-db-backup-"
    assert (way_back in said) == (not before_the_tasks)
    failure.left(upgrade)
    failure.remedy(upgrade)

    again = sentences(upgrade.play().ok())
    assert again.startswith("Immich was upgraded from 2.7.5 to 3.1.0")
    assert upgrade.version() == "3.1"
    assert upgrade.server.paused() == ADMINS
    assert upgrade.leases() == []
    assert not upgrade.was_begun()
    assert photos(upgrade.server) == 3


def test_the_guide_has_a_row_for_each_step() -> None:
    assert rows("guide_upgrade", "When a step fails") == list(dict.fromkeys(one.what for one in FAILURES))


WHOLE: dict[str, Any] = {"format": 1, "server": {"version": "2.7.5"}, "backup": {}, "counted": {}, "sample": {"sample": []}}


# content of the record, where it is a file, and what is said of it
UNREADABLE: dict[str, tuple[str, str]] = {
    "directory": ("", "It is not a file"),
    "link": ("", "It is not a file"),
    "pipe": ("", "It is not a file"),
    "cut": ('{"format": 1', "Expecting ',' delimiter"),
    "list": ("[1]", "is not what this role writes"),
    "format": (json.dumps({**WHOLE, "format": 2}), "is not what this role writes"),
    "server": (json.dumps({**WHOLE, "server": "2.7.5"}), "is not what this role writes"),
}


def test_upgrade_fails_on_unreadable_record(upgrade: Upgrade) -> None:
    """Each record is that of a host of one play."""
    del upgrade.variables["immich_upgrade_backup_dest"]
    records = {name: upgrade.folder / name / "upgrade-to-3.1.0.json" for name in UNREADABLE}
    for name, record in records.items():
        record.parent.mkdir()
        if name == "directory":
            record.mkdir()
        elif name == "link":
            record.symlink_to(record)
        elif name == "pipe":
            os.mkfifo(record)
        else:
            record.write_text(UNREADABLE[name][0])
    hosts = {name: {**local_host(), "immich_upgrade_backup_dest": str(record.parent)} for name, record in records.items()}
    upgrade.server.clear_requests()
    run = upgrade.playbook.run(upgrade.name, hosts=hosts, server=upgrade.server, variables=upgrade.variables)
    said = {task.host: str(task.result["msg"]) for task in run.failed}  # the last of each
    assert said.keys() == records.keys(), run.output
    for name, record in records.items():
        begins = f"The upgrade was cut off, and cannot go on. The cause: {record}, in which an upgrade that was cut off "
        assert said[name].startswith(begins)
        assert UNREADABLE[name][1] in said[name]
        assert "move it away" in said[name]
    assert upgrade.server.requests(writes=True) == []
    assert upgrade.server.paused() == ADMINS
