# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immich_maintenance: tasks under a pause that lives as long as they do."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from support.http.wire import writes
from support.playbooks import processes
from support.playbooks.playbook import Playbook, local_host
from support.playbooks.role import pauses, sentences, summary, upload_play
from support.playbooks.sshd import Sshd
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

MAINTENANCE = Path("photoyard.immich.maintenance")
FAIL = {"name": "Fail", "ansible.builtin.fail": {"msg": "as the test wanted"}}
NOTHING = {"name": "Do nothing", "ansible.builtin.debug": {"msg": "nothing"}}
Options = dict[str, Any]
Window = Callable[..., Options]


@pytest.fixture
def window(tmp_path: Path) -> Window:
    """How to run the playbook: with a file of these tasks, and the role's variables without their `immich_maintenance_`."""

    def options(*tasks: dict[str, Any], **variables: Any) -> Options:
        file = tmp_path / "tasks.yml"
        file.write_text(yaml.safe_dump(list(tasks)))
        given = {"tasks": str(file), "resume_delay": 0, **variables}
        return {"variables": {"immich_retries": 0} | {f"immich_maintenance_{name}": value for name, value in given.items()}}

    return options


class Work:
    """A task that takes as long as the test wants."""

    def __init__(self, folder: Path) -> None:
        self._begun, self._end = folder / "begun", folder / "end"
        script = f"touch {self._begun}; until test -e {self._end}; do sleep 0.05; done"
        self.task = {"name": "Work", "ansible.builtin.command": {"argv": ["sh", "-c", script]}, "changed_when": False}

    def wait_for_it(self) -> None:
        wait_until(self._begun.exists)

    def end(self) -> None:
        self._end.touch()


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def all_but_background(server: Emulator) -> set[str]:
    return set(server.state()["queues"]) - {"backgroundTask"}


def leases(state_home: Path) -> list[dict[str, Any]]:
    return [lease for file in state_home.rglob("leases-*.json") for lease in json.loads(file.read_text())["leases"]]


def wait_for_renewals(state_home: Path, number: int) -> None:
    for _ in range(number):
        wait_until(partial(lambda before: leases(state_home) not in ([], before), leases(state_home)))


def test_an_upload_during_maintenance_is_processed_later(
    playbook: Playbook, server: Emulator, window: Window, work: Work, photos: Callable[..., Path], tmp_path: Path
) -> None:
    server.pause("smartSearch")
    report = tmp_path / "report.json"
    with playbook.start(MAINTENANCE, server=server, **window(work.task, lease_ttl=6, report=str(report))) as running:
        work.wait_for_it()
        assert server.paused() == all_but_background(server)
        upload = playbook.run(upload_play(photos(2, 1)), server=server).ok()
        assert "Background jobs run again" not in summary(upload)
        wait_for_renewals(playbook.state_home, 5)  # one at first, and one in each third of its time
        assert server.state()["queues"]["metadataExtraction"]["paused_jobs"] == 2
        work.end()
        run = running.finish().ok()
    assert sentences(run).endswith("smartSearch stays paused (not ours).")
    assert server.paused() == {"smartSearch"}
    assert leases(playbook.state_home) == []
    (line,) = report.read_text().splitlines()
    result = json.loads(line)
    assert (result["ok"], result["pause_held"], result["left_paused"]) == (True, True, ["smartSearch"])
    assert result["paused_seconds"] > 3
    wait_until(lambda: processes.below(playbook.home) == [])


def test_maintenance_resumes_after_failed_tasks_and_role(playbook: Playbook, server: Emulator, window: Window, tmp_path: Path) -> None:
    server.pause("smartSearch")
    run = playbook.run(MAINTENANCE, server=server, **window(FAIL))
    assert run.rc == 2
    assert [task.name.rpartition(" : ")[2] for task in run.failed] == ["Fail"]
    assert "did not finish" in sentences(run)
    assert server.paused() == {"smartSearch"}
    assert leases(playbook.state_home) == []

    role = tmp_path / "roles" / "clean" / "tasks" / "main.yml"
    role.parent.mkdir(parents=True)
    role.write_text(yaml.safe_dump([{"name": "Clean", "ansible.builtin.debug": {"msg": "clean"}}]))
    run = playbook.run(
        MAINTENANCE,
        server=server,
        environment={"ANSIBLE_ROLES_PATH": str(tmp_path / "roles")},
        **window(tasks="", role="clean", queues=["ocr"], ledger="server"),
    ).ok()
    assert run.task("Clean").status == "ok"
    assert run.task("Pause Immich's background jobs").result["paused"] == ["ocr"]
    assert server.state()["albums"] == []


