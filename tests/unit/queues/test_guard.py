# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard and the renewer, in both homes, against real HTTP. The guard runs in a process of its own, as it does for real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._client import errors
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard import watching
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard.announcement import LEFT, RELEASED, UNUSED, Announcement
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard.guard import guard
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.jobs import manage
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.leases import Leases
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.ledgers import choose_ledger
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.record import Record
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.renewer import Renewer
from immich_emulator.testing import Emulator
from support.waiting import wait_until
from support.wire import writes

from .conftest import Connect, options

QUEUES = ["metadataExtraction", "smartSearch"]
Call = Callable[..., dict[str, Any]]

PROGRAM = """
import json, sys
from ansible_collections.selfhosted.immich.plugins.module_utils._client.connection import Connection
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard import guard

url, key, params = json.load(sys.stdin)
result = guard(Connection(url, key, timeout=5.0), params, False)
print(json.dumps({**result, "loaded": "requests" in sys.modules}))
"""


@pytest.fixture
def call(server: Emulator, connect: Connect, ledger: str) -> Call:
    return lambda **given: manage(connect(server), options(**{"ledger": ledger, "queues": QUEUES, **given}), False)


class Guard:
    """A guard in another process."""

    def __init__(self, server: Emulator, **given: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": ".tree"},
        )
        params = {"lease": "nas", "interval": 0.05, "wait_for_lease": 20.0, "lifetime": 60.0, "ledger_dir": None, **given}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([server.url, server.admin_api_key, params]))
        self.process.stdin.close()

    def result(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.read())
        assert self.process.wait(20) == 0
        return found

    def wait_until_it_waits(self, server: Emulator) -> None:
        """Until it has asked what the key may do; with a ledger in a file it asks nothing more until the lease is there."""
        wait_until(lambda: any(request["path"] == "/api-keys/me" for request in server.requests()))
        time.sleep(0.3)

    def wait_until_it_looks(self, server: Emulator) -> None:
        last = max((request["n"] for request in server.requests()), default=0)
        wait_until(lambda: any(request["n"] > last and request["path"].startswith(("/queues", "/albums")) for request in server.requests()))


@pytest.fixture
def start(server: Emulator, ledger: str) -> Iterator[Callable[..., Guard]]:
    with ExitStack() as stack:

        def begin(**given: Any) -> Guard:
            guard = Guard(server, ledger=ledger, **given)

            def end() -> None:
                guard.process.kill()
                guard.process.wait()
                assert guard.process.stdout is not None
                guard.process.stdout.close()

            stack.callback(end)
            return guard

        yield begin


def test_it_waits_for_the_lease_pauses_again_after_a_restart_and_ends_with_the_release(
    server: Emulator, call: Call, start: Callable[..., Guard], records: Callable[[], list[Record]]
) -> None:
    watching = start()
    call(state="paused", lease="nas")
    watching.wait_until_it_looks(server)
    server.restart(down=0.3)
    wait_until(lambda: server.paused() == set(QUEUES))
    call(state="running", lease="nas")
    result = watching.result()
    assert (result["reason"], result["reasserted"], result["resumed"], result["changed"]) == ("released", ["metadataExtraction"], [], True)
    assert server.paused() == set()
    assert records() == []


def test_it_resumes_when_nobody_renews_and_leaves_an_administrators_pause(
    server: Emulator, call: Call, start: Callable[..., Guard], records: Callable[[], list[Record]]
) -> None:
    server.pause("ocr")
    watching = start()
    call(state="paused", lease="nas", lease_ttl=3.0, queues=[*QUEUES, "ocr"])
    assert watching.result()["reason"] == "expired"
    assert server.paused() == {"ocr"}
    assert records() == []


def test_it_never_renews(server: Emulator, call: Call, start: Callable[..., Guard], records: Callable[[], list[Record]]) -> None:
    call(state="paused", lease="nas", lease_ttl=60.0)
    watching = start()
    watching.wait_until_it_looks(server)
    ids = {record.id for record in records()}
    server.restart()
    wait_until(lambda: server.paused() == set(QUEUES))
    assert {record.id for record in records()} >= ids
    wait_until(lambda: max(record.age for record in records()) >= 1)  # a guard that renewed would keep them at 0
    call(state="running", lease="nas")
    assert watching.result()["reason"] == "released"


def test_it_survives_a_server_that_is_away_and_finishes_then(server: Emulator, call: Call, start: Callable[..., Guard]) -> None:
    watching = start()
    call(state="paused", lease="nas", lease_ttl=4.0)
    watching.wait_until_it_looks(server)
    server.fault(times=None, status=502, html=True)
    time.sleep(4.2)
    assert watching.process.poll() is None or server.paused() == set()
    server.clear_faults()
    result = watching.result()
    assert result["reason"] == "expired"
    assert server.paused() == set()


