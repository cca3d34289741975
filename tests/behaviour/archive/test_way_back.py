# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a server to a folder, and from there to an empty server: field by field what it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, ExportOptions, Hooks, Immich, Run, RunLines, UploadOptions, upload
from support.photos.jpegs import CAMERA_SIDECAR, jpeg
from support.photos.libraries import Account
from support.photos.shots import Shot, send_shots, stacks_of
from support.tiers import newest_in_test

from .conftest import Archives

Servers = Callable[..., Emulator]


def bring_back(account: Account, *src: Path, check: bool = False, **options: Any) -> dict[str, Any]:
    """An upload to the account."""
    client = Immich(Connection(account.server.url, ApiKey(account.server.api_key), timeout=5.0, retries=1), read_only=check)
    asked = UploadOptions(src=[str(path) for path in src], **options)
    with closing(client), Run("run") as signals, RunLines() as lines:
        lines.outcome.result = upload(client, asked, Hooks(signals, lines), check_mode=check)
    return lines.outcome.result


def search(account: Account, **wanted: Any) -> list[dict[str, Any]]:
    """Assets, wherever they are."""
    asked = ({"visibility": one, "size": 1000, **wanted} for one in ("timeline", "archive", "hidden"))
    return [found for one in asked for found in account.ask("POST", "/search/metadata", json=one)["assets"]["items"]]


def library(account: Account) -> dict[str, Any]:
    """All that a person sees of a library, with checksums in place of ids."""
    account.server.wait_idle()
    assets = {one["id"]: account.ask("GET", f"/assets/{one['id']}") for one in search(account)}
    sums = {asset_id: one["checksum"] for asset_id, one in assets.items()}
    stacks = {
        tuple(sorted(sums[one["id"]] for one in stack["assets"])): sums[stack["primaryAssetId"]] for stack in account.ask("GET", "/stacks")
    }
    albums = {}
    for album in account.ask("GET", "/albums"):
        members = sorted(sums[one["id"]] for one in search(account, albumIds=[album["id"]]))
        albums[album["albumName"]] = (album["description"], album["order"], members)
    return {
        "albums": albums,
        "stacks": stacks,
        "assets": {
            one["checksum"]: {
                "name": one["originalFileName"],
                "live": sums.get(one["livePhotoVideoId"]),
                "tags": sorted(tag["value"] for tag in one["tags"]),
                **{key: one[key] for key in ("type", "visibility", "isFavorite", "fileCreatedAt", "localDateTime", "fileModifiedAt")},
                **{key: one["exifInfo"][key] for key in ("description", "rating", "latitude", "longitude", "fileSizeInByte")},
                "camera": [one["exifInfo"][key] for key in ("make", "model", "lensModel")],
                # The embedded server does not look up the zone of a place.
                "timeZone": one["exifInfo"]["timeZone"] if one["exifInfo"]["latitude"] is None else None,
            }
            for one in assets.values()
        },
    }


def test_the_camera_of_a_scan_comes_back(archives: Archives, emulator: Servers) -> None:
    archives.account.upload("scan.jpg", sidecar=CAMERA_SIDECAR)
    archives.account.server.wait_idle()
    archives()
    assert not archives()["changed"]
    assert b'"make":"Leica","model":"M3","lens":"Elmar 50 & hood"' in archives.files()["immich-archive/assets.jsonl"]
    target = Account(emulator())
    bring_back(target, archives.dest)
    (restored,) = library(target)["assets"].values()
    assert restored["camera"] == ["Leica", "M3", "Elmar 50 & hood"]


def live_through(account: Account) -> None:
    """A library with all that an archive carries."""
    account.upload("exif.jpg", jpeg(4711), minutes=1)
    for number in range(12):
        account.upload(f"IMG_{number}.jpg", minutes=number)
    account.upload('con: "odd" *.jpg', minutes=20)
    account.upload("archived.jpg", minutes=21, visibility="archive")
    account.live("live.heic", minutes=22)
    account.live("IMG_1.heic", minutes=23)
    account.upload("film.mp4", b"a film", minutes=24)
    account.album("Rome", "IMG_0.jpg", "IMG_1.jpg", "film.mp4", description="In <summer>", order="asc")
    account.album("rome", "IMG_1.jpg", "archived.jpg", "live.heic")
    account.tag("Trip/Rome/Forum", "IMG_2.jpg", "IMG_3.jpg")
    account.tag("1.50", "IMG_4.jpg")
    account.change("IMG_5.jpg", description='Two\nlines & "signs"', rating=5)
    account.change("IMG_9.jpg", rating=-1)
    account.change("IMG_6.jpg", latitude=-33.865, longitude=151.21)
    account.change("IMG_7.jpg", dateTimeOriginal="1969-12-31T23:59:58.000+05:30")
    account.change("archived.jpg", isFavorite=True)
    account.change("live.heic", isFavorite=True, description="It moves")
    account.stack("IMG_8.jpg", "IMG_9.jpg")
    account.stack("IMG_11.jpg", "IMG_10.jpg", "IMG_0.jpg")


@pytest.mark.parametrize("version", newest_in_test("1.135", "3.1"))
def test_archive_round_trip_keeps_library(archives: Archives, emulator: Servers, version: str) -> None:
    live_through(archives.account)
    archives()
    target = Account(emulator(version=version, job_seconds=0.001))
    predicted = bring_back(target, archives.dest, check=True)
    done = bring_back(target, archives.dest)
    assert done["export"]["layout"] == "immich_archive"
    assert (done["uploaded"], done["live_photos"], done["stacks"]["created"], done["export"]["unused"]) == (20, 2, 2, 0)
    assert [predicted[key] for key in ("counts", "live_photos", "stacks")] == [done[key] for key in ("counts", "live_photos", "stacks")]
    before, after = library(archives.account), library(target)
    for checksum, asset in before["assets"].items():
        assert after["assets"][checksum] == asset
    assert after == before
    assert not bring_back(target, archives.dest)["changed"]