def test_when_ansible_is_killed_the_queues_run_again_at_once(playbook: Playbook, server: Emulator, window: Window, work: Work) -> None:
    server.pause("smartSearch")
    with playbook.start(MAINTENANCE, server=server, **window(work.task)) as running:
        work.wait_for_it()
        running.kill()
        wait_until(lambda: server.paused() == {"smartSearch"})  # the lease would have lasted for 15 minutes
        wait_until(lambda: leases(playbook.state_home) == [])
        work.end()


def test_maintenance_fails_when_pause_ended_early(playbook: Playbook, server: Emulator, window: Window, work: Work) -> None:
    server.pause("smartSearch")
    with playbook.start(MAINTENANCE, server=server, **window(work.task, lease_ttl=6)) as running:
        work.wait_for_it()
        processes.kill_guards(playbook.home)
        (lease,) = leases(playbook.state_home)
        wait_until(lambda: time.clock_gettime(time.CLOCK_BOOTTIME) - lease["renewed"]["boottime"] > 6)
        work.end()
        run = running.finish()
    assert run.rc == 2
    assert [task.name.rpartition(" : ")[2] for task in run.failed] == ["Show the summary"]
    assert sentences(run).startswith("The pause ended before the tasks")
    assert server.paused() == {"smartSearch"}
    assert leases(playbook.state_home) == []


def test_a_backup_and_the_version_around_the_tasks(playbook: Playbook, server: Emulator, window: Window) -> None:
    options = window(NOTHING, backup=True, upgrade=True, upgrade_timeout=20)
    run = playbook.run(MAINTENANCE, server=server, **options).ok()
    said = sentences(run)
    assert said.startswith("The database was backed up to immich-db-backup-")
    assert "still 3.1.0" in said
    assert server.paused() == set()
    paused = [name for name, paused in pauses(server) if paused]
    assert set(paused) == all_but_background(server) - {"backupDatabase"}


def test_maintenance_names_queues_still_active(playbook: Playbook, server: Emulator, window: Window, photos: Callable[..., Path]) -> None:
    server.set_job_seconds(600)
    playbook.run(upload_play(photos(1, 1), pause_jobs=False), server=server).ok()
    run = playbook.run(MAINTENANCE, server=server, **window(NOTHING, wait=0.1)).ok()
    said = run.task("Show the queues that are still active").result["msg"]
    assert "(immich_maintenance_wait): metadataExtraction" in said
    assert "jobs of metadataExtraction still ran" in sentences(run)


def test_check_mode_writes_nothing(playbook: Playbook, server: Emulator, window: Window) -> None:
    run = playbook.run(MAINTENANCE, server=server, check=True, **window(NOTHING, backup=True)).ok()
    assert sentences(run).count(" would be ") == 2
    assert run.changed == 3
    assert writes(server) == []


