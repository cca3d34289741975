# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`existing_metadata: complete`: what Immich lacks of what an export says is filled in, and nothing is overwritten."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests as http

from immich_emulator.testing import Emulator
from support.exports.media import Camera, heic, jpeg, local, video

from ..conftest import Uploads, by_name, counts, read_metadata

COMPLETE: dict[str, Any] = {"existing_metadata": "complete", "layout": "google_takeout", "live_photos": False}
ROME_TIME = local(datetime(2017, 7, 8, 9, 30, 11, tzinfo=UTC), 2)
"""What a clock in Rome showed at the moment that Google knows."""
HERE = {"latitude": 41.9, "longitude": 12.5, "altitude": 0.0}


def said(
    name: str,
    description: str = "",
    geo: dict[str, float] | None = None,
    favorited: bool = False,
    archived: bool = False,
    taken: str = "1499506211",
) -> bytes:
    """Google's JSON file for a picture."""
    moment = {"timestamp": taken, "formatted": "08.07.2017, 09:30:11 UTC"}
    nowhere = {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0}
    found: dict[str, Any] = {"title": name, "description": description, "photoTakenTime": moment, "creationTime": moment}
    found.update(geoData=geo or nowhere, url=f"https://photos.google.com/photo/{name}")
    found.update(favorited=favorited, archived=archived)
    return json.dumps(found).encode()


def export(folder: Path, name: str = "a.jpg", content: bytes | None = None, **facts: Any) -> Path:
    """A Takeout with one picture more."""
    target = folder / "Takeout" / "Google Photos" / "Photos from 2017"
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_bytes(jpeg(name) if content is None else content)
    (target / (name + ".json")).write_bytes(said(name, **facts))
    return folder


def asset(server: Emulator, name: str = "a.jpg") -> dict[str, Any]:
    """An asset as the server shows it."""
    headers = {"x-api-key": server.api_key}
    found: dict[str, Any] = http.get(f"{server.url}/api/assets/{by_name(server)[name]['id']}", headers=headers, timeout=10).json()
    return found


def change(server: Emulator, name: str = "a.jpg", **changes: Any) -> None:
    """An edit by the user."""
    headers = {"x-api-key": server.api_key}
    url = f"{server.url}/api/assets/{by_name(server)[name]['id']}"
    http.put(url, json=changes, headers=headers, timeout=10).raise_for_status()


def seen(server: Emulator, name: str) -> dict[str, Any]:
    """An asset's time, position, favourite mark and visibility."""
    found = asset(server, name)
    exif = {key: found["exifInfo"][key] for key in ("latitude", "longitude")}
    return {**exif, **{key: found[key] for key in ("fileCreatedAt", "localDateTime", "isFavorite", "visibility")}}


def delete_all(server: Emulator) -> None:
    """Deletes all assets for good."""
    ids = [one["id"] for one in server.state()["assets"]]
    url, headers = f"{server.url}/api/assets", {"x-api-key": server.api_key}
    http.delete(url, json={"ids": ids, "force": True}, headers=headers, timeout=10).raise_for_status()
    server.wait_idle()


def updates(server: Emulator) -> list[dict[str, Any]]:
    """The requests that changed assets."""
    server_log = server.requests(writes=True)
    return [one for one in server_log if one["method"] in ("PUT", "PATCH")]


def there_before(uploads: Uploads, src: Path) -> None:
    """Brings the pictures of an export without a word of what it says, and lets the server read them."""
    uploads(src, layout="folder", include=["*.jpg", "*.heic", "*.mov", "*.mp4"])
    read_metadata(uploads.server)
    uploads.server.clear_requests()


