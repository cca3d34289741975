# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guard beside an upload under a lease that another task took: it ends the lease when the upload dies or is stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from immich_emulator.testing import Emulator
from support.collection import Leases, LedgerOptions, Owner, open_leases, owners_here
from support.waiting import wait_until

from ..conftest import Connect
from .guarded import QUEUES

# An upload: it says that it has begun, and then does what it reads.
UPLOAD = """
import sys
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard.guard import start_joining_guard
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.ledger import LedgerOptions
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import LeaseOptions

url, key, ledger = sys.argv[1:]
guard = start_joining_guard(Connection(url, ApiKey(key), timeout=60.0, retries=0), LeaseOptions("nas", ledger=LedgerOptions(ledger)))
print(flush=True)
order = sys.stdin.readline().strip()
if order:
    guard.end(release=order == "release")
"""


@pytest.fixture
def playbook() -> Iterator[tuple[Owner, ...]]:
    """Owners that keep the lease alive beside the upload: a sleeping process."""
    process = subprocess.Popen(["sleep", "600"])
    yield owners_here([process.pid])
    process.kill()
    process.wait()


def upload(server: Emulator, key: str, ledger: str, order: str | None) -> None:
    """Runs an upload that gets this order, or is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", UPLOAD, server.url, key, ledger],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "collections"},
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "\n"
        if order is None:
            process.kill()
        else:
            process.stdin.write(order + "\n")


def leases(server: Emulator, connect: Connect, ledger: str) -> Leases:
    client = connect(server)
    return open_leases(client, LedgerOptions(ledger))


@pytest.mark.parametrize("order", [None, "release"])
def test_when_the_upload_dies_or_is_stopped_the_lease_ends(
    server: Emulator, connect: Connect, ledger: str, playbook: tuple[Owner, ...], order: str | None
) -> None:
    server.pause("ocr")
    held = leases(server, connect, ledger)
    held.hold("nas", [*QUEUES, "ocr"], 900.0, playbook)
    held.hold("another", ["library"], 900.0, playbook)
    upload(server, server.admin_api_key, ledger, order)
    wait_until(lambda: server.paused() == {"ocr", "library"})
    wait_until(lambda: [record.lease for record in held.ledger.records()] == ["another"])


def test_joined_lease_stays_after_upload_ends(server: Emulator, connect: Connect, ledger: str, playbook: tuple[Owner, ...]) -> None:
    held = leases(server, connect, ledger)
    held.hold("nas", QUEUES, 900.0, playbook)
    upload(server, server.admin_api_key, ledger, "leave")  # which waits for the guard's end
    assert server.paused() == set(QUEUES)
    assert [record.ending for record in held.ledger.records()] == [False]


def test_a_lease_for_tasks_to_come_is_not_the_uploads_to_end(server: Emulator, connect: Connect) -> None:
    held = leases(server, connect, "file")
    held.hold("nas", QUEUES, 900.0)
    upload(server, server.admin_api_key, "file", None)
    upload(server, server.admin_api_key, "file", "leave")
    assert server.paused() == set(QUEUES)
    assert [record.ending for record in held.ledger.records()] == [False]


def test_a_users_key_marks_the_lease_for_the_other_guard(server: Emulator, connect: Connect, playbook: tuple[Owner, ...]) -> None:
    held = leases(server, connect, "file")
    held.hold("nas", QUEUES, 900.0, playbook)
    upload(server, server.make_key(permissions=["asset.upload"]), "file", None)
    wait_until(lambda: all(record.ending for record in held.ledger.records()))
    assert server.paused() == set(QUEUES)
    held.sweep()
    assert server.paused() == set()
