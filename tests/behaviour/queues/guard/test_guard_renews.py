# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guard that renews its lease while a playbook, or an ssh session, lives: below real processes of these names, which end for real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues.processes import Origin, find_origin
from immich_emulator.testing import Emulator
from support.collection import InvalidRequest, manage
from support.waiting import wait_until

from ..conftest import DEFAULTS, Connect, options
from .guarded import QUEUES, Guarded, Records, starting

# immich_jobs, as a worker of the playbook or a shell of the session runs it. It prints what came of it.
MODULE = """
import json, os, sys
from ansible_collections.photoyard.immich.plugins.module_utils._client.api import Immich
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._options import from_params
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard import watch
from ansible_collections.photoyard.immich.plugins.module_utils._queues.processes import find_origin
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.guarded import guarded
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.manage import manage
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobsOptions
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_GUARD, Run
from ansible_collections.photoyard.immich.plugins.module_utils._run.outcome import RunOutcome

url, key, params = json.loads(sys.argv[1])
watch._INTERVAL, watch._GLANCE, watch._HANDOVER = 0.2, 0.1, 1.0
client = Immich(Connection(url, ApiKey(key), timeout=60.0, retries=0))
signals, outcome = Run("task"), RunOutcome()
with guarded(client, from_params(JobsOptions, params), False, signals, outcome) as held:
    outcome.result = signals.do(lambda: manage(client, held, False, signals.check), TIME_FOR_A_GUARD)
result = outcome.result
children = open("/proc/self/task/%d/children" % os.getpid()).read().split()
print(json.dumps([result["warnings"], find_origin(os.getpid()), int(children[0])]), flush=True)
"""

# What the module descends from. A worker has the command line of the process that it was forked from, and ends with its task.
PARENT = """
import os, signal, subprocess, sys
def rename(name):
    with open("/proc/self/comm", "w") as comm:
        comm.write(name)

rename(sys.argv[1])
if os.fork() == 0:
    rename("sh")
    os._exit(subprocess.run([sys.executable, "-c", *sys.argv[3:]]).returncode)
if sys.argv[1] != "gone":
    os.wait()
    sys.stdin.readline()
"""

PLAYBOOK = ("python3", "/usr/bin/ansible-playbook")
SESSION = ("sshd-session", "sshd-session: nas@notty")
GONE = ("gone", "a shell that has ended")


class Parent(Guarded):
    """A process that ran the module and lives on."""

    def __init__(self, server: Emulator, kind: tuple[str, str], **given: Any) -> None:
        params = {**DEFAULTS, "state": "paused", "lease": "nas", "queues": QUEUES, "renew": True, **given}
        super().__init__(PARENT, *kind, MODULE, json.dumps([server.url, server.admin_api_key, params]))
        assert self.process.stdout is not None
        self.warnings, origin, self._guard = json.loads(self.process.stdout.readline())
        self.origin = origin and Origin(*origin)

    def end(self, *, killed: bool = False) -> None:
        """Ends it. Nobody collects it before `clear`, as nobody does below a negligent parent."""
        if killed:
            self.process.kill()
        else:
            assert self.process.stdin is not None
            self.process.stdin.close()


@pytest.fixture
def start(server: Emulator, ledger: str) -> Iterator[Callable[..., Parent]]:
    with starting(lambda kind, **given: Parent(server, kind, **{"ledger": ledger, **given})) as start:
        yield start


def wait_for_renewals(records: Records, number: int) -> None:
    """Each makes the lease younger than it was."""
    age = records()[0].age

    def is_younger() -> bool:
        nonlocal age
        before, age = age, records()[0].age
        return age < before

    for _ in range(number):
        wait_until(is_younger)


