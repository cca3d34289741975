# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of a lease, with both kinds of ledger, against real HTTP: real processes, which are killed for real."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import LedgerOptions, choose_ledger
from support.http.wire import writes
from support.waiting import wait_until

from ..conftest import Connect
from .conftest import Call, files
from .guarded import QUEUES, Records
from .holder import Holder


def open_files(process: int) -> set[str]:
    """The targets of all file descriptors that a process has open."""
    found = set()
    for path in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(os.readlink(path))
    return found


def is_handled(process: int, number: signal.Signals, how: str) -> bool:
    """Whether a process catches (`SigCgt`) or ignores (`SigIgn`) a signal."""
    masks = dict(line.split(":\t", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("Sig"))
    return bool(int(masks[how], 16) >> (number - 1) & 1)


def test_guard_sends_nothing_and_ends_with_work(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("work").wait_for("held")
    assert server.paused() == set(QUEUES)
    assert holder.guard_lives()
    holder.end()
    assert not holder.guard_lives()
    assert server.paused() == set()
    asked = [request["path"] for request in server.requests()]
    assert records() == []
    assert asked.count("/server/version") == 1, "a guard that was not needed has asked nothing"


def test_killed_guard_is_warning_of_result(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("work").wait_for("held")
    os.kill(holder.guard, signal.SIGKILL)
    wait_until(lambda: not holder.guard_lives())
    (warning,) = json.loads(holder.end())
    assert "The guard of the lease nas" in warning
    assert server.paused() == set()
    assert records() == []


def test_guard_has_own_session_and_no_open_files(start: Callable[..., Holder]) -> None:
    holder = start("work").wait_for("held")
    wait_until(lambda: os.getsid(holder.guard) == holder.guard)
    wait_until(lambda: os.readlink(f"/proc/{holder.guard}/cwd") == "/")
    # Only then does it close what it has inherited, one after another.
    wait_until(lambda: {target for target in open_files(holder.guard) if not target.startswith("pipe:")} == {os.devnull})
    wait_until(lambda: len(open_files(holder.guard) - {os.devnull}) == 1)
    mine = {os.readlink(f"/proc/{holder.process.pid}/fd/{name}") for name in ("0", "1")}
    assert not mine & open_files(holder.guard)


@pytest.mark.parametrize("group", [False, True])
def test_queues_run_again_at_once_when_the_work_is_killed(
    server: Emulator, start: Callable[..., Holder], records: Records, state_home: Path, group: bool
) -> None:
    server.pause("ocr")
    holder = start("work", queues=[*QUEUES, "ocr"]).wait_for("held")
    if group:
        os.killpg(holder.process.pid, signal.SIGKILL)
    else:
        holder.kill()
    wait_until(lambda: server.paused() == {"ocr"})  # the lease would have lasted for 15 minutes
    wait_until(lambda: not holder.guard_lives())
    assert records() == []
    assert files(state_home) == []


def test_a_kill_before_the_pause_writes_nothing(server: Emulator, start: Callable[..., Holder]) -> None:
    holder = start("unused").wait_for("ready")
    server.clear_requests()
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert server.requests() == []


def test_guard_undoes_pause_still_under_way(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    struck = server.struck()
    server.fault("PUT", "^/queues/smartSearch$", delay=0.7)
    holder = start("work").wait_for("ready")
    wait_until(lambda: server.struck() > struck)
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert any(request["path"] == "/queues/smartSearch" and request["json"] == {"isPaused": True} for request in server.requests())
    assert server.paused() == set()
    assert records() == []


def test_guard_keeps_queues_of_other_leases_paused(server: Emulator, start: Callable[..., Holder], call: Call, records: Records) -> None:
    call(state="paused", lease="other", queues=["smartSearch"])
    holder = start("work").wait_for("held")
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == {"smartSearch"}
    assert [record.lease for record in records()] == ["other"]


def test_guard_retries_until_server_is_back(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("work").wait_for("held")
    server.fault(times=None, status=502)
    holder.kill()
    server.clear_requests()
    wait_until(lambda: len(server.requests()) > 3)
    assert holder.guard_lives()
    server.clear_faults()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())
    assert records() == []


def test_guard_resumes_after_failed_resume_of_work(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("work").wait_for("held")
    server.fault("PUT", "^/queues/", times=None, status=500)
    holder.write("end")
    holder.wait_for("The background jobs could not be resumed")
    holder.end()
    assert holder.guard_lives()
    server.clear_faults()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())
    assert records() == []


@pytest.mark.parametrize("answer", [{"json": {"error": "upstream"}}, {"html": True}, {"status": 429}])
def test_guard_survives_unusable_answers(server: Emulator, start: Callable[..., Holder], answer: dict[str, Any]) -> None:
    holder = start("work").wait_for("held")
    server.fault("GET", "^/(queues|albums)", times=3, **answer)
    holder.kill()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())


def test_a_withdrawn_key_ends_the_guard_and_keeps_the_record(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("work").wait_for("held")
    server.fault(times=None, status=401, json={"message": "Invalid API key"})
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    server.clear_faults()
    assert server.paused() == set(QUEUES)
    assert [record.lease for record in records()] == ["nas"]


def test_signals_to_the_guard_change_nothing_during_the_work(server: Emulator, start: Callable[..., Holder]) -> None:
    holder = start("work").wait_for("held")
    wait_until(lambda: os.getsid(holder.guard) == holder.guard)
    wait_until(lambda: all(is_handled(holder.guard, number, "SigIgn") for number in (signal.SIGHUP, signal.SIGINT)))
    wait_until(lambda: is_handled(holder.guard, signal.SIGTERM, "SigCgt"))
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(holder.guard, number)
    time.sleep(0.3)
    assert holder.guard_lives()
    holder.kill()
    wait_until(lambda: server.paused() == set())


def test_the_guard_of_a_task_pauses_again_until_the_release(
    server: Emulator, start: Callable[..., Holder], call: Call, records: Records, state_home: Path
) -> None:
    holder = start("task").wait_for("held")
    holder.end()
    assert server.paused() == set(QUEUES)
    server.restart(down=0.3)
    wait_until(lambda: server.paused() == set(QUEUES))
    ages = [record.age for record in records()]
    time.sleep(1.2)
    assert max(record.age for record in records()) > max(ages), "it never renews"
    call(state="running", lease="nas")
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set()
    assert records() == []
    assert files(state_home) == []


def test_a_lease_for_later_tasks_runs_out(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    server.pause("ocr")
    holder = start("task", lease_ttl=2.0, queues=[*QUEUES, "ocr"]).wait_for("held")
    holder.end()
    wait_until(lambda: server.paused() == {"ocr"})
    wait_until(lambda: not holder.guard_lives())
    assert records() == []


def test_an_unreachable_server_is_asked_again_at_the_leases_end(server: Emulator, start: Callable[..., Holder]) -> None:
    holder = start("task", lease_ttl=4.0).wait_for("held")
    server.fault(times=None, status=502, html=True)
    holder.end()
    time.sleep(5)
    assert holder.guard_lives()
    server.clear_faults()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())


def test_guard_resumes_after_task_killed_while_pausing(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    server.fault("PUT", "^/queues/smartSearch$", until_cleared=True)
    holder = start("task")
    wait_until(lambda: any(request["path"] == "/queues/metadataExtraction" for request in server.requests(writes=True)))
    holder._remember_guard()
    holder.kill()
    server.clear_faults()  # Immich carries out what it has received
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set()
    assert records() == []


def test_guard_finishes_killed_release(
    server: Emulator, start: Callable[..., Holder], connect: Connect, ledger: str, records: Records
) -> None:
    holder = start("task").wait_for("held")
    holder.end()
    found = choose_ledger(connect(server), LedgerOptions(ledger))
    (mine,) = found.records()
    found.change(mine, mine.queues, mine.queues)  # what a release begins with
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set()
    assert records() == []


def test_a_pause_by_hand_at_the_end_of_a_release_stays(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    """The guard wakes up when the record is gone, and before the module has said that it has released the lease."""
    holder = start("work", lease_ttl=4.0).wait_for("held")
    server.fault("GET", "^/queues$", times=None, delay=0.4)
    holder.write("end")
    wait_until(lambda: records() == [])
    holder.process.send_signal(signal.SIGSTOP)
    server.pause("smartSearch")
    time.sleep(6.0)  # it looks when the lease would have run out
    assert server.paused() == {"smartSearch"}
    holder.process.send_signal(signal.SIGCONT)
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == {"smartSearch"}
    assert records() == []


def test_guard_ends_on_sigterm_and_next_run_heals(server: Emulator, start: Callable[..., Holder], call: Call, state_home: Path) -> None:
    holder = start("task", lease_ttl=8.0).wait_for("held")  # longer than a busy machine takes to end both
    holder.end()
    wait_until(lambda: any(state_home.glob("guard-*.lock")))
    os.kill(holder.guard, signal.SIGTERM)
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set(QUEUES)
    wait_until(lambda: call()["expired_leases"] == ["nas"])
    assert server.paused() == set()


def test_renewed_lease_keeps_single_guard(server: Emulator, start: Callable[..., Holder], call: Call) -> None:
    first = start("task").wait_for("held")
    first.end()
    second = start("task").wait_for("held")
    second.end()
    wait_until(lambda: not second.guard_lives())
    assert first.guard_lives()
    call(state="running", lease="nas")
    wait_until(lambda: not first.guard_lives())
    assert server.paused() == set()


def test_lease_taken_again_after_release_has_guard(server: Emulator, start: Callable[..., Holder], call: Call) -> None:
    start("task").wait_for("held").end()
    call(state="running", lease="nas")
    again = start("task", lease_ttl=3.0).wait_for("held")
    again.end()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not again.guard_lives())


def test_failed_pause_leaves_no_guard(server: Emulator, start: Callable[..., Holder]) -> None:
    server.fault("GET", "^/queues", times=1, status=500)
    holder = start("task").wait_for("Immich failed")
    holder.end()
    wait_until(lambda: not holder.guard_lives())
    assert writes(server) == []


def test_a_damaged_ledger_does_not_keep_the_queues_paused(
    server: Emulator, start: Callable[..., Holder], state_home: Path, ledger: str
) -> None:
    holder = start("task", lease_ttl=4.0, ledger="file").wait_for("held")
    (file,) = state_home.glob("leases-*.json")
    holder.end()
    time.sleep(0.5)
    file.write_text('{"ver')
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())
