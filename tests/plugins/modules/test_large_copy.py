# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`immich_copy` and a library of 8,000 files, 100 of which the target lacks: the lists are read, and no more than those 100 files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.photos.libraries import Account, fill, picture
from support.playbooks.memory import run_measured

FILES, MISSING = 8_000, 100
PAGE = 1000
CHECKS = 30  # at most: the first asks for few files, so that the first transfer starts early
MOST_MEMORY = 120_000_000  # bytes


def kinds(server: Emulator, *endings: str) -> Counter[str]:
    """How many requests there were since this was last asked, by how their paths end."""
    found = Counter(ending for one in server.requests() for ending in endings if str(one["path"]).endswith(ending))
    server.clear_requests()
    return found


def run(source: Account, target: Emulator) -> tuple[dict[str, Any], int]:
    """A copy: its result, and the most memory that it had."""
    given = {"url": target.url, "api_key": target.api_key, "source_url": source.server.url, "source_api_key": source.api_key}
    return run_measured("immich_copy", **given)


@pytest.fixture
def servers(emulator: Callable[..., Emulator], tmp_path: Path) -> tuple[Account, Emulator]:
    """The source, and the target, which has all but the last of its files."""
    names = [f"IMG_{number}.jpg" for number in range(FILES - MISSING)]
    accounts = []
    for name in ("source", "target"):
        account = Account(emulator(version="3.1", data=tmp_path / name, job_seconds=0.001))
        fill(tmp_path / name, names)
        accounts.append(account)
    source, target = accounts
    for number in range(MISSING):
        source.upload(f"new {number}.jpg", minutes=number)
    source.server.wait_idle()
    source.server.clear_requests()
    target.server.clear_requests()
    return source, target.server


def test_large_copy_reads_missing_originals_only(servers: tuple[Account, Emulator]) -> None:
    source, target = servers
    result, peak = run(source, target)
    assert (result["uploaded"], result["duplicates"]) == (MISSING, FILES - MISSING)
    assert result["bytes_sent"] == sum(len(picture(f"new {number}.jpg")) for number in range(MISSING))
    assert peak < MOST_MEMORY
    read = kinds(source.server, "/original", "/search/metadata")
    assert read["/original"] == MISSING
    assert read["/search/metadata"] <= 2 * math.ceil(FILES / PAGE) + 6  # each list is counted
    sent = kinds(target, "/assets", "/bulk-upload-check")
    assert sent["/assets"] == MISSING
    assert sent["/bulk-upload-check"] <= CHECKS
    assert len(target.state()["assets"]) == FILES
    again, peak = run(source, target)
    assert (again["changed"], again["duplicates"]) == (False, FILES)
    assert kinds(source.server, "/original")["/original"] == 0
    assert peak < MOST_MEMORY
