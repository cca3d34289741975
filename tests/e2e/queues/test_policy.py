# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pausing by time, by load and while something is away, as a schedule would run it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.http.answering import Reply, answering
from support.http.wire import writes
from support.photos.libraries import Account
from support.playbooks import processes
from support.playbooks.playbook import Playbook, Run
from support.playbooks.role import CHAIN, pauses, sentences, upload_play
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

POLICY = Path("photoyard.immich.policy")


def clock(minutes: int) -> str:
    """The time of day, in UTC, some minutes from now."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%H:%M")


@pytest.fixture
def policy(playbook: Playbook, server: Emulator) -> Callable[..., Run]:
    """Runs the playbook; the variables are the role's without their `immich_policy_`."""

    def run(**variables: Any) -> Run:
        check = variables.pop("check", False)
        named = {name if name.startswith("own") else f"immich_policy_{name}": value for name, value in variables.items()}
        return playbook.run(POLICY, server=server, variables=named, check=check)

    return run


def said(run: Run) -> str:
    return sentences(run.ok())


@pytest.mark.long
def test_policy_pauses_in_window_and_resumes_after(policy: Callable[..., Run], server: Emulator) -> None:
    server.pause("ocr")
    window = {"name": "evening", "from": clock(-60), "to": clock(60), "queues": ["smartSearch", "ocr"]}
    first = policy(windows=[window])
    assert first.changed == 1
    assert said(first).startswith(f"Paused smartSearch (in the window evening, until {window['to']} UTC). ocr ")
    assert server.paused() == {"ocr", "smartSearch"}
    again = policy(windows=[window])
    assert again.ok().changed == 0
    assert said(again).startswith("Still paused: smartSearch ")
    over = policy(windows=[window | {"from": clock(-60), "to": clock(-5)}])
    assert said(over).startswith("Resumed smartSearch (the window evening ")
    assert server.paused() == {"ocr"}
    assert said(policy(windows=[window | {"from": clock(-60), "to": clock(-5)}])) == "Nothing is to be paused now."


@pytest.mark.long
def test_policy_in_check_mode_predicts_and_writes_nothing(policy: Callable[..., Run], playbook: Playbook, server: Emulator) -> None:
    window = {"name": "evening", "from": clock(-60), "to": clock(60), "queues": ["ocr"]}
    run = policy(windows=[window], check=True)
    assert run.ok().changed == 1
    assert said(run).startswith("Would pause ocr (in the window evening, until ")
    assert writes(server) == []
    policy(windows=[window]).ok()
    backup = {"api_key": server.admin_api_key, "state": "paused", "lease": "a backup", "queues": ["ocr"]}
    playbook.run([{"hosts": "all", "gather_facts": False, "tasks": [{"photoyard.immich.immich_jobs": backup}]}], server=server).ok()
    assert said(policy(windows=[], check=True)).endswith(" ocr would stay paused (held by a backup).")
    assert server.paused() == {"ocr"}


@pytest.mark.parametrize(("variable", "meant"), [("windos", "immich_policy_windows"), ("api_key", "immich_api_key")])
def test_a_misspelt_variable_is_an_error(policy: Callable[..., Run], server: Emulator, variable: str, meant: str) -> None:
    run = policy(**{variable: []})
    assert run.rc == 2
    assert {f"immich_policy_{variable}", f"{meant}?"} <= set(run.failed[-1].result["msg"].split())
    assert writes(server) == []


def test_policy_keeps_queues_of_other_leases_paused(policy: Callable[..., Run], playbook: Playbook, server: Emulator) -> None:
    policy(windows=[{"name": "evening", "from": clock(-60), "to": clock(60), "queues": ["ocr", "library", "sidecar"]}]).ok()
    backup = {"api_key": server.admin_api_key, "state": "paused", "lease": "a backup", "queues": ["ocr", "library"]}
    playbook.run([{"hosts": "all", "gather_facts": False, "tasks": [{"photoyard.immich.immich_jobs": backup}]}], server=server).ok()
    report = said(policy(windows=[]))
    assert report.startswith("Resumed sidecar ")
    assert report.endswith(" ocr, library stay paused (held by a backup).")
    assert server.paused() == {"ocr", "library"}


