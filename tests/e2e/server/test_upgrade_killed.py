# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immich_upgrade is killed in each step: what is left, and that the next run heals it. A row of the guide each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
import yaml

from immich_emulator.testing import Emulator
from support.photos.libraries import small_library
from support.playbooks.killed import GIVE_UP_AFTER, Case, Reached, Step, hang, rows
from support.playbooks.playbook import Playbook, Run
from support.playbooks.role import sentences

UPGRADE = Path("selfhosted.immich.upgrade")
ADMINS = {"smartSearch"}


@dataclass
class Upgrade(Case):
    """A server of Immich 2.7 that can become one of 3.1 over the same data."""

    data: Path
    dest: Path
    paused: set[str] = field(default_factory=set)

    def stop(self) -> None:
        """Immich stops. Which queues are paused stays in Redis."""
        self.paused = self.server.paused()
        self.server.stop()

    def start_new_version(self) -> None:
        port = self.server.url.rpartition(":")[2]
        if self.server.process is not None:
            self.stop()
        self.server.arguments = ["--version", "3.1", "--data", str(self.data), "--port", port, "--job-seconds", "0.001"]
        self.server.start()
        for name in self.paused - {"metadataExtraction"}:  # which Immich resumes when it starts
            self.server.pause(name)

    def version(self) -> str:
        return self.server.arguments[1]

    def was_begun(self) -> bool:
        """Whether the record of an upgrade that is under way lies beside the backup."""
        return (self.dest / "upgrade-to-3.1.0.json").exists()

    def finish(self) -> Run:
        """The next run to its end; the user's tasks start the new version."""
        self.begun.unlink(missing_ok=True)
        self.go.unlink(missing_ok=True)
        with self.playbook.start(self.name, server=self.server, variables=self.variables) as running:
            while running.process.poll() is None:
                if self.begun.exists() and not self.go.exists():
                    self.start_new_version()
                    self.go.touch()
                time.sleep(0.02)
            return running.finish(GIVE_UP_AFTER).ok()


@pytest.fixture
def upgrade(playbook: Playbook, tmp_path: Path) -> Iterator[Upgrade]:
    data, dest, file = tmp_path / "data", tmp_path / "dumps", tmp_path / "tasks.yml"
    variables = {
        "immich_upgrade_version": "3.1.0",
        "immich_upgrade_acknowledge": ["3.0.0"],
        "immich_upgrade_tasks": str(file),
        "immich_upgrade_backup_dest": str(dest),
        "immich_upgrade_prove": False,
        "immich_upgrade_timeout": 60,
        "immich_upgrade_min_free": "1MiB",
        "immich_retries": 0,
    }
    with Emulator(version="2.7", data=data, job_seconds=0.001) as server:
        small_library(server)
        server.pause(*ADMINS)
        case = Upgrade(server, playbook, tmp_path, UPGRADE, variables, data, dest)
        file.write_text(yaml.safe_dump(case.waiting_tasks()))
        yield case


# how a run is held in a step


def tasks(upgrade: Upgrade) -> Reached:
    return upgrade.begun.exists


def tasks_that_have_stopped_it(upgrade: Upgrade) -> Reached:
    def reached() -> bool:
        if upgrade.begun.exists():
            upgrade.stop()
        return upgrade.begun.exists()

    return reached


def tasks_once_the_new_version_answers(upgrade: Upgrade) -> Reached:
    def reached() -> bool:
        if upgrade.begun.exists():
            upgrade.start_new_version()
        return upgrade.begun.exists()

    return reached


def wait_for_new_version(upgrade: Upgrade) -> Reached:
    def reached() -> bool:
        if upgrade.begun.exists() and not upgrade.go.exists():
            upgrade.server.fault("GET", "/server/", times=None, hang=True)  # it is up, and does not answer yet
            upgrade.go.touch()
        return upgrade.go.exists() and upgrade.server.struck() > 0

    return reached


def request_to_new_version(method: str, path: str, after: int = 0) -> Callable[[Upgrade], Reached]:
    def hold(upgrade: Upgrade) -> Reached:
        def reached() -> bool:
            if upgrade.begun.exists() and not upgrade.go.exists():
                upgrade.start_new_version()
                upgrade.server.fault(method, path, after=after, times=None, hang=True)
                upgrade.go.touch()
            return upgrade.go.exists() and upgrade.server.struck() > 0

        return reached

    return hold


# what is left