def test_completion_fills_missing_metadata_once(each_version: Uploads, tmp_path: Path) -> None:
    server = each_version.server
    src = export(export(tmp_path, "b.jpg"), description="Rome & <you>", geo=HERE, favorited=True)
    there_before(each_version, src)
    change(server, "b.jpg", dateTimeOriginal="2001-02-03T04:05:06.000Z")  # by hand: it lacks nothing
    server.wait_idle()
    server.clear_requests()
    predicted = each_version(src, check=True, **COMPLETE)
    assert updates(server) == []
    result = each_version(src, **COMPLETE)
    assert predicted["metadata_completed"] == result["metadata_completed"] == 1
    assert predicted["changed"]
    assert result["changed"]
    assert predicted["diff"] == result["diff"]
    assert "complete " + str(next(tmp_path.rglob("a.jpg"))) in result["diff"]["after"]
    assert counts(result)[:2] == [0, 2]
    found = asset(server)
    assert found["exifInfo"]["description"] == "Rome & <you>"
    assert (found["exifInfo"]["latitude"], found["exifInfo"]["longitude"]) == (41.9, 12.5)
    assert found["isFavorite"]
    assert len(updates(server)) == 1
    again = each_version(src, **COMPLETE)
    assert again["metadata_completed"] == 0
    assert not again["changed"]
    assert len(updates(server)) == 1
    server.wait_idle()  # once Immich has written it to the sidecar and read that again
    again = each_version(src, **COMPLETE)
    assert again["metadata_completed"] == 0
    assert not again["changed"]
    assert len(updates(server)) == 1
    found = asset(server)
    assert found["exifInfo"]["description"] == "Rome & <you>"
    assert found["fileCreatedAt"] == "2017-07-08T09:30:11.000Z"
    assert asset(server, "b.jpg")["fileCreatedAt"] == "2001-02-03T04:05:06.000Z"


@pytest.mark.parametrize(
    ("about", "completed"),
    [({"description": "null"}, 0), ({"description": "0"}, 1), ({"description": "1.50"}, 1), ({"rating": -1}, 0), ({"rating": 2}, 1)],
    ids=str,
)
def test_completion_skips_values_lost_by_immich(uploads: Uploads, tmp_path: Path, about: dict[str, Any], completed: int) -> None:
    """Each run would do so again. Immich 3.1 has no rejected photos any more."""
    (tmp_path / "a.jpg").write_bytes(jpeg("a"))
    (tmp_path / "a.jpg.JSON").write_text(json.dumps({"software": "immich-go version:0.31.0", "fileName": "a.jpg", **about}))
    options = {**COMPLETE, "layout": "immich_go"}
    there_before(uploads, tmp_path)
    result = uploads(tmp_path, **options)
    uploads.server.wait_idle()
    assert result["metadata_completed"] == completed
    assert not uploads(tmp_path, **options)["changed"]
    found = asset(uploads.server)["exifInfo"]
    expected = about if completed else {"description": "", "rating": None}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        ("a.jpg", Camera()),
        ("IMG_20150102_030405.jpg", Camera()),
        ("a.jpg", Camera(ROME_TIME.replace(tzinfo=None))),
        ("a.jpg", Camera(ROME_TIME.replace(tzinfo=None), position=(41.9, 12.5))),
        ("a.jpg", Camera(ROME_TIME, zoned=True)),
        ("a.jpg", Camera(datetime(2001, 2, 3, 4, 5, 6))),
    ],
    ids=["time of the file", "time in the name", "no zone", "its own place", "all right", "corrected"],
)
@pytest.mark.parametrize("way", ["takeout", "folder"])
def test_file_uploaded_without_its_json_is_completed(each_version: Uploads, tmp_path: Path, way: str, name: str, camera: Camera) -> None:
    server, content = each_version.server, jpeg("a", camera)
    whole, alone = export(tmp_path / "whole", name, content, geo=HERE, favorited=True, archived=True), tmp_path / "alone"
    (alone / "Takeout" / "Google Photos" / "Photos from 2017").mkdir(parents=True)
    (alone / "Takeout" / "Google Photos" / "Photos from 2017" / name).write_bytes(content)
    each_version(whole)
    read_metadata(server)
    expected = seen(server, name)
    assert expected["isFavorite"]
    assert expected["visibility"] == "archive"
    assert expected["fileCreatedAt"] == "2017-07-08T09:30:11.000Z"
    delete_all(server)

    each_version(alone, layout={"takeout": "google_takeout", "folder": "folder"}[way])
    read_metadata(server)
    assert seen(server, name) != expected
    predicted, result = each_version(whole, check=True, **COMPLETE), each_version(whole, **COMPLETE)
    assert predicted["metadata_completed"] == result["metadata_completed"] == 1
    assert predicted["warnings"] == result["warnings"] == []
    assert not each_version(whole, **COMPLETE)["changed"]  # before Immich has read it
    server.wait_idle()
    assert seen(server, name) == expected
    assert not each_version(whole, **COMPLETE)["changed"]


