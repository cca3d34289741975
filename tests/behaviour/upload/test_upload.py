# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs: what the server ends up with, what a second run does, what check mode says beforehand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.http.answering import Reply, Seen
from support.http.wire import writes

from .conftest import Uploads, by_name, counts, picture, read_metadata, sha1, through


def numbers(result: dict[str, Any]) -> dict[str, Any]:
    """The parts of a result that check mode has to predict."""
    return {
        "changed": result["changed"],
        "counts": result["counts"],
        "bytes": result["bytes_sent"],
        "albums": [(one["name"], one["created"], one["added"]) for one in sorted(result["albums"], key=lambda one: one["name"])],
        "tags": [(one["name"], one["created"], one["added"]) for one in result["tags"]],
        "diff": sorted(result["diff"]["after"].splitlines()),
        "skipped": result["skip_reasons"],
    }


def test_folder_with_albums_and_tags_matches_check_mode(each_version: Uploads, photos: Callable[..., Path]) -> None:
    src = photos(count=30, folders=3)
    predicted = each_version(src, album_from="folder", tags=["Trip", "Year/2024"], check=True)
    assert writes(each_version.server) == []

    result = each_version(src, album_from="folder", tags=["Trip", "Year/2024"])
    assert numbers(result) == numbers(predicted)
    assert counts(result) == [30, 0, 0, 0]
    read_metadata(each_version.server)
    state = each_version.server.state()
    files = sorted(src.rglob("*.jpg"))
    assert {(one["name"], one["checksum"], one["size"]) for one in state["assets"]} == {
        (file.name, sha1(file), file.stat().st_size) for file in files
    }
    assert {one["name"]: (one["albums"], one["tags"]) for one in state["assets"]} == {
        file.name: ([file.parent.name], ["Trip", "Year/2024"]) for file in files
    }
    assert sorted(album["name"] for album in state["albums"]) == ["Trip 01", "Trip 02", "Trip 03"]


def test_result_names_the_user_of_the_key(each_version: Uploads, photos: Callable[..., Path]) -> None:
    src = photos(count=2, folders=1)
    owner = {"name": "User", "email": "user@example.com"}
    assert [each_version(src, check=check)["user"] for check in (True, False)] == [owner, owner]
    each_version.api_key = each_version.server.make_key(permissions=["asset.upload"])
    # 1.135 asks for no scope there.
    assert each_version(src)["user"] == (owner if each_version.server.version == "1.135" else None)


def test_name_of_the_user_is_fit_for_a_terminal(uploads: Uploads, photos: Callable[..., Path]) -> None:
    def change(seen: Seen, reply: Reply) -> Reply:
        if seen.path == "/api/users/me":
            reply.body = json.dumps({**json.loads(reply.body), "name": "A\x1b[2J\u202eB"}).encode()
        return reply

    with through(uploads.server, change) as proxied:
        assert proxied(photos(count=1, folders=1))["user"]["name"] == "A [2J B"


def test_no_cache_may_answer_a_request(uploads: Uploads, photos: Callable[..., Path]) -> None:
    uploads(photos(count=2, folders=1), album_from="folder")
    asked = uploads.server.requests()
    assert any(request["path"] == "/assets" for request in asked)
    assert {request["headers"].get("cache-control") for request in asked} == {"no-cache, no-store"}


def test_the_second_run_is_unchanged(each_version: Uploads, photos: Callable[..., Path]) -> None:
    src = photos(count=12, folders=2)
    each_version(src, album_from="path", tags=["a"])
    state = each_version.server.state()
    each_version.server.clear_requests()
    again = each_version(src, album_from="path", tags=["a"])
    assert not again["changed"]
    assert counts(again) == [0, 12, 0, 0]
    assert again["albums"] == again["tags"] == []
    assert again["diff"]["after"] == ""
    assert writes(each_version.server) == []
    kept = ("id", "name", "checksum", "albums", "tags")
    assert [[one[key] for key in kept] for one in each_version.server.state()["assets"]] == [
        [one[key] for key in kept] for one in state["assets"]
    ]


