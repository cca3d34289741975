# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ledger is used, and that the other one is healed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues import processes
from immich_emulator.testing import Emulator
from support.collection import LedgerOptions, choose_ledger, describe, manage

from ..conftest import Connect, options
from .conftest import QUEUES, Call

ALBUM_SCOPES = ["album.read", "album.create", "album.update", "album.delete"]


@pytest.mark.parametrize(
    ("contained", "scopes", "directory", "kind", "warns"),
    [
        (False, ALBUM_SCOPES, False, "file", False),
        (True, ALBUM_SCOPES, False, "server", False),
        (True, ALBUM_SCOPES, True, "file", False),
        (True, ALBUM_SCOPES[:2], False, "file", True),
        (False, [], False, "file", False),
    ],
)
def test_ledger_auto_is_server_in_containers(
    server: Emulator,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    contained: bool,
    scopes: list[str],
    directory: bool,
    kind: str,
    warns: bool,
) -> None:
    monkeypatch.setattr(processes, "in_container", lambda: contained)
    key = server.make_key(user="admin", permissions=["queue.read", "queue.update", *scopes])
    given = options(state="paused", lease="nas", ledger="auto", ledger_dir=str(tmp_path / "volume") if directory else None)
    result = manage(connect(server, key), given, False)
    assert result["lease"]["ledger"] == kind
    assert any("recorded in a file in the container" in warning and "album.update" in warning for warning in result["warnings"]) is warns
    manage(connect(server, key), replace(given, state="running"), False)
    assert server.paused() == set()


def test_healing_looks_into_both(server: Emulator, connect: Connect, call: Call) -> None:
    for ledger, queue in (("file", "ocr"), ("server", "smartSearch")):
        call(state="paused", lease=ledger, ledger=ledger, queues=[queue])
        chosen = choose_ledger(connect(server), LedgerOptions(ledger))
        assert chosen.renew(chosen.records()[0], 1e-6)
    shown = describe(connect(server, read_only=True), options(ledger="auto").ledger)
    assert {(lease["holder"], lease["ledger"]) for lease in shown["leases"]} == {("file", "file"), ("server", "server")}
    result = call(ledger="auto")
    assert sorted(result["healed"]) == ["ocr", "smartSearch"]
    assert server.paused() == set()
    assert call(ledger="auto")["changed"] is False


def run_out(server: Emulator, connect: Connect, call: Call, ledger: str) -> None:
    call(state="paused", lease="dead", ledger=ledger)
    chosen = choose_ledger(connect(server), LedgerOptions(ledger))
    assert chosen.renew(chosen.records()[0], 1e-6)


def test_the_other_ledger_is_healed_before_a_lease_is_taken(server: Emulator, connect: Connect, call: Call) -> None:
    run_out(server, connect, call, "server")
    asked = options(ledger="auto", queues=QUEUES, state="paused", lease="nas")
    predicted = manage(connect(server, read_only=True), asked, True)
    held = manage(connect(server), asked, False)
    for result in (predicted, held):
        assert (result["healed"], result["expired_leases"]) == (QUEUES, ["dead"])
        assert (result["paused"], result["left_paused"], result["warnings"]) == (QUEUES, [], [])
    assert call(ledger="auto", state="running", lease="nas")["resumed"] == QUEUES
    assert server.paused() == set()


@pytest.mark.parametrize("given", [{"state": "running", "lease": "nas"}, {"state": "running", "queues": ["library"]}])
def test_every_call_heals_both_ledgers(server: Emulator, connect: Connect, call: Call, given: dict[str, Any]) -> None:
    run_out(server, connect, call, "server")
    result = call(ledger="auto", **given)
    assert (result["healed"], result["expired_leases"], result["changed"]) == (QUEUES, ["dead"], True)
    assert server.paused() == set()


