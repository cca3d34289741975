# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between processes keep others out although their files are removed, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils import _own_files
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases import state_folder
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.state_folder import Busy, locked
from immich_emulator.testing import Emulator
from support.collection import LocalFailure, manage
from support.waiting import wait_until
from sweep.local_calls import STAT, Broken, watched

from ..conftest import Connect, options


def test_lock_excludes_others_despite_removed_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_own_files, "_BETWEEN_TRIES", 0.0)
    path, counter = str(tmp_path / "lock"), tmp_path / "counter"
    counter.write_text("0")

    def count(_number: int) -> None:
        for _ in range(100):
            with locked(path, 60.0):
                value = int(counter.read_text())
                time.sleep(0)  # lets another thread go on, which a lock that does not work would not keep out
                counter.write_text(str(value + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert counter.read_text() == "400"
    assert [file.name for file in tmp_path.iterdir()] == ["counter"]


def test_a_lock_on_a_removed_file_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is opened, removed by its holder and made again by a third before it is locked."""
    path = tmp_path / "lock"
    real, third = os.open, ExitStack()

    def opened(given: Any, *arguments: Any, **named: Any) -> int:
        descriptor = real(given, *arguments, **named)
        if given == str(path):
            monkeypatch.setattr("os.open", real)
            path.unlink()
            third.enter_context(locked(str(path), 0.0))
        return descriptor

    monkeypatch.setattr("os.open", opened)
    with third:
        with pytest.raises(Busy), locked(str(path), 0.0):
            pass
        assert path.exists(), "the third has it"
    assert not path.exists()


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to(path.parent / "missing" / "lock")])
def test_lock_at_unusable_path_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "lock")
    with pytest.raises(LocalFailure, match=r"The lock .*/lock cannot be opened"), locked(str(tmp_path / "lock"), 0.0):
        pass


def test_lock_on_failing_disk_fails_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    failure = pytest.raises(LocalFailure, match=r"The lock .*/lock cannot be looked at: .* Look after its disk")
    with watched(tmp_path, Broken("EIO", STAT, path)), failure, locked(str(path), 0.0):
        pass


# A process that adds to a number under the lock, and is stopped in the middle of that when it prints a line.
STOPS = """
import sys
from pathlib import Path
from ansible_collections.photoyard.immich.plugins.module_utils._own_files import is_open_at
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.state_folder import locked

with locked(sys.argv[1], 9.0) as lock:
    print("locked", flush=True)
    sys.stdin.readline()
    print("held" if is_open_at(lock, sys.argv[1]) else "lost", flush=True)
"""


def test_stopped_holder_of_lock_notices_loss(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    command = [sys.executable, "-c", STOPS, path]
    environment = {**os.environ, "PYTHONPATH": "collections"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == "locked\n"
            with pytest.raises(Busy), locked(path, 2 * state_folder._STOPPED_FOR):
                pass  # it is only slow
            holder.send_signal(signal.SIGSTOP)
            wait_until(lambda: Path(f"/proc/{holder.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
            with locked(path, 60.0) as mine:
                holder.send_signal(signal.SIGCONT)
                holder.stdin.write("\n")
                holder.stdin.flush()
                assert holder.stdout.readline() == "lost\n"
                assert holder.wait(180) == 0
                assert _own_files.is_open_at(mine, path), "it removed the lock of another"
        finally:
            holder.kill()
    assert list(tmp_path.iterdir()) == []


def test_is_locked_takes_no_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    assert not _own_files.is_locked(path)
    with locked(path, 1.0):
        assert _own_files.is_locked(path)
    assert not _own_files.is_locked(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("last", [{"state": "running", "lease": "nas"}, {}])
def test_nothing_is_left_in_the_folder_after_the_last_lease(
    server: Emulator, connect: Connect, state_home: Path, last: dict[str, Any]
) -> None:
    client = connect(server)
    manage(client, options(state="paused", lease="nas", queues=["ocr"], lease_ttl=900.0 if last else 1e-6), False)
    manage(client, options(**{"queues": ["ocr"], **last}), False)
    assert list(state_home.iterdir()) == []


def test_notes_are_read_around_a_damaged_line(tmp_path: Path) -> None:
    for broken in ("[" * 60_000, "no JSON", "7"):
        (tmp_path / "notes").write_text('["ocr"]\n%s\n["smartSearch"]\n' % broken)
        with (tmp_path / "notes").open("rb") as notes:
            assert state_folder.read_notes(notes.fileno(), 0) == {"ocr", "smartSearch"}
