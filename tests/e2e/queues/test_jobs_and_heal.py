# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks for an administrator's own hands."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.collection import LedgerOptions
from support.http.wire import writes
from support.playbooks import processes
from support.playbooks.leases import manage_lease
from support.playbooks.playbook import REPOSITORY, Playbook, local_host
from support.playbooks.role import CHAIN, pauses, sentences
from support.playbooks.sshd import Sshd

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

# The one that sets up AWX is not about hosts.
PLAYBOOKS = [Path(f"photoyard.immich.{path.stem}") for path in sorted((REPOSITORY / "playbooks").glob("*.yml")) if path.stem != "awx_setup"]
JOBS, HEAL = Path("photoyard.immich.jobs"), Path("photoyard.immich.heal")


def ledger_of(playbook: Playbook, ledger: str = "file") -> LedgerOptions:
    """The ledger that the playbook's host has by default, or that on the server."""
    return LedgerOptions(ledger, str(playbook.state_home / "photoyard.immich"))


def pause_and_die(server: Emulator, ledger: LedgerOptions) -> None:
    """A run that paused, and died together with its guard, as when its host loses power. Its lease has run out."""
    manage_lease(server, "a run that died", "paused", ttl=3, ledger=ledger)
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


def test_heal_without_leases_changes_nothing(playbook: Playbook, server: Emulator) -> None:
    server.pause("ocr")
    run = playbook.run(HEAL, server=server).ok()
    assert run.changed == 0
    assert "(item=the default folder)" in run.output
    assert "(item=)" not in run.output
    assert writes(server) == []


@pytest.mark.parametrize("ledger", [pytest.param("file", marks=pytest.mark.smoke), "server"])
def test_heal_resumes_queues_of_dead_pause(playbook: Playbook, server: Emulator, ledger: str) -> None:
    server.pause("ocr")
    pause_and_die(server, ledger_of(playbook, ledger))
    assert server.paused() == set(CHAIN)
    run = playbook.run(HEAL, server=server).ok()
    assert run.changed == 1
    assert "8 queues" in sentences(run)
    assert server.paused() == {"ocr"}
    assert playbook.run(HEAL, server=server).ok().changed == 0
    assert server.state()["albums"] == []