def test_it_ends_when_nobody_takes_the_lease(server: Emulator, start: Callable[..., Guard]) -> None:
    assert start(wait_for_lease=0.1).result()["reason"] == "never_appeared"
    assert writes(server) == []


def test_it_waits_as_long_as_somebody_may_take_the_lease(server: Emulator, call: Call, start: Callable[..., Guard]) -> None:
    with Announcement(None, server.url.removesuffix("/api"), "nas").made(lambda: LEFT):
        server.clear_requests()
        watching = start(wait_for_lease=0.1)
        watching.wait_until_it_waits(server)
        time.sleep(1)
        assert watching.process.poll() is None
        call(state="paused", lease="nas")
        watching.wait_until_it_looks(server)
        call(state="running", lease="nas")
    assert watching.result()["reason"] in ("released", "never_appeared")
    assert server.paused() == set()


@pytest.mark.parametrize("late", [True, False])
def test_it_ends_with_those_who_needed_no_lease(server: Emulator, start: Callable[..., Guard], state_home: Path, late: bool) -> None:
    with Announcement(None, server.url.removesuffix("/api"), "nas").made(lambda: LEFT):
        watching = None if late else start(wait_for_lease=600.0)
        if watching is not None:
            watching.wait_until_it_waits(server)
    watching = watching or start(wait_for_lease=600.0)
    assert watching.result()["reason"] == "never_appeared"
    assert list(state_home.glob("taker-*")) == []


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(("outcome", "reason"), [(RELEASED, "released"), (UNUSED, "never_appeared")])
def test_an_upload_that_is_over_before_the_first_look_costs_nothing(
    server: Emulator, start: Callable[..., Guard], state_home: Path, outcome: str, reason: str, late: bool
) -> None:
    with Announcement(None, server.url.removesuffix("/api"), "nas").made(lambda: outcome):
        watching = None if late else start(interval=600.0, wait_for_lease=600.0, lifetime=600.0)
        wait_until(lambda: late or any(state_home.glob("guard-*")))
        time.sleep(0.5)
    result = (watching or start(interval=600.0, wait_for_lease=600.0, lifetime=600.0)).result()
    assert (result["reason"], result["looks"], result["loaded"]) == (reason, 0, False)
    assert server.requests() == []
    assert list(state_home.glob("*")) == []


def test_a_lease_that_comes_and_goes_before_the_first_look_is_noticed(
    server: Emulator, call: Call, start: Callable[..., Guard], state_home: Path
) -> None:
    watching = start(interval=600.0, wait_for_lease=600.0, lifetime=600.0)
    wait_until(lambda: any(state_home.glob("guard-*")))
    call(state="paused", lease="nas")
    time.sleep(2)  # it glances at a file every quarter of a second, and asks a server every second
    call(state="running", lease="nas")
    result = watching.result()
    assert (result["reason"], result["resumed"]) == ("released", [])
    assert result["seconds"] >= 2
    assert not any(state_home.glob("guard-*"))


def test_somebody_who_dies_before_the_first_look_hastens_it(server: Emulator, start: Callable[..., Guard], state_home: Path) -> None:
    command = [sys.executable, "-c", TAKER, server.url.removesuffix("/api")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ".tree"}) as taker:
        assert taker.stdout is not None
        taker.stdout.readline()
        watching = start(interval=600.0, wait_for_lease=600.0, lifetime=600.0)
        wait_until(lambda: any(state_home.glob("guard-*")))
        time.sleep(0.5)
        assert server.requests() == []
        taker.kill()
    result = watching.result()
    assert (result["reason"], result["looks"]) == ("never_appeared", 1)


