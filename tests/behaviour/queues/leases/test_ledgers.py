# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two kinds of ledger: what they hold, what may be wrong with it, and whose ledger_file counts."""

from __future__ import annotations

import json
import shutil
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases import leases, ledger_file
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases import state_folder as place
from immich_emulator.testing import Emulator
from support.collection import FileLedger, Leases, LedgerOptions, ServerLedger, choose_ledger, describe, errors, manage
from support.http.sharing import ask, share_with_admin
from support.http.wire import writes

from ..conftest import Connect, options

QUEUES = ["smartSearch", "ocr"]
Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(server: Emulator, connect: Connect) -> Call:
    return lambda **given: manage(connect(server), options(**{"queues": QUEUES, **given}), False)


@pytest.fixture
def folder(state_home: Path) -> Path:
    state_home.mkdir(parents=True)
    return state_home


def ledger_in(folder: Path) -> Path:
    (file,) = folder.glob("leases-*.json")
    return file


# The file.


def test_the_file_is_private_and_removed_with_the_last_lease(call: Call, state_home: Path) -> None:
    call(state="paused", lease="nas")
    file = ledger_in(state_home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state_home.stat().st_mode) == 0o700
    assert [lease["lease"] for lease in json.loads(file.read_text())["leases"]] == ["nas"]
    call(state="running", lease="nas")
    assert not file.exists()


def test_a_lease_is_recorded_although_its_folder_vanishes(tmp_path: Path) -> None:
    ledger = FileLedger(str(tmp_path / "folder"), "http://nas:2283")
    with ledger.turn(adding=True):
        shutil.rmtree(tmp_path / "folder")
        ledger.add("nas", ["ocr"], 9.0)
    assert [record.lease for record in ledger.records()] == ["nas"]


def test_calls_that_need_no_ledger_make_none(call: Call, state_home: Path) -> None:
    call(state="paused")
    call(state="running")
    call(state="running", lease="nobody")
    call()
    assert not state_home.exists()


def test_another_server_has_another_file(tmp_path: Path) -> None:
    one, other = FileLedger(str(tmp_path), "http://nas:2283"), FileLedger(str(tmp_path), "https://photos.example.com")
    one.add("mine", ["ocr"], 9.0)
    assert [record.lease for record in one.records()] == ["mine"]
    assert other.records() == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "damaged"),
        (b'{"version": 1, "server": "', "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b'[{"lease": "x"}]', "damaged"),
        (b'{"version": 1, "server": "SERVER", "leases": [{"lease": "x"}]}', "damaged"),
        (
            b'{"version": 1, "server": "SERVER", "leases": [{"id": "1", "lease": "x", "queues": "ocr", "released": [], "ttl": 9}]}',
            "damaged",
        ),
        (b'{"version": 0, "server": "SERVER", "leases": []}', "version 0"),
        (b'{"version": 1, "server": "http://elsewhere", "leases": []}', "another server"),
    ],
)
def test_a_damaged_or_foreign_file_is_set_aside_with_a_warning(
    server: Emulator, connect: Connect, call: Call, folder: Path, content: bytes, reason: str
) -> None:
    content = content.replace(b"SERVER", server.url.encode())
    path = Path(FileLedger(None, server.url).path)
    path.write_bytes(content)
    server.pause("ocr")
    shown = describe(connect(server, read_only=True), options().ledger)
    assert any("cannot be used" in warning for warning in shown["warnings"])
    assert path.read_bytes() == content, "looking changes nothing"
    result = call(state="paused", lease="nas")
    (warning,) = result["warnings"]
    assert "was renamed to" in warning
    assert reason in warning
    (aside,) = folder.glob("*.set-aside-*")
    assert aside.read_bytes() == content
    assert result["left_paused"] == ["ocr"]
    assert call(state="running", lease="nas")["warnings"] == []
    assert server.paused() == {"ocr"}


