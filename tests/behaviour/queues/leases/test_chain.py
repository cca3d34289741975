# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues that are resumed one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run
from immich_emulator.testing import Emulator
from support.collection import errors, manage, names

from ..conftest import Connect, delete_albums, do_guarded, options
from .conftest import QUEUES, Call


def test_a_release_by_chain_waits_for_each_queue(server: Emulator, call_in_ledger: Call) -> None:
    chain = ["metadataExtraction", "thumbnailGeneration", "smartSearch"]
    call_in_ledger(state="paused", lease="nas", queues=chain)
    server.clear_requests()
    result = call_in_ledger(state="running", lease="nas", resume_order="chain", queues=chain)
    assert result["resumed"] == chain
    seen = [request for request in server.requests() if request["path"].startswith("/queues")]
    resumed = [index for index, request in enumerate(seen) if request["method"] == "PUT"]
    assert [seen[index]["path"] for index in resumed] == [f"/queues/{name}" for name in chain]
    assert all(later - earlier > 2 for earlier, later in itertools.pairwise(resumed)), "it looked whether it had drained"


def test_queue_never_drained_delays_chain_once(server: Emulator, call_in_ledger: Call, leases: Any) -> None:
    call_in_ledger(state="paused", lease="nas", queues=["metadataExtraction", "ocr"])
    server.fault(
        method="GET",
        path="/queues$",
        times=None,
        after=6,
        json=[
            {"name": name, "isPaused": False, "statistics": dict.fromkeys(("active", "waiting", "paused", "delayed", "failed"), 1)}
            for name in ("metadataExtraction", "ocr")
        ],
    )
    call_in_ledger(state="running", lease="nas", resume_order="chain", resume_step_timeout=0.2)
    server.clear_faults()
    assert server.paused() == set()
    assert leases() == []


def test_a_chain_without_a_lease(server: Emulator, connect: Connect, call_in_ledger: Call) -> None:
    call_in_ledger(state="paused", queues=["upload"])
    chain = names.resolve(["upload"], list(server.state()["queues"]))
    assert call_in_ledger(state="running", queues=["upload"], resume_order="chain")["resumed"] == chain
    assert server.paused() == set()


def test_a_stop_ends_the_wait_between_queues_of_a_chain(server: Emulator, connect: Connect, call_in_ledger: Call, ledger: str) -> None:
    chain = ["metadataExtraction", "ocr"]
    call_in_ledger(state="paused", lease="nas", queues=chain)

    def stop() -> None:
        raise errors.LocalFailure("The run was stopped.")

    given = options(ledger=ledger, state="running", lease="nas", resume_order="chain", queues=chain)
    with pytest.raises(errors.RunFailed, match="was stopped") as caught:
        manage(connect(server), given, False, stop)
    assert caught.value.result["resumed"] == chain  # the second at once: nobody may be there to resume it later
    assert server.paused() == set()
    assert call_in_ledger(state="running", lease="nas")["resumed"] == []


def test_signal_during_chain_resumes_rest(server: Emulator, connect: Connect, call_in_ledger: Call, ledger: str) -> None:
    chain = ["metadataExtraction", "ocr"]
    call_in_ledger(state="paused", lease="nas", queues=chain)
    signals = Run("task")
    signals.reason = "The signal SIGTERM was received"
    given = options(ledger=ledger, state="running", lease="nas", resume_order="chain", queues=chain)
    with pytest.raises(errors.RunFailed, match="SIGTERM") as caught:
        do_guarded(connect(server), given, signals)
    assert caught.value.result["resumed"] == chain
    assert server.paused() == set()


def test_chain_step_resumed_at_last_is_success(server: Emulator, connect: Connect, call_in_ledger: Call, ledger: str) -> None:
    chain = ["metadataExtraction", "thumbnailGeneration", "smartSearch"]
    call_in_ledger(state="paused", lease="nas", queues=chain)
    server.fault(method="PUT", path="/queues/thumbnailGeneration", times=1, status=500)
    given = options(ledger=ledger, state="running", lease="nas", resume_order="chain", queues=chain)
    assert sorted(manage(connect(server, retries=0), given, False)["resumed"]) == sorted(chain)
    assert server.paused() == set()


def test_a_ledger_lost_between_two_steps_leaves_nothing_paused(
    server: Emulator, connect: Connect, call_in_ledger: Call, leases: Any, ledger: str, state_home: Path
) -> None:
    server.pause("library")
    call_in_ledger(state="paused", lease="nas", queues=QUEUES)
    said: list[list[str]] = []

    def lose() -> None:
        for file in state_home.glob("leases-*.json"):
            file.unlink()
        delete_albums(connect(server))

    def note(lease: str, queues: Collection[str]) -> None:
        said.append([lease, *queues])

    asked = replace(options(queues=QUEUES, ledger=ledger, state="running", lease="nas", resume_order="chain"), released=note)
    result = manage(connect(server), asked, False, lose)
    assert result["resumed"] == QUEUES
    assert server.paused() == {"library"}
    assert leases() == []
    assert said == [["nas", "smartSearch"], ["nas", "ocr"], ["nas"]]