def test_archived_scans_are_not_stacked_as_burst(archives: Archives, emulator: Servers) -> None:
    """The archive knows the times that Immich gave them; no camera does."""
    send_shots(archives.server, *(Shot(f"scan {number}.jpg", number / 4, dated=False) for number in range(8)))
    archives()
    target = Account(emulator(job_seconds=0.001))
    done = bring_back(target, archives.dest, stack=("burst",))
    assert (done["uploaded"], stacks_of(target.server)) == (8, [])


def test_a_packed_archive_comes_back_too(archives: Archives, emulator: Servers, tmp_path: Path) -> None:
    live_through(archives.account)
    archives(layout="{album}/{year}")
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", archives.dest.parent, "archive")
    target = Account(emulator(job_seconds=0.001))
    bring_back(target, Path(packed))
    before, after = library(archives.account), library(target)
    for one in (before, after):
        for asset in one["assets"].values():
            del asset["fileModifiedAt"]  # a ZIP file has it to two seconds, in local time
    assert after == before


def test_a_lost_manifest_leaves_the_sidecars(archives: Archives, emulator: Servers) -> None:
    live_through(archives.account)
    archives()
    (archives.dest / "immich-archive/assets.jsonl").unlink()
    target = Account(emulator(job_seconds=0.001))
    bring_back(target, archives.dest)
    before, after = library(archives.account), library(target)
    for checksum, asset in before["assets"].items():
        if asset["visibility"] == "timeline":
            for key in ("description", "rating", "tags", "latitude", "fileCreatedAt", "localDateTime"):
                assert after["assets"][checksum][key] == asset[key]


def test_moved_and_missing_files_are_reported(archives: Archives, emulator: Servers) -> None:
    archives.account.upload("a.jpg")
    archives.account.upload("b.jpg", minutes=1)
    archives.account.upload("c.jpg", minutes=2)
    archives()
    archives.account.ask("DELETE", "/assets", json={"ids": [archives.account.ids["a.jpg"]], "force": True})
    archives.server.wait_idle()
    archives(prune=True)
    (archives.dest / "2024/2024-06/b.jpg").unlink()
    result = bring_back(Account(emulator()), archives.dest)
    assert result["uploaded"] == 1
    assert result["skip_reasons"] == {"removed": 2}
    (unused,) = result["export"]["unused_files"]
    assert unused["reason"].endswith(": 2024/2024-06/b.jpg")


@pytest.mark.parametrize("version", newest_in_test("1.135", "3.1"))
def test_albums_with_same_name_come_back_apart(archives: Archives, emulator: Servers, version: str) -> None:
    account = archives.account
    for number in range(6):
        account.upload(f"{number}.jpg", minutes=number)
    for description, first in (("oldest", 4), ("middle", 2), ("newest", 0)):
        account.album("Same", f"{first}.jpg", f"{first + 1}.jpg", description=description)
    account.album("Same (2)", "0.jpg")
    archives()
    assert len([path for path in archives.files() if path.startswith("immich-archive/albums/")]) == 4
    target = Account(emulator(version=version, job_seconds=0.001))
    predicted = bring_back(target, archives.dest, check=True)
    done = bring_back(target, archives.dest)
    for result in (predicted, done):
        found = sorted((one["name"], one["added"], one["created"]) for one in result["albums"])
        assert found == [*[("Same", 2, True)] * 3, ("Same (2)", 1, True)]
    before = {"oldest": ["4.jpg", "5.jpg"], "middle": ["2.jpg", "3.jpg"], "newest": ["0.jpg", "1.jpg"]}
    assert same_named(target) == before
    again = bring_back(target, archives.dest)
    assert (again["changed"], same_named(target)) == (False, before)
    account.album("Same", "0.jpg", "5.jpg", description="later")
    archives()
    assert [one["added"] for one in bring_back(target, archives.dest)["albums"]] == [2]
    assert same_named(target) == {**before, "later": ["0.jpg", "5.jpg"]}


def same_named(account: Account) -> dict[str, list[str]]:
    """The files of the albums of one name, by their descriptions."""
    found = [album for album in account.ask("GET", "/albums") if album["albumName"] == "Same"]
    return {one["description"]: sorted(asset["originalFileName"] for asset in search(account, albumIds=[one["id"]])) for one in found}


def test_album_without_a_name_is_said(archives: Archives, emulator: Servers) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        archives.account.upload(name)
    archives.account.album("", "a.jpg", "b.jpg")
    archives.account.album("", "c.jpg")
    archives.account.album("")
    archives.account.album("Rome", "a.jpg")
    archives()
    left_out, with_them = (Account(emulator(job_seconds=0.001)) for _ in range(2))
    predicted, done = bring_back(left_out, archives.dest, check=True), bring_back(left_out, archives.dest)
    (warning,) = done["warnings"]
    assert warning.startswith("2 albums without a name ")
    assert "'untitled_albums: create'" in warning
    assert predicted["warnings"] == [warning]
    assert [one["albumName"] for one in left_out.ask("GET", "/albums")] == ["Rome"]
    assert bring_back(with_them, archives.dest, export=ExportOptions(untitled_albums="create"))["warnings"] == []
    assert sorted(one["albumName"] for one in with_them.ask("GET", "/albums")) == ["Rome", "Untitled", "Untitled"]