def test_a_link_in_the_place_of_the_file_is_not_followed(server: Emulator, call: Call, folder: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = Path(FileLedger(None, server.url).path)
    path.symlink_to(victim)
    (warning,) = call(state="paused", lease="nas")["warnings"]
    assert "symbolic link" in warning
    assert victim.read_text() == "precious"
    assert not path.is_symlink()


def test_a_sound_file_of_another_user_is_left_to_its_holder(
    server: Emulator, connect: Connect, call: Call, state_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(state="paused", lease="nas")
    path = ledger_in(state_home)
    content = path.read_bytes()
    with monkeypatch.context() as patches:
        patches.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
        for given in ({}, {"state": "paused", "lease": "root"}, {"state": "running", "lease": "nas"}):
            with pytest.raises(errors.RunFailed, match=r"belongs to another user.*Run this as its owner"):
                call(**given)
        shown = describe(connect(server, read_only=True), options().ledger)
        assert any("belongs to another user" in warning for warning in shown["warnings"])
    assert path.read_bytes() == content
    call(state="running", lease="nas")
    assert server.paused() == set()


def test_a_file_of_a_newer_version_is_left_to_it(server: Emulator, call: Call, folder: Path) -> None:
    path = Path(FileLedger(None, server.url).path)
    content = json.dumps({"version": 2, "server": server.url, "leases": []})
    path.write_text(content)
    with pytest.raises(errors.RunFailed, match=r"version 2.*its version of the collection"):
        call(state="paused", lease="nas")
    assert path.read_text() == content
    assert writes(server) == []


def test_a_damaged_file_of_another_user_is_set_aside(server: Emulator, call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(FileLedger(None, server.url).path)
    path.write_text('{"ver')
    monkeypatch.setattr("os.geteuid", lambda: folder.stat().st_uid + 1)
    (warning,) = call(state="running")["warnings"]
    assert "was renamed to" in warning


@pytest.mark.parametrize("ttl", [float("inf"), float("nan"), 1e12, -1.0])
def test_an_impossible_ttl_is_refused_before_any_write(
    server: Emulator, connect: Connect, call: Call, state_home: Path, ttl: float
) -> None:
    call(state="paused", lease="nas")
    content = ledger_in(state_home).read_bytes()
    with pytest.raises(errors.InvalidRequest, match="lease_ttl must be more than 0 seconds and at most"):
        call(state="paused", lease="silly", lease_ttl=ttl)
    leases = Leases(connect(server), FileLedger(None, server.url))
    for work in (lambda: leases.hold("silly", ["ocr"], ttl), lambda: leases.renew("nas", ttl)):
        with pytest.raises(errors.InvalidRequest):
            work()
    for ledger in (FileLedger(None, server.url), ServerLedger(connect(server))):
        with pytest.raises(errors.InvalidRequest, match="cannot be recorded"):
            ledger.add("silly", ["ocr"], ttl)
    assert ledger_in(state_home).read_bytes() == content
    call(state="running", lease="nas")
    assert server.paused() == set()


@pytest.mark.parametrize("breaking", ["write", "fsync", "rename"])
def test_a_full_disk_fails_before_anything_is_paused(
    server: Emulator, call: Call, state_home: Path, monkeypatch: pytest.MonkeyPatch, breaking: str
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patches:
        if breaking == "write":
            patches.setattr("os.fchmod", full)
        else:
            patches.setattr(f"os.{breaking}", full)
        with pytest.raises(errors.RunFailed, match="cannot be written: No space left on device"):
            call(state="paused", lease="nas")
    assert writes(server) == []
    assert server.paused() == set()
    assert not [file for file in state_home.iterdir() if file.suffix in (".json", ".new")]
    assert call(state="paused", lease="nas")["paused"] == QUEUES


def test_a_full_disk_does_not_keep_the_queues_paused(server: Emulator, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call(state="paused", lease="nas")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patches:
        patches.setattr("os.fsync", full)
        with pytest.raises(errors.RunFailed, match="No space left") as caught:
            call(state="running", lease="nas")
    assert caught.value.result["resumed"] == QUEUES
    assert server.paused() == set()
    assert call(state="running", lease="nas")["lease"] is None


def full_disk(monkeypatch: pytest.MonkeyPatch, server: Emulator) -> pytest.MonkeyPatch:
    """From when no queue is paused any more, nothing can be written."""

    def sync(_descriptor: int) -> None:
        if not server.paused():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", sync)
    return monkeypatch


def test_a_chain_that_fails_at_last_says_all_it_resumed(server: Emulator, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call(state="paused", lease="nas")
    with monkeypatch.context() as patches, pytest.raises(errors.RunFailed, match="No space left") as caught:
        full_disk(patches, server)
        call(state="running", lease="nas", resume_order="chain")
    assert caught.value.result["resumed"] == QUEUES
    assert call(state="running", lease="nas")["lease"] is None


def test_a_failed_clean_up_says_what_it_healed(server: Emulator, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call(state="paused", lease="dead", lease_ttl=0.1)
    time.sleep(0.2)
    with monkeypatch.context() as patches, pytest.raises(errors.RunFailed, match="No space left") as caught:
        full_disk(patches, server)
        call()
    assert caught.value.result["changed"]
    assert caught.value.result["healed"] == QUEUES
    assert caught.value.result["expired_leases"] == ["dead"]
    assert server.paused() == set()


def test_a_resume_that_stops_half_way_says_how_far_it_came(server: Emulator, call: Call) -> None:
    call(state="paused")
    server.fault("GET", "^/queues$", after=4, times=None, status=401, json={"message": "Invalid API key"})
    with pytest.raises(errors.RunFailed) as caught:
        call(state="running", resume_order="chain")
    server.clear_faults()
    assert caught.value.result["resumed"] == QUEUES[:1]
    assert server.paused() == set(QUEUES[1:])
    call(state="running")


def test_a_folder_that_cannot_be_made_fails_before_the_pause(server: Emulator, call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.RunFailed, match="Not a directory"):
        call(state="paused", lease="nas", ledger_dir=str(tmp_path / "file" / "ledger"))
    assert writes(server) == []


class Moment:
    """A ledger_file that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.value = ledger_file.Now(1_700_000_000.0, "boot 1", 5000.0)
        monkeypatch.setattr(ledger_file, "now", lambda: self.value)

    def pass_by(self, seconds: float) -> None:
        self.value = self.value._replace(wall=self.value.wall + seconds, boottime=self.value.boottime + seconds)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    return Moment(monkeypatch)


@pytest.mark.parametrize("jump", [-1e8, -3600, 3600, 1e8])
def test_a_clock_that_is_set_neither_frees_nor_freezes_a_lease(tmp_path: Path, moment: Moment, jump: float) -> None:
    chosen = FileLedger(str(tmp_path), "http://nas")
    chosen.add("nas", ["ocr"], 900.0)
    moment.value = moment.value._replace(wall=moment.value.wall + jump)
    moment.pass_by(890)
    assert chosen.records()[0].live
    moment.pass_by(20)
    assert not chosen.records()[0].live


@pytest.mark.parametrize(
    ("wall", "live"), [(60, True), (899, True), (901, False), (-60, True), (-899, True), (-901, False), (1e8, False), (-1e8, False)]
)
def test_a_wall_clock_set_back_prolongs_a_lease_once_at_most(tmp_path: Path, moment: Moment, wall: float, live: bool) -> None:
    chosen = FileLedger(str(tmp_path), "http://nas")
    chosen.add("nas", ["ocr"], 900.0)
    moment.value = ledger_file.Now(moment.value.wall + wall, "boot 2", 30.0)
    assert chosen.records()[0].live is live


def test_the_time_asleep_counts(tmp_path: Path) -> None:
    present = ledger_file.now()
    assert ledger_file.seconds_since(
        {"wall": present.wall + 500, "boot": present.boot, "boottime": present.boottime - 100}
    ) == pytest.approx(100, abs=5)


# The server.


def test_a_damaged_or_newer_album_is_left_alone_with_a_warning(server: Emulator, connect: Connect, call: Call) -> None:
    client = connect(server)
    for description in ('{"selfhosted.immich lease": {"version": 1, "lea', '{"selfhosted.immich lease": {"version": 7}}'):
        client.albums.create("Background jobs paused by hand", description)
    client.albums.create("Holiday", "by the sea")
    server.pause("ocr")
    result = call(state="paused", lease="nas", ledger="server")
    assert result["left_paused"] == ["ocr"]
    assert sorted("damaged" in warning or "version 7" in warning for warning in result["warnings"]) == [True, True]
    call(state="running", lease="nas", ledger="server")
    assert {album["name"] for album in server.state()["albums"]} == {"Background jobs paused by hand", "Holiday"}


def test_an_album_that_another_user_shares_is_not_a_lease(server: Emulator, connect: Connect, call: Call) -> None:
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


def test_an_album_with_photos_in_it_is_not_removed(server: Emulator, connect: Connect, call: Call) -> None:
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


def test_the_servers_clock_counts_and_not_this_hosts(
    server: Emulator, connect: Connect, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(state="paused", lease="nas", ledger="server")
    monkeypatch.setattr(ledger_file, "now", lambda: ledger_file.Now(4e9, "", 0.0))
    monkeypatch.setattr("time.time", lambda: 4e9)
    (record,) = ServerLedger(connect(server)).records()
    assert record.live
    assert record.age < 30


@pytest.mark.parametrize("kind", ["change", "renew"])
def test_what_was_taken_out_of_an_album_meanwhile_stays_out(server: Emulator, connect: Connect, call: Call, kind: str) -> None:
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


# Which of the two.

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
def test_auto_is_the_server_where_this_host_will_not_last(
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
    monkeypatch.setattr(place, "in_container", lambda: contained)
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


@pytest.mark.parametrize(
    "given", [{"state": "running", "lease": "nas"}, {"state": "running", "queues": ["library"]}, {"command": "clear_failed"}]
)
def test_whatever_is_done_heals_the_other_ledger_too(server: Emulator, connect: Connect, call: Call, given: dict[str, Any]) -> None:
    run_out(server, connect, call, "server")
    result = call(ledger="auto", **given)
    assert (result["healed"], result["expired_leases"], result["changed"]) == (QUEUES, ["dead"], True)
    assert server.paused() == set()


def test_a_named_ledger_is_the_only_one_used(server: Emulator, connect: Connect, call: Call) -> None:
    run_out(server, connect, call, "server")
    assert call(ledger="file", state="paused", lease="nas", queues=["library"])["healed"] == []
    assert server.paused() == {*QUEUES, "library"}


def test_healing_warns_of_a_ledger_that_the_key_cannot_read(server: Emulator, connect: Connect, call: Call) -> None:
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