@pytest.mark.parametrize(
    "edit",
    [
        {"dateTimeOriginal": "2001-02-03T04:05:06.000Z"},
        {"dateTimeOriginal": "2017-07-08T00:00:00.000+02:00"},
        {"dateTimeOriginal": "2016-12-31T23:00:00.000Z"},
    ],
    ids=str,
)
def test_completion_keeps_date_and_marks_of_user(uploads: Uploads, tmp_path: Path, edit: dict[str, Any]) -> None:
    src = export(tmp_path, favorited=True, archived=True)
    there_before(uploads, src)
    change(uploads.server, **edit)
    uploads.server.wait_idle()
    assert not uploads(src, **COMPLETE)["changed"]
    found = asset(uploads.server)
    assert not found["isFavorite"]
    assert found["visibility"] == "timeline"


@pytest.mark.parametrize("edit", [{"isFavorite": False}, {"visibility": "timeline"}], ids=str)
def test_completion_does_not_restore_removed_mark(uploads: Uploads, tmp_path: Path, edit: dict[str, Any]) -> None:
    """Immich shows a date that only the export knew, so that it was there when the picture went up."""
    src = export(tmp_path, favorited=True, archived=True)
    uploads(src)
    uploads.server.wait_idle()
    change(uploads.server, **edit)
    assert not uploads(src, **COMPLETE)["changed"]
    assert edit.items() <= asset(uploads.server).items()


def test_archived_picture_stays_archived(uploads: Uploads, tmp_path: Path) -> None:
    src = export(tmp_path, favorited=True)
    uploads(src, layout="folder", include=["*.jpg"], visibility="archive")
    uploads.server.wait_idle()
    assert uploads(src, visibility="archive", **COMPLETE)["metadata_completed"] == 1
    assert asset(uploads.server)["visibility"] == "archive"
    assert asset(uploads.server)["isFavorite"]


def test_a_place_does_not_move_the_time(each_version: Uploads, tmp_path: Path) -> None:
    """With the moment that Google knows the time goes along; without it, the place is left out where Immich would move the time."""
    server, clock = each_version.server, ROME_TIME.replace(tzinfo=None)
    src = export(tmp_path, "known.jpg", jpeg("known", Camera(clock)), geo=HERE)
    export(tmp_path, "unknown.jpg", jpeg("unknown", Camera(clock)), geo=HERE, taken="0")
    export(tmp_path, "undated.jpg", jpeg("undated"), geo=HERE, taken="0")
    export(tmp_path, "zoned.jpg", jpeg("zoned", Camera(ROME_TIME, zoned=True)), geo=HERE, taken="0")
    there_before(each_version, src)
    before = {name: asset(server, name)["localDateTime"] for name in ("known.jpg", "unknown.jpg", "undated.jpg", "zoned.jpg")}
    predicted, result = each_version(src, check=True, **COMPLETE), each_version(src, **COMPLETE)
    moves = server.version != "1.135"
    assert predicted["metadata_completed"] == result["metadata_completed"] == (3 if moves else 4)
    assert predicted["warnings"] == result["warnings"]
    assert [text for text in result["warnings"] if "The places of 1 files" in text] == result["warnings"][: int(moves)]
    server.wait_idle()
    assert {name: asset(server, name)["localDateTime"] for name in before} == before
    placed = {name: asset(server, name)["exifInfo"]["latitude"] for name in before}
    assert placed == dict.fromkeys(before, 41.9) | ({"unknown.jpg": None} if moves else {})
    assert asset(server, "known.jpg")["fileCreatedAt"] == "2017-07-08T09:30:11.000Z"
    assert not each_version(src, **COMPLETE)["changed"]


def test_place_takes_its_zone_from_the_moment(uploads: Uploads, tmp_path: Path) -> None:
    """The user has set what a clock on the wall showed, without its zone. The time stays, and gets the zone that the export knows."""
    src = export(tmp_path, content=jpeg("a"), geo=HERE)
    there_before(uploads, src)
    change(uploads.server, dateTimeOriginal="2017-07-08T11:30:11.000Z")
    uploads.server.wait_idle()
    before = asset(uploads.server)["localDateTime"]
    predicted, result = uploads(src, check=True, **COMPLETE), uploads(src, **COMPLETE)
    assert (predicted["metadata_completed"], result["metadata_completed"], result["warnings"]) == (1, 1, [])
    uploads.server.wait_idle()
    found = asset(uploads.server)
    assert (found["localDateTime"], found["fileCreatedAt"]) == (before, "2017-07-08T09:30:11.000Z")
    assert found["exifInfo"]["latitude"] == 41.9
    assert not uploads(src, **COMPLETE)["changed"]


