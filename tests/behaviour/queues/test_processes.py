# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes at once, some of which are killed: the real code, real locks, real HTTP."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import describe, manage

from .conftest import DEFAULTS, Connect, options

QUEUES = ["smartSearch", "ocr", "library"]
TTL = 30.0

# Holds and releases again and again, and says so when one of its queues ran in between.
PROGRAM = """
import json, random, sys, time
from ansible_collections.photoyard.immich.plugins.module_utils._client.api import Immich
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._options import from_params
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.manage import manage
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobsOptions

url, key, params, rounds, seed = json.load(sys.stdin)
client, chance = Immich(Connection(url, ApiKey(key), timeout=10.0)), random.Random(seed)
for number in range(rounds):
    wanted = chance.sample(params["queues"], chance.randint(1, len(params["queues"])))
    held = manage(client, from_params(JobsOptions, {**params, "state": "paused", "queues": wanted}), False)
    time.sleep(chance.random() * 0.05)
    ran = [queue.name for queue in client.queues.all() if queue.name in held["lease"]["queues"] and not queue.paused]
    manage(client, from_params(JobsOptions, {**params, "state": "running", "queues": wanted}), False)
    print(json.dumps({"ran": ran, "left": held["left_paused"]}), flush=True)
"""


class Worker:
    def __init__(self, server: Emulator, ledger: str, lease: str, rounds: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "collections")},
        )
        params = {**DEFAULTS, "ledger": ledger, "lease": lease, "lease_ttl": TTL, "queues": QUEUES}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([server.url, server.admin_api_key, params, rounds, lease]))
        self.process.stdin.close()

    def rounds(self) -> list[dict[str, Any]]:
        assert self.process.stdout is not None
        with self.process.stdout:
            lines = [json.loads(line) for line in self.process.stdout.read().splitlines() if line.endswith("}")]
        self.process.wait(180)
        return lines


@pytest.mark.parametrize("ledger", ["file", "server"])
def test_concurrent_leases_restore_queues(server: Emulator, connect: Connect, ledger: str) -> None:
    server.pause("library")
    workers = [Worker(server, ledger, f"worker {number}", 6) for number in range(4)]
    rounds = [line for worker in workers for line in worker.rounds()]
    assert [worker.process.returncode for worker in workers] == [0] * 4
    assert len(rounds) == 24
    assert server.paused() == {"library"}
    assert describe(connect(server, read_only=True), options(ledger=ledger).ledger)["leases"] == []
    assert {name for line in rounds for name in line["left"]} == {"library"}
    if ledger == "file":
        assert [line["ran"] for line in rounds] == [[]] * 24, "with a lock between them, nobody is ever resumed too early"


@pytest.mark.parametrize("ledger", ["file", "server"])
def test_survivors_go_on_after_kills_and_a_sweep_heals(server: Emulator, connect: Connect, ledger: str) -> None:
    server.pause("library")
    chance = random.Random(7)
    doomed = [Worker(server, ledger, f"doomed {number}", 1000) for number in range(3)]
    survivor = Worker(server, ledger, "survivor", 12)
    for worker in doomed:
        time.sleep(0.7 + chance.random())
        worker.process.kill()
    for worker in doomed:
        worker.rounds()
    assert len(survivor.rounds()) == 12
    assert survivor.process.returncode == 0
    leases = describe(connect(server, read_only=True), options(ledger=ledger).ledger)["leases"]
    assert {lease["holder"] for lease in leases} <= {f"doomed {number}" for number in range(3)}
    for lease in leases:  # what the time would do
        manage(
            connect(server),
            options(ledger=ledger, lease=lease["holder"], lease_ttl=1e-6, state="paused", queues=lease["queues"] or ["ocr"]),
            False,
        )
    manage(connect(server), options(ledger=ledger), False)
    assert server.paused() == {"library"}
    assert describe(connect(server, read_only=True), options(ledger=ledger).ledger)["leases"] == []
