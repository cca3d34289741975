# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of a module that is stopped (SIGSTOP, a machine that sleeps) until its lease has run out."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from immich_emulator.testing import Emulator
from support.waiting import wait_until

from .conftest import files
from .guarded import QUEUES, Records
from .holder import Holder


def test_a_stopped_module_loses_its_pause_when_its_lease_ends(
    server: Emulator, start: Callable[..., Holder], records: Records, state_home: Path
) -> None:
    server.pause("ocr")
    holder = start("busy", lease_ttl=2.0, queues=[*QUEUES, "ocr"]).wait_for("held")
    holder.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: server.paused() == {"ocr"})
    wait_until(lambda: records() == [])
    assert holder.guard_lives()
    holder.process.send_signal(signal.SIGCONT)
    wait_until(lambda: server.paused() == {*QUEUES, "ocr"})  # it takes its lease again
    wait_until(lambda: [record.lease for record in records()] == ["nas"])
    holder.kill()
    wait_until(lambda: server.paused() == {"ocr"})  # and the same guard watches over it
    wait_until(lambda: not holder.guard_lives())
    assert records() == []
    assert files(state_home) == []


def test_module_stopped_longer_than_lease_warns(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("busy", lease_ttl=2.0).wait_for("held")
    holder.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: server.paused() == set())
    holder.process.send_signal(signal.SIGCONT)
    wait_until(lambda: server.paused() == set(QUEUES))
    assert "was stopped for longer than 2 s" in holder.end()
    assert server.paused() == set()
    assert records() == []
    wait_until(lambda: not holder.guard_lives())


def test_a_pause_by_hand_while_a_module_was_stopped_stays(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("busy", lease_ttl=2.0).wait_for("held")
    holder.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: records() == [])
    server.pause("smartSearch")
    holder.process.send_signal(signal.SIGCONT)
    wait_until(lambda: server.paused() == set(QUEUES))
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == {"smartSearch"}


def test_module_stopped_while_pausing_leaves_none_paused(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    """It has the ledger's turn then, too."""
    struck = server.struck()
    server.fault("PUT", "^/queues/smartSearch$", delay=2.0)
    holder = start("busy", lease_ttl=5.0).wait_for("ready")
    wait_until(lambda: server.struck() > struck)
    holder.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: any(request["path"] == "/queues/smartSearch" for request in server.requests(writes=True)))
    wait_until(lambda: records() == [] and server.paused() == set())
    holder.process.send_signal(signal.SIGCONT)
    holder.wait_for("held")
    wait_until(lambda: server.paused() == set(QUEUES))
    holder.end()
    assert server.paused() == set()
    assert records() == []


def test_a_pause_by_hand_during_a_stop_while_pausing_stays(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    struck = server.struck()
    server.fault("PUT", "^/queues/smartSearch$", delay=2.0)
    holder = start("work", lease_ttl=5.0, queues=[*QUEUES, "ocr"]).wait_for("ready")
    wait_until(lambda: server.struck() > struck)
    holder.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: any(request["path"] == "/queues/smartSearch" for request in server.requests(writes=True)))
    wait_until(lambda: records() == [] and server.paused() == set())
    server.pause("ocr")
    holder.process.send_signal(signal.SIGCONT)
    holder.wait_for("held")
    assert server.paused() == {*QUEUES, "ocr"}
    holder.end()
    assert server.paused() == {"ocr"}
    assert records() == []