def test_completion_overwrites_no_value(uploads: Uploads, tmp_path: Path) -> None:
    src = export(tmp_path, description="from Google", geo=HERE)
    there_before(uploads, src)
    change(uploads.server, description="by hand", dateTimeOriginal="2001-02-03T04:05:06.000+01:00")
    uploads.server.wait_idle()
    uploads.server.clear_requests()
    assert uploads(src, **COMPLETE)["metadata_completed"] == 1
    found = asset(uploads.server)["exifInfo"]
    assert found["description"] == "by hand"
    assert found["latitude"] == 41.9
    [sent] = updates(uploads.server)
    assert sent["json"] == {"latitude": 41.9, "longitude": 12.5}


def test_completion_is_off_by_default(uploads: Uploads, tmp_path: Path) -> None:
    src = export(tmp_path, description="from Google")
    there_before(uploads, src)
    result = uploads(src, layout="google_takeout")
    assert not result["changed"]
    assert result["metadata_completed"] == 0
    assert asset(uploads.server)["exifInfo"]["description"] == ""


def test_new_files_and_their_copies_are_not_asked_about(uploads: Uploads, tmp_path: Path) -> None:
    src = export(tmp_path, description="new")
    album = src / "Takeout" / "Google Photos" / "Rome"
    album.mkdir()
    for name in ("a.jpg", "a.jpg.json"):
        (album / name).write_bytes(next(src.rglob(name)).read_bytes())
    predicted, result = uploads(src, check=True, **COMPLETE), uploads(src, **COMPLETE)
    assert counts(predicted)[:2] == counts(result)[:2] == [1, 1]
    assert predicted["metadata_completed"] == result["metadata_completed"] == 0
    assert predicted["warnings"] == result["warnings"] == []
    assert [one for one in uploads.server.requests() if one["method"] == "GET" and one["path"].startswith("/assets/")] == []


def test_completion_of_two_copies_writes_once(uploads: Uploads, tmp_path: Path) -> None:
    content = jpeg("same")
    src = export(export(tmp_path, "a.jpg", content, description="one"), "b.jpg", content, description="other", geo=HERE)
    there_before(uploads, src)
    predicted, result = uploads(src, check=True, **COMPLETE), uploads(src, **COMPLETE)
    assert predicted["metadata_completed"] == result["metadata_completed"] == 2  # the second brought its position
    exif = asset(uploads.server, next(iter(by_name(uploads.server))))["exifInfo"]
    assert exif["description"] in ("one", "other")
    assert exif["latitude"] == 41.9
    assert sorted(field for one in updates(uploads.server) for field in one["json"]) == [
        "dateTimeOriginal",
        "description",
        "latitude",
        "longitude",
    ]
    looked = [one for one in uploads.server.requests() if one["method"] == "GET" and one["path"].startswith("/assets/")]
    assert len(looked) == 3  # this test's, and one a run
    assert not uploads(src, **COMPLETE)["changed"]


def test_completion_leaves_unread_assets_to_next_run(server: Emulator, tmp_path: Path) -> None:
    uploads, src = Uploads(server), export(export(tmp_path, "b.jpg", description="B"), description="A")
    server.pause("metadataExtraction")
    uploads(src, layout="folder", include=["*.jpg"])
    predicted, result = uploads(src, check=True, **COMPLETE), uploads(src, after_upload="delete", **COMPLETE)
    assert predicted["metadata_completed"] == result["metadata_completed"] == 0
    assert len(result["warnings"]) == 1
    assert "of 2 files" in result["warnings"][0]
    assert "again later" in result["warnings"][0]
    assert predicted["warnings"] == result["warnings"]
    assert len(list(src.rglob("*.jpg"))) == 2
    read_metadata(server)
    result = uploads(src, after_upload="delete", **COMPLETE)
    assert result["metadata_completed"] == 2
    assert result["warnings"] == []
    assert [asset(server, name)["exifInfo"]["description"] for name in ("a.jpg", "b.jpg")] == ["A", "B"]
    assert list(src.rglob("*.jpg")) == []
    assert len(list(src.rglob("*.json"))) == 2


