# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of a lease that the ledger has lost, because somebody deleted its file or album."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Timer

from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run
from immich_emulator.testing import Emulator
from support.waiting import wait_until

from ..conftest import Connect, delete_albums, do_guarded, options
from .conftest import Call
from .guarded import QUEUES, Records
from .holder import Holder


def test_work_records_vanished_lease_again(
    server: Emulator, start: Callable[..., Holder], records: Records, lose: Callable[[], None]
) -> None:
    holder = start("busy").wait_for("held")
    lose()
    wait_until(lambda: [record.lease for record in records()] == ["nas"])
    assert server.paused() == set(QUEUES)
    assert "had vanished from the ledger" in holder.end()
    assert server.paused() == set()
    assert records() == []


def test_a_kill_after_the_lease_vanished_leaves_nothing_paused(
    server: Emulator, start: Callable[..., Holder], records: Records, lose: Callable[[], None]
) -> None:
    server.pause("ocr")
    holder = start("work", queues=[*QUEUES, "ocr"]).wait_for("held")
    holder.process.send_signal(signal.SIGSTOP)
    lose()
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == {"ocr"}
    assert records() == []


def test_a_stop_after_the_lease_vanished_leaves_nothing_paused(
    server: Emulator, start: Callable[..., Holder], records: Records, lose: Callable[[], None]
) -> None:
    holder = start("work", lease_ttl=2.0).wait_for("held")
    holder.process.send_signal(signal.SIGSTOP)
    lose()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: records() == [])


def test_guard_records_vanished_lease_again(
    server: Emulator, start: Callable[..., Holder], call: Call, records: Records, lose: Callable[[], None]
) -> None:
    holder = start("task").wait_for("held")
    holder.end()
    lose()
    wait_until(lambda: [record.lease for record in records()] == ["nas"])
    assert server.paused() == set(QUEUES)
    assert call(state="running", lease="nas")["resumed"] == QUEUES
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set()


def test_vanished_lease_still_expires(server: Emulator, start: Callable[..., Holder], records: Records, lose: Callable[[], None]) -> None:
    holder = start("task", lease_ttl=3.0).wait_for("held")
    holder.end()
    lose()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())
    assert records() == []


def test_a_release_of_a_vanished_lease_waits_for_its_guard(
    server: Emulator, connect: Connect, start: Callable[..., Holder], ledger: str, state_home: Path
) -> None:
    holder = start("task").wait_for("held")
    holder.end()
    wait_until(lambda: any(state_home.glob("guard-*.lock")))
    os.kill(holder.guard, signal.SIGSTOP)
    for file in state_home.glob("leases-*.json"):
        file.unlink()
    client = connect(server)
    delete_albums(client)
    Timer(0.5, os.kill, (holder.guard, signal.SIGCONT)).start()
    asked = options(state="running", lease="nas", ledger=ledger, queues=QUEUES)
    released = do_guarded(client, asked, Run("task"))
    assert (released["resumed"], released["left_paused"]) == (QUEUES, [])
    assert server.paused() == set()


def test_a_ledger_lost_for_good_does_not_keep_queues_paused(server: Emulator, start: Callable[..., Holder], state_home: Path) -> None:
    holder = start("work", ledger="file").wait_for("held")
    holder.process.send_signal(signal.SIGSTOP)
    shutil.rmtree(state_home)
    state_home.write_text("nothing can be written here")
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set()


def test_a_kill_and_a_loss_in_a_release_leave_nothing_paused(
    server: Emulator, start: Callable[..., Holder], records: Records, lose: Callable[[], None]
) -> None:
    holder = start("work").wait_for("held")
    server.fault("PUT", "^/queues/", times=None, status=503)  # the release has begun, and no queue of it runs
    holder.write("end")
    wait_until(lambda: any(record.ending for record in records()))
    holder.kill()
    os.kill(holder.guard, signal.SIGSTOP)
    lose()
    server.clear_faults()
    os.kill(holder.guard, signal.SIGCONT)
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set()
    assert records() == []
