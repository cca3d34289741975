# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of a lease, with both kinds of ledger, against real HTTP: real processes, which are killed for real."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._queues.jobs.manage import manage_with_guard
from immich_emulator.testing import Emulator
from support.collection import LedgerOptions, choose_ledger, manage
from support.http.wire import writes
from support.waiting import wait_until

from ..conftest import DEFAULTS, Connect, delete_albums, options
from .guarded import QUEUES, Guarded, Records, starting

Call = Callable[..., dict[str, Any]]

# What a module does: it takes the lease for work of its own, or (as immich_jobs) for later tasks. It prints a line once that is done, and
# ends when a line comes in.
PROGRAM = """
import json, select, sys
from ansible_collections.selfhosted.immich.plugins.module_utils._client.api import Immich
from ansible_collections.selfhosted.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.selfhosted.immich.plugins.module_utils._client.errors import ImmichError
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.jobs import manage
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard import watch
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard.guard import start_guard
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.options import PauseOptions, jobs_options
from ansible_collections.selfhosted.immich.plugins.module_utils._queues import renewer
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.pausing import run_with_pause

url, key, params, how = json.loads(sys.stdin.readline())
watch._INTERVAL, watch._GLANCE, watch._HANDOVER, renewer._INTERVAL = 0.2, 0.1, 1.0, 0.2
client, options = Immich(Connection(url, ApiKey(key), timeout=5.0, retries=0)), jobs_options(params)

def say(word):
    print(word, flush=True)

def work(pause):
    say("ready")
    if how == "unused":
        sys.stdin.readline()
        return {}
    pause.begin(lambda: None)
    say("held")
    while how == "busy" and not select.select([sys.stdin], [], [], 0.05)[0]:
        pause.beat()
    sys.stdin.readline()
    return {}

try:
    if how == "task":
        manage.manage_with_guard(client, options, False)
        say("held")
        sys.stdin.readline()
    else:
        guard = start_guard(client.connection, options.lease)
        options_of_pause = PauseOptions(options.queues, options.lease, wait=0.0)
        by_step, to_end = (lambda step, _grace: step()), (lambda pause: renewer.end_of(lambda: work(pause)))
        result = run_with_pause(client, options_of_pause, False, guard, to_end, by_step).unwrap()
        say(json.dumps(result["warnings"]))
except ImmichError as exc:
    say(exc.msg)
    sys.stdin.readline()
"""


class Holder(Guarded):
    """A process that takes a lease."""

    def __init__(self, server: Emulator, how: str, **given: Any) -> None:
        super().__init__(PROGRAM)
        params = {**DEFAULTS, "state": "paused", "lease": "nas", "queues": QUEUES, **given}
        self._write(json.dumps([server.url, server.admin_api_key, params, how]))

    def _write(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, word: str) -> Holder:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._remember_guard()
            if line.startswith(word):
                return self
        raise AssertionError("it ended without %s" % word)

    def _remember_guard(self) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self._guard = int(children[0]) if children else self._guard

    def end(self) -> str:
        """Lets it come to its own end. Returns what it said then."""
        self._write("end")
        assert self.process.stdout is not None
        said = self.process.stdout.read()
        assert self.process.wait(20) == 0
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start(server: Emulator, ledger: str) -> Iterator[Callable[..., Holder]]:
    with starting(lambda how, **given: Holder(server, how, **{"ledger": ledger, **given})) as start:
        yield start


@pytest.fixture
def call(server: Emulator, connect: Connect, ledger: str) -> Call:
    return lambda **given: manage(connect(server), options(**{"ledger": ledger, "queues": QUEUES, **given}), False)


@pytest.fixture(params=["record", "folder"])
def lose(request: pytest.FixtureRequest, server: Emulator, connect: Connect, state_home: Path) -> Callable[[], None]:
    """Deletes all that was written down, as somebody does who does not know what it is; with the whole folder, guards' locks are in it."""

    def delete() -> None:
        for file in state_home.glob("leases-*.json"):
            file.unlink()
        if request.param == "folder":
            shutil.rmtree(state_home, ignore_errors=True)
        delete_albums(connect(server))

    return delete


def files(state_home: Path) -> list[str]:
    """What lies in the state folder, but for the locks of the ledger."""
    return sorted(path.name for path in state_home.glob("*") if not path.name.startswith("leases-") or path.suffix == ".json")