def test_known_files_get_albums_and_tags(uploads: Uploads, photos: Callable[..., Path]) -> None:
    src = photos(count=9, folders=1)
    uploads(src / "Trip 01" / "IMG_00000.jpg", src / "Trip 01" / "IMG_00001.jpg", album="Trip 01", tags=["old"])
    uploads(src / "Trip 01" / "IMG_00002.jpg")
    read_metadata(uploads.server)

    predicted = uploads(src, album_from="folder", tags=["old", "new"], check=True)
    result = uploads(src, album_from="folder", tags=["old", "new"])
    assert numbers(result) == numbers(predicted)
    assert counts(result) == [6, 3, 0, 0]
    assert [(one["name"], one["created"], one["added"]) for one in result["albums"]] == [("Trip 01", False, 7)]
    assert [(one["name"], one["created"], one["added"]) for one in result["tags"]] == [("new", True, 9), ("old", False, 7)]
    read_metadata(uploads.server)
    assert all(one["albums"] == ["Trip 01"] and one["tags"] == ["new", "old"] for one in uploads.server.state()["assets"])
    uploads.server.clear_requests()
    assert not uploads(src, album_from="folder", tags=["old", "new"])["changed"]
    assert writes(uploads.server) == []


def test_equal_files_go_up_once_and_each_gets_its_album(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(5):
        picture(tmp_path / "a" / f"{number}.jpg", "the same")
        picture(tmp_path / "b" / f"{number}.jpg", "the same")
    picture(tmp_path / "b" / "other.jpg", "another")

    predicted = uploads(tmp_path, album_from="folder", tags=["t"], check=True)
    result = uploads(tmp_path, album_from="folder", tags=["t"])
    assert numbers(result)["counts"] == numbers(predicted)["counts"]
    assert numbers(result)["albums"] == numbers(predicted)["albums"] == [("a", True, 1), ("b", True, 2)]
    assert counts(result) == [2, 9, 0, 0]
    assert len([one for one in uploads.server.requests() if one["path"] == "/assets"]) == 2
    read_metadata(uploads.server)
    same = next(one for one in uploads.server.state()["assets"] if one["name"] != "other.jpg")
    assert (same["albums"], same["tags"]) == (["a", "b"], ["t"])
    assert not uploads(tmp_path, album_from="folder", tags=["t"])["changed"]


def test_favorite_and_visibility_reach_server(each_version: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    each_version(tmp_path, favorite=True, visibility="archive")
    asset = by_name(each_version.server)["a.jpg"]
    assert (asset["favorite"], asset["visibility"]) == (True, "archive")


def test_archived_and_hidden_files_are_found_in_their_album(each_version: Uploads, tmp_path: Path) -> None:
    for visibility in ("archive", "hidden"):
        picture(tmp_path / visibility / "a.jpg", visibility)
        each_version(tmp_path / visibility, visibility=visibility, album="all", tags=["t"])
        each_version.server.clear_requests()
        assert not each_version(tmp_path / visibility, visibility=visibility, album="all", tags=["t"])["changed"]
        assert writes(each_version.server) == []


def test_the_time_of_the_file_is_its_date(uploads: Uploads, tmp_path: Path) -> None:
    os.utime(picture(tmp_path / "a.jpg"), (1_700_000_000.25, 1_700_000_000.25))
    uploads.server.pause("metadataExtraction")
    uploads(tmp_path)
    asset = by_name(uploads.server)["a.jpg"]
    assert asset["fileCreatedAt"] == asset["fileModifiedAt"] == "2023-11-14T22:13:20.250Z"


def test_nothing_to_upload_asks_nothing(uploads: Uploads, tmp_path: Path) -> None:
    result = uploads(tmp_path, album="A", tags=["t"])
    assert not result["changed"]
    assert counts(result) == [0, 0, 0, 0]
    assert "/assets/bulk-upload-check" not in [one["path"] for one in uploads.server.requests()]
    assert uploads.server.state()["albums"] == []
