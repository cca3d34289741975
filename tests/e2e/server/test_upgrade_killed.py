# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immich_upgrade is killed in each step: what is left, and that the next run heals it. A row of the guide each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.photos.libraries import Account
from support.playbooks.killed import GIVE_UP_AFTER, Reached, Step, hang, rows
from support.playbooks.role import sentences
from support.playbooks.upgrade import ADMINS, UPGRADE, Upgrade, put_a_photo_into_trash

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
            return upgrade.go.exists() and upgrade.server.struck() > upgrade.struck_at_start

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


def a_record_and_the_new_version_without_a_photo(upgrade: Upgrade) -> None:
    """A run that finds it missing resumes the queues, and the one after it can still compare."""
    a_record_and_the_new_version(upgrade)
    put_a_photo_into_trash(upgrade.server)
    run = upgrade.playbook.run(UPGRADE, timeout=GIVE_UP_AFTER, server=upgrade.server, variables=upgrade.variables)
    assert "Immich 3.1.0 runs, but" in run.failed[-1].result["msg"]
    assert upgrade.server.paused() == ADMINS
    assert upgrade.was_begun()
    Account(upgrade.server).ask("POST", "/trash/restore")


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
    Step("the comparison afterwards", request_to_new_version("GET", "/server/statistics"), a_record_and_the_new_version_without_a_photo),
    Step("the resume", request_to_new_version("PUT", "/queues/", after=2), the_new_version_and_queues_paused),
]
TASKS_WERE_DONE = {"the wait for the new version", "the comparison afterwards", "the resume"}


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.what)
def test_next_run_heals_a_killed_upgrade(upgrade: Upgrade, step: Step[Upgrade]) -> None:
    upgrade.kill_in(step.hold(upgrade))
    step.left(upgrade)
    said = sentences(upgrade.play().ok())
    assert upgrade.begun.exists() == (step.what not in TASKS_WERE_DONE), "the user's tasks ran"
    if step.what == "the resume":
        assert said.startswith("Immich is 3.1.0 already. Queues that a killed run had left paused run again: ")
    else:
        assert said.startswith("Immich was upgraded from 2.7.5 to 3.1.0")
    assert upgrade.version() == "3.1"
    assert upgrade.server.paused() == ADMINS
    assert upgrade.leases() == []
    assert not upgrade.was_begun()
    dump, manifest = sorted(one.suffix for one in upgrade.dest.iterdir())
    assert (dump, manifest) == (".gz", ".json")


def test_the_guide_has_a_row_for_each_step() -> None:
    assert rows("when_something_dies", "An upgrade") == [step.what for step in STEPS]