def test_it_asks_nothing_and_ends_with_work_that_ends(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("work").wait_for("held")
    assert server.paused() == set(QUEUES)
    assert holder.guard_lives()
    holder.end()
    assert not holder.guard_lives()
    assert server.paused() == set()
    asked = [request["path"] for request in server.requests()]
    assert records() == []
    assert asked.count("/server/version") == 1, "a guard that was not needed has asked nothing"


def test_it_has_a_session_of_its_own_and_holds_nothing_open(start: Callable[..., Holder]) -> None:
    holder = start("work").wait_for("held")
    wait_until(lambda: os.getsid(holder.guard) == holder.guard)
    wait_until(lambda: os.readlink(f"/proc/{holder.guard}/cwd") == "/")
    targets = {os.readlink(f"/proc/{holder.guard}/fd/{name}") for name in os.listdir(f"/proc/{holder.guard}/fd")}
    assert {target for target in targets if not target.startswith("pipe:")} == {os.devnull}
    assert len([target for target in targets if target.startswith("pipe:")]) == 1
    mine = {os.readlink(f"/proc/{holder.process.pid}/fd/{name}") for name in ("0", "1")}
    assert not mine & targets


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


def test_a_request_to_pause_that_was_under_way_does_not_win(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    server.fault("PUT", "^/queues/smartSearch$", delay=0.7)
    holder = start("work").wait_for("ready")
    wait_until(lambda: any(request["path"] == "/queues/metadataExtraction" for request in server.requests(writes=True)))
    time.sleep(0.2)
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert any(request["path"] == "/queues/smartSearch" and request["json"] == {"isPaused": True} for request in server.requests())
    assert server.paused() == set()
    assert records() == []


def test_queues_that_others_hold_stay_paused(server: Emulator, start: Callable[..., Holder], call: Call, records: Records) -> None:
    call(state="paused", lease="other", queues=["smartSearch"])
    holder = start("work").wait_for("held")
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == {"smartSearch"}
    assert [record.lease for record in records()] == ["other"]


def test_a_server_that_is_away_is_tried_until_it_is_back(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
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


def test_it_does_what_work_that_ended_could_not(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    holder = start("work").wait_for("held")
    server.fault("PUT", "^/queues/", times=None, status=500)
    holder._write("end")
    holder.wait_for("The background jobs could not be resumed")
    holder.end()
    assert holder.guard_lives()
    server.clear_faults()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())
    assert records() == []


@pytest.mark.parametrize("answer", [{"json": {"error": "upstream"}}, {"html": True}, {"status": 429}])
def test_no_answer_makes_it_give_up(server: Emulator, start: Callable[..., Holder], answer: dict[str, Any]) -> None:
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
    time.sleep(0.3)
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
    holder = start("task", lease_ttl=2.0).wait_for("held")
    holder.end()
    server.fault(times=None, status=502, html=True)
    time.sleep(3)
    assert holder.guard_lives()
    server.clear_faults()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())


def test_a_task_killed_while_it_pauses_leaves_nothing_paused(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
    server.fault("PUT", "^/queues/smartSearch$", delay=0.7)
    holder = start("task")
    wait_until(lambda: any(request["path"] == "/queues/metadataExtraction" for request in server.requests(writes=True)))
    holder._remember_guard()
    holder.kill()
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set()
    assert records() == []


def test_it_finishes_a_release_that_was_killed_half_way(
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


def test_the_end_of_the_machine_ends_it_and_the_next_run_heals(server: Emulator, start: Callable[..., Holder], call: Call) -> None:
    holder = start("task", lease_ttl=3.0).wait_for("held")
    holder.end()
    time.sleep(0.5)
    os.kill(holder.guard, signal.SIGTERM)
    wait_until(lambda: not holder.guard_lives())
    assert server.paused() == set(QUEUES)
    wait_until(lambda: call()["expired_leases"] == ["nas"])
    assert server.paused() == set()


def test_a_lease_that_is_taken_again_keeps_its_one_guard(server: Emulator, start: Callable[..., Holder], call: Call) -> None:
    first = start("task").wait_for("held")
    first.end()
    second = start("task").wait_for("held")
    second.end()
    wait_until(lambda: not second.guard_lives())
    assert first.guard_lives()
    call(state="running", lease="nas")
    wait_until(lambda: not first.guard_lives())
    assert server.paused() == set()


def test_a_lease_that_is_taken_again_at_once_is_watched_over(server: Emulator, start: Callable[..., Holder], call: Call) -> None:
    start("task").wait_for("held").end()
    call(state="running", lease="nas")
    again = start("task", lease_ttl=3.0).wait_for("held")
    again.end()
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not again.guard_lives())


def test_a_pause_that_failed_leaves_no_guard(server: Emulator, start: Callable[..., Holder]) -> None:
    server.fault("GET", "^/queues", times=1, status=500)
    holder = start("task").wait_for("Immich failed")
    holder.end()
    wait_until(lambda: not holder.guard_lives())
    assert writes(server) == []


def test_a_damaged_ledger_does_not_keep_the_queues_paused(
    server: Emulator, start: Callable[..., Holder], state_home: Path, ledger: str
) -> None:
    holder = start("task", lease_ttl=3.0, ledger="file").wait_for("held")
    holder.end()
    time.sleep(0.5)
    next(state_home.glob("leases-*.json")).write_text('{"ver')
    wait_until(lambda: server.paused() == set())
    wait_until(lambda: not holder.guard_lives())


# A module that is stopped, not dead.


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


def test_a_module_that_was_stopped_says_so(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
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


def test_a_module_stopped_while_it_pauses_leaves_nothing_paused(server: Emulator, start: Callable[..., Holder], records: Records) -> None:
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


# A ledger that vanishes.


def test_work_whose_lease_vanishes_writes_it_down_again(
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


def test_the_guard_of_a_task_writes_down_again_what_vanishes(
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


def test_a_lease_that_vanishes_still_runs_out(
    server: Emulator, start: Callable[..., Holder], records: Records, lose: Callable[[], None]
) -> None:
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
    released = manage_with_guard(client, options(state="running", lease="nas", ledger=ledger, queues=QUEUES), False)
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


@pytest.mark.parametrize("taken", [["smartSearch"], QUEUES])
def test_a_pause_by_hand_right_after_a_release_stays(
    server: Emulator, start: Callable[..., Holder], call: Call, state_home: Path, taken: list[str]
) -> None:
    """The guard sees only afterwards that its lease is gone, while queues of it are paused."""
    for by_hand_first in (True, False):
        holder = start("task").wait_for("held")
        holder.end()
        wait_until(lambda: any(state_home.glob("guard-*.lock")))
        os.kill(holder.guard, signal.SIGSTOP)
        if by_hand_first:
            call(state="paused", queues=taken)
        call(state="running", lease="nas")
        call(state="paused", queues=taken)
        os.kill(holder.guard, signal.SIGCONT)
        wait_until(lambda watched=holder: not watched.guard_lives())  # type: ignore[misc]
        assert server.paused() == set(taken)
        call(state="running", queues=taken)
    assert files(state_home) == []


def test_a_release_removes_the_file_of_a_killed_guard(server: Emulator, start: Callable[..., Holder], call: Call, state_home: Path) -> None:
    holder = start("task").wait_for("held")
    holder.end()
    wait_until(lambda: any(state_home.glob("guard-*.lock")))
    os.kill(holder.guard, signal.SIGKILL)
    wait_until(lambda: not holder.guard_lives())
    call(state="running", lease="nas")
    assert server.paused() == set()
    assert files(state_home) == []


def test_the_next_guard_removes_only_the_file_of_a_killed_one(
    server: Emulator, start: Callable[..., Holder], call: Call, state_home: Path
) -> None:
    def guard_files() -> list[Path]:
        return list(state_home.glob("guard-*.lock"))

    killed = start("task", lease="killed").wait_for("held")
    killed.end()
    wait_until(lambda: len(guard_files()) == 1)
    os.kill(killed.guard, signal.SIGKILL)
    wait_until(lambda: not killed.guard_lives())
    (left,) = guard_files()
    start("task", lease="first").wait_for("held").end()
    wait_until(lambda: len(guard_files()) == 1 and not left.exists())
    first = guard_files()
    start("task", lease="second").wait_for("held").end()
    wait_until(lambda: len(guard_files()) == 2)
    assert first[0] in guard_files(), "its guard lives"
    for lease in ("killed", "first", "second"):
        call(state="running", lease=lease)
    wait_until(lambda: files(state_home) == [])
