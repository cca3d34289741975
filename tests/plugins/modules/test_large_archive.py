# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`immich_archive` and a library of 8,000 files, 100 of which are new: the lists are read, and no more than those 100 files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._archive.manifest import PATH
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.fields import from_line
from immich_emulator.testing import Emulator
from support.collection import ArchiveRecord, Header, archive_sidecar
from support.photos.libraries import Account, Known, fill, picture
from support.playbooks.memory import run_measured

OLD, NEW = 7_900, 100
NEW_NAMES = [f"new-{number}.jpg" for number in range(NEW)]
NEW_BYTES = sum(len(picture(name)) for name in NEW_NAMES)
PAGES = 9  # lists of 1000, of which each begins with the last asset of the one before
MOST_MEMORY = 120_000_000  # bytes


def archive_of(photos: list[Known], folder: Path, owner: Header) -> None:
    """Writes the archive of an earlier run, which takes the module many seconds."""
    photos_in = folder / "2024" / "2024-06"
    photos_in.mkdir(parents=True)
    (folder / PATH).parent.mkdir()
    with (folder / PATH).open("wb") as manifest:
        manifest.write(owner.line)
        for photo in photos:
            moment, path = f"{photo.moment:%Y-%m-%dT%H:%M:%SZ}", f"2024/2024-06/{photo.name}"
            record = ArchiveRecord(photo.id, path, photo.checksum, len(photo.name), photo.name, modified=moment)._replace(
                metadata=from_line({"taken": moment}, [])
            )
            (folder / path).write_text(photo.name)
            (folder / f"{path}.xmp").write_bytes(archive_sidecar(record.metadata))
            manifest.write(record.line)


def calls(server: Emulator) -> Counter[str]:
    """How often each was made since the last time that this was asked."""
    found = Counter(f"{one['method']} {re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}', 'ID', one['path'])}" for one in server.requests())
    server.clear_requests()
    return found


@pytest.mark.long
def test_large_archive_reads_lists_and_new_files_only(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator(data=tmp_path / "server")
    account = Account(server)
    archive_of(
        fill(tmp_path / "server", [f"old-{number}.jpg" for number in range(OLD)]),
        tmp_path / "archive",
        Header(account.ask("GET", "/users/me")["id"], server.url),
    )
    for name in NEW_NAMES:
        account.upload(name)
    server.wait_idle()  # what is read of the metadata is in the archive too
    server.clear_requests()
    options = {"url": server.url, "api_key": server.api_key, "dest": str(tmp_path / "archive")}

    result, peak = run_measured("immich_archive", **options)
    assert {name: count for name, count in result["counts"].items() if count} == {"archived": NEW, "unchanged": OLD}
    assert result["bytes_received"] == NEW_BYTES
    assert peak < MOST_MEMORY
    made = calls(server)
    assert made.pop("GET /assets/ID/original") == NEW
    # Of what is archived or hidden there is nothing. Each list is counted.
    assert made.pop("POST /search/metadata") == PAGES + 2 + 3
    assert max(made.values()) <= 2

    result, peak = run_measured("immich_archive", **options)
    assert (result["changed"], result["counts"]["unchanged"], result["bytes_received"]) == (False, OLD + NEW, 0)
    assert peak < MOST_MEMORY
    made = calls(server)
    assert made.pop("POST /search/metadata") == PAGES + 2 + 3
    assert "GET /assets/ID/original" not in made
    assert max(made.values()) <= 2
