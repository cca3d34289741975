# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that files get from their folders, and those that only new files get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload.file_tags import folder_tags
from support.photos.items import MemoryItem

from ..conftest import Uploads, by_name, picture, read_metadata

TAGGED = {"a.jpg": ["new", "src"], "b.jpg": ["Trips/Rome"], "c.jpg": ["Trips/Oslo", "Trips/Rome", "new"]}


def test_files_are_tagged_by_their_folders(each_version: Uploads, tmp_path: Path) -> None:
    uploads, src = each_version, tmp_path / "src"
    picture(src / "a.jpg")
    picture(src / "Trips" / "Rome" / "b.jpg")
    uploads(src / "Trips")
    read_metadata(uploads.server)
    picture(src / "Trips" / "Rome" / "c.jpg")
    picture(src / "Trips" / "Oslo" / "c.jpg")  # the same file
    options: dict[str, Any] = {"tags_from": "path", "new_tags": ["new"]}
    predicted = uploads(src, check=True, **options)
    result = uploads(src, **options)
    assert {one["name"] for one in result["tags"]} >= {"Trips/Rome", "Trips/Oslo", "new", "src"}
    assert predicted["counts"]["uploaded"] == result["counts"]["uploaded"] == 2
    read_metadata(uploads.server)
    assert {name: sorted(one["tags"]) for name, one in by_name(uploads.server).items()} == TAGGED
    assert uploads(src, **options)["changed"] is False
    result = uploads(src / "Trips" / "Oslo", tags_from="folder")
    assert [(one["name"], one["added"]) for one in result["tags"]] == [("Oslo", 1)]


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("cached", [True, False])
def test_copies_in_several_folders_have_the_tags_of_all(each_version: Uploads, tmp_path: Path, *, running: bool, cached: bool) -> None:
    uploads, src = each_version, tmp_path / "src"
    for folder in ("Rome", "Oslo", "Oslo/Day 1", "."):
        picture(src / folder / "a.jpg", "the same")
    picture(src / "Rome" / "b.jpg", "no less.")
    if running:
        uploads.server.resume("metadataExtraction")
    options: dict[str, Any] = {"tags_from": "path", "checksum_cache": str(tmp_path / "cache") if cached else None}
    predicted = uploads(src, check=True, **options)
    result = uploads(src, **options)
    given = [("Oslo", 1), ("Oslo/Day 1", 1), ("Rome", 2), ("src", 1)]
    assert [(one["name"], one["added"]) for one in result["tags"]] == given
    assert [(one["name"], one["added"]) for one in predicted["tags"]] == given
    assert predicted["counts"] == result["counts"]
    assert predicted["warnings"] == result["warnings"] == []
    read_metadata(uploads.server)
    assert {name: sorted(one["tags"]) for name, one in by_name(uploads.server).items()} == {
        "a.jpg": ["Oslo", "Oslo/Day 1", "Rome", "src"],
        "b.jpg": ["Rome"],
    }
    assert uploads(src, **options)["changed"] is False


@pytest.mark.parametrize(
    ("inner", "how", "expected"),
    [
        ("a/b/x.jpg", "folder", ["b"]),
        ("a/ b /x.jpg", "path", ["a/b"]),
        ("a\n/x.jpg", "path", ["a"]),
        ("a\nb/x.jpg", "path", []),
        ("a\udcff/x.jpg", "folder", ["a\ufffd"]),
    ],
)
def test_names_of_folders_become_tags(inner: str, how: str, expected: list[str]) -> None:
    assert folder_tags(MemoryItem(inner, b""), how) == expected


def test_folder_above_puts_its_name_into_albums_and_tags(each_version: Uploads, tmp_path: Path) -> None:
    uploads = each_version
    picture(tmp_path / "photo" / "a.jpg")
    picture(tmp_path / "photo" / "Trip" / "Day 1" / "b.jpg")
    picture(tmp_path / "private" / "c.jpg")
    uploads(tmp_path, include=["photo/**"], album_from="path", tags_from="path")
    read_metadata(uploads.server)
    assert {name: (one["albums"], one["tags"]) for name, one in by_name(uploads.server).items()} == {
        "a.jpg": (["photo"], ["photo"]),
        "b.jpg": (["photo / Trip / Day 1"], ["photo/Trip/Day 1"]),
    }
