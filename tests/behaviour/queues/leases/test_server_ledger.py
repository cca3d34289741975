# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger on the server, in albums."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases import leases, ledger_file
from immich_emulator.testing import Emulator
from support.collection import Leases, ServerLedger, manage
from support.http.sharing import ask, share_with_admin

from ..conftest import Connect, options
from .conftest import QUEUES, Call


def test_a_damaged_or_newer_album_is_left_alone_with_a_warning(server: Emulator, connect: Connect, call: Call) -> None:
    client = connect(server)
    for description in ('{"photoyard.immich lease": {"version": 1, "lea', '{"photoyard.immich lease": {"version": 7}}'):
        client.albums.create("Background jobs paused by hand", description)
    client.albums.create("Holiday", "by the sea")
    server.pause("ocr")
    result = call(state="paused", lease="nas", ledger="server")
    assert result["left_paused"] == ["ocr"]
    assert sorted("damaged" in warning or "version 7" in warning for warning in result["warnings"]) == [True, True]
    call(state="running", lease="nas", ledger="server")
    assert {album["name"] for album in server.state()["albums"]} == {"Background jobs paused by hand", "Holiday"}


def test_shared_album_of_other_user_is_not_lease(server: Emulator, connect: Connect, call: Call) -> None:
    """The user has made an album that says it is a lease, and has let the administrator edit it."""
    call(state="paused", lease="nas", ledger="server")
    admin, user = connect(server), connect(server, server.api_key)
    (lease,) = admin.albums.mine()
    copy = user.albums.create(lease.name, lease.description)
    share_with_admin(server, copy.id)
    everything = ask(server, server.admin_api_key, "GET", "/albums")
    assert {album["id"] for album in everything} == {lease.id, copy.id}
    try:
        for seen, leases in ((everything, [lease.id]), ([album for album in everything if album["id"] == copy.id], [])):
            # a server that does not look at the owner as it is asked to
            server.fault("GET", "^/albums$", times=1, status=200, json=seen)
            assert [record.id for record in ServerLedger(admin).records()] == leases
    finally:
        user.albums.delete(copy.id)


def test_lease_album_with_photos_is_renamed(server: Emulator, connect: Connect, call: Call) -> None:
    call(state="paused", lease="nas", ledger="server")
    client = connect(server)
    (album,) = client.albums.mine()
    server.fault(
        method="GET",
        path=f"/albums/{album.id}$",
        after=2,  # until it is to be removed
        times=1,
        status=200,
        json={
            "id": album.id,
            "albumName": "x",
            "albumUsers": [],
            "assetCount": 3,
            "createdAt": "2026-01-01T00:00:00.000Z",
            "updatedAt": "2026-01-01T00:00:00.000Z",
        },
    )
    result = call(state="running", lease="nas", ledger="server")
    assert any("contains photos, so it was renamed" in warning for warning in result["warnings"])
    assert server.paused() == set()
    (left,) = client.albums.mine()
    assert (left.id, left.description) == (album.id, "")


def test_server_ledger_uses_clock_of_server(server: Emulator, connect: Connect, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call(state="paused", lease="nas", ledger="server")
    monkeypatch.setattr(ledger_file, "now", lambda: ledger_file.Now(4e9, "", 0.0))
    monkeypatch.setattr("time.time", lambda: 4e9)
    (record,) = ServerLedger(connect(server)).records()
    assert record.live
    assert record.age < 30


@pytest.mark.parametrize("kind", ["change", "renew"])
def test_stale_change_does_not_restore_queues(server: Emulator, connect: Connect, call: Call, kind: str) -> None:
    call(state="paused", lease="nas", ledger="server")
    chosen = ServerLedger(connect(server))
    (stale,) = chosen.records()
    call(state="paused", queues=["ocr"], ledger="server")
    assert chosen.change(stale, stale.queues, ["smartSearch", "ocr"]) if kind == "change" else chosen.renew(stale, stale.ttl - 1)
    (record,) = chosen.records()
    assert record.queues == ("smartSearch",)
    assert record.released == ({"smartSearch"} if kind == "change" else set())
    chosen.remove(record)
    assert chosen.change(stale, [], []) is False
    assert chosen.renew(stale, 1.0) is False


@pytest.mark.parametrize("answer", [{"status": 400, "json": {"message": "Album not found"}}, {"status": 500}])
def test_an_album_removed_during_a_sweep_is_skipped(
    server: Emulator, connect: Connect, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    """Immich looks whether the album is there, loads it, and writes: it answers differently in each of these gaps."""
    owner, client = connect(server), connect(server, retries=0)
    for lease in ("mine", "other"):
        manage(owner, options(state="paused", lease=lease, ledger="server", queues=["ocr"]), False)
    (other,) = (record for record in ServerLedger(owner).records() if record.lease == "other")
    assert ServerLedger(owner).renew(other, 1e-6)
    update = client.albums.update

    def too_late(album_id: str, *given: Any, **more: Any) -> Any:
        if album_id == other.id:
            Leases(owner, ServerLedger(owner)).release("other")
            server.fault("PATCH", f"^/albums/{album_id}$", **answer)
        return update(album_id, *given, **more)

    monkeypatch.setattr(client.albums, "update", too_late)
    struck = server.struck()
    result = manage(client, options(state="paused", lease="mine", ledger="server", queues=["ocr"]), False)
    assert server.struck() == struck + 1
    assert (result["warnings"], result["healed"], result["expired_leases"]) == ([], [], [])
    assert [record.lease for record in ServerLedger(owner).records()] == ["mine"]
    assert server.paused() == {"ocr"}


def test_a_release_under_way_is_not_taken_for_an_expired_lease(
    server: Emulator, connect: Connect, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(state="paused", lease="nas", ledger="server", queues=["smartSearch"])
    chosen = ServerLedger(connect(server))
    (record,) = chosen.records()
    assert chosen.change(record, record.queues, record.queues)  # what a release begins with
    for check in (True, False):
        asked = options(state="paused", lease="other", ledger="server", queues=["ocr"])
        result = manage(connect(server, read_only=check), asked, check)
        assert (result["healed"], result["expired_leases"], result["warnings"]) == ([], [], [])
    assert server.paused() == set(QUEUES)
    monkeypatch.setattr(leases, "_RELEASE_TAKES", float("-inf"))  # it has died over it
    assert call(state="running", lease="other", ledger="server")["healed"] == ["smartSearch"]
    assert server.paused() == set()
    assert chosen.records() == []
