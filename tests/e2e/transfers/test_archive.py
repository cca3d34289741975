# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive of a library and the way back, by real `ansible-playbook` runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.photos.libraries import Account
from support.playbooks.playbook import Playbook
from support.playbooks.role import sentences

CHECKED = "5 would be copied, 1 album file would be written, immich-archive/about.json would be written."
FIRST = "5 copied, 1 album file written, immich-archive/about.json written."
ARCHIVE, UPLOAD = Path("photoyard.immich.archive"), Path("photoyard.immich.upload")


@pytest.mark.long
def test_archive_moves_assets_to_another_server(
    playbook: Playbook, server: Emulator, emulator: Callable[..., Emulator], tmp_path: Path
) -> None:
    account = Account(server)
    for number in range(3):
        account.upload(f"{number}.jpg", minutes=number)
    account.live("live.jpg")
    account.album("Rome", "1.jpg", "live.jpg")
    account.stack("0.jpg", "2.jpg")
    dest = tmp_path / "photos"
    variables = {"immich_archive_dest": str(dest)}
    check = playbook.run(ARCHIVE, "--check", server=server, variables=variables).ok()
    assert sentences(check).endswith(f": {CHECKED}")
    assert not dest.exists()
    run = playbook.run(ARCHIVE, server=server, variables=variables).ok()
    assert sentences(run).endswith(f": {FIRST}")
    assert "5 files in" in run.output
    assert "received" in run.output
    assert server.api_key not in run.output
    again = playbook.run(ARCHIVE, server=server, variables=variables).ok()
    assert again.changed == 0
    assert sentences(again).endswith(": nothing new, 5 as before.")
    (dest / "immich-archive/albums/Rome.json").unlink()
    album = playbook.run(ARCHIVE, server=server, variables=variables).ok()
    assert album.changed == 1
    assert sentences(album).endswith(": nothing new, 5 as before, 1 album file written.")
    (dest / "2024/2024-06/1.jpg").unlink()
    repair = playbook.run(ARCHIVE, server=server, variables=variables).ok()
    assert "0 new, 1 repaired, 4 already there, 0 failed" in repair.output
    assert sentences(repair).endswith(": 1 repaired, 4 as before.")
    other = emulator()
    back = playbook.run(UPLOAD, server=other, variables={"immich_upload_src": [str(dest)]}).ok()
    summary = sentences(back)
    assert summary.startswith("5 uploaded")
    assert "Archive of Immich, 1 archive: 4 pictures, 1 live photo, 1 album" in summary
    assert len(other.state()["assets"]) == 5


def test_archive_asks_for_immich_archive_dest(playbook: Playbook, server: Emulator) -> None:
    run = playbook.run(ARCHIVE, server=server)
    assert run.rc != 0
    assert "immich_archive_dest is not set" in run.output


def test_archive_with_refused_key_copies_nothing(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    variables = {"immich_archive_dest": str(tmp_path / "photos"), "immich_api_key": "wrong"}
    run = playbook.run(ARCHIVE, server=server, variables=variables)
    assert run.rc != 0
    assert "does not accept the API key" in run.output
    assert sentences(run).startswith(f"{tmp_path / 'photos'}: nothing was copied. ")
    assert "stopped early" not in run.output  # a line about files, before there were any


def test_archive_names_file_with_other_bytes(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    account = Account(server)
    account.upload("good.jpg")
    account.upload("bad.jpg", minutes=1)
    stored = next(asset["path"] for asset in server.state()["assets"] if asset["name"] == "bad.jpg")
    Path(stored).write_bytes(b"other bytes")
    run = playbook.run(ARCHIVE, server=server, variables={"immich_archive_dest": str(tmp_path / "photos")})
    assert run.rc != 0
    assert "bad.jpg: The server sends other bytes than it received" in run.output
    summary = sentences(run)
    assert f"{tmp_path / 'photos'}: 1 copied, " in summary
    assert summary.endswith("is not copied again.")
    assert (tmp_path / "photos/2024/2024-06/good.jpg").exists()
    assert not (tmp_path / "photos/2024/2024-06/bad.jpg").exists()
