# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive's tests share: whole runs in this process, over real HTTP to an embedded server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._client import transport
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.model import Camera
from immich_emulator.testing import Emulator
from support.collection import ArchiveRecord, Metadata, Position
from support.photos.libraries import Account
from support.runs import Archives as Archives
from support.runs import Result as Result
from support.tiers import newest_in_test

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
IDS = st.uuids().map(str)
RECORDS = st.builds(
    ArchiveRecord,
    id=IDS,
    path=st.just("a/b.jpg"),
    checksum=st.just("a" * 40),
    size=st.integers(0, 2**62),
    name=TEXTS,
    server_checksum=st.none() | st.just("b" * 40),
    modified=st.just("2024-07-01T10:00:00Z"),
    live=st.none() | IDS,
    stack=st.none() | IDS,
)
"""Records that a manifest can hold, with nothing said of the photo."""
METADATA = st.builds(
    Metadata,
    taken=st.none(),
    favorite=st.booleans(),
    visibility=st.sampled_from(["timeline", "archive", "hidden", "secret"]) | TEXTS,
    rating=st.none() | st.sampled_from((-1, 1, 2, 3, 4, 5)),
    position=st.none() | st.builds(Position, st.floats(), st.floats()),
    zone=st.none() | TEXTS,
    camera=st.none() | st.builds(Camera, TEXTS, st.sampled_from(["M3", "M3" * 200]), TEXTS),
)
"""What a server may say of a photo, also what a manifest cannot hold."""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    monkeypatch.setattr(transport, "delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture
def archives(emulator: Callable[..., Emulator], tmp_path: Path) -> Archives:
    """Runs from a server of the newest version."""
    return Archives(Account(emulator(job_seconds=0.001)), tmp_path / "archive")


@pytest.fixture
def archives_of_old(emulator: Callable[..., Emulator], tmp_path: Path) -> Archives:
    """Runs from a server that orders photos of one moment anyhow."""
    return Archives(Account(emulator(version="2.7", job_seconds=0.001)), tmp_path / "archive")


@pytest.fixture(params=newest_in_test("1.135", "2.7", "3.1"))
def each_version(request: pytest.FixtureRequest, emulator: Callable[..., Emulator], tmp_path: Path) -> Archives:
    """Runs from a server of each version in turn."""
    return Archives(Account(emulator(version=request.param, job_seconds=0.001)), tmp_path / "archive")


def filled(account: Account, count: int = 6) -> None:
    """Uploads photos that are taken a minute apart."""
    for number in range(count):
        account.upload(f"{number}.jpg", minutes=number)


def counts(result: Result) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in result["counts"].items() if count}