@pytest.mark.long
def test_load_pauses_once_and_resumes_once(playbook: Playbook, server: Emulator) -> None:
    """Each load is a play of one run."""
    rule = {"name": "own load", "value": "{{ own_load }}", "pause_above": 1.5, "resume_below": 0.5, "queues": ["faceDetection"]}
    play = {"hosts": "all", "gather_facts": False, "roles": [{"role": "photoyard.immich.immich_policy", "immich_policy_load": [rule]}]}
    loads = (0.6, 2.0, 1.0, 1.8, 0.4, 0.6)
    run = playbook.run([play | {"vars": {"own_load": load}} for load in loads], server=server).ok()

    def changed(task: str) -> list[bool]:
        """In which of the plays."""
        return [one.status == "changed" for one in run.tasks if one.name.endswith(f" : {task} Immich's background jobs")]

    assert changed("Pause") == [False, True, False, False, False, False]
    assert changed("Resume") == [False, False, False, False, True, False]
    assert pauses(server) == [("faceDetection", True), ("faceDetection", False)]


def test_the_host_is_measured(policy: Callable[..., Run], server: Emulator) -> None:
    run = policy(load=[{"measure": "load1", "pause_above": -1, "resume_below": -2, "queues": ["smartSearch"]}])
    assert "load1 of " in said(run)
    assert "is above -1" in said(run)
    assert server.paused() == {"smartSearch"}


@pytest.mark.long
def test_policy_pauses_library_while_disk_is_away(policy: Callable[..., Run], server: Emulator, tmp_path: Path) -> None:
    mounted = tmp_path / ".mounted"
    wanted = {"name": "disk", "while_missing": str(mounted)}
    predicted = policy(**wanted, check=True)
    assert (predicted.ok().changed, writes(server)) == (1, [])
    assert "Would pause library" in said(predicted)
    assert str(mounted) in said(predicted)
    first = policy(**wanted)
    assert (first.ok().changed, server.paused()) == (1, {"library"})
    assert "Paused library" in said(first)
    assert str(mounted) in said(first)
    again = policy(**wanted)
    assert (again.ok().changed, server.paused()) == (0, {"library"})
    mounted.touch()
    assert "Would resume library" in said(policy(**wanted, check=True))
    assert server.paused() == {"library"}
    back = policy(**wanted)
    assert (back.ok().changed, server.paused()) == (1, set())
    assert policy(**wanted).ok().changed == 0


@pytest.mark.long
def test_policy_pauses_machine_learning_while_host_is_away(policy: Callable[..., Run], server: Emulator) -> None:
    status = 503
    with answering(lambda _asked: Reply(status=status)) as host:
        wanted = {"name": "pc", "while_unreachable": host.url}
        predicted = policy(**wanted, check=True)
        assert (predicted.ok().changed, writes(server)) == (1, [])
        assert said(predicted).endswith(f" ({host.url} does not answer).")
        assert policy(**wanted).ok().changed == 1
        assert server.paused() == {"smartSearch", "faceDetection", "ocr", "duplicateDetection", "facialRecognition"}
        assert policy(**wanted).ok().changed == 0
        status = 200
        only_resumed = policy(**wanted, start_missing=False)
        assert said(only_resumed).endswith(f" ({host.url} answers).")
        assert (server.paused(), policy(**wanted).ok().changed) == (set(), 0)
    assert {(asked.method, asked.path) for asked in host.seen} == {("GET", "/ping")}
    assert all("x-api-key" not in asked.headers for asked in host.seen)


