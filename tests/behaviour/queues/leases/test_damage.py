# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a ledger's file or an album's description holds: it is read as records that make sense, or set aside with a warning."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import FileLedger, LedgerOptions, describe, errors, manage
from support.ledgers import ENTRY, LEASE, MARK, SERVER, look_into

from ..conftest import Connect, options


def in_file(*entries: Any, **other: Any) -> str:
    return json.dumps({"version": 1, "server": SERVER, "leases": list(entries), **other})


def in_album(lease: Any) -> str:
    return json.dumps({"note": "", MARK: {"version": 1, **lease}})


BROKEN_LEASES: dict[str, dict[str, Any]] = {
    "a number of 400 digits": {"ttl": 10**400},
    "a number that no float can hold": {"ttl": 1e308 * 10},
    "a time that is not a number": {"ttl": float("nan")},
    "a time that is true": {"ttl": True},
    "a time beyond a year": {"ttl": 1e9},
    "half a surrogate pair": {"lease": "\ud800"},
    "a control character": {"lease": "\x1b[2J"},
    "a lease without a name": {"lease": " "},
    "a lease that is a list": {"lease": ["nas"]},
    "a queue that is an object": {"queues": [{}], "released": []},
    "queues in one text": {"queues": "ocr", "released": []},
    "a queue named twice": {"queues": ["ocr", "ocr"], "released": []},
    "a million queues": {"queues": [str(number) for number in range(20_000)], "released": []},
    "another queue released": {"released": ["smartSearch"]},
    "half a surrogate pair in the host": {"host": "\udfff"},
    "an intent that is a text": {"intent": "no"},
}
BROKEN_FILES: dict[str, str | bytes] = {
    **{name: in_file({**ENTRY, **change}) for name, change in BROKEN_LEASES.items()},
    "leases in an object": in_file().replace("[]", "{}"),
    "no leases": json.dumps({"version": 1, "server": SERVER}),
    "a lease that is a number": in_file(7),
    "a lease that is null": in_file(None),
    "two leases with one id": in_file(ENTRY, ENTRY),
    "an id that is an object": in_file({**ENTRY, "id": {}}),
    "a moment that is a text": in_file({**ENTRY, "renewed": "now"}),
    "a moment without end": in_file({**ENTRY, "renewed": {"wall": float("inf"), "boot": "b", "boottime": 5.0}}),
    "a moment of 400 digits": in_file({**ENTRY, "renewed": {"wall": 10**400, "boot": "b", "boottime": 5}}),
    "a moment 10^15 seconds ago": in_file({**ENTRY, "renewed": {"wall": -1e15, "boot": "b", "boottime": 5}}),
    "a version of 400 digits": in_file(version=10**400),
    "a version that is true": in_file(version=True),
    "200,000 brackets": "[" * 200_000,
    "200,000 brackets inside": in_file({**ENTRY, "more": "DEEP"}).replace('"DEEP"', "[" * 200_000 + "]" * 200_000),
    "5,000 digits": "1" * 5000,
    "more than a megabyte": in_file(ENTRY) + " " * (1 << 20),
    "UTF-16": in_file().encode("utf-16") + b"x",
    "no UTF-8": b'{"version": 1, "\xff": 1}',
    "nothing": b"",
}
BROKEN_DESCRIPTIONS: dict[str, str] = {
    **{name: in_album({**LEASE, **change}) for name, change in BROKEN_LEASES.items()},
    "a list": json.dumps([MARK]),
    "a text": json.dumps(MARK),
    "a lease that is null": json.dumps({MARK: None}),
    "a version that is a text": json.dumps({MARK: {"version": "x"}}),
    "200,000 brackets": MARK + "[" * 200_000,
    "200,000 brackets inside": '{"%s": %s' % (MARK, "[" * 200_000),  # braces
    "5,000 digits": '{"%s": %s}' % (MARK, "1" * 5000),
}


@pytest.fixture
def path(state_home: Path) -> Path:
    state_home.mkdir(parents=True)
    return Path(FileLedger(None, SERVER).path)


