# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`immich_copy` and a library of 20,000 files, 100 of which the target lacks: the lists are read, and no more than those 100 files."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.storage import new_id
from immich_emulator.testing import Emulator
from support.libraries import Account, picture

FILES, MISSING = 20_000, 100
PAGE = 1000
CHECKS = 60  # at most: the first asks for few files, so that the first transfer starts early
LARGEST = 120_000  # kB
# The module, which says at its end how large it ever was. What `wait4` says of a process counts the one that it was forked from.
RUN = """
import atexit, re, runpy, sys
atexit.register(lambda: sys.stderr.write(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)))
runpy.run_module("ansible_collections.selfhosted.immich.plugins.modules.immich_copy", run_name="__main__")
"""


def fill(data: Path, names: Iterable[str]) -> None:
    """Files in a server's database that differ from its only one in id, name and checksum. Nobody is to ask for their bytes."""
    with closing(sqlite3.connect(data / "immich.sqlite")) as database, database:
        columns = [column for _number, column, *_more in database.execute("PRAGMA table_info(assets)")]
        same = ", ".join(column for column in columns if column not in ("seq", "id", "name", "checksum"))
        database.executemany(
            f"INSERT INTO assets (id, name, checksum, {same}) SELECT ?, ?, ?, {same} FROM assets WHERE seq = 1",
            ((new_id(), name, sha1(name.encode()).hexdigest()) for name in names),
        )


def kinds(server: Emulator, *endings: str) -> Counter[str]:
    """How many requests there were since this was last asked, by how their paths end."""
    found = Counter(ending for one in server.requests() for ending in endings if str(one["path"]).endswith(ending))
    server.clear_requests()
    return found


def run(source: Account, target: Emulator) -> tuple[dict[str, Any], int]:
    """A copy: its result, and the largest size of its process in kB."""
    given = {"url": target.url, "api_key": target.api_key, "source_url": source.server.url, "source_api_key": source.api_key}
    command = [sys.executable, "-c", RUN, json.dumps({"ANSIBLE_MODULE_ARGS": given})]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, text=True, timeout=300, env=os.environ)
    return json.loads(done.stdout), int(done.stderr)


@pytest.fixture
def servers(emulator: Callable[..., Emulator], tmp_path: Path) -> tuple[Account, Emulator]:
    """The source, and the target, which has all but the last of its files."""
    names = [f"IMG_{number}.jpg" for number in range(FILES - MISSING - 1)]
    accounts = []
    for name in ("source", "target"):
        account = Account(emulator(version="3.1", data=tmp_path / name, job_seconds=0.001))
        account.upload("first.jpg")
        account.server.wait_idle()
        fill(tmp_path / name, names)
        accounts.append(account)
    source, target = accounts
    for number in range(MISSING):
        source.upload(f"new {number}.jpg", minutes=number)
    source.server.wait_idle()
    source.server.clear_requests()
    target.server.clear_requests()
    return source, target.server


def test_only_what_is_missing_is_read(servers: tuple[Account, Emulator]) -> None:
    source, target = servers
    result, peak = run(source, target)
    assert (result["uploaded"], result["duplicates"]) == (MISSING, FILES - MISSING)
    assert result["bytes_sent"] == sum(len(picture(f"new {number}.jpg")) for number in range(MISSING))
    assert peak < LARGEST
    read = kinds(source.server, "/original", "/search/metadata")
    assert read["/original"] == MISSING
    assert read["/search/metadata"] <= 2 * math.ceil(FILES / PAGE)
    sent = kinds(target, "/assets", "/bulk-upload-check")
    assert sent["/assets"] == MISSING
    assert sent["/bulk-upload-check"] <= CHECKS
    assert len(target.state()["assets"]) == FILES
    again, _peak = run(source, target)
    assert (again["changed"], again["duplicates"]) == (False, FILES)
    assert kinds(source.server, "/original")["/original"] == 0