@pytest.mark.long
def test_policy_starts_missing_results_when_host_is_back(policy: Callable[..., Run], server: Emulator) -> None:
    status = 503
    server.let_machine_learning_answer(False)
    Account(server).upload("unnoticed.jpg")
    server.wait_idle()
    with answering(lambda _asked: Reply(status=status)) as host:
        wanted = {"name": "pc", "while_unreachable": host.url}
        policy(**wanted).ok()
        status = 200
        server.let_machine_learning_answer(True)
        sentences_of_steps = []
        for step in range(3):
            if step == 1:
                a_busy_queue_is_left_for_the_next_run(server, lambda: policy(**wanted))
            server.clear_requests()
            predicted = policy(**wanted, check=True)
            assert writes(server) == []
            done = policy(**wanted)
            assert done.ok().changed == predicted.ok().changed
            assert said(predicted).replace("Would resume", "Resumed").replace("Would start", "Started") == said(done)
            sentences_of_steps.append(said(done))
            server.wait_idle()
        assert policy(**wanted).ok().changed == 0
    resumed, started, compared = sentences_of_steps
    assert resumed.startswith("Still paused: duplicateDetection (until smartSearch, faceDetection, ocr have nothing left to do). Resumed ")
    assert started.endswith(f"Started what is missing in smartSearch, faceDetection, ocr ({host.url} answers again).")
    assert "Resumed duplicateDetection (" in compared
    (asset,) = server.state()["assets"]
    assert {"smartSearch", "faceDetection", "ocr", "duplicateDetection"} <= set(asset["processed"])
    assert server.paused() == set()


def a_busy_queue_is_left_for_the_next_run(server: Emulator, step: Callable[[], Run]) -> None:
    """Which takes the whole step again."""
    server.fault("PUT", "/jobs/ocr$", status=400, json={"message": "Job is already running"})
    assert "Started what is missing in smartSearch, faceDetection (" in said(step())
    assert server.paused() == {"duplicateDetection"}
    server.wait_idle()


@pytest.mark.parametrize("check", [False, True])
def test_policy_fails_at_once_when_key_may_not_start(playbook: Playbook, server: Emulator, check: bool) -> None:
    key = server.make_key("admin", ["queue.read", "queue.update"])
    with answering(lambda _asked: Reply(status=503)) as host:
        variables = {"immich_admin_api_key": key, "immich_policy_while_unreachable": host.url}
        run = playbook.run(POLICY, server=server, variables=variables, check=check)
        assert run.rc == 2
        (failed,) = [task.result for task in run.tasks if task.result.get("failure", {}).get("kind") == "permission"]
        assert failed["failure"]["details"]["scopes"] == ["job.create"]
        assert writes(server) == []
        playbook.run(POLICY, server=server, variables={**variables, "immich_policy_start_missing": False}, check=check).ok()


def test_when_the_schedule_dies_the_queues_run_again(policy: Callable[..., Run], server: Emulator) -> None:
    rule = {"name": "own load", "value": 2, "pause_above": 1, "resume_below": 0.5}
    policy(load=[rule], lease_ttl=12).ok()  # longer than Ansible takes to end on a busy machine
    assert server.paused() == set(CHAIN)
    wait_until(lambda: server.paused() == set())


def test_a_policy_and_an_upload_never_fight(
    policy: Callable[..., Run], playbook: Playbook, server: Emulator, photos: Callable[..., Path]
) -> None:
    window = {"from": clock(-60), "to": clock(60), "queues": ["smartSearch"]}
    policy(windows=[window]).ok()
    playbook.run(upload_play(photos()), server=server).ok()
    assert server.paused() == {"smartSearch"}
    policy(windows=[]).ok()
    assert server.paused() == set()


def test_a_needless_guard_leaves_nothing_behind(policy: Callable[..., Run], playbook: Playbook, server: Emulator) -> None:
    window = {"from": clock(-60), "to": clock(60), "queues": ["smartSearch"]}
    policy(windows=[window]).ok()
    assert len(processes.below(playbook.home)) == 1
    policy(windows=[window]).ok()
    wait_until(lambda: len(processes.below(playbook.home)) == 1)
    policy(windows=[]).ok()
    wait_until(lambda: processes.below(playbook.home) == [])


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ({"windows": [{"from": "22:00", "to": "sunrise"}]}, 'A window\'s to is a time such as "22:30", not sunrise.'),
        ({"load": [{"name": "price", "value": "{{ price.cents }}", "pause_above": 1, "resume_below": 0}]}, "'price' is undefined"),
    ],
)
def test_nonsense_is_explained(policy: Callable[..., Run], server: Emulator, policies: dict[str, Any], said: str) -> None:
    run = policy(**policies)
    assert run.rc == 2
    assert said in run.failed[-1].result["msg"]
    assert "Finalization" not in run.output
    assert writes(server) == []