@pytest.mark.parametrize("content", BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_a_broken_file_is_set_aside(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    _records, (warning,) = look_into(path)
    assert "was renamed to" in warning
    ledger = FileLedger(None, SERVER)
    ledger.add("nas", ["ocr"], 9.0)
    assert [record.lease for record in ledger.records()] == ["nas"]
    assert not ledger.warnings


def folder(path: Path) -> None:
    path.mkdir()
    (path / "precious").write_text("kept")


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(path.parent)  # an address has room for a hundred characters
        try:
            one.bind(path.name)
        finally:
            os.chdir(here)


@pytest.mark.parametrize("make", [folder, bind, os.mkfifo])
def test_ledger_other_than_regular_file_is_set_aside(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    ledger = FileLedger(None, SERVER)
    ledger.add("nas", ["ocr"], 9.0)
    (warning,) = ledger.warnings
    assert "not a regular file" in warning
    assert [record.lease for record in ledger.records()] == ["nas"]
    (aside,) = path.parent.glob("*.set-aside-*")
    assert not aside.is_dir() or (aside / "precious").read_text() == "kept"


def test_ledgers_set_aside_in_same_second_are_kept(path: Path) -> None:
    for content in ("one", "two"):
        path.write_text(content)
        FileLedger(None, SERVER).records()
    assert {aside.read_text() for aside in path.parent.glob("*.set-aside-*")} == {"one", "two"}


def test_lease_whose_description_is_gone_is_reported(server: Emulator, connect: Connect) -> None:
    client = connect(server)
    manage(client, options(state="paused", lease="nas", ledger="server", queues=["ocr"]), False)
    (album,) = server.state()["albums"]
    for description in ("", json.dumps({"note": "Made by hand"})):
        client.albums.update(album["id"], description=description)
        for check_mode in (True, False):
            result = manage(client, options(ledger="server"), check_mode)
            assert ["which named the queues, is gone" in warning for warning in result["warnings"]] == [True]
    client.albums.update(album["id"], name="Background jobs at work")
    assert manage(client, options(ledger="server"), False)["warnings"] == []


@pytest.mark.parametrize("description", BROKEN_DESCRIPTIONS.values(), ids=BROKEN_DESCRIPTIONS)
def test_an_album_with_a_broken_description_is_left_alone(server: Emulator, connect: Connect, description: str) -> None:
    client = connect(server)
    client.albums.create("Background jobs \u2026", description)
    server.pause("ocr")
    for asked in ({"state": "running", "queues": ["library"]}, {"state": "paused", "lease": "nas", "queues": ["ocr", "smartSearch"]}, {}):
        result = manage(client, options(**{**asked, "ledger": "server"}), False)
        assert any("its description is damaged" in warning for warning in result["warnings"])
    assert describe(client, LedgerOptions("server"))["leases"][0]["holder"] == "nas"
    assert manage(client, options(state="running", lease="nas", ledger="server"), False)["resumed"] == ["smartSearch"]
    assert server.paused() == {"ocr"}
    assert len(server.state()["albums"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"description": [MARK]},
        {"albumName": None},
        {"id": 7},
        {"assetCount": "many"},
        {"assetCount": 1e400},
        {"updatedAt": "tomorrow"},
        {"updatedAt": "0001-01-01T00:00:00"},
        {"updatedAt": None},
    ],
)
def test_an_odd_album_is_an_error_or_a_warning(server: Emulator, connect: Connect, change: dict[str, Any]) -> None:
    album = {
        "id": "0f2c4a5e-8d0b-4a57-9d8a-0c4b7c0f5d11",
        "albumName": "Background jobs",
        "description": in_album(LEASE),
        "assetCount": 0,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        **change,
    }
    body = json.dumps([album]).replace("Infinity", "1e999")
    server.fault(method="GET", path="/albums$", times=None, status=200, body=body, headers={"Content-Type": "application/json"})
    try:
        result = manage(connect(server), options(state="running", ledger="server"), False)
    except errors.ImmichError as exc:
        assert "is not what Immich sends" in exc.msg
    else:
        assert any("its description is damaged" in warning for warning in result["warnings"])
    assert server.paused() == set()