def test_guard_renews_until_release(
    server: Emulator, start: Callable[..., Parent], connect: Connect, ledger: str, records: Records
) -> None:
    parent = start(PLAYBOOK, lease_ttl=6.0)
    assert parent.warnings == []
    assert parent.origin is not None
    assert (parent.origin.pid, parent.origin.is_playbook) == (parent.process.pid, True), "not the worker, which has ended"
    wait_for_renewals(records, 5)  # one at first, and one in each third of its time
    assert server.paused() == set(QUEUES)
    assert parent.guard_lives()
    for name in QUEUES:
        server.resume(name)  # as a new Redis does
    wait_until(lambda: server.paused() == set(QUEUES))
    released = manage(connect(server), options(state="running", lease="nas", ledger=ledger), False)
    assert released["lease_was_held"]
    wait_until(lambda: not parent.guard_lives())
    assert server.paused() == set()


@pytest.mark.parametrize("killed", [True, False])
def test_guard_releases_after_ended_playbook(
    server: Emulator, start: Callable[..., Parent], records: Records, state_home: Path, killed: bool
) -> None:
    server.pause("ocr")
    parent = start(PLAYBOOK, queues=[*QUEUES, "ocr"])
    assert server.paused() == {*QUEUES, "ocr"}
    parent.end(killed=killed)
    wait_until(lambda: not parent.guard_lives())  # the lease would have lasted for 15 minutes
    assert server.paused() == {"ocr"}
    assert records() == []
    assert [path.name for path in state_home.glob("guard-*")] == []


def test_the_end_of_the_machine_releases_the_playbooks_lease(
    server: Emulator, start: Callable[..., Parent], records: Records, state_home: Path
) -> None:
    """All processes get SIGTERM at once, and nothing is left on the machine, maybe not even the ledger."""
    server.pause("ocr")
    parent = start(PLAYBOOK, queues=[*QUEUES, "ocr"])
    wait_until(lambda: list(state_home.glob("guard-*")) != [])
    os.kill(parent.guard, signal.SIGTERM)
    parent.end(killed=True)
    wait_until(lambda: not parent.guard_lives())
    assert server.paused() == {"ocr"}
    assert records() == []


def test_guard_ended_alone_leaves_lease(server: Emulator, start: Callable[..., Parent], records: Records, state_home: Path) -> None:
    parent = start(PLAYBOOK)
    wait_until(lambda: list(state_home.glob("guard-*")) != [])
    os.kill(parent.guard, signal.SIGTERM)
    wait_until(lambda: not parent.guard_lives())
    assert server.paused() == set(QUEUES)
    assert [record.lease for record in records()] == ["nas"]


def test_lease_outlives_ssh_session_until_expiry(server: Emulator, start: Callable[..., Parent], records: Records) -> None:
    parent = start(SESSION, lease_ttl=6.0)
    assert parent.origin is not None
    assert not parent.origin.is_playbook
    wait_for_renewals(records, 2)
    parent.end()
    wait_until(lambda: not parent.origin.is_running)
    assert server.paused() == set(QUEUES)
    assert [record.live for record in records()] == [True]
    wait_until(lambda: not parent.guard_lives())
    assert server.paused() == set()
    assert records() == []


@pytest.mark.parametrize("ledger", ["file"])
def test_with_nothing_to_watch_a_warning_says_so(server: Emulator, start: Callable[..., Parent]) -> None:
    parent = start(GONE, lease_ttl=2.0)
    assert parent.origin is None
    (warning,) = parent.warnings
    assert warning.startswith("The lease nas is not renewed")
    assert "2 s (lease_ttl)" in warning
    wait_until(lambda: server.paused() == set())


def test_another_process_with_the_same_id_is_not_the_origin() -> None:
    process = subprocess.Popen(["sleep", "600"])
    try:
        started = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19])
        assert Origin(process.pid, started, True).is_running
        assert not Origin(process.pid, started + 1, True).is_running
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not Origin(process.pid, started, True).is_running, "it has ended, and nobody has collected it"
    finally:
        process.kill()
        process.wait()
    assert find_origin(process.pid) is None


@pytest.mark.parametrize("given", [{"state": "running", "lease": "nas"}, {}])
def test_only_a_pause_can_be_renewed(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=r"renew requires state=paused\."):
        options(renew=True, **given)