@pytest.mark.parametrize("ledger", ["file", "server"])
@pytest.mark.parametrize("order", ["together", "chain"])
def test_a_change_by_hand_overrides_the_leases_in_both(server: Emulator, connect: Connect, call: Call, ledger: str, order: str) -> None:
    call(state="paused", lease="nas", ledger=ledger)
    asked = options(ledger="auto", queues=["ocr"], state="paused")
    assert manage(connect(server, read_only=True), asked, True)["changed"] is True
    assert manage(connect(server), asked, False)["changed"] is True
    assert call(state="running", lease="nas", ledger=ledger)["left_paused"] == ["ocr"]
    call(state="paused", lease="nas", ledger=ledger, queues=["smartSearch", "library"])
    assert call(state="running", ledger="auto", queues=["smartSearch", "library"], resume_order=order)["resumed"] == [
        "smartSearch",
        "library",
    ]
    server.pause("smartSearch")
    call(state="running", lease="nas", ledger=ledger)
    assert server.paused() == {"ocr", "smartSearch"}


@pytest.mark.parametrize("order", ["together", "chain"])
def test_change_without_lease_survives_failed_ledger(server: Emulator, connect: Connect, call: Call, order: str) -> None:
    call(state="paused", lease="nas", ledger="file")
    server.fault(method="GET", path="/albums", status=403, json={"message": "Forbidden"}, times=1000)
    asked: dict[str, Any] = {"ledger": "auto", "queues": ["ocr", "smartSearch"], "resume_order": order}
    said = "Leases in the other ledger (server) could not be overridden"
    for state in ("paused", "running"):
        predicted = manage(connect(server, read_only=True), options(state=state, **asked), True)
        result = call(state=state, **asked)
        assert (predicted["changed"], result["changed"]) == (True, True)
        for one in (predicted, result):
            assert len([warning for warning in one["warnings"] if warning.startswith(said)]) == 1
        assert ("ocr" in server.paused(), "smartSearch" in server.paused()) == ((True, True) if state == "paused" else (False, False))
    assert call(state="running", lease="nas", ledger="file")["left_paused"] == []
    assert server.paused() == set()


def test_leases_on_the_same_queues_in_both_are_warned_of(server: Emulator, call: Call) -> None:
    call(state="paused", lease="awx", ledger="server")
    (warning,) = call(state="paused", lease="nas", ledger="auto", queues=["smartSearch", "library"])["warnings"]
    assert {"(server)", "smartSearch", "awx."} <= set(warning.split())
    assert "library" not in warning
    assert "Set ledger to the same" in warning
    assert call(state="paused", lease="policy", ledger="auto", queues=["library"])["warnings"] == []
    assert server.paused() == {*QUEUES, "library"}


def test_named_ledger_is_used_alone(server: Emulator, connect: Connect, call: Call) -> None:
    run_out(server, connect, call, "server")
    assert call(ledger="file", state="paused", lease="nas", queues=["library"])["healed"] == []
    assert server.paused() == {*QUEUES, "library"}


def test_healing_warns_of_unreadable_ledger(server: Emulator, connect: Connect, call: Call) -> None:
    run_out(server, connect, call, "server")
    client = connect(server, server.make_key(user="admin", permissions=["queue.read", "queue.update"]))
    (warning,) = manage(client, options(ledger="auto"), False)["warnings"]
    assert "album.read, album.create, album.update, album.delete" in warning
    assert any("album.read" in warning for warning in describe(client, options(ledger="auto").ledger)["warnings"])
    held = manage(client, options(ledger="auto", state="paused", lease="nas", queues=["library"]), False)
    assert (held["paused"], held["warnings"]) == (["library"], [])
    assert manage(client, options(ledger="file"), False)["warnings"] == []


def test_an_old_server_without_scopes_gives_no_warning(any_server: Emulator, connect: Connect) -> None:
    key = any_server.make_key(user="admin", permissions=["queue.read", "queue.update", "job.read", "job.create"])
    client = connect(any_server, key)
    assert manage(client, options(ledger="auto", state="paused", lease="nas"), False)["warnings"] == []
    assert manage(client, options(ledger="auto", state="running", lease="nas"), False)["warnings"] == []
    assert any_server.paused() == set()
