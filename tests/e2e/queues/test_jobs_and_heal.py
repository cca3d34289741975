# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks for an administrator's own hands."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.http.wire import writes
from support.playbooks import processes
from support.playbooks.playbook import REPOSITORY, Playbook, local_host
from support.playbooks.role import CHAIN, pauses
from support.playbooks.sshd import Sshd

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

# The one that sets up AWX is not about hosts.
PLAYBOOKS = sorted(path.stem for path in (REPOSITORY / "playbooks").glob("*.yml") if path.stem != "awx_setup")
JOBS, HEAL = Path("selfhosted.immich.jobs"), Path("selfhosted.immich.heal")


def dead_lease(playbook: Playbook, server: Emulator, hosts: dict[str, Any] | None = None, **options: Any) -> None:
    """A run that paused, and died together with its guard, as when its host loses power."""
    given = {"url": server.url, "api_key": server.admin_api_key, "state": "paused", "lease": "a run that died", "lease_ttl": 3, **options}
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"selfhosted.immich.immich_jobs": given}]}
    playbook.run([play], server=server, hosts=hosts).ok()
    processes.kill_guards(playbook.home.parent)
    time.sleep(4.1)  # the server tells its time in whole seconds


def test_the_queues_are_shown(playbook: Playbook, server: Emulator) -> None:
    server.pause("smartSearch")
    shown = playbook.run(JOBS, server=server).ok().task("Show the queues and leases").result["msg"]
    assert "smartSearch                paused   0 active, 0 waiting" in shown
    assert "metadataExtraction         running  0 active, 0 waiting" in shown
    assert writes(server) == []


def test_queues_are_paused_and_resumed(playbook: Playbook, server: Emulator) -> None:
    variables = {"immich_jobs_state": "paused", "immich_jobs_queues": ["ocr", "smartSearch"]}
    playbook.run(JOBS, server=server, variables=variables).ok()
    assert server.paused() == {"ocr", "smartSearch"}
    playbook.run(JOBS, server=server, variables={"immich_jobs_state": "running"}).ok()
    assert server.paused() == set()


def test_there_is_nothing_to_heal(playbook: Playbook, server: Emulator) -> None:
    server.pause("ocr")
    run = playbook.run(HEAL, server=server).ok()
    assert run.changed == 0
    assert run.task("Show the summary").result["msg"] == "There was nothing to resume."
    assert writes(server) == []


@pytest.mark.parametrize("ledger", ["file", "server"])
def test_what_the_dead_left_is_healed(playbook: Playbook, server: Emulator, ledger: str) -> None:
    server.pause("ocr")
    dead_lease(playbook, server, ledger=ledger)
    assert server.paused() == set(CHAIN)
    run = playbook.run(HEAL, server=server).ok()
    assert run.changed == 1
    assert run.task("Show the summary").result["msg"].startswith("Resumed metadataExtraction, ")
    assert server.paused() == {"ocr"}
    assert playbook.run(HEAL, server=server).ok().changed == 0
    assert server.state()["albums"] == []


