# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`immich_archive` and a library of 20,000 files, 100 of which are new: the lists are read, and no more than those 100 files."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.selfhosted.immich.plugins.module_utils._archive.folder.manifest import PATH, Header
from ansible_collections.selfhosted.immich.plugins.module_utils._archive.folder.sidecar import archive_sidecar
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.exports.immich_archive.record import Record
from immich_emulator.storage import insert_sql, iso, new_id
from immich_emulator.testing import Emulator
from support.libraries import NOON, Account, picture

OLD, NEW = 19_900, 100
NEW_NAMES = [f"new-{number}.jpg" for number in range(NEW)]
NEW_BYTES = sum(len(picture(name)) for name in NEW_NAMES)
PAGES = 21  # lists of 1000, of which each begins with the last asset of the one before
MOST_MEMORY = 120_000_000  # bytes

# The process tells its own peak: what wait4 tells of a child begins with the memory of pytest, which it was forked from.
MEASURED = """
import runpy, sys
try:
    runpy.run_module("ansible_collections.selfhosted.immich.plugins.modules.immich_archive", run_name="__main__")
finally:
    print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM:")), file=sys.stderr)
"""


class Old(NamedTuple):
    """A photo whose original is its name."""

    id: str
    name: str
    checksum: str
    moment: datetime


def fill(data: Path) -> list[Old]:
    """Has a server with this folder know the old photos: uploading them would take longer than what is tested.

    It has no originals of them, and answers 404 to whoever asks for one.
    """
    photos = []
    for number in range(OLD):
        name = f"old-{number}.jpg"
        photos.append(Old(new_id(), name, hashlib.sha1(name.encode()).hexdigest(), NOON + timedelta(minutes=number)))
    with closing(sqlite3.connect(data / "immich.sqlite")) as database, database:
        (owner,) = database.execute("SELECT id FROM users WHERE label = 'user'").fetchone()
        about = {"owner": owner, "type": "IMAGE", "favorite": 0, "visibility": "timeline", "extracted": 1}
        for photo in photos:
            times = dict.fromkeys(("file_created", "file_modified", "local_date", "uploaded", "updated"), iso(photo.moment))
            of_it = {"id": photo.id, "name": photo.name, "checksum": photo.checksum, "size": len(photo.name), "shown_path": photo.name}
            row = about | times | of_it
            database.execute(insert_sql("assets", row), tuple(row.values()))
    return photos


def archive_of(photos: list[Old], folder: Path, owner: Header) -> None:
    """What an earlier run would have left, which takes the module more than 20 seconds to make."""
    photos_in = folder / "2024" / "2024-06"
    photos_in.mkdir(parents=True)
    (folder / PATH).parent.mkdir()
    with (folder / PATH).open("wb") as manifest:
        manifest.write(owner.line)
        for photo in photos:
            moment, path = f"{photo.moment:%Y-%m-%dT%H:%M:%SZ}", f"2024/2024-06/{photo.name}"
            record = Record(photo.id, path, photo.checksum, len(photo.name), photo.name, taken=moment, modified=moment)
            (folder / path).write_text(photo.name)
            (folder / f"{path}.xmp").write_bytes(archive_sidecar(record))
            manifest.write(record.line)


def run(**options: Any) -> tuple[dict[str, Any], int]:
    """What the module returns as a process of its own, and the most memory that it had, in bytes."""
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": options})
    done = subprocess.run([sys.executable, "-c", MEASURED, arguments], env=os.environ, capture_output=True, text=True, timeout=120)
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    assert peak is not None, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result, int(peak[1]) * 1024


def calls(server: Emulator) -> Counter[str]:
    """How often each was made since the last time that this was asked."""
    found = Counter(f"{one['method']} {re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}', 'ID', one['path'])}" for one in server.requests())
    server.clear_requests()
    return found


def test_an_archive_reads_the_lists_and_what_is_new(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator(data=tmp_path / "server")
    account = Account(server)
    archive_of(fill(tmp_path / "server"), tmp_path / "archive", Header(account.ask("GET", "/users/me")["id"], server.url))
    for name in NEW_NAMES:
        account.upload(name)
    server.wait_idle()  # what is read of the metadata is in the archive too
    server.clear_requests()
    options = {"url": server.url, "api_key": server.api_key, "dest": str(tmp_path / "archive")}

    result, peak = run(**options)
    assert {name: count for name, count in result["counts"].items() if count} == {"archived": NEW, "unchanged": OLD}
    assert result["bytes_received"] == NEW_BYTES
    assert peak < MOST_MEMORY
    made = calls(server)
    assert made.pop("GET /assets/ID/original") == NEW
    assert made.pop("POST /search/metadata") == PAGES + 2  # of what is archived or hidden there is nothing
    assert max(made.values()) <= 2

    result, peak = run(**options)
    assert (result["changed"], result["counts"]["unchanged"], result["bytes_received"]) == (False, OLD + NEW, 0)
    assert peak < MOST_MEMORY
    made = calls(server)
    assert made.pop("POST /search/metadata") == PAGES + 2
    assert "GET /assets/ID/original" not in made
    assert max(made.values()) <= 2
