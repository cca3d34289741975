# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a backup: what counts is a new file that is whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.collection import ImmichError

from .conftest import Backups

OLD = "immich-db-backup-20200102T030405-v2.7.5-pg17.12.sql.gz"


def test_backup_is_made_once_within_its_age(each_version: Backups) -> None:
    predicted = each_version(max_age="26h", check=True)
    made = each_version(max_age="26h")
    assert made["changed"]
    assert each_version.names() == [made["backup"]["filename"]]
    assert (predicted["changed"], predicted["diff"], predicted["backup"]) == (True, made["diff"], None)
    assert made["backup"]["kind"] == "routine"
    assert made["backup"]["server_version"].startswith(each_version.server.version)
    assert each_version.writes(lambda: each_version(max_age="26h")) == []
    again = each_version(max_age="26h")
    assert not again["changed"]
    assert again["backup"]["filename"] == made["backup"]["filename"]
    assert again["backup"]["age"] < 60
    assert each_version()["backup"]["filename"] > made["backup"]["filename"]


def test_old_and_foreign_backups_do_not_count(backups: Backups) -> None:
    young = OLD.replace("2020", "2999")
    for name in (OLD, f"uploaded-{young}", f"restore-point-{young}", "immich-db-backup-1722240000000.sql.gz", "mine.sql"):
        backups.put(name)
    assert backups(max_age="26h")["changed"]
    ages = {one["filename"]: one for one in backups.info()["backups"]}
    assert ages[OLD]["created"] == "2020-01-02T03:04:05.000Z"
    assert ages[OLD]["server_version"] == "2.7.5"
    assert ages["mine.sql"]["kind"] == "other"
    assert ages["mine.sql"]["age"] is None
    assert ages["immich-db-backup-1722240000000.sql.gz"]["created"] == "2024-07-29T08:00:00.000Z"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("empty", "is empty: it has 0 bytes"),
        ("cut", "is cut: after"),
        ("no_gzip", "is not compressed with gzip, as its name says: it begins with '<html>not a backup"),
        ("no_end", "was not finished by pg_dump: it does not end with 'PostgreSQL database dump complete'"),
    ],
)
def test_damaged_backup_is_no_success(backups: Backups, damage: str, reason: str) -> None:
    older = backups.put(OLD)
    backups.server.let_backups_work(True, damage)
    with pytest.raises(ImmichError, match="Older backups are untouched") as caught:
        backups()
    assert reason in caught.value.msg
    assert "Database Backup Failure" in caught.value.msg
    assert older in backups.names()
    backups.server.let_backups_work(True)
    healed = backups(max_age="1h")
    assert healed["changed"]
    assert reason in healed["warnings"][0]


def test_failed_dump_is_a_failure(backups: Backups) -> None:
    older = backups.put(OLD)
    backups.server.let_backups_work(False)
    with pytest.raises(ImmichError, match="No backup was made") as caught:
        backups()
    assert "a pg_dump that the server does not have" in caught.value.msg
    assert backups.names() == [older]


def test_paused_queue_is_said_before_the_job_waits(backups: Backups) -> None:
    backups.server.pause("backupDatabase")
    with pytest.raises(ImmichError, match="the queue backupDatabase is paused"):
        backups()
    assert backups.writes(lambda: None) == []
    assert backups.server.state()["queues"]["backupDatabase"]["paused_jobs"] == 0


def test_two_runs_at_once_both_have_a_new_backup(backups: Backups) -> None:
    backups.server.set_job_seconds(0.2)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(backups()["backup"]["filename"])) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 2
    assert set(found) <= set(backups.names())


def test_backup_of_old_server_names_manual_job(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    old = Backups(emulator(version="1.135"), tmp_path, tmp_path)
    with pytest.raises(ImmichError, match=r"needs 2\.5 or later") as caught:
        old()
    assert caught.value.kind == "version"
    assert "manual_job: backup-database" in caught.value.msg
