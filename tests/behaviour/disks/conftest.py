# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks for the tests here, and what is on them: archives, backups, ledgers, caches and reports.

These tests are the only ones that may be skipped: where neither this user nor one of a namespace may mount.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import transport
from behaviour.backup.conftest import Backups
from behaviour.queues.conftest import options
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich, ImmichError, manage
from support.disks import BreakingDisk, CannotMountError, Disk, mounted_breaking_disk, mounted_disk, run_in_namespace
from support.photos.libraries import Account
from support.runs import Archives, Uploads

FOLDER = Path(__file__).parent
QUEUES = ["smartSearch", "ocr"]
Call = Callable[..., dict[str, Any]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Where this user may not mount, in a namespace in which this user may."""
    if item.path.parent != FOLDER:
        return None
    report = run_in_namespace(item)
    if report is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    monkeypatch.setattr(transport, "delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """One of 2 MiB."""
    try:
        with mounted_disk(tmp_path / "disk") as made:
            yield made
    except CannotMountError as exc:
        pytest.skip(f"No file system can be mounted here: {exc}")


@pytest.fixture
def breaking_disk(tmp_path: Path) -> Iterator[BreakingDisk]:
    """One of 16 MiB that can break down."""
    try:
        with mounted_breaking_disk(tmp_path / "disk") as made:
            yield made
    except CannotMountError as exc:
        pytest.skip(f"No ext4 can be mounted here: {exc}")


@pytest.fixture
def account(emulator: Callable[..., Emulator]) -> Account:
    """A user of a server of the newest version."""
    return Account(emulator(job_seconds=0.001))


@pytest.fixture
def archives(account: Account, tmp_path: Path) -> Archives:
    """Archives on the disk."""
    return Archives(account, tmp_path / "disk" / "archive")


@pytest.fixture
def backups(emulator: Callable[..., Emulator], tmp_path: Path) -> Backups:
    """Backups that are fetched to the disk."""
    data = tmp_path / "server"
    return Backups(emulator(data=data), data, tmp_path / "disk" / "fetched")


@pytest.fixture
def uploads(server: Emulator) -> Uploads:
    """Uploads to a server of the newest version."""
    return Uploads(server)


@pytest.fixture
def client(server: Emulator) -> Iterator[Immich]:
    """With the administrator's key."""
    found = Immich(Connection(server.url, ApiKey(server.admin_api_key), timeout=5.0, retries=1))
    yield found
    found.close()


@pytest.fixture
def call(client: Immich, tmp_path: Path) -> Call:
    """Runs immich_jobs with a ledger on the disk."""
    folder = str(tmp_path / "disk" / "state")
    return lambda **given: manage(client, options(**{"queues": QUEUES, "ledger_dir": folder, **given}), False)


def content_of(name: str, size: int) -> bytes:
    """So many bytes that cannot be packed, the same each time."""
    return random.Random(name).randbytes(size)


def before_call(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, number: int, act: Callable[[], None]) -> None:
    """Lets `act` happen just before the call of this number of a method, counted from 1."""
    real, count = getattr(owner, name), 0

    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            act()
        return real(*arguments, **named)

    monkeypatch.setattr(owner, name, called)


def assert_says(error: ImmichError | str, path: Path, advice: str) -> None:
    """Asserts that a message names a path, or one below it, and says what to do."""
    message = error if isinstance(error, str) else error.msg
    assert str(path) in message, message
    assert advice in message, message
    assert isinstance(error, str) or error.kind == "local"