def test_the_video_of_a_live_photo_is_left_alone(uploads: Uploads, tmp_path: Path) -> None:
    one = "7A1B2C3D-0000-4000-8000-000000000001"
    src = export(tmp_path, "IMG_1.HEIC", heic("a", Camera(content_identifier=one)), description="live")
    next(src.rglob("IMG_1.HEIC")).with_suffix(".MP4").write_bytes(video("a", content_identifier=one))
    uploads(src, layout="folder", include=["IMG*.HEIC", "IMG*.MP4"])
    read_metadata(uploads.server)
    result = uploads(src, **{**COMPLETE, "live_photos": True})
    assert result["metadata_completed"] == 1
    assert result["live_photos"] == 0
    assert asset(uploads.server, "IMG_1.HEIC")["exifInfo"]["description"] == "live"
    assert asset(uploads.server, "IMG_1.MP4")["exifInfo"]["description"] == ""


def test_completion_skips_hidden_video(uploads: Uploads, tmp_path: Path) -> None:
    one, other = "6F29E87A-3C26-4B0D-8D9A-41C0B5E2F000", "6F29E87A-3C26-4B0D-8D9A-41C0B5E2F001"
    export(tmp_path, "IMG_1.HEIC", heic("a", Camera(content_identifier=one)))
    src = export(tmp_path, "IMG_1.MOV", video("v", content_identifier=other), description="of the video")
    uploads(src, layout="folder", include=["*.HEIC", "*.MOV"])
    read_metadata(uploads.server)
    change(uploads.server, "IMG_1.MOV", visibility="hidden")  # as the video of another live photo
    uploads.server.clear_requests()
    predicted = uploads(src, check=True, **{**COMPLETE, "live_photos": True})
    result = uploads(src, **{**COMPLETE, "live_photos": True})
    assert predicted["metadata_completed"] == result["metadata_completed"] == 1
    assert [one["path"].rsplit("/")[-1] for one in updates(uploads.server)] == [by_name(uploads.server)["IMG_1.HEIC"]["id"]]


def test_completion_skips_trashed_unless_restored(uploads: Uploads, tmp_path: Path) -> None:
    src = export(tmp_path, description="back")
    there_before(uploads, src)
    server, headers = uploads.server, {"x-api-key": uploads.server.api_key}
    ids = [one["id"] for one in server.state()["assets"]]
    http.delete(f"{server.url}/api/assets", json={"ids": ids}, headers=headers, timeout=10).raise_for_status()
    assert uploads(src, **COMPLETE)["metadata_completed"] == 0
    predicted = uploads(src, check=True, server_trash="restore", **COMPLETE)
    result = uploads(src, server_trash="restore", **COMPLETE)
    assert predicted["metadata_completed"] == result["metadata_completed"] == 1
    assert not uploads(src, server_trash="restore", **COMPLETE)["changed"]


def test_completion_refused_fails_single_file(uploads: Uploads, tmp_path: Path) -> None:
    src = export(export(tmp_path, "b.jpg", description="B"), description="A")
    there_before(uploads, src)
    uploads.server.fault("PUT|PATCH", "/assets/", status=400, json={"message": "No"})
    error = uploads.failing(src, after_upload="delete", **COMPLETE)
    assert error.result["counts"]["failed"] == 1
    assert error.result["metadata_completed"] == 1
    assert "metadata was not completed" in error.result["failures"][0]["msg"]
    assert len(list(src.rglob("*.jpg"))) == 1
    assert uploads(src, **COMPLETE)["metadata_completed"] == 1


@pytest.mark.parametrize("lacking", ["asset.read", "asset.update"])
def test_completion_names_missing_scope_before_writing(server: Emulator, tmp_path: Path, lacking: str) -> None:
    scopes = {"asset.upload", "asset.read", "asset.update"} - {lacking}
    uploads = Uploads(server, api_key=server.make_key(permissions=sorted(scopes)))
    assert lacking in uploads.failing(export(tmp_path, description="A"), **COMPLETE).msg
    assert server.requests(writes=True) == []


@pytest.mark.parametrize("facts", [{}, {"description": " \n"}, {"geo": {"latitude": 123.0, "longitude": 5.0}}], ids=str)
def test_completion_of_complete_asset_is_unchanged(uploads: Uploads, tmp_path: Path, facts: dict[str, Any]) -> None:
    src = export(tmp_path, content=jpeg("a", Camera(ROME_TIME, zoned=True)), **facts)
    there_before(uploads, src)
    assert not uploads(src, **COMPLETE)["changed"]
    assert updates(uploads.server) == []
