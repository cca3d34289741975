# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Immich's own command line client is content with the embedded server of its time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.conformance.forms import video
from immich_emulator.testing import Emulator
from support.photos.jpegs import write_photos

pytestmark = pytest.mark.check

REPOSITORY = Path(__file__).resolve().parents[2]
CLIENT = REPOSITORY / ".cache/immich-cli/node_modules/@immich/cli/bin/immich"


@pytest.fixture(scope="module")
def immich() -> list[str]:
    """The client's command."""
    subprocess.run([REPOSITORY / "tools/install_immich_cli.sh"], check=True, stdin=subprocess.DEVNULL)
    return [str(Path(sys.executable).with_name("node")), str(CLIENT)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two folders of photos, a film, a sidecar and a file that is none of Immich's."""
    root = tmp_path / "photos"
    photos = write_photos(root, 6, folders=2)
    (root / "Trip 02" / "clip.mp4").write_bytes(video("cli"))
    Path(f"{photos[0]}.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", encoding="utf-8")
    (root / "Trip 01" / "notes.txt").write_text("not for Immich", encoding="utf-8")
    return root


def upload(immich: list[str], server: Emulator, folder: Path) -> subprocess.CompletedProcess[str]:
    """Uploads a folder, with an album for each of its folders."""
    return subprocess.run(
        [*immich, "upload", "--recursive", "--album", "--concurrency", "2", str(folder)],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder.parent),
            "IMMICH_INSTANCE_URL": f"{server.url}/api",
            "IMMICH_API_KEY": server.api_key,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def sha1(path: Path) -> str:
    """A file's checksum."""
    return hashlib.sha1(path.read_bytes()).hexdigest()


def test_a_folder_goes_up_whole(immich: list[str], emulator: Callable[..., Emulator], folder: Path) -> None:
    server = emulator("3.1")
    done = upload(immich, server, folder)
    assert done.returncode == 0, done.stderr
    media = [path for path in folder.rglob("*") if path.suffix in (".jpg", ".mp4")]
    state = server.state()
    assert {(a["name"], a["checksum"], tuple(a["albums"]), a["owner"]) for a in state["assets"]} == {
        (path.name, sha1(path), (path.parent.name,), "user") for path in media
    }
    assert len(state["assets"]) == len(media)
    (sidecar,) = folder.rglob("*.xmp")
    assert {a["name"]: a["sidecar"] for a in state["assets"] if a["sidecar"]} == {sidecar.stem: sha1(sidecar)}
    assert sorted(album["name"] for album in state["albums"]) == ["Trip 01", "Trip 02"]
    assert state["partial_uploads"] == 0


def test_second_cli_upload_sends_nothing(immich: list[str], emulator: Callable[..., Emulator], folder: Path) -> None:
    server = emulator("3.1")
    upload(immich, server, folder)
    server.wait_idle()
    before, seen = server.state()["assets"], server.requests()[-1]["n"]
    done = upload(immich, server, folder)
    assert done.returncode == 0, done.stderr
    assert server.state()["assets"] == before
    assert [r["path"] for r in server.requests(since=seen) if r["path"] == "/assets"] == []


def test_an_older_server_misses_the_device_ids(immich: list[str], emulator: Callable[..., Emulator], folder: Path) -> None:
    server = emulator("2.7")
    done = upload(immich, server, folder)
    assert "deviceAssetId must be a string" in done.stdout
    assert server.state()["assets"] == []
    assert server.state()["partial_uploads"] == 0