def nothing(upgrade: Upgrade) -> None:
    assert upgrade.server.paused() == ADMINS
    assert not upgrade.dest.exists()


def some_queues_paused(upgrade: Upgrade) -> None:
    assert upgrade.server.paused() > ADMINS
    assert len(upgrade.leases()) == 1
    assert not upgrade.was_begun()


def a_record_and_the_old_version(upgrade: Upgrade) -> None:
    assert (upgrade.was_begun(), upgrade.version()) == (True, "2.7")
    assert upgrade.server.paused() > ADMINS


def a_record_and_no_server(upgrade: Upgrade) -> None:
    assert upgrade.was_begun()
    assert upgrade.server.process is None


def a_record_and_then_the_new_version(upgrade: Upgrade) -> None:
    assert upgrade.was_begun()
    upgrade.start_new_version()
    assert upgrade.server.paused() > ADMINS


def a_record_and_the_new_version(upgrade: Upgrade) -> None:
    assert (upgrade.was_begun(), upgrade.version()) == (True, "3.1")
    assert upgrade.server.paused() > ADMINS


def the_new_version_and_queues_paused(upgrade: Upgrade) -> None:
    assert (upgrade.was_begun(), upgrade.version()) == (False, "3.1")
    assert upgrade.server.paused() > ADMINS


STEPS: list[Step[Upgrade]] = [
    Step("a check before the upgrade", hang("GET", "/server/statistics"), nothing),
    Step("the pause", hang("PUT", "/queues/", after=2), some_queues_paused),
    Step("the backup, or its proof", hang("GET", "/admin/database-backups/"), some_queues_paused),
    Step("your tasks, before they have stopped Immich", tasks, a_record_and_the_old_version),
    Step("your tasks, when they have stopped it", tasks_that_have_stopped_it, a_record_and_no_server),
    Step("your tasks, when the new version answers already", tasks_once_the_new_version_answers, a_record_and_the_new_version),
    Step("the wait for the new version", wait_for_new_version, a_record_and_then_the_new_version),
    Step("the comparison afterwards", request_to_new_version("GET", "/server/statistics"), a_record_and_the_new_version),
    Step("the resume", request_to_new_version("PUT", "/queues/", after=2), the_new_version_and_queues_paused),
]
TASKS_WERE_DONE = {"the wait for the new version", "the comparison afterwards", "the resume"}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.what)
def test_next_run_heals_a_killed_upgrade(upgrade: Upgrade, step: Step[Upgrade]) -> None:
    upgrade.kill_in(step.hold(upgrade))
    step.left(upgrade)
    said = sentences(upgrade.finish())
    assert upgrade.begun.exists() == (step.what not in TASKS_WERE_DONE), "the user's tasks ran"
    if step.what == "the resume":
        assert said.startswith("Immich is 3.1.0 already. Queues that a killed run had left paused run again: ")
    else:
        assert said.startswith("Immich was upgraded from 2.7.5 to 3.1.0. All users, photos, videos, albums and tags are there, and 3 ")
    assert upgrade.version() == "3.1"
    assert upgrade.server.paused() == ADMINS
    assert upgrade.leases() == []
    assert not upgrade.was_begun()
    dump, manifest = sorted(one.suffix for one in upgrade.dest.iterdir())
    assert (dump, manifest) == (".gz", ".json")


def test_queues_run_after_a_killed_upgrade_that_lost_photos(upgrade: Upgrade) -> None:
    upgrade.kill_in(request_to_new_version("GET", "/server/statistics")(upgrade))
    assert upgrade.server.paused() > ADMINS
    delete_a_photo(upgrade.server)
    run = upgrade.playbook.run(UPGRADE, timeout=GIVE_UP_AFTER, server=upgrade.server, variables=upgrade.variables)
    assert "Immich 3.1.0 runs, but not everything is there." in run.failed[-1].result["msg"]
    assert upgrade.server.paused() == ADMINS
    assert upgrade.was_begun()


def delete_a_photo(server: Emulator) -> None:
    """For good."""
    gone = {"ids": [server.state()["assets"][0]["id"]], "force": True}
    headers = {"x-api-key": server.api_key}
    requests.delete(f"{server.url}/api/assets", json=gone, headers=headers, timeout=10).raise_for_status()
    server.wait_idle()


def test_the_guide_has_a_row_for_each_step() -> None:
    assert rows("guide_upgrade", "When a step dies") == [step.what for step in STEPS]
