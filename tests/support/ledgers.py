# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down of leases, and what reading it owes, whatever it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.photoyard.immich.plugins.module_utils._client.values import Album
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs import results
from support.collection import FileLedger, LeaseRecord, ServerLedger

SERVER = "http://nas:2283"
MARK = "photoyard.immich lease"
LEASE: dict[str, Any] = {
    "lease": "nas",
    "queues": ["ocr", "library"],
    "released": ["ocr"],
    "ttl": 900.0,
    "intent": False,
    "host": "nas",
    "pid": 1,
}
ENTRY: dict[str, Any] = {"id": "1", **LEASE, "renewed": {"wall": 1.7e9, "boot": "b", "boottime": 5.0}}


def is_sound(records: list[LeaseRecord]) -> bool:
    """Whether all that is done with records works: they are shown, and JSON can hold that."""
    ledger = FileLedger("/nonexistent", SERVER)
    json.dumps([results.describe_record(ledger, record) for record in records]).encode()
    "".join([record.lease + record.host + "".join(record.queues) for record in records]).encode()
    return all(record.released <= set(record.queues) and record.live in (True, False) for record in records)


def look_into(file: Path) -> tuple[list[LeaseRecord], list[str]]:
    """Reads the file, which must come out whole or set aside."""
    content = file.read_bytes()
    ledger = FileLedger(str(file.parent), SERVER)
    records = ledger.records()
    assert is_sound(records)
    assert len(ledger.warnings) <= 1
    if ledger.warnings:
        assert records == []
        assert [aside.read_bytes() for aside in file.parent.glob("*.set-aside-*")] == [content]
    return records, ledger.warnings


class _Albums:
    """The calls on albums that reading needs."""

    server_time = 1.7e9

    def __init__(self, album: Album) -> None:
        self.album = album
        self.albums = self

    def mine(self) -> list[Album]:
        return [self.album]


def look_into_album(description: str, updated: str = "2026-01-01T00:00:00.000Z", name: str = "lease") -> None:
    """Reads an album, which must be a lease, or be named in a warning, or have nothing to do with one."""
    album = Album("1", name, description, 0, True, updated, updated)
    ledger = ServerLedger(_Albums(album))  # type: ignore[arg-type]
    records = ledger.records()
    assert is_sound(records)
    "".join(ledger.warnings).encode()
    assert len(records) + len(ledger.warnings) == (MARK in description)
