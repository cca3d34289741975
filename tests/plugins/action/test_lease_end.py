# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process on the controller that waits for the end of a playbook, and is ended when a task has released the lease."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible import constants

from ansible_collections.photoyard.immich.plugins.module_utils._queues.processes import command_line, find_process
from ansible_collections.photoyard.immich.plugins.plugin_utils import _after_playbook, _lease_end
from support.waiting import wait_until

LEASE = "nas"
SECRET = "the-key-of-nas"
NAMED = {"vars": [{"name": "inventory_hostname"}, {"name": "ansible_password"}, {"name": "delegated_vars['ansible_password']"}]}


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The id of a process that waits to release a lease."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    process = _lease_end.watch(LEASE, SECRET)
    (file,) = tmp_path.glob("*.pid")
    note = file.read_text()
    # Linux shows an empty command line for a moment after `exec`, when Popen has returned already
    wait_until(lambda: bool(command_line(process.pid)))
    yield process.pid
    file.write_text(note)
    _lease_end.forget(LEASE)
    process.wait()


def test_watcher_is_started_and_not_forked(waiting: int) -> None:
    process = Path("/proc", str(waiting))
    assert _after_playbook.__file__.encode() in process.joinpath("cmdline").read_bytes().split(b"\0")
    assert process.joinpath("stat").read_text().rpartition(")")[2].split()[3] == str(waiting), "a session of its own"


def test_watcher_shows_no_key(waiting: int) -> None:
    process = Path("/proc", str(waiting))
    assert SECRET.encode() not in process.joinpath("cmdline").read_bytes() + process.joinpath("environ").read_bytes()


@pytest.mark.parametrize("failures", [0, 2])
def test_watcher_repeats_until_playbook_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    tries = tmp_path / "tries"
    program = f"import sys; file = open({str(tries)!r}, 'a+'); file.write(sys.stdin.read()); file.seek(0); sys.exit(len(file.read()) <= {failures})"
    with subprocess.Popen(["sleep", "60"]) as work:
        work.kill()
        order = {"process": work.pid, "command": [sys.executable, "-c", program], "playbook": "x"}
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(order)))
        monkeypatch.setattr(_after_playbook, "_BETWEEN_TRIES", 0)
        _after_playbook.main()
    assert tries.read_text() == "x" * (failures + 1)


def test_watcher_without_pidfd_waits_for_end_of_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")  # as on macOS
    monkeypatch.setattr(_after_playbook, "_LOOK_EVERY", 0.01)
    with subprocess.Popen(["sleep", "0.3"]) as process:
        parent = threading.Thread(target=process.wait)
        parent.start()
        _after_playbook.wait_for_end(process.pid)
        assert not Path("/proc", str(process.pid)).exists()
        parent.join()


def test_playbook_takes_no_value_for_a_template() -> None:
    option = SimpleNamespace(get_options=lambda: {"password": "{{ a }}", "port": 22}, option_definitions={"password": NAMED, "port": {}})
    connection = SimpleNamespace(_shell=option, become=None, ansible_name="ansible.builtin.ssh", get_options=dict)
    task = SimpleNamespace(environment=[], delegate_to=None, action="photoyard.immich.immich_jobs")
    templar = SimpleNamespace(template=str)
    written = _lease_end.write_playbook(SimpleNamespace(_connection=connection, _task=task, _templar=templar), {"lease": "{{ b }}"}, {})
    assert '!unsafe "{{ a }}"' in written
    assert '!unsafe "{{ b }}"' in written
    (play,) = yaml.safe_load(written.replace("!unsafe ", ""))
    assert (play["vars"], play["tasks"]) == ({"ansible_password": "{{ a }}"}, [{task.action: {"lease": "{{ b }}"}, "no_log": True}])


def test_watcher_ends_after_lease_is_released(waiting: int, tmp_path: Path) -> None:
    _lease_end.forget(LEASE)
    wait_until(lambda: (found := find_process(waiting)) is None or found.has_ended)
    assert list(tmp_path.glob("*.pid")) == []


@pytest.mark.usefixtures("waiting")
def test_another_process_with_its_id_is_left_alone(tmp_path: Path) -> None:
    """Its id may have been given to another process, if it was killed."""
    (file,) = tmp_path.glob("*.pid")
    time.sleep(2 / os.sysconf("SC_CLK_TCK"))  # a start is known by the tick of the kernel's clock in which it was
    with subprocess.Popen(["sleep", "60"]) as other:
        file.write_text(" ".join([str(other.pid), *file.read_text().split()[1:]]))
        _lease_end.forget(LEASE)
        other.terminate()
        assert other.wait() == -15, "it was ended by this test, and not by a SIGKILL"
    assert list(tmp_path.glob("*.pid")) == []
