# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between processes keep others out although their files are removed, and leave nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._client.errors import LocalFailure
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.jobs.manage import manage
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases import locks
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.locks import Busy, locked
from immich_emulator.testing import Emulator

from .conftest import Connect, options


def test_one_at_a_time_although_each_removes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_BETWEEN_TRIES", 0.0)
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


def test_a_lock_on_a_file_that_its_holder_removed_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is opened, removed by its holder and made again by a third before it is locked."""
    path = tmp_path / "lock"
    real, holders = locks._open, [locked(str(path), 0.0)]

    def opened(given: str) -> int:
        descriptor = real(given)
        monkeypatch.setattr(locks, "_open", real)
        path.unlink()
        holders[0].__enter__()
        return descriptor

    monkeypatch.setattr(locks, "_open", opened)
    with pytest.raises(Busy), locked(str(path), 0.0):
        pass
    holders[0].__exit__(None, None, None)
    assert not path.exists()


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("/nonexistent/lock")])
def test_what_cannot_be_a_lock_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "lock")
    with pytest.raises(LocalFailure, match=r"The lock .*/lock cannot be opened"), locked(str(tmp_path / "lock"), 0.0):
        pass


@pytest.mark.parametrize("last", [{"state": "running", "lease": "nas"}, {}])
def test_nothing_is_left_in_the_folder_after_the_last_lease(
    server: Emulator, connect: Connect, state_home: Path, last: dict[str, Any]
) -> None:
    client = connect(server)
    manage(client, options(state="paused", lease="nas", queues=["ocr"], lease_ttl=900.0 if last else 1e-6), False)
    manage(client, options(**{"queues": ["ocr"], **last}), False)
    assert list(state_home.iterdir()) == []
