# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process on the controller that waits for the end of a playbook, and is ended when a task has released the lease."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible import constants

from ansible_collections.photoyard.immich.plugins.plugin_utils import _lease_end
from ansible_collections.photoyard.immich.plugins.plugin_utils._main_process import started
from support.waiting import wait_until

LEASE = "nas"


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The id of a process that waits to release a lease."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    _lease_end.watch(LEASE, lambda: True)
    (file,) = tmp_path.glob("*.pid")
    note = file.read_text()
    pid = int(note.split()[0])
    yield pid
    file.write_text(note)
    _lease_end.forget(LEASE)
    os.waitpid(pid, 0)


def test_watcher_ends_after_lease_is_released(waiting: int, tmp_path: Path) -> None:
    _lease_end.forget(LEASE)
    wait_until(lambda: started(waiting) == b"")
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
