# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Albums: which is meant, who may, and what the server says about single files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload import pipeline
from ansible_collections.photoyard.immich.plugins.module_utils._upload.organise import albums
from immich_emulator.testing import Emulator
from support.collection import AlbumCalls, ApiKey, Connection, Immich
from support.http.wire import writes

from ..conftest import Uploads, by_name, counts, failed, names, picture


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Albums count as old as soon as they are made: no run is about to give one up."""
    monkeypatch.setattr(albums, "_SETTLED_AFTER", -3600.0)


@pytest.fixture
def client(server: Emulator) -> Immich:
    """A client of the same user."""
    return Immich(Connection(server.url, ApiKey(server.api_key)))


@pytest.mark.usefixtures("old")
def test_ambiguous_album_name_lists_ids(uploads: Uploads, client: Immich, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    ids = sorted(client.albums.create("Summer").id for _ in range(2))
    error = uploads.failing(tmp_path, album="Summer")
    assert "album_id" in error.msg
    assert error.failure()["kind"] == "validation"
    assert error.failure()["details"] == {"album": "Summer", "ids": ids}
    assert names(uploads.server) == []

    result = uploads(tmp_path, album_id=[ids[1]])
    assert result["albums"] == [{"name": "Summer", "id": ids[1], "created": False, "added": 1, "origin": None}]
    assert [len(album["assets"]) for album in sorted(uploads.server.state()["albums"], key=lambda one: one["id"])] == [0, 1]


@pytest.mark.usefixtures("old")
def test_an_ambiguous_folder_name_fails_its_files_and_no_others(uploads: Uploads, client: Immich, tmp_path: Path) -> None:
    picture(tmp_path / "Summer" / "a.jpg")
    picture(tmp_path / "Winter" / "b.jpg")
    ids = sorted(client.albums.create("Summer").id for _ in range(2))
    predicted: Any = uploads.failing(tmp_path, album_from="folder", check=True)
    error: Any = uploads.failing(tmp_path, album_from="folder")
    assert error.msg.startswith(
        f"{tmp_path}/Summer/a.jpg: It is not in its album 'Summer': There are 2 albums named 'Summer': rename or merge them in Immich "
        f"({', '.join(ids)})."
    )
    assert counts(error.result) == counts(predicted.result) == [2, 0, 0, 1]
    assert {name: one["albums"] for name, one in by_name(uploads.server).items()} == {"a.jpg": [], "b.jpg": ["Winter"]}


def test_albums_are_listed_twice_for_any_number(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_ORGANISE_SECONDS", 3600.0)  # one batch, however slow this machine is
    for number in range(30):
        picture(tmp_path / f"Day {number:02}" / f"{number}.jpg")
    result = uploads(tmp_path, album_from="folder")
    assert {album["name"]: album["origin"] for album in result["albums"]} == {path.name: str(path) for path in tmp_path.glob("Day *")}
    assert {album["name"] for album in uploads.server.state()["albums"]} == {f"Day {number:02}" for number in range(30)}
    lists = [one for one in uploads.server.requests() if (one["method"], one["path"]) == ("GET", "/albums")]
    assert len(lists) == 2  # which there are, and whether another run has made some of them as well


def test_failed_album_creation_fails_its_files_only(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "Summer" / "a.jpg")
    picture(tmp_path / "Winter" / "b.jpg")
    uploads.server.fault(method="POST", path="^/albums$", status=400, json={"message": "not today"})
    error: Any = uploads.failing(tmp_path, album_from="folder")
    assert counts(error.result) == [2, 0, 0, 1]
    (lonely,) = (name for name, one in by_name(uploads.server).items() if not one["albums"])
    assert lonely in error.msg
    assert counts(uploads(tmp_path, album_from="folder")) == [0, 2, 0, 0]
    assert {name: one["albums"] for name, one in by_name(uploads.server).items()} == {"a.jpg": ["Summer"], "b.jpg": ["Winter"]}


def test_unknown_album_id_fails_before_upload(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    unknown = "9a7c1d0e-4c0e-4c0e-8c0e-1d0e9a7c1d0e"
    error = uploads.failing(tmp_path, album_id=[unknown])
    assert error.kind == "not_found"
    assert unknown in error.msg
    assert list(error.failure()["options"]) == ["album_id"]
    uploads.server.fault(method="GET", path=f"^/albums/{unknown}$", status=400, json={"message": "not today"})
    assert "refused GET /albums/" in uploads.failing(tmp_path, album_id=[unknown]).msg
    assert error.failure()["kind"] == "not_found"
    assert names(uploads.server) == []


def test_names_differ_by_case(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads(tmp_path, album="Summer")
    uploads(tmp_path, album="summer")
    assert sorted(by_name(uploads.server)["a.jpg"]["albums"]) == ["Summer", "summer"]


def test_file_not_added_to_album_fails(uploads: Uploads, client: Immich, tmp_path: Path) -> None:
    """A file that somebody throws away between its upload and its album: the emulator refuses it as Immich does."""
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.jpg")
    real = AlbumCalls.add

    def add(albums: AlbumCalls, album_id: str, asset_ids: list[str]) -> Any:
        lost = by_name(uploads.server)["a.jpg"]["id"]
        unknown = "9a7c1d0e-4c0e-4c0e-8c0e-1d0e9a7c1d0e"
        answers = real(albums, album_id, [unknown if one == lost else one for one in asset_ids])
        return [answer._replace(id=lost) if answer.id == unknown else answer for answer in answers]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AlbumCalls, "add", add)
        error: Any = uploads.failing(tmp_path, album="A")
    assert failed(error) == {f"{tmp_path}/a.jpg": "validation"}
    assert "no_permission" in error.msg
    assert counts(error.result) == [2, 0, 0, 1]
    assert {name: one["albums"] for name, one in by_name(uploads.server).items()} == {"a.jpg": [], "b.jpg": ["A"]}
    assert counts(uploads(tmp_path, album="A")) == [0, 2, 0, 0]
    assert by_name(uploads.server)["a.jpg"]["albums"] == ["A"]


def test_concurrent_runs_end_with_single_album(each_version: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other run looked before this one had made its album, and makes its own first."""
    picture(tmp_path / "a.jpg")
    client = Immich(Connection(each_version.server.url, ApiKey(each_version.server.api_key)))
    real, others = AlbumCalls.create, [client.albums]

    def create(albums: AlbumCalls, name: str, description: str) -> Any:
        while others:
            real(others.pop(), name, description)
        return real(albums, name, description)

    monkeypatch.setattr(AlbumCalls, "create", create)
    result = each_version(tmp_path, album="A")
    (album,) = each_version.server.state()["albums"]
    assert len(album["assets"]) == 1
    assert result["albums"] == [{"name": "A", "id": album["id"], "created": False, "added": 1, "origin": None}]