def test_the_ledger_on_the_server_is_healed_from_elsewhere(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    dead_lease(playbook, server, ledger="server")
    Playbook(tmp_path / "elsewhere").run(HEAL, server=server).ok()
    assert server.paused() == set()


@pytest.mark.parametrize("role", ["upload", "policy"])
def test_the_ledger_of_a_role_is_healed(playbook: Playbook, server: Emulator, tmp_path: Path, role: str) -> None:
    dead_lease(playbook, server, ledger_dir=str(tmp_path / "ledger"))
    playbook.run(HEAL, server=server, variables={f"immich_{role}_ledger_dir": str(tmp_path / "ledger")}).ok()
    assert server.paused() == set()


def test_the_key_may_come_from_a_file(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(server.admin_api_key)
    environment = {"IMMICH_API_KEY": "", "IMMICH_ADMIN_API_KEY": ""}
    variables = {"immich_admin_api_key_file": str(key), "immich_jobs_state": "paused", "immich_jobs_queues": ["ocr"]}
    for name in (JOBS, HEAL):
        playbook.run(name, server=server, environment=environment, variables=variables).ok()
    assert server.paused() == {"ocr"}


def test_manual_pause_outlives_an_upload(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    ledger = str(tmp_path / "ledger")
    dead_lease(playbook, server, lease="nas, upload 1", lease_ttl=600, queues=["ocr", "smartSearch"], ledger_dir=ledger)
    variables = {"immich_jobs_state": "paused", "immich_jobs_queues": ["ocr"], "immich_upload_ledger_dir": ledger}
    playbook.run(JOBS, server=server, variables=variables).ok()
    dead_lease(playbook, server, lease="nas, upload 1", state="running", ledger_dir=ledger)
    assert server.paused() == {"ocr"}


def test_every_host_with_a_ledger_is_healed(playbook: Playbook, server: Emulator, sshd: Sshd) -> None:
    hosts = {"nas": sshd.host(), "here": local_host()}
    dead_lease(playbook, server, {"nas": hosts["nas"]}, queues=["smartSearch"])
    dead_lease(playbook, server, {"here": hosts["here"]}, queues=["faceDetection"])
    run = playbook.run(HEAL, server=server, hosts=hosts).ok()
    assert run.task("Show the summary", "nas").result["msg"] == "Resumed smartSearch."
    assert run.task("Show the summary", "here").result["msg"] == "Resumed faceDetection."
    assert server.paused() == set()


def test_a_live_lease_is_left_alone_and_shown(playbook: Playbook, server: Emulator) -> None:
    dead_lease(playbook, server, lease="nas, upload 1", lease_ttl=600, queues=["ocr"])
    run = playbook.run(HEAL, server=server).ok()
    assert run.changed == 0
    assert "nas, upload 1 holds ocr until " in run.task("Show the summary").result["msg"]
    assert server.paused() == {"ocr"}
    assert pauses(server) == [("ocr", True)]
    assert "nas, upload 1 holds ocr until " in playbook.run(JOBS, server=server).ok().task("Show the queues and leases").result["msg"][-1]
    run = playbook.run(JOBS, server=server, variables={"immich_jobs_state": "running", "immich_jobs_queues": ["ocr"]}).ok()
    assert "nas, upload 1 holds nothing until " in run.task("Show the queues and leases").result["msg"][-1]
    assert playbook.run(HEAL, server=server).ok().task("Show the summary").result["msg"] == "There was nothing to resume."


@pytest.mark.parametrize("ledger", ["file", "server"])
def test_the_command_that_heal_shows_ends_the_lease(playbook: Playbook, server: Emulator, ledger: str) -> None:
    server.pause("library")
    for lease, queue in (("nas's, upload 1", "ocr"), ("another", "smartSearch")):
        dead_lease(playbook, server, lease=lease, lease_ttl=600, queues=[queue], ledger=ledger)
    message = playbook.run(HEAL, server=server).ok().task("Show the summary").result["msg"]
    command = re.search(r"nas's, upload 1 holds ocr until \S+ If it has died, end it with (-e .*?\}')\.", message)
    assert command, message
    arguments = shlex.split(command[1])
    assert playbook.run(HEAL, *arguments, server=server, check=True).ok().changed == 1
    assert server.paused() == {"library", "ocr", "smartSearch"}
    run = playbook.run(HEAL, *arguments, server=server).ok()
    assert run.task("Show the summary").result["msg"].startswith("Resumed ocr. another holds smartSearch until ")
    assert server.paused() == {"library", "smartSearch"}
    again = playbook.run(HEAL, *arguments, server=server).ok()
    assert again.changed == 0
    assert again.task("Show the summary").result["msg"].startswith("There was nothing to resume. There is no lease nas's, upload 1.")


def test_in_an_awx_workflow_heal_ends_its_own_leases(playbook: Playbook, server: Emulator) -> None:
    for workflow, queue in ((7, "ocr"), (8, "smartSearch")):
        lease = f"nas, AWX workflow {workflow}, AWX job 40, upload of 2026-01-01T00:00:00Z"
        dead_lease(playbook, server, lease=lease, lease_ttl=600, queues=[queue], ledger="server")
    variables = {"immich_heal_wait": 330, "awx_workflow_job_id": 7}
    assert playbook.run(HEAL, server=server, variables=variables).ok().changed == 1
    assert server.paused() == {"smartSearch"}


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_playbooks_run_where_the_inventory_says(playbook: Playbook, name: str) -> None:
    hosts = {"nas": local_host(), "pi": local_host()}
    shown = playbook.run(Path(f"selfhosted.immich.{name}"), "--list-hosts", hosts=hosts).ok().stdout
    assert set(re.findall(r"^      (\S+)$", shown, re.MULTILINE)) == {"nas", "pi"}


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_playbooks_are_sound(playbook: Playbook, name: str) -> None:
    run = playbook.run(Path(f"selfhosted.immich.{name}"), "--syntax-check").ok()
    assert "WARNING" not in run.output
    assert "DEPRECATION" not in run.output
