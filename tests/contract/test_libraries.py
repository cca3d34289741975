# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""External libraries of the embedded server: files that go and come back, as was observed on real servers of each version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.photos.jpegs import live_sidecar, write_photo
from support.photos.libraries import Account


class Disk:
    """A library of the server's user on a disk that can be taken away."""

    def __init__(self, server: Emulator, folder: Path) -> None:
        self.server, self.photos = server, folder / "photos"
        self.account, self.admin = Account(server), Account(server, server.admin_api_key)
        for number in range(2):
            write_photo(self.photos / f"{number}.jpg", number)
        owner = self.account.ask("GET", "/users/me")["id"]
        self.id = self.admin.ask("POST", "/libraries", json={"ownerId": owner, "importPaths": [str(self.photos)]})["id"]
        self.scan()
        self.account.ids.update({one["name"]: one["id"] for one in server.state()["assets"]})

    def scan(self) -> None:
        self.admin.ask("POST", f"/libraries/{self.id}/scan")
        self.server.wait_idle()

    def take_away(self) -> None:
        self.photos.rename(self.photos.with_name("away"))

    def bring_back(self) -> None:
        self.photos.with_name("away").rename(self.photos)

    def assets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.server.state()["assets"]
        return found


@pytest.fixture(params=["1.135", "2.7", "3.1"])
def disk(request: pytest.FixtureRequest, emulator: Callable[..., Emulator], tmp_path: Path) -> Disk:
    """A disk with two photos."""
    return Disk(emulator(request.param, job_seconds=0.001), tmp_path)


def test_scan_takes_missing_files_offline_and_back(disk: Disk) -> None:
    album = disk.account.album("Rome", "0.jpg")
    disk.account.ask("DELETE", "/assets", json={"ids": [disk.account.ids["1.jpg"]]})
    before = {one["id"] for one in disk.assets()}
    disk.take_away()
    disk.scan()
    assert [(one["offline"], one["trashed"]) for one in disk.assets()] == [(True, True)] * 2
    found = disk.account.ask("GET", f"/albums/{album}")
    assert (found["assetCount"], found["albumThumbnailAssetId"]) == (0, None)
    assert disk.account.ask("GET", f"/assets/{disk.account.ids['0.jpg']}")["isOffline"] is True
    searched = disk.account.ask("POST", "/search/metadata", json={"libraryId": disk.id, "isOffline": True})["assets"]["items"]
    assert {one["id"] for one in searched} == before
    assert disk.account.ask("POST", "/trash/restore/assets", json={"ids": [disk.account.ids["0.jpg"]]}) == {"count": 1}
    disk.account.ask("POST", "/trash/empty")
    disk.server.wait_idle()
    assert [one["offline"] for one in disk.assets()] == [True, True]
    disk.bring_back()
    disk.scan()
    assert {one["id"] for one in disk.assets()} == before
    assert [(one["name"], one["offline"], one["trashed"]) for one in disk.assets()] == [("0.jpg", False, False), ("1.jpg", False, True)]
    assert disk.account.ask("GET", f"/albums/{album}")["albumThumbnailAssetId"] == disk.account.ids["0.jpg"]


def test_paused_queue_keeps_nightly_scans_from_library(disk: Disk) -> None:
    disk.server.pause("library")
    disk.take_away()
    for _night in range(2):
        disk.server.run_nightly_jobs(days=1)
    disk.server.wait_idle()
    assert [one["offline"] for one in disk.assets()] == [False, False]
    disk.bring_back()
    disk.server.resume("library")
    disk.server.wait_idle()
    assert [one["offline"] for one in disk.assets()] == [False, False]


def test_nightly_check_deletes_files_missed_for_long(disk: Disk) -> None:
    (disk.photos / "0.jpg").unlink()
    disk.scan()
    disk.server.run_nightly_jobs(days=29)
    disk.server.wait_idle()
    assert len(disk.assets()) == 2
    disk.server.run_nightly_jobs(days=2)
    disk.server.wait_idle()
    assert [one["name"] for one in disk.assets()] == ["1.jpg"]
    config = disk.admin.ask("GET", "/system-config")
    config["trash"]["enabled"] = False
    disk.admin.ask("PUT", "/system-config", json=config)
    disk.take_away()
    disk.scan()
    disk.server.run_nightly_jobs()
    disk.server.wait_idle()
    assert (disk.assets(), (disk.photos.with_name("away") / "1.jpg").exists()) == ([], True)