def test_a_server_that_is_away_is_not_asked_for_long_when_nobody_is_left(
    server: Emulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_AWAY", 0.2)
    server.fault(times=None, status=503)
    client = connect(server)
    with Announcement(None, client.connection.root, "nas").made(lambda: LEFT):
        pass
    params = {"lease": "nas", "interval": 0.05, "wait_for_lease": 600.0, "lifetime": 600.0, "ledger": "file", "ledger_dir": None}
    with pytest.raises(errors.ImmichError, match="503"):
        guard(client.connection, params, False)


TAKER = """
import sys, time
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.announcement import Announcement
with Announcement(None, sys.argv[1], "nas").made(str):
    print("here", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("holding", [True, False])
def test_it_notices_that_whoever_announced_it_has_died(
    server: Emulator, call: Call, start: Callable[..., Guard], records: Callable[[], list[Record]], holding: bool
) -> None:
    command = [sys.executable, "-c", TAKER, server.url.removesuffix("/api")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ".tree"}) as taker:
        assert taker.stdout is not None
        taker.stdout.readline()
        server.clear_requests()
        watching = start(wait_for_lease=0.1)
        watching.wait_until_it_waits(server)
        if holding:
            call(state="paused", lease="nas", lease_ttl=2.0)
        taker.kill()
    result = watching.result()
    assert (result["reason"], result["resumed"]) == (("expired", QUEUES) if holding else ("never_appeared", []))
    assert server.paused() == set()
    assert records() == []


def test_it_ends_with_its_lifetime(server: Emulator, call: Call, start: Callable[..., Guard]) -> None:
    call(state="paused", lease="nas")
    assert start(lifetime=0.2).result()["reason"] == "lifetime"
    assert server.paused() == set(QUEUES)


def test_a_termination_ends_it_cleanly_and_a_hangup_does_not(server: Emulator, call: Call, start: Callable[..., Guard]) -> None:
    call(state="paused", lease="nas")
    watching = start(interval=0.5)
    watching.wait_until_it_looks(server)
    watching.process.send_signal(signal.SIGHUP)
    watching.wait_until_it_looks(server)
    watching.process.send_signal(signal.SIGTERM)
    assert watching.result()["reason"] == "terminated"
    assert server.paused() == set(QUEUES)


def test_it_finishes_what_somebody_died_over(
    server: Emulator, call: Call, start: Callable[..., Guard], connect: Connect, ledger: str, records: Callable[[], list[Record]]
) -> None:
    call(state="paused", lease="nas")
    watching = start()
    watching.wait_until_it_looks(server)
    home = choose_ledger(connect(server), ledger, None, leasing=True, read_only=False)
    (mine,) = home.records()
    home.change(mine, mine.queues, mine.queues)  # what letting go begins with
    result = watching.result()
    assert (result["reason"], result["resumed"]) == ("released", QUEUES)
    assert server.paused() == set()
    assert records() == []


def test_check_mode_does_nothing(server: Emulator, connect: Connect) -> None:
    params = {"lease": "nas", "interval": 1.0, "wait_for_lease": 1.0, "lifetime": 1.0, "ledger": "file", "ledger_dir": None}
    assert guard(connect(server).connection, params, True)["reason"] == "check_mode"
    with pytest.raises(errors.InvalidRequest, match="interval"):
        guard(connect(server).connection, {**params, "interval": 0}, False)


def test_a_withdrawn_key_ends_it_with_a_failure(server: Emulator, connect: Connect) -> None:
    params = {"lease": "nas", "interval": 0.01, "wait_for_lease": 9.0, "lifetime": 9.0, "ledger": "server", "ledger_dir": None}
    server.fault(path="/albums", times=None, status=401, json={"message": "Invalid API key"})
    with pytest.raises(errors.AuthError) as caught:
        guard(connect(server).connection, params, False)
    assert caught.value.result["failed_looks"] == 4


PARAMS = {"lease": "nas", "interval": 0.05, "wait_for_lease": 9.0, "lifetime": 20.0, "ledger": "file", "ledger_dir": None}


@pytest.mark.parametrize("path", ["/server/version", "/api-keys/me"])
def test_a_server_that_is_away_at_first_is_asked_again(server: Emulator, connect: Connect, path: str) -> None:
    server.fault(path=path, times=3, status=503)
    result = guard(connect(server, retries=0).connection, {**PARAMS, "wait_for_lease": 1.0}, False)
    assert (result["reason"], result["failed_looks"]) == ("never_appeared", 3)


def test_a_server_that_stays_away_or_refuses_the_key_at_first_ends_it(server: Emulator, connect: Connect) -> None:
    server.fault(path="/server/version", times=None, status=503)
    with pytest.raises(errors.ServerFailure):
        guard(connect(server).connection, {**PARAMS, "wait_for_lease": 0.3}, False)
    server.clear_faults()
    for key, kind in (
        ("no-such-key", errors.AuthError),
        (server.make_key(user="admin", permissions=["queue.read"]), errors.PermissionDenied),
    ):
        with pytest.raises(kind) as caught:
            guard(connect(server, key).connection, PARAMS, False)
        assert caught.value.result["looks"] == 0


def test_an_answer_of_another_shape_is_a_look_in_vain(server: Emulator, call: Call, connect: Connect, ledger: str) -> None:
    call(state="paused", lease="nas", lease_ttl=2.0)
    server.fault(method="GET", path="/queues$", times=2, json={"error": "upstream"})
    result = guard(connect(server).connection, {**PARAMS, "ledger": ledger}, False)
    assert (result["reason"], result["failed_looks"]) == ("expired", 2)
    assert server.paused() == set()


def test_no_surprise_makes_it_die_while_queues_are_paused(
    server: Emulator, call: Call, connect: Connect, ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(state="paused", lease="nas", lease_ttl=2.0)
    surprises: list[Exception] = [KeyError("isPaused"), TypeError("int"), ValueError("moment")]
    tidy = Leases.tidy

    def surprise(self: Leases) -> None:
        if surprises:
            raise surprises.pop()
        tidy(self)

    monkeypatch.setattr(Leases, "tidy", surprise)
    result = guard(connect(server).connection, {**PARAMS, "ledger": ledger}, False)
    assert (result["reason"], result["failed_looks"]) == ("expired", 3)
    assert server.paused() == set()


def test_what_it_paused_again_is_told_though_the_server_went_away_over_it(server: Emulator, connect: Connect, call: Call) -> None:
    call(state="paused", lease="nas", lease_ttl=3.0, ledger="server")
    server.resume("smartSearch")
    server.fault(method="DELETE", path="/albums", times=1, status=503)
    result = guard(connect(server).connection, {**PARAMS, "ledger": "server"}, False)
    assert (result["reason"], result["reasserted"]) == ("expired", ["smartSearch"])
    assert result["failed_looks"] >= 1
    assert server.paused() == set()


def test_a_ledger_that_is_damaged_meanwhile_does_not_leave_the_queues_paused(
    server: Emulator, connect: Connect, state_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage(connect(server), options(state="paused", lease="nas", lease_ttl=2.0, queues=QUEUES), False)
    watch = Leases.tidy

    def tear(self: Leases) -> None:
        watch(self)
        if len(torn) == 2:
            next(state_home.glob("leases-*.json")).write_text('{"ver')
        torn.append(True)

    torn: list[bool] = []
    monkeypatch.setattr(Leases, "tidy", tear)
    result = guard(connect(server).connection, PARAMS, False)
    assert (result["reason"], result["resumed"]) == ("expired", QUEUES)
    assert "was set aside" in result["warnings"][0]
    assert server.paused() == set()


def test_work_that_goes_on_keeps_the_lease_and_work_that_hangs_loses_it(
    server: Emulator, call: Call, connect: Connect, ledger: str, records: Callable[[], list[Record]]
) -> None:
    call(state="paused", lease="nas", lease_ttl=3.0)
    with Renewer(connect(server), "nas", 3.0, ledger) as renewer:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            renewer.beat()
            time.sleep(0.05)
            assert records()[0].live
        assert renewer.problem is None
        wait_until(lambda: not records()[0].live)  # no beat any more
    wait_until(lambda: call()["expired_leases"] == ["nas"])  # another client's clock may be a second behind
    assert server.paused() == set()


def test_a_renewal_pauses_again_what_immich_dropped(server: Emulator, call: Call, connect: Connect, ledger: str) -> None:
    call(state="paused", lease="nas")
    server.restart()
    assert server.paused() == {"smartSearch"}
    with Renewer(connect(server), "nas", 900.0, ledger):
        wait_until(lambda: server.paused() == set(QUEUES))
    call(state="running", lease="nas")
    assert server.paused() == set()


def test_a_server_that_is_away_is_a_problem_only_while_it_is(server: Emulator, call: Call, connect: Connect, ledger: str) -> None:
    call(state="paused", lease="nas")
    server.fault(times=None, status=500, json={"message": "Internal server error"})
    with Renewer(connect(server, retries=0), "nas", 0.6, ledger) as renewer:
        wait_until(lambda: renewer.problem is not None)
        assert renewer.problem is not None
        assert "could not be renewed" in renewer.problem
        server.clear_faults()

        def renewed() -> bool:
            renewer.beat()
            return renewer.problem is None

        wait_until(renewed)


def test_an_ordinary_users_key_renews_in_a_file_and_is_told_where_it_cannot(
    server: Emulator, call: Call, connect: Connect, ledger: str
) -> None:
    call(state="paused", lease="nas")
    server.clear_requests()
    with Renewer(connect(server, server.api_key), "nas", 0.6, ledger) as renewer:
        if ledger == "file":
            wait_until(lambda: any(request["path"] == "/queues" for request in server.requests()))
            time.sleep(0.3)
            assert renewer.problem is None
        else:
            wait_until(lambda: "is not in the ledger (server)" in (renewer.problem or ""))


def test_a_lease_that_has_ended_is_not_taken_again(server: Emulator, call: Call, connect: Connect, ledger: str) -> None:
    call(state="paused", lease="nas")
    call(state="running", lease="nas")
    server.clear_requests()
    with Renewer(connect(server), "nas", 0.6, ledger) as renewer:
        wait_until(lambda: renewer.problem is not None)
    assert writes(server) == []
