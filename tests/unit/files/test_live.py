# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which photo and which video are a live photo: by their names, and by what is in both."""

from __future__ import annotations

import os
import random
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files.live import pair_names
from ansible_collections.photoyard.immich.plugins.module_utils._naming.kinds import pair_live_photos
from support.collection import FileItem, Folder, Item, LivePair, Root, pair_items
from support.exports.media import Camera, heic, jpeg, local, video
from support.photos.said import facts_saying

TAKEN = datetime(2023, 7, 8, 9, 10, 11, tzinfo=UTC)
ONE, OTHER = "7A1B2C3D-0000-4000-8000-000000000001", "7A1B2C3D-0000-4000-8000-000000000002"


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["IMG_1.HEIC", "IMG_1.MOV"], {"IMG_1.HEIC": "IMG_1.MOV"}),
        (["img_1.heic", "IMG_1.mov"], {"img_1.heic": "IMG_1.mov"}),
        (["IMG_1.JPG", "IMG_1.MP4"], {"IMG_1.JPG": "IMG_1.MP4"}),
        (["IMG_1.HEIC", "IMG_1.JPG", "IMG_1.MOV"], {"IMG_1.HEIC": "IMG_1.MOV"}),
        (["IMG_1.JPG", "IMG_1.MP4", "IMG_1.MOV"], {"IMG_1.JPG": "IMG_1.MOV"}),
        (["IMG_1(2).HEIC", "IMG_1(2).MP4", "IMG_1.HEIC"], {"IMG_1(2).HEIC": "IMG_1(2).MP4"}),
        (["IMG_1.HEIC", "IMG_2.MOV"], {}),
        (["IMG_1.HEIC", "IMG_1(1).MOV"], {}),
        (["IMG_1.PNG", "IMG_1.MOV"], {}),
        (["IMG_1.MOV", "IMG_1.MP4"], {}),
        ([".mov", ".heic", "mov", ""], {}),
    ],
    ids=str,
)
def test_live_photos_pair_by_name(names: list[str], pairs: dict[str, str]) -> None:
    assert pair_live_photos(names) == pairs
    assert pair_live_photos(names[::-1]) == pairs
    found = pair_names(names)
    assert found.keys() == set(pairs) | set(pairs.values())
    assert all(found[still] is found[video] for still, video in pairs.items())


def test_the_form_of_unicode_makes_no_difference() -> None:
    still, moving = unicodedata.normalize("NFC", "Café é.HEIC"), unicodedata.normalize("NFD", "CAFÉ É.mov")
    assert still[:-5] != moving[:-4]
    assert pair_live_photos([moving, still]) == {still: moving}
    assert pair_live_photos(["\udcff.heic", "\udcff.mov"]) == {"\udcff.heic": "\udcff.mov"}


def test_live_pairs_share_no_name() -> None:
    names = [f"IMG_{number % 7}{kind}" for number, kind in enumerate([".HEIC", ".jpg", ".MOV", ".mp4", ".png"] * 20)]
    random.Random(1).shuffle(names)
    pairs = pair_live_photos(names)
    assert len(set(pairs.values())) == len(pairs) == 7


def pair_of(folder: Path, still: bytes, moving: bytes, *, apart: float = 0.0, names: tuple[str, str] = ("a.heic", "a.mov")) -> LivePair:
    """Both as files; `apart` is how many seconds the times of last change are."""
    pair = LivePair()
    for name, content, moment in zip(names, (still, moving), (0.0, apart), strict=True):
        path = folder / name
        path.write_bytes(content)
        os.utime(path, (TAKEN.timestamp() + moment, TAKEN.timestamp() + moment))
        pair.add(FileItem(Folder(str(folder), Root.at(str(folder)), follow=False), name, path.stat()))
    assert pair.still is not None
    assert pair.video is not None
    assert pair.still.live is pair.video.live is pair
    return pair


def still(clock: datetime | None = None, *, identifier: str | None = None, zoned: bool = False) -> bytes:
    """A HEIC."""
    return heic("still", Camera(clock=clock, zoned=zoned, content_identifier=identifier))


def moving(taken: datetime | None = None, *, identifier: str | None = None, seconds: float = 3.0) -> bytes:
    """A MOV."""
    return video("video", taken, seconds=seconds, quicktime=True, content_identifier=identifier)