def test_maintenance_refuses_mistakes_before_pausing(playbook: Playbook, server: Emulator, window: Window) -> None:
    hosts = {
        "misspelt": local_host() | {"immich_maintenance_bakup": True},
        "empty": local_host() | {"own_tasks": ""},
        "missing": local_host() | {"own_tasks": "/there/is/none.yml", "immich_maintenance_backup": True},
        "role": local_host() | {"immich_maintenance_role": "there_is_none"},
        "collection": local_host() | {"immich_maintenance_role": "there.is.none"},
        "undefined": local_host() | {"immich_maintenance_role": "{{ there_is_none }}"},
    }
    run = playbook.run(MAINTENANCE, server=server, hosts=hosts, **window(FAIL, tasks="{{ own_tasks | default('tasks.yml') }}"))
    assert run.rc == 2
    said = {task.host: task.result["msg"] for task in run.failed}
    assert {"immich_maintenance_bakup", "immich_maintenance_backup?"} <= set(said["misspelt"].split())
    assert said["missing"].startswith("immich_maintenance_tasks: there is no file /there/is/none.yml ")
    for host, name in (("role", "there_is_none"), ("collection", "there.is.none")):
        assert said[host].startswith("immich_maintenance_role: ")
        assert f"{name}' was not found in" in said[host]
        assert "Install the role" in said[host]
    assert said["undefined"].startswith("immich_maintenance_role cannot be evaluated: ")
    assert said["empty"].startswith("Nothing is to be done during the pause. Set immich_maintenance_tasks to a file of tasks")
    assert writes(server) == []


def test_lease_is_renewed_while_the_ssh_session_is_open(
    playbook: Playbook, server: Emulator, window: Window, work: Work, sshd: Sshd
) -> None:
    nas = sshd.host()
    with playbook.start(MAINTENANCE, server=server, hosts={"nas": nas}, **window(work.task, lease_ttl=6)) as running:
        work.wait_for_it()
        wait_for_renewals(sshd.state_home, 5)
        assert server.paused() == all_but_background(server)
        running.kill()
        work.end()
        for master in processes.below(Path(nas["ansible_control_path_dir"])):
            with suppress(ProcessLookupError):
                os.kill(master, signal.SIGKILL)  # it would stay for as long as ControlPersist says
        wait_until(lambda: server.paused() == set())
    wait_until(lambda: leases(sshd.state_home) == [])  # the record goes last


def test_controller_releases_lease_of_killed_ssh_playbook(
    playbook: Playbook, server: Emulator, window: Window, work: Work, sshd: Sshd
) -> None:
    with playbook.start(MAINTENANCE, server=server, hosts={"nas": sshd.host()}, **window(work.task)) as running:
        work.wait_for_it()
        assert server.paused() == all_but_background(server)
        os.kill(running.process.pid, signal.SIGKILL)
        wait_until(lambda: server.paused() == set())  # the lease would have lasted for 15 minutes, and its guard with it
        wait_until(lambda: leases(sshd.state_home) == [])
        work.end()


def test_the_controller_renews_the_pause_of_an_ssh_host(
    playbook: Playbook, server: Emulator, window: Window, work: Work, sshd: Sshd
) -> None:
    hosts = {"nas": sshd.host(), "localhost": local_host()}
    options = window(work.task, coordinator="localhost", hosts="nas")
    with playbook.start(MAINTENANCE, server=server, hosts=hosts, **options) as running:
        work.wait_for_it()
        assert server.paused() == all_but_background(server)
        os.kill(running.process.pid, signal.SIGKILL)
        wait_until(lambda: server.paused() == set())
        work.end()
    assert leases(sshd.state_home) == []


def test_report_replaces_no_other_file(server: Emulator, playbook: Playbook, window: Window, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("a person's\n")
    server.clear_requests()
    for check in (True, False):
        run = playbook.run(MAINTENANCE, server=server, check=check, **window(NOTHING, report=str(tmp_path / "notes")))
        assert (run.rc, "immich_maintenance_report" in run.failed[0].result["msg"]) == (2, True)
    assert ((tmp_path / "notes").read_text(), writes(server)) == ("a person's\n", [])
    for _ in range(2):
        playbook.run(MAINTENANCE, server=server, **window(NOTHING, report=str(tmp_path / "new"))).ok()


def test_maintenance_shows_summary_despite_unwritable_report(server: Emulator, playbook: Playbook, window: Window) -> None:
    failed = playbook.run(MAINTENANCE, server=server, **window(NOTHING, report="/proc/no-such-folder/report.json"))
    assert failed.rc != 0
    assert failed.task("Write the report").status == "failed"
    assert "and run again" in sentences(failed)
    assert server.paused() == set()