def test_the_ledger_on_the_server_is_healed_from_elsewhere(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    pause_and_die(server, LedgerOptions("server"))
    Playbook(tmp_path / "elsewhere").run(HEAL, server=server).ok()
    assert server.paused() == set()


@pytest.mark.parametrize("role", ["upload", "policy"])
def test_the_ledger_of_a_role_is_healed(playbook: Playbook, server: Emulator, tmp_path: Path, role: str) -> None:
    pause_and_die(server, LedgerOptions("file", str(tmp_path / "ledger")))
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
    manage_lease(server, "nas, upload 1", "paused", ["ocr", "smartSearch"], ledger=LedgerOptions("file", ledger))
    variables = {"immich_jobs_state": "paused", "immich_jobs_queues": ["ocr"], "immich_upload_ledger_dir": ledger}
    playbook.run(JOBS, server=server, variables=variables).ok()
    manage_lease(server, "nas, upload 1", "running", ledger=LedgerOptions("file", ledger))
    assert server.paused() == {"ocr"}


def test_every_host_with_a_ledger_is_healed(playbook: Playbook, server: Emulator, sshd: Sshd) -> None:
    hosts = {"nas": sshd.host(), "here": local_host()}
    given = {"url": server.url, "api_key": server.admin_api_key, "state": "paused", "queues": ["smartSearch"], "lease_ttl": 10}
    task = {"photoyard.immich.immich_jobs": given | {"lease": "a run that died"}}
    playbook.run([{"hosts": "all", "gather_facts": False, "tasks": [task]}], server=server, hosts={"nas": hosts["nas"]}).ok()
    processes.kill_guards(playbook.home.parent)
    manage_lease(server, "a run that died", "paused", ["faceDetection"], ttl=3, ledger=ledger_of(playbook))
    time.sleep(10.1)  # the first lease is longer than Ansible takes to end on a busy machine
    run = playbook.run(HEAL, server=server, hosts=hosts).ok()
    for host, queue, other in (("nas", "smartSearch", "faceDetection"), ("here", "faceDetection", "smartSearch")):
        assert (queue in sentences(run, host), other in sentences(run, host)) == (True, False)
    assert server.paused() == set()


def test_a_live_lease_is_left_alone_and_shown(playbook: Playbook, server: Emulator) -> None:
    manage_lease(server, "nas, upload 1", "paused", ["ocr"], ledger=ledger_of(playbook))
    run = playbook.run(HEAL, server=server).ok()
    assert run.changed == 0
    assert "nas, upload 1 holds ocr until " in sentences(run)
    assert server.paused() == {"ocr"}
    assert pauses(server) == [("ocr", True)]
    assert "nas, upload 1 holds ocr until " in playbook.run(JOBS, server=server).ok().task("Show the queues and leases").result["msg"][-1]
    run = playbook.run(JOBS, server=server, variables={"immich_jobs_state": "running", "immich_jobs_queues": ["ocr"]}).ok()
    assert "nas, upload 1 holds nothing until " in run.task("Show the queues and leases").result["msg"][-1]
    assert "nas, upload 1" not in sentences(playbook.run(HEAL, server=server).ok())


@pytest.mark.long
def test_command_shown_by_heal_ends_lease(playbook: Playbook, server: Emulator) -> None:
    server.pause("library")
    for lease, queue in (("nas's, upload 1", "ocr"), ("another", "smartSearch")):
        manage_lease(server, lease, "paused", [queue], ledger=ledger_of(playbook))
    message = sentences(playbook.run(HEAL, server=server).ok())
    command = re.search(r"nas's, upload 1 holds ocr .*? If that has died, end it with \S+ photoyard.immich.heal (-e '.*?\}')", message)
    assert command, message
    arguments = shlex.split(command[1])
    assert playbook.run(HEAL, *arguments, server=server, check=True).ok().changed == 1
    assert server.paused() == {"library", "ocr", "smartSearch"}
    run = playbook.run(HEAL, *arguments, server=server).ok()
    assert sentences(run).startswith("Resumed ocr. another holds smartSearch until ")
    assert server.paused() == {"library", "smartSearch"}
    again = playbook.run(HEAL, *arguments, server=server).ok()
    assert again.changed == 0
    assert "There is no lease nas's, upload 1" in sentences(again)


def test_in_an_awx_workflow_heal_ends_its_own_leases(playbook: Playbook, server: Emulator) -> None:
    for workflow, queue in ((7, "ocr"), (8, "smartSearch")):
        lease = f"nas-workflow{workflow}-job40-20260101T000000Z-upload-0001"
        manage_lease(server, lease, "paused", [queue], ledger=LedgerOptions("server"))
    variables = {"immich_heal_wait": 330, "awx_workflow_job_id": 7}
    assert playbook.run(HEAL, server=server, variables=variables).ok().changed == 1
    assert server.paused() == {"smartSearch"}


def test_playbooks_run_where_the_inventory_says(playbook: Playbook) -> None:
    hosts = {"nas": local_host(), "pi": local_host()}
    shown = playbook.run(PLAYBOOKS[-1], "--list-hosts", *map(str, PLAYBOOKS[:-1]), hosts=hosts).ok().stdout
    of_each = re.split(r"^playbook: ", shown, flags=re.MULTILINE)[1:]
    assert [f"photoyard.immich.{Path(text.partition('\n')[0]).stem}" for text in of_each] == [str(name) for name in PLAYBOOKS]
    for text in of_each:
        assert set(re.findall(r"^      (\S+)$", text, re.MULTILINE)) == {"nas", "pi"}, text


def test_playbooks_are_sound(playbook: Playbook) -> None:
    run = playbook.run(PLAYBOOKS[-1], "--syntax-check", *map(str, PLAYBOOKS[:-1])).ok()
    assert "WARNING" not in run.output
    assert "DEPRECATION" not in run.output
