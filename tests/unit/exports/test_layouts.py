# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports are recognised by their content, with few looks at their files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.collection import BY_NAME, ExportOptions, probe_folder, recognise
from support.photos.items import BrokenItem, MemoryItem, RecordingListener
from support.photos.takeouts import KINDS, sidecar_of

OLD_SIDECAR = b'{"tags": [], "title": "a.jpg", "url": "https://lh3/a.jpg", "imageViews": "1"}'
DETAILS = b"imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"

SHOWN = {
    "Takeout": (("X/Fotos von 2020/a.jpg.json", sidecar_of("a.jpg")), "google_takeout"),
    "Takeout of 2017": (("2016-06-12/a.jpg.json", OLD_SIDECAR), "google_takeout"),
    "Takeout with an odd name": (("a.json", sidecar_of("a.jpg")), "google_takeout"),
    "iCloud": (("Photos/Photo Details-1.csv", DETAILS), "icloud"),
    "iCloud in another language": (("Fotos/Bilddetails.csv", b"\xef\xbb\xbf" + DETAILS), "icloud"),
    "iCloud, an album": (("Alben/Urlaub.csv", b"imgName\r\nIMG_1.HEIC\r\n"), "icloud"),
    "immich-go": (("2020/2020-05/a.jpg.JSON", b'{"software": "immich-go version:0.31.0", "fileName": "a.jpg"}'), "immich_go"),
    "Picasa": (("Trip/.picasa.ini", b"[Picasa]\nname=Trip\n"), "picasa"),
    "Picasa, older": (("Trip/Picasa.ini", b"\r\n[a.jpg]\r\nstar=yes\r\n"), "picasa"),
}

NOTHING = {
    "plain": ("2020/a.jpg", b"x"),
    "an album alone": ("Trip/metadata.json", b'{"title": "Trip"}'),
    "a note": ("Keep/note.json", b'{"title": "Note", "textContent": "x"}'),
    "another table": ("table.csv", b"name,checksum\na,b\n"),
    "an ini without sections": (".picasa.ini", b"nothing"),
    "broken": ("a.jpg.json", b'{"title": "a.jpg", "photoTakenTime": {"times'),
    "nested": ("a.jpg.json", b"[" * 60_000),
}


@pytest.mark.parametrize(("file", "layout"), SHOWN.values(), ids=SHOWN.keys())
def test_file_shows_layout(file: tuple[str, bytes], layout: str, tmp_path: Path) -> None:
    assert tuple(recognise([MemoryItem("a/b.jpg", b"x"), MemoryItem(*file)])) == (layout,)

    (tmp_path / file[0]).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file[0]).write_bytes(file[1])
    assert tuple(probe_folder(str(tmp_path), lambda _name, _below: False)) == (layout,)


@pytest.mark.parametrize("file", NOTHING.values(), ids=NOTHING.keys())
def test_other_file_shows_no_layout(file: tuple[str, bytes]) -> None:
    assert tuple(recognise([MemoryItem(*file)])) == ()


def test_recognise_names_all_layouts_picasa_only_alone() -> None:
    items = [MemoryItem(*SHOWN[name][0]) for name in ("Takeout", "iCloud", "Picasa")]

    assert tuple(recognise(items)) == ("google_takeout", "icloud")


def test_unreadable_file_shows_no_layout() -> None:
    assert tuple(recognise([BrokenItem("a.jpg.json", b"x"), MemoryItem(*SHOWN["Takeout"][0])])) == ("google_takeout",)


def test_files_of_another_product_do_not_hide_the_pictures() -> None:
    notes = [MemoryItem(f"Takeout/Keep/{number}.json", b'{"title": "Note"}') for number in range(1000)]
    pictures = [MemoryItem(f"Takeout/Google Photos/Photos from 2020/{number}.jpg.json", sidecar_of("a.jpg")) for number in range(1000)]

    assert tuple(recognise(notes + pictures)) == ("google_takeout",)
    assert sum(item.opened for item in notes + pictures) <= 48


class TestProbe:
    def test_excluded_folders_and_links_are_not_looked_into(self, tmp_path: Path) -> None:
        for folder in ("inside", "outside"):
            (tmp_path / folder / "deep").mkdir(parents=True)
        (tmp_path / "inside/deep/a.jpg.json").write_bytes(sidecar_of("a.jpg"))
        (tmp_path / "outside/link").symlink_to(tmp_path / "inside")
        (tmp_path / "outside/b.jpg.json").symlink_to(tmp_path / "inside/deep/a.jpg.json")
        seen = []

        def excludes(name: str, below: str) -> bool:
            seen.append(below + name)
            return name == "deep"

        assert tuple(probe_folder(str(tmp_path / "inside"), lambda _name, _below: False)) == ("google_takeout",)
        assert tuple(probe_folder(str(tmp_path / "inside"), excludes)) == ()
        assert tuple(probe_folder(str(tmp_path / "outside"), excludes)) == ()
        assert seen == ["deep", "deep"]

    def test_pipes_are_not_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.jpg.json")
        assert tuple(probe_folder(str(tmp_path), lambda _name, _below: False)) == ()

    def test_missing_folder_shows_no_layout(self, tmp_path: Path) -> None:
        assert tuple(probe_folder(str(tmp_path / "nowhere"), lambda _name, _below: False)) == ()

    @pytest.mark.check
    def test_probe_of_folder_ends_after_thousands_of_names(self, tmp_path: Path) -> None:
        for folder in range(12):
            (tmp_path / f"{folder:02}").mkdir()
            for number in range(2_000):
                (tmp_path / f"{folder:02}" / f"{number}.jpg").touch()
        asked: list[str] = []

        def excludes(name: str, below: str) -> bool:
            asked.append(below + name)
            return False

        (tmp_path / "00/deep").mkdir()
        (tmp_path / "00/deep/a.jpg.json").write_bytes(sidecar_of("a.jpg"))
        assert tuple(probe_folder(str(tmp_path), excludes)) == ()
        assert len(asked) <= 13


def test_a_layout_is_read_by_its_reader() -> None:
    items = [MemoryItem("Photos from 2020/a.jpg", b"x"), MemoryItem("Photos from 2020/a.jpg.json", sidecar_of("a.jpg"))]

    export = BY_NAME["google_takeout"].read(items, KINDS, ExportOptions(), RecordingListener())

    assert (export.layout, export.items, export.counts) == ("google_takeout", items[:1], {"metadata": 1, "exact": 1})