def test_moved_file_is_another_asset(disk: Disk) -> None:
    old = disk.account.ids["0.jpg"]
    (disk.photos / "0.jpg").rename(disk.photos / "2.jpg")
    disk.scan()
    (new,) = [one for one in disk.assets() if one["name"] == "2.jpg"]
    assert new["id"] != old
    disk.account.ask("DELETE", "/assets", json={"ids": [old], "force": True})
    disk.server.wait_idle()
    assert sorted(one["name"] for one in disk.assets()) == ["1.jpg", "2.jpg"]
    assert (disk.photos / "2.jpg").exists()


def test_video_goes_with_its_last_photo(disk: Disk) -> None:
    video = write_photo(disk.photos / "live.mov", 5)
    disk.scan()
    disk.account.ids.update({one["name"]: one["id"] for one in disk.assets()})
    for name in ("0.jpg", "1.jpg"):
        disk.account.change(name, livePhotoVideoId=disk.account.ids["live.mov"])
    (disk.photos / "0.jpg").unlink()
    (disk.photos / "1.jpg").unlink()
    disk.scan()
    left = []
    for name in ("0.jpg", "1.jpg"):
        disk.account.ask("DELETE", "/assets", json={"ids": [disk.account.ids[name]], "force": True})
        disk.server.wait_idle()
        left.append((len(disk.assets()), video.exists()))
    assert left == [(2, True), (0, False)]


def test_identifier_joins_halves_old_and_new(disk: Disk) -> None:
    for half in ("live.jpg", "live.mov"):
        write_photo(disk.photos / half, 5)
        (disk.photos / f"{half}.xmp").write_bytes(live_sidecar("a"))
    disk.scan()
    old = {one["name"]: one for one in disk.assets()}
    assert old["live.jpg"]["live_video"] == old["live.mov"]["id"]
    disk.photos.rename(disk.photos.with_name("moved"))
    disk.admin.ask("PUT", f"/libraries/{disk.id}", json={"importPaths": [str(disk.photos.with_name("moved"))]})
    disk.scan()
    new = {one["name"]: one for one in disk.assets() if not one["offline"]}
    old = {one["name"]: one for one in disk.assets() if one["offline"]}
    joined = (old["live.jpg"]["live_video"], new["live.jpg"]["live_video"])
    assert joined == (new["live.mov"]["id"], old["live.mov"]["id"])


def test_copy_of_sidecar_deletes_target_sidecar(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    disk = Disk(emulator("3.1", job_seconds=0.001), tmp_path)
    for name in ("2.jpg", "3.jpg"):
        write_photo(disk.photos / name, 5)
        (disk.photos / f"{name}.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    disk.scan()
    ids = {one["name"]: one["id"] for one in disk.assets()}
    (disk.photos / "2.jpg.xmp").unlink()
    both = {"sourceId": ids["2.jpg"], "targetId": ids["3.jpg"]}
    disk.account.ask("PUT", "/assets/copy", json={**both, "sidecar": False})
    assert (disk.photos / "3.jpg.xmp").exists()
    with pytest.raises(OSError, match="500"):
        disk.account.ask("PUT", "/assets/copy", json={**both, "stack": False})
    assert not (disk.photos / "3.jpg.xmp").exists()


def test_second_copy_dissolves_the_stack(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    disk = Disk(emulator("3.1", job_seconds=0.001), tmp_path)
    target = disk.account.upload("up.jpg")
    disk.server.wait_idle()
    disk.account.stack("0.jpg", "1.jpg")
    body = {"sourceId": disk.account.ids["0.jpg"], "targetId": target, "sidecar": False}
    disk.account.ask("PUT", "/assets/copy", json=body)
    assert [len(one["assets"]) for one in disk.server.state()["stacks"]] == [3]
    disk.account.ask("PUT", "/assets/copy", json=body)
    assert disk.server.state()["stacks"] == []


def test_same_face_twice_makes_two(disk: Disk) -> None:
    for _number in range(2):
        disk.account.person("Ann", "0.jpg")
    faces = disk.account.ask("GET", f"/faces?id={disk.account.ids['0.jpg']}")
    assert [(face["boundingBoxX1"], face["boundingBoxX2"], face["person"]["name"]) for face in faces] == [(1, 3, "Ann")] * 2
    first, second = faces
    disk.account.ask("PUT", f"/faces/{second['person']['id']}", json={"id": first["id"]})
    again = disk.account.ask("GET", f"/faces?id={disk.account.ids['0.jpg']}")
    assert {face["person"]["id"] for face in again} == {second["person"]["id"]}