@pytest.mark.parametrize(
    ("one", "other", "apart", "together"),
    [
        pytest.param(still(identifier=ONE), moving(identifier=ONE), 0, True, id="one identifier"),
        pytest.param(still(identifier=ONE), moving(identifier=ONE, seconds=60), 10**8, True, id="one identifier decides, whatever else"),
        pytest.param(still(TAKEN, identifier=ONE), moving(TAKEN, identifier=OTHER), 0, False, id="two identifiers"),
        pytest.param(still(TAKEN, identifier=ONE), moving(TAKEN), 0, True, id="an identifier in the still only, one time"),
        pytest.param(still(TAKEN), moving(TAKEN + timedelta(hours=1, minutes=1)), 0, False, id="another time"),
        pytest.param(still(local(TAKEN, 5.75)), moving(TAKEN), 0, True, id="a clock in Kathmandu"),
        pytest.param(still(local(TAKEN, -11)), moving(TAKEN + timedelta(seconds=3)), 0, True, id="a clock in Samoa, three seconds later"),
        pytest.param(still(TAKEN), moving(TAKEN + timedelta(seconds=4)), 0, False, id="four seconds apart"),
        pytest.param(still(TAKEN), moving(TAKEN + timedelta(hours=15)), 0, False, id="further than any zone"),
        pytest.param(still(local(TAKEN, 2), zoned=True), moving(TAKEN), 0, True, id="a clock with its zone"),
        pytest.param(still(local(TAKEN, 2), zoned=True), moving(TAKEN + timedelta(hours=2)), 0, False, id="with a zone hours count"),
        pytest.param(still(TAKEN), moving(TAKEN, seconds=10), 0, False, id="too long"),
        pytest.param(still(), moving(seconds=9.5), 0, True, id="nothing is known"),
        pytest.param(still(TAKEN), moving(), 0, True, id="only the still has a time"),
        pytest.param(still(), moving(), 86_400, True, id="nothing is known, a day apart"),
        pytest.param(still(), moving(), 86_401, False, id="nothing is known, more than a day apart"),
        pytest.param(b"no picture", b"no video", 0, True, id="neither can be understood"),
    ],
)
def test_halves_taken_apart_are_refused(tmp_path: Path, one: bytes, other: bytes, apart: float, together: bool) -> None:
    pair = pair_of(tmp_path, one, other, apart=apart)
    assert pair.is_live_photo is together
    assert pair.is_refused is not together


def test_a_jpeg_with_an_mp4(tmp_path: Path) -> None:
    names = ("a.jpg", "a.mp4")
    same = jpeg("a", Camera(local(TAKEN, 2), content_identifier=ONE)), video("a", TAKEN, content_identifier=ONE)
    assert pair_of(tmp_path, *same, names=names).is_live_photo
    assert not pair_of(tmp_path, same[0], video("a", TAKEN, content_identifier=OTHER), names=names).is_live_photo


@pytest.mark.parametrize("half", ["a.heic", "a.mov"])
def test_pair_with_unreadable_half_is_no_live_photo(tmp_path: Path, half: str) -> None:
    pair = pair_of(tmp_path, still(identifier=ONE), moving(identifier=ONE))
    (tmp_path / half).unlink()
    assert not pair.is_live_photo
    assert pair.missing_library is None


def test_pair_from_export_is_live_photo_unread(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, still(), moving())
    assert pair.video is not None
    pair.video.facts = facts_saying(rule="live")
    (tmp_path / "a.heic").unlink()
    assert pair.is_live_photo


def test_half_a_pair_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.mov").write_bytes(moving())
    item = FileItem(Folder(str(tmp_path), Root.at(str(tmp_path)), follow=False), "a.mov", (tmp_path / "a.mov").stat())
    pair = LivePair()
    pair.add(item)
    assert item.live is None
    assert not pair.is_live_photo


@pytest.mark.usefixtures("without_exifread")
def test_pair_without_exifread_names_missing_library(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, still(identifier=ONE), moving(identifier=ONE))
    assert not pair.is_live_photo
    assert pair.missing_library == "exifread"


def item(path: Path, name: str) -> Item:
    """A file with a path inside the place that `path` is."""
    folder, _slash, file_name = name.rpartition("/")
    target = path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"x")
    inside = Folder(str(target.parent), Root.at(str(path)), follow=False, inner=folder + "/" if folder else "")
    return FileItem(inside, file_name, target.stat())


def place_of(one: Item) -> str:
    """The folder that an item lies in, in its part."""
    return one.path.rpartition("/")[0]


def folder_of(one: Item) -> str:
    """The folder of an item, the same in any part."""
    return one.inner.rpartition("/")[0]


def test_halves_in_same_part_pair_first(tmp_path: Path) -> None:
    parts = [tmp_path / f"part {number}" for number in range(3)]
    names = [
        ("Photos/IMG_1.HEIC", "Photos/IMG_1.MOV"),
        ("Photos/IMG_1.HEIC", "Photos/IMG_1.MOV", "Photos/IMG_2.HEIC"),
        ("Photos/IMG_2.MOV",),
    ]
    items = [[item(part, name) for name in found] for part, found in zip(parts, names, strict=True)]
    everything = [one for part in items for one in part]
    pair_items(everything, place_of, folder_of)
    assert [one.live is not None for one in everything] == 6 * [True]
    assert items[0][0].live is items[0][1].live is not items[1][0].live
    assert items[1][0].live is items[1][1].live
    assert items[1][2].live is items[2][0].live


def test_unrelated_archives_share_no_pair(tmp_path: Path) -> None:
    items = [item(tmp_path / "one", "a/IMG_1.HEIC"), item(tmp_path / "two", "a/IMG_1.MOV"), item(tmp_path / "one", "b/IMG_1.MOV")]
    pair_items(items, place_of)
    assert [one.live for one in items] == 3 * [None]
