# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk is away for two nights, and Immich scans by itself: with the guard of the role immich_server, nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.photos.jpegs import write_photo
from support.playbooks.playbook import Playbook

SERVER = Path("photoyard.immich.server")


def declared(disk: Path, **more: Any) -> dict[str, Any]:
    """A library whose disk may be away, beside Immich's own nightly scan."""
    library = {"name": "NAS", "owner": "user@example.com", "import_paths": [f"{disk}/photos"], "require": [f"{disk}/.mounted"]}
    config = {"library": {"scan": {"enabled": True}, "watch": {"enabled": False}}}
    return {"immich_server_config": config, "immich_server_libraries": [{**library, "scan": "changed"}], **more}


@pytest.mark.long
@pytest.mark.parametrize("guarded", [True, False])
def test_library_survives_nights_with_guard(playbook: Playbook, server: Emulator, tmp_path: Path, guarded: bool) -> None:
    disk = tmp_path / "nas"
    for number in range(3):
        write_photo(disk / "photos" / f"{number}.jpg", number)
    (disk / ".mounted").touch()
    variables = declared(disk, **({} if guarded else {"immich_server_library_guard": False}))
    first = playbook.run(SERVER, server=server, variables=variables).ok()
    assert len(first.task("Make the server as it is declared").result.get("warnings", [])) == (0 if guarded else 1)
    server.wait_idle()
    assert [one["offline"] for one in server.state()["assets"]] == [False] * 3
    disk.rename(tmp_path / "away")
    predicted = playbook.run(SERVER, server=server, variables=variables, check=True).ok()
    assert (predicted.changed, server.paused()) == (guarded, set())
    away = playbook.run(SERVER, server=server, variables=variables).ok()
    assert (away.changed, server.paused()) == (guarded, {"library"} if guarded else set())
    for _night in range(2):
        server.run_nightly_jobs(days=1)
        server.wait_idle()
    assert [one["offline"] for one in server.state()["assets"]] == [not guarded] * 3
    if not guarded:
        return
    assert playbook.run(SERVER, server=server, variables=variables).ok().changed == 0
    (tmp_path / "away").rename(disk)
    playbook.run(SERVER, server=server, variables=variables).ok()
    server.wait_idle()
    assert server.paused() == set()
    assert [(one["offline"], one["trashed"]) for one in server.state()["assets"]] == [(False, False)] * 3
    assert playbook.run(SERVER, server=server, variables=variables).ok().changed == 0
