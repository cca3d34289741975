# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder in which an export lies: all of its files, whatever they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from support.collection import FolderOptions, ImmichError, Item, Listener, Scan


class RecordingListener(Listener):
    """What a scan reported."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, str]] = []

    def skipped(self, path: str, kind: str, reason: str) -> None:
        self.reported.append((path, kind))

    def unreadable(self, path: str, error: ImmichError, *, size: int | None = None) -> None:
        self.reported.append((path, error.msg))

    def warn(self, text: str) -> None:
        self.reported.append(("", text))


@pytest.fixture
def listener() -> RecordingListener:
    """A listener that has received nothing."""
    return RecordingListener()


def everything(listener: RecordingListener, *src: Path, **options: Any) -> list[Item]:
    """All files of an export."""
    given = FolderOptions([str(path) for path in src], default_excludes=False, **options)
    return list(Scan(given, {".jpg"}, listener).everything(given.excluded))


def written(folder: Path, *names: str) -> Path:
    """A folder with such files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(os.fsencode(name))
    return folder


def test_every_file_is_an_item_with_its_path_inside_the_place(tmp_path: Path, listener: RecordingListener) -> None:
    names = ("Photos/a.jpg", "Photos/a.jpg.json", "Photos/deep/er/Details.csv", "b.xmp", "c.mov", "d")
    found = everything(listener, written(tmp_path / "export", *names))
    assert sorted(one.inner for one in found) == sorted(names)
    assert {one.path for one in found} == {str(tmp_path / "export" / name) for name in names}
    assert {one.read(100) for one in found} == {name.encode() for name in names}
    assert listener.reported == []


def test_parts_have_the_same_paths_inside(tmp_path: Path, listener: RecordingListener) -> None:
    places = [written(tmp_path / part, "Takeout/a.jpg", "Takeout/b.json") for part in ("one", "two")]
    assert [one.inner for one in everything(listener, *places)] == 2 * ["Takeout/a.jpg", "Takeout/b.json"]
    assert [one.inner for one in everything(listener, tmp_path / "*")] == 2 * ["Takeout/a.jpg", "Takeout/b.json"]
    assert [one.inner for one in everything(listener, tmp_path / "one" / "Takeout" / "b.json")] == ["b.json"]


def test_only_hidden_files_with_metadata_are_taken(tmp_path: Path, listener: RecordingListener) -> None:
    src = written(tmp_path / "src", ".picasa.ini", ".hidden.jpg", ".hidden/a.jpg", "deep/.PICASA.INI", "a.jpg")
    assert [one.inner for one in everything(listener, src)] == [".picasa.ini", "a.jpg", "deep/.PICASA.INI"]
    assert len(everything(listener, src, hidden=True)) == 5


def test_excluded_files_are_skipped_and_included_decided_later(tmp_path: Path, listener: RecordingListener) -> None:
    src = written(tmp_path / "src", "a.jpg", "a.jpg.json", "b.jpg", "b.jpg.json", "thumbs/a.jpg", "thumbs/a.json", "x.xmp")
    found = everything(listener, src, exclude=["thumbs/", "b.jpg.json", "x.*"], include=["A.*"])
    assert [one.inner for one in found] == ["a.jpg", "a.jpg.json", "b.jpg"]
    assert listener.reported == []


def test_links_and_loops_are_treated_as_in_any_folder(tmp_path: Path, listener: RecordingListener) -> None:
    src = written(tmp_path / "src", "a.json")
    (src / "loop").symlink_to(src)
    (src / "b.json").symlink_to(written(tmp_path / "elsewhere", "b.json") / "b.json")
    assert [one.inner for one in everything(listener, src)] == ["a.json"]
    assert sorted(listener.reported) == [(str(src / "b.json"), "link"), (str(src / "loop"), "link")]
    listener.reported.clear()
    assert [one.inner for one in everything(listener, src, follow=True)] == ["a.json", "b.json"]
    assert len(listener.reported) == 1
    assert "is the same folder as" in listener.reported[0][1]


def test_scan_of_export_lists_empty_file(tmp_path: Path, listener: RecordingListener) -> None:
    written(tmp_path, "a.json")
    (tmp_path / "a.jpg").touch()
    assert [(one.inner, one.size) for one in everything(listener, tmp_path)] == [("a.jpg", 0), ("a.json", 6)]
    assert listener.reported == []


def test_scan_of_export_gives_sidecars_to_pictures_only(tmp_path: Path, listener: RecordingListener) -> None:
    written(tmp_path, "a.jpg", "a.jpg.json", "a.jpg.xmp")
    read = {one.inner: one.read_sidecar() for one in everything(listener, tmp_path)}
    assert read.keys() == {"a.jpg", "a.jpg.json", "a.jpg.xmp"}
    assert [name for name, part in read.items() if part] == ["a.jpg"]
    assert read["a.jpg"] is not None
    assert read["a.jpg"].path == str(tmp_path / "a.jpg.xmp")


def test_a_better_name_is_not_the_name_of_the_file(tmp_path: Path, listener: RecordingListener) -> None:
    (item,) = everything(listener, written(tmp_path, "a(1).jpg"))
    key = item.cache_key
    item.name = "a better name.jpg"
    item.require_unchanged()
    item.refresh()
    assert item.read(100) == b"a(1).jpg"
    assert (item.inner, item.path, item.cache_key) == ("a(1).jpg", str(tmp_path / "a(1).jpg"), key)