def test_the_locked_folder_has_neither_albums_nor_tags(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    for options in ({"album": "A"}, {"tags": ["t"]}, {"album_from": "folder"}):
        error = uploads.failing(tmp_path, visibility="locked", **options)
        assert error.msg.startswith("Files in the locked folder cannot have albums or tags")
    uploads(tmp_path, visibility="locked")
    assert by_name(uploads.server)["a.jpg"]["visibility"] == "locked"


@pytest.mark.parametrize("files", [1, 25])
def test_locked_files_are_left_out_of_albums(each_version: Uploads, tmp_path: Path, files: int) -> None:
    """No API key reaches them. Few are looked at one by one, many in a list of all assets, which comes before some are sent."""
    for number in range(files):
        picture(tmp_path / "locked" / f"{number}.jpg")
        picture(tmp_path / "shown" / f"{number}.png")
    each_version(tmp_path / "locked", visibility="locked")
    each_version(tmp_path / "shown")
    for number in range(files):
        picture(tmp_path / "new" / f"{number}.webp", f"new {number}")
        picture(tmp_path / "copies" / f"{number}.webp", f"new {number}")
    for check in (True, False):
        result = each_version(tmp_path, album="A", check=check)
        assert counts(result) == [files, 3 * files, 0, 0]
        assert [(one["name"], one["created"], one["added"]) for one in result["albums"]] == [("A", True, 2 * files)]
        assert ["locked folder" in warning for warning in result["warnings"]] == [True]
    found = by_name(each_version.server)
    assert {name for name, one in found.items() if one["albums"] != ["A"]} == {f"{number}.jpg" for number in range(files)}
    for check in (True, False):
        again = each_version(tmp_path, album="A", check=check)
        assert not again["changed"]
        assert ["locked folder" in warning for warning in again["warnings"]] == [True]


def test_no_album_is_created_for_locked_files_alone(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads(tmp_path, visibility="locked")
    for check in (True, False):
        result = uploads(tmp_path, album="A", check=check)
        assert not result["changed"]
        assert result["albums"] == []
    assert uploads.server.state()["albums"] == []


def test_photo_locked_meanwhile_does_not_fail_run(
    uploads: Uploads, client: Immich, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was seen before, and Immich refuses it: the created album stands in the result even if it is empty."""
    picture(tmp_path / "a.jpg")
    uploads(tmp_path)
    real = AlbumCalls.create

    def create(albums: AlbumCalls, name: str, description: str) -> Any:
        client.assets.describe(by_name(uploads.server)["a.jpg"]["id"], {"visibility": "locked"})
        return real(albums, name, description)

    monkeypatch.setattr(AlbumCalls, "create", create)
    result = uploads(tmp_path, album="A")
    assert counts(result) == [0, 1, 0, 0]
    assert ["no_permission" in warning for warning in result["warnings"]] == [True]
    assert [(one["name"], one["created"], one["added"]) for one in result["albums"]] == [("A", True, 0)]
    assert [(album["name"], album["assets"]) for album in uploads.server.state()["albums"]] == [("A", [])]


def test_the_video_of_a_live_photo_is_not_put_back_into_albums(uploads: Uploads, client: Immich, tmp_path: Path) -> None:
    """Immich hides it, and takes it out of all albums, once it has found the photo."""
    picture(tmp_path / "src" / "a.mov")
    picture(tmp_path / "src" / "b.jpg")
    uploads(tmp_path / "src" / "a.mov", visibility="hidden")
    uploads(tmp_path / "src" / "b.jpg", album="src")
    uploads.server.clear_requests()
    for check in (True, False):
        result = uploads(tmp_path / "src", album_from="folder", tags=[], check=check)
        assert not result["changed"]
    assert writes(uploads.server) == []


def test_thousand_files_of_album_arrive_and_are_read_in_pages(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(1100):
        picture(tmp_path / f"{number:04}.jpg")
    result = uploads(tmp_path, album="A", return_assets=7)
    assert counts(result) == [1100, 0, 0, 0]
    assert len(result["assets"]) == 7
    assert names(uploads.server) == [f"{number:04}.jpg" for number in range(1100)]
    (album,) = uploads.server.state()["albums"]
    assert len(set(album["assets"])) == 1100
    uploads.server.clear_requests()
    assert not uploads(tmp_path, album="A")["changed"]
    assert writes(uploads.server) == []
    assert len([one for one in uploads.server.requests() if one["path"] == "/search/metadata"]) == 3  # two pages, and one that counts


def test_album_options_and_folder_albums_combine(uploads: Uploads, client: Immich, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "Trip" / "Day 1" / "a.jpg")
    picture(tmp_path / "src" / "b.jpg")
    by_id = client.albums.create("By id").id
    options: dict[str, Any] = {"album": ["Summer", "Trip"], "album_id": [by_id], "album_from": "top"}
    predicted = uploads(tmp_path / "src", check=True, **options)
    result = uploads(tmp_path / "src", **options)
    found = {name: sorted(one["albums"]) for name, one in by_name(uploads.server).items()}
    assert found == {"a.jpg": ["By id", "Summer", "Trip"], "b.jpg": ["By id", "Summer", "Trip", "src"]}
    assert [(one["name"], one["added"]) for one in result["albums"]] == [(one["name"], one["added"]) for one in predicted["albums"]]
    assert uploads(tmp_path / "src", **options)["changed"] is False
    error = uploads.failing(tmp_path / "src", album=[{"name": "Trip"}])
    assert (error.kind, error.options) == ("validation", ("album",))
