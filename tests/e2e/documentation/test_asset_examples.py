# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the guide on changing many photos at once: what the server has afterwards, and that a second run changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.photos.shots import Shot, ask, send_shots, shot_bytes
from support.playbooks.playbook import REPOSITORY, Playbook
from support.playbooks.readme import examples

GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_assets.rst")
SHOTS = (Shot("Screenshot_1.png"), Shot("scan.jpg", 60, None), Shot("b2.jpg", 120, "Box 2"), Shot("blank_page_1.jpg", 180, None))

Look = Callable[[dict[str, Any]], Any]


@pytest.fixture
def library(emulator: Callable[..., Emulator]) -> Emulator:
    """A server with a screenshot, a scan in an album, a photo of another camera, and a blank page."""
    server = emulator(job_seconds=0.001)
    ids = send_shots(server, *SHOTS)
    ask(server, "POST", "/albums", json={"albumName": "Summer 1987", "assetIds": [ids["scan.jpg"]]})
    tags = ask(server, "PUT", "/tags", json={"tags": ["Trip/Rome"]})
    ask(server, "PUT", f"/tags/{tags[-1]['id']}/assets", json={"ids": [ids["b2.jpg"]]})
    server.wait_idle()
    ask(server, "PUT", "/assets", json={"ids": [ids["b2.jpg"]], "rating": 5})
    server.wait_idle()
    library = "0b0f2c1e-7d5f-4a44-9a3e-2f1d8a6f1c11"
    server.control("POST", "library", {"assets": [ids["scan.jpg"]], "library": library, "folder": "/mnt/photos/2024/Rome"})
    return server


def exif(name: str) -> Look:
    return lambda asset: asset["exifInfo"][name]


# The photo that an example changes, what is looked at, and what that is afterwards.
EXAMPLES: dict[str, tuple[str, Look, Any]] = {
    "screenshots": ("Screenshot_1.png", lambda asset: asset["visibility"], "archive"),
    "scans": ("scan.jpg", lambda asset: (exif("dateTimeOriginal")(asset)[:10], exif("latitude")(asset)), ("1987-08-01", 45.438)),
    "clock": ("b2.jpg", lambda asset: asset["localDateTime"][:19], "2024-06-01T11:02:00"),
    "zone": ("b2.jpg", lambda asset: asset["localDateTime"][:19], "2024-06-01T08:02:00"),
    "place": ("scan.jpg", exif("longitude"), 12.5),
    "stars": ("b2.jpg", lambda asset: asset["isFavorite"], True),
    "album": ("b2.jpg", lambda asset: asset["albums"], ["Rome"]),
    "folders": ("scan.jpg", lambda asset: asset["albums"], ["2024 / Rome", "Summer 1987"]),
    "unsorted": ("Screenshot_1.png", lambda asset: [tag["value"] for tag in asset["tags"]], ["To sort"]),
    "trash": ("blank_page_1.jpg", lambda asset: asset["isTrashed"], True),
}


# Those of one group select other photos than each other, or set other values.
GROUPS = (("screenshots", "scans", "clock", "album"), ("place", "zone", "stars", "folders", "unsorted", "trash"))


def test_every_example_is_tested() -> None:
    assert EXAMPLES.keys() == {name for group in GROUPS for name in group}
    assert GUIDE.keys() == EXAMPLES.keys() | {"sidecar"}


@pytest.mark.long
@pytest.mark.parametrize("group", GROUPS, ids=["first", "second"])
def test_asset_examples_change_photos_once(playbook: Playbook, library: Emulator, tmp_path: Path, group: tuple[str, ...]) -> None:
    for name in group:
        (tmp_path / f"{name}.yml").write_text(GUIDE[name])
    *files, last = (tmp_path / f"{name}.yml" for name in group)

    def run(*options: str) -> int:
        """Runs the playbooks of all examples, one after the other. How many tasks have changed something."""
        return playbook.run(last, *options, *map(str, files), server=library).ok().changed

    assert run("--check") == len(group)
    assert run() == sum(GUIDE[name].count("- name:") for name in group)
    library.wait_idle()
    assets = {asset["name"]: asset for asset in library.state()["assets"]}
    for name in group:
        photo, look, expected = EXAMPLES[name]
        state = assets[photo]
        assert look({**ask(library, "GET", f"/assets/{state['id']}"), "albums": state["albums"]}) == expected, name
    assert run() == 0


def test_sidecar_example_changes_photo_once(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    """The host has the library at another path than the server, which may not write there."""
    server, here, seen = emulator(job_seconds=0.001), tmp_path / "here", tmp_path / "seen"
    (here / "1987").mkdir(parents=True)
    (here / "1987" / "scan.jpg").write_bytes(shot_bytes(SHOTS[1]))
    seen.symlink_to(here)
    about = {"ownerId": ask(server, "GET", "/users/me")["id"], "name": "NAS", "importPaths": [str(seen)]}
    made = ask(server, "POST", "/libraries", api_key=server.admin_api_key, json=about)
    ask(server, "POST", f"/libraries/{made['id']}/scan", api_key=server.admin_api_key)
    server.wait_idle()
    server.switch(read_only_libraries=True)
    file = tmp_path / "sidecar.yml"
    text = GUIDE["sidecar"].replace("hosts: nas", "hosts: localhost").replace("/mnt/photos", str(seen))
    file.write_text(text.replace("/volume1/photo", str(here)))
    assert playbook.run(file, server=server, check=True).ok().changed == 1
    assert playbook.run(file, server=server).ok().changed == 1
    server.wait_idle()
    asset = ask(server, "GET", f"/assets/{server.state()['assets'][0]['id']}")
    assert (asset["exifInfo"]["description"], asset["exifInfo"]["rating"]) == ("Summer in Verona", 4)
    assert [tag["value"] for tag in asset["tags"]] == ["Scan"]
    assert playbook.run(file, server=server).ok().changed == 0
