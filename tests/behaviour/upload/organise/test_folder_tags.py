# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that files get from their folders, and those that only new files get."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files import base
from ansible_collections.photoyard.immich.plugins.module_utils._upload.file_tags import folder_tags, share_tags
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


@pytest.mark.parametrize(("part", "tag"), [("/nas/Day 1:", "Day 1:"), ("/nas/2024.06:", "2024.06:"), ("/nas/2024.06.zip", "2024.06")])
def test_tag_of_folder_keeps_its_colon(part: str, tag: str) -> None:
    assert folder_tags(MemoryItem("x.jpg", b"", part=part), "folder") == [tag]


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


class Found:
    """A source whose items are noted in `taken` as they are asked for, each in a batch of its own."""

    def __init__(self, *items: base.Item) -> None:
        self.items = items
        self.taken: list[base.Item] = []

    def batches(self) -> Iterator[base.Batch]:
        for item in self.items:
            self.taken.append(item)
            yield [item]


def sha1_of(item: base.Item) -> bytes:
    return hashlib.sha1(item.read(item.size)).digest()


def test_only_files_of_one_size_wait_for_each_other() -> None:
    items = [MemoryItem("a/1.jpg", b"1"), MemoryItem("a/2.jpg", b"22"), MemoryItem("a/3.jpg", b"333"), MemoryItem("b/2.jpg", b"22")]
    last = MemoryItem("b/4.jpg", b"4444")
    found = Found(*items, last)
    shared = share_tags(found.batches(), "folder", sha1_of, lambda: Found(*items, last).batches())
    assert (next(shared), found.taken) == ([items[0]], [items[0]])
    assert (next(shared), found.taken) == ([items[2]], items[:3])
    assert (next(shared), found.taken) == ([items[1], items[3]], items)
    assert [items[1].shared_tags, items[3].shared_tags, items[2].shared_tags] == [("a", "b"), ("a", "b"), ()]
    assert list(shared) == [[last]]


def test_files_new_or_gone_since_the_look_do_no_harm() -> None:
    gone, first, second, new = (MemoryItem(name, b"22") for name in ("a/0.jpg", "a/1.jpg", "b/2.jpg", "c/3.jpg"))
    shared = share_tags(Found(first, second).batches(), "folder", sha1_of, lambda: Found(gone, first, second).batches())
    assert list(shared) == [[first, second]]
    assert first.shared_tags == ("a", "b")
    shared = share_tags(Found(first, second, new).batches(), "folder", sha1_of, lambda: Found(first, second).batches())
    assert list(shared) == [[first, second], [new]]


def test_source_without_second_look_is_held() -> None:
    items = [MemoryItem("a/1.jpg", b"1"), MemoryItem("a/2.jpg", b"22"), MemoryItem("b/2.jpg", b"22")]
    assert list(share_tags(Found(*items).batches(), "folder", sha1_of, lambda: None)) == [[items[0]], [items[1], items[2]]]
    assert items[2].shared_tags == ("a", "b")
    assert list(share_tags(iter(()), "folder", sha1_of, lambda: None)) == []
