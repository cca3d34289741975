# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The made-up exports are what Google, Apple, Picasa and immich-go write: names as seen in real exports, nothing lost, nothing twice."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from support.collection import Export, ExportAlbum, Position, Taken
from support.exports import media
from support.exports.expectation import ANY, Expectation, differences
from support.exports.icloud import icloud, on_a_phone
from support.exports.immich_go import immich_go, on_a_server
from support.exports.languages import LANGUAGES
from support.exports.library import Edit, Moving, Picture, long_title, made_up
from support.exports.listed import ListedFile, files_below
from support.exports.parts import PartFile
from support.exports.picasa import picasa
from support.exports.takeout import AGES, Style, takeout
from support.exports.takeout_names import Named, Rules, name_all, units
from support.photos.said import facts_saying

NEW, OLD, UNCUT = Rules(".supplemental-metadata"), Rules(""), Rules(".supplemental-metadata", cut=False)
STEM47 = "Flickr_photo_of_the_old_harbour_at_low_tide_mag"


def picture(title: str, suffix: str = ".jpg", **facts: object) -> Picture:
    return Picture(title, title.encode(), suffix, datetime(2020, 1, 1, tzinfo=UTC), **facts)  # type: ignore[arg-type]


def named(rules: Rules, *pictures: Picture | str, edited: str = "-edited") -> list[Named]:
    return name_all([picture(one) if isinstance(one, str) else one for one in pictures], rules, edited)


def pairs(rules: Rules, *titles: str, suffix: str = ".jpg") -> list[tuple[str, str]]:
    return [(one.media, one.sidecar) for one in named(rules, *(picture(title, suffix) for title in titles))]


@pytest.mark.parametrize("rules", [NEW, OLD])
def test_a_sidecar_keeps_46_units_of_its_title(rules: Rules) -> None:
    names = {length: pairs(rules, long_title(length))[0] for length in range(44, 61)}
    assert names[46][1] == long_title(46) + ".json"
    assert names[47][1] == long_title(47)[:46] + ".json"
    assert names[47][1].endswith(".jp.json")
    assert names[50][1] == long_title(50)[:46] + ".json"
    assert all(media == (long_title(length) if length <= 51 else long_title(length)[:47] + ".jpg") for length, (media, _) in names.items())
    if rules is NEW:
        assert names[45][1] == long_title(45) + "..json"
        assert names[44][1] == long_title(44) + ".s.json"
    else:
        assert names[45][1] == long_title(45) + ".json"


def test_lately_nothing_is_cut() -> None:
    title = long_title(53)
    assert pairs(UNCUT, title) == [(title, title + ".supplemental-metadata.json")]


def test_a_surrogate_pair_at_the_limit_is_kept_whole() -> None:
    title = "e" * 45 + "🎉🎉tail.jpg"
    media_name, sidecar = pairs(OLD, title)[0]
    assert sidecar == "e" * 45 + "🎉.json"
    assert units(media_name) == 51
    assert pairs(OLD, "e" * 46 + "🎉🎉tail.jpg")[0][0] == "e" * 46 + "🎉.jpg"


def test_a_number_is_added_after_truncation() -> None:
    assert pairs(OLD, "IMG.jpg", "IMG.jpg") == [("IMG.jpg", "IMG.jpg.json"), ("IMG(1).jpg", "IMG.jpg(1).json")]
    assert pairs(NEW, "IMG.jpg", "IMG.jpg")[1] == ("IMG(1).jpg", "IMG.jpg.supplemental-metadata(1).json")
    assert pairs(NEW, long_title(60), long_title(60))[1] == (long_title(60)[:47] + "(1).jpg", long_title(60)[:46] + "(1).json")
    first = replace(NEW, number_first=True)
    assert pairs(first, "IMG_2367.HEIC", "IMG_2367.HEIC")[1] == ("IMG_2367(1).HEIC", "IMG_2367.HEIC(1).supplemental-metadata.json")


def test_a_title_may_end_in_a_number_of_its_own() -> None:
    assert pairs(NEW, "X(1).jpg", "X(1).jpg") == [
        ("X(1).jpg", "X(1).jpg.supplemental-metadata.json"),
        ("X(1)(1).jpg", "X(1).jpg.supplemental-metadata(1).json"),
    ]


def test_cut_names_collide() -> None:
    both = pairs(OLD, STEM47 + "nolia.jpg", STEM47 + "pie.jpg")
    assert both == [(STEM47 + "(1).jpg", STEM47[:46] + "(1).json"), (STEM47 + ".jpg", STEM47[:46] + ".json")]
    sidecars = pairs(OLD, STEM47[:46] + "x.jpg", STEM47[:46] + "y.jpg")
    assert sidecars == [(STEM47[:46] + "x.jpg", STEM47[:46] + ".json"), (STEM47[:46] + "y.jpg", STEM47[:46] + "(1).json")]


@pytest.mark.parametrize(
    ("title", "second"),
    [
        ("2013-12-23", ("2013-12-23(1).jpg", "2013-12-23.supplemental-metadata(1).json")),
        ("21.12.11 - 1", ("21.12(1).11 - 1", "21.12.11 - 1.supplemental-metadata(1).json")),
    ],
)
def test_a_title_without_an_extension(title: str, second: tuple[str, str]) -> None:
    assert pairs(NEW, title, title)[1] == second


def test_generator_replaces_bad_characters() -> None:
    assert pairs(NEW, 'a/b: "c" <d> * ? | \\ Tom & Jerry\'s.jpg')[0][0] == "a_b_ _c_ _d_ _ _ _ _ Tom & Jerry_s.jpg"
    assert pairs(AGES["2022"].rules, "Tom & Jerry.jpg")[0][0] == "Tom _ Jerry.jpg"


def test_a_lower_case_extension_beside_an_upper_case_sidecar() -> None:
    assert pairs(AGES["2020"].rules, "DSC_1.JPG") == [("DSC_1.jpg", "DSC_1.JPG.json")]


@pytest.mark.parametrize(
    ("length", "marker", "edited"),
    [
        (20, "-edited", long_title(20)[:-4] + "-edited.jpg"),
        (47, "-edited", long_title(47)[:-4] + "-edi.jpg"),
        (49, "-edited", long_title(49)[:-4] + "-e.jpg"),
        (44, "-ha editado", long_title(44)[:-4] + "-ha edi.jpg"),
        (51, "-edited", long_title(51)[:47] + "(1).jpg"),
        (60, "-edited", long_title(60)[:47] + "(1).jpg"),
    ],
)
def test_the_marker_of_an_edited_copy_is_cut_with_the_stem(length: int, marker: str, edited: str) -> None:
    one = named(NEW, picture(long_title(length), edits=(Edit(b""),)), edited=marker)[0]
    assert one.edits == (edited,)
    assert one.sure_edits == (True,)


def test_generator_numbers_companions_of_pictures() -> None:
    twice = [
        replace(picture("NAME.jpg"), edits=(Edit(b""),)),
        replace(picture("NAME.jpg"), edits=(Edit(b""), Edit(b"", "-ERASER-edited"))),
        replace(picture("IMG_1.HEIC"), moving=Moving(b"", ".MP4")),
        replace(picture("IMG_1.HEIC"), moving=Moving(b"", ".MP4"), edits=(Edit(b"", None, ".jpg"),)),
        replace(picture("MVIMG_1.jpg"), moving=Moving(b"", "")),
        replace(picture("PXL_1.MP~2.jpg"), moving=Moving(b"", "")),
    ]
    names = named(NEW, *twice)
    assert [one.edits for one in names[:2]] == [("NAME-edited.jpg",), ("NAME-edited(1).jpg", "NAME-ERASER-edited(1).jpg")]
    assert (names[3].media, names[3].sidecar) == ("IMG_1(1).HEIC", "IMG_1.HEIC.supplemental-metadata(1).json")
    assert [one.moving for one in names[2:]] == ["IMG_1.MP4", "IMG_1(1).MP4", "MVIMG_1", "PXL_1.MP~2"]
    assert names[3].edits == ("IMG_1-edited(1).jpg",)


def test_generator_marks_misleading_names_unsure() -> None:
    tangled = named(NEW, "X.jpg", "X.jpg", "X(1).jpg")
    assert [one.sure for one in tangled] == [True, False, False]
    together = named(replace(NEW, together=True), "X.jpg", "X.jpg", "X(1).jpg")
    assert [one.sure for one in together] == [True, True, True]
    assert (together[2].media, together[2].sidecar) == ("X(1)(1).jpg", "X(1).jpg.supplemental-metadata(1).json")
    gone = named(NEW, picture(STEM47 + "nolia.jpg", edits=(Edit(b""),)), STEM47 + "pie.jpg")
    assert not gone[0].sure  # if the other one had the copy, its files would have the same names
    assert gone[0].sure_edits == (False,)


@pytest.mark.parametrize(("age", "language"), sorted({(age, "fr") for age in AGES} | {("2025", language) for language in LANGUAGES}))
def test_an_export_is_whole(age: str, language: str) -> None:
    library = made_up()
    export = takeout(library, Style(age, language))
    places = Counter((file.path, file.part) for file in export.files)
    assert set(places.values()) == {1}
    by_path = {file.path: file.content for file in export.files}
    assert all(by_path[file.path] == file.content for file in export.files)
    expectation = export.expectation
    assert set(expectation.contents) <= set(by_path)
    assert all(media.sha1(by_path[path]) == content for path, content in expectation.contents.items())
    assert set(expectation.contents.values()) == set(expectation.pictures) | set(expectation.left_out)
    assert not set(expectation.pictures) & set(expectation.left_out)
    wanted = {one.sha1 for one in library.pictures if one.has_file and not (AGES[age].old_fields and (one.trashed or one.locked))}
    wanted |= {media.sha1(edit.content) for one in library.pictures if one.sha1 in wanted for edit in one.edits}
    assert wanted <= set(expectation.contents.values())
    sidecars = [path for path in by_path if path.endswith(".json")]
    assert all(isinstance(json.loads(by_path[path]), dict) for path in sidecars)
    if AGES[age].rules.cut:
        names = [path.rpartition("/")[2] for path in sidecars if path in expectation.used | expectation.orphans]
        assert all(units(name.removesuffix(".json").partition("(")[0]) <= 47 for name in names)
        assert max(units(path.rpartition("/")[2]) for path in expectation.contents) <= 51 + len("(1)") + 1


def test_the_same_seed_makes_the_same_export() -> None:
    made_up.cache_clear()
    before = takeout(made_up(), Style("2024", "fr"))
    made_up.cache_clear()
    assert takeout(made_up(), Style("2024", "fr")) == before
    assert takeout(made_up(1), Style("2024", "fr")) != before


def test_a_picture_and_its_sidecar_may_lie_in_two_parts() -> None:
    export = takeout(made_up(), Style("2024", "de", parts=4))
    parts = {file.path: file.part for file in reversed(export.files)}
    assert set(parts.values()) == {1, 2, 3, 4}
    name = "Takeout/Google Fotos/Photos from 2019/IMG_20190704_101112.jpg"
    apart = [path for path in export.expectation.contents if parts.get(f"{path}.supplemental-metadata.json", parts[path]) != parts[path]]
    assert len(apart) > 40
    contents = {file.path: file.content for file in export.files}
    copy = name.replace("Photos from 2019", "Summer 2019")
    assert contents[name] == contents[copy]
    assert json.loads(contents[f"{name}.supplemental-metadata.json"]) == json.loads(contents[f"{copy}.supplemental-metadata.json"])
    folders = {path.split("/")[-2] for path in contents if "/Google Fotos/" in path}
    assert {"Papierkorb", "Archiv", "Rome", "Rome(1)", "Unbenannt", "Unbenannt(1)", "Nothing yet"} <= folders
    assert {path for path in contents if "/Nothing yet/" in path} == {"Takeout/Google Fotos/Nothing yet/Metadaten.json"}
    shared = {path.rpartition("/")[2] for path in contents if "/Shared with Anna/" in path}
    assert all(path.endswith(".json") for path in shared)
    assert export.expectation.albums["Rome (2)"] == ""
    assert b"\\u0026" in contents[f"{name}.supplemental-metadata.json"]


@pytest.mark.parametrize(
    ("language", "before", "since"),
    [
        ("en", "Photos from 2019", "Photos from 2019"),
        ("de", "Photos from 2019", "Fotos von 2019"),
        ("nl", "Photos from 2019", "Foto_s van 2019"),
        ("tr", "Photos from 2019", "2019 yılına ait fotoğraflar"),
    ],
)
def test_year_folders_are_translated_since_2025(language: str, before: str, since: str) -> None:
    for age, name in (("2024", before), ("2025", since)):
        assert any(f"/{name}/" in file.path for file in takeout(made_up(), Style(age, language)).files)


def test_generator_writes_parts_in_style(tmp_path: Path) -> None:
    library = made_up()
    export = takeout(library, Style("2025", "fr", zip64=True))
    paths = export.write(tmp_path)
    assert [path.name for path in paths] == [f"takeout-20251204T050607Z-3-{part:03}.zip" for part in (1, 2, 3)]
    found: list[PartFile] = []
    for part, path in enumerate(paths, start=1):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            found += [PartFile(name, archive.read(name), part) for name in archive.namelist()]
    assert sorted(found, key=lambda file: (file.path, file.part)) == sorted(export.files, key=lambda file: (file.path, file.part))
    for folder in ("mixed", "tgz"):
        (tmp_path / folder).mkdir()
    mixed = takeout(library, Style("2025", "fr", form="mixed")).write(tmp_path / "mixed")
    assert [path.is_dir() for path in mixed] == [True, False, True]
    packed = takeout(library, Style("2022", form="tgz")).write(tmp_path / "tgz")
    with tarfile.open(packed[0]) as tar:
        assert len(tar.getnames()) == sum(file.part == 1 for file in takeout(library, Style("2022")).files)
    (merged,) = takeout(library, Style("2022", form="merged", decomposed=True)).write(tmp_path / "tgz")
    assert len(files_below(merged)) == len({file.path for file in takeout(library, Style("2022")).files})


def test_generator_writes_valid_media() -> None:
    moment = datetime(2019, 7, 4, 8, 11, 12, tzinfo=UTC)
    camera = media.Camera(media.local(moment, 5.75), zoned=True, position=(-33.865, 151.21), content_identifier="A-1")
    video = media.video("v", moment, quicktime=True, content_identifier="A-1")
    photo = media.jpeg("p", camera, motion=video)
    with Image.open(io.BytesIO(photo)) as image:
        image.load()
        exif = image.getexif()
    assert exif.get_ifd(0x8769)[0x9003] == "2019:07:04 13:56:12"
    assert exif.get_ifd(0x8769)[0x9011] == "+05:45"
    assert b"A-1\0" in exif.get_ifd(0x8769)[0x927C]
    assert [float(part) for part in exif.get_ifd(0x8825)[2]] == pytest.approx([33, 51, 54])
    assert exif.get_ifd(0x8825)[1] == "S"
    assert photo.endswith(video)
    assert f'GCamera:MicroVideoOffset="{len(video)}"'.encode() in photo
    for content in (video, media.heic("h", camera)):
        assert boxes(content)[0] == b"ftyp"
    assert boxes(media.heic("h", camera)) == [b"ftyp", b"meta", b"mdat", b"free"]
    assert len(media.jpeg("s", camera, size=2048)) == 2048
    for picture in made_up().pictures:
        if picture.suffix.lower() in (".jpg", ".png", ".gif"):
            with Image.open(io.BytesIO(picture.content)) as image:
                image.load()


def boxes(content: bytes) -> list[bytes]:
    found = []
    while content:
        found.append(content[4:8])
        content = content[int.from_bytes(content[:4], "big") :]
    return found


def test_apples_lists_speak_of_their_own_part() -> None:
    export = icloud(on_a_phone())
    for part in (1, 2, 3):
        root = f"iCloud Photos Part {part} of 3"
        names = {file.path.rpartition("/")[2] for file in export.files if file.path.startswith(f"{root}/Photos/")}
        rows = [
            row
            for file in export.files
            if file.path.startswith(f"{root}/Photos/Photo Details")
            for row in csv.DictReader(io.StringIO(file.content.decode()))
        ]
        assert {row["imgName"] for row in rows} <= names
        assert all(len(row) == 8 for row in rows)
    dates = [row.decode() for file in export.files if "Photo Details" in file.path for row in file.content.splitlines()]
    assert any('"Saturday June 4,2022 10:11 AM GMT"' in row for row in dates)
    assert sum(file.path.endswith("Photos/IMG_0003.JPG") for file in export.files) == 3


def test_generator_writes_code_pages_and_immich_go_numbers() -> None:
    inis = {file.path: file.content for file in picasa().files if file.path.endswith(".ini")}
    assert b"caption=Na ja\x85 der Gro\xdfglockner\r\n" in inis["2008 Österreich/.picasa.ini"]
    assert "Zeile\u2028weiter".encode() in inis["Rome renamed/.picasa.ini"]
    archive = {file.path: file.content for file in immich_go(on_a_server()).files}
    assert json.loads(archive["2019/2019-01/IMG_0001~1.jpg.JSON"])["fileName"] == "IMG_0001.jpg"
    assert "no-date/scan.png.JSON" in archive


def test_generator_finds_differences_from_expectation(tmp_path: Path) -> None:
    made = takeout(made_up(), Style("2024", "en", form="merged"))
    (root,) = made.write(tmp_path)
    given = files_below(root)
    reported: dict[str, str] = {}
    export = as_expected(made.expectation, given, reported)
    assert differences(made.expectation, export, given, reported) == []
    for item in export.items:
        expected = made.expectation.pictures[str(made.expectation.content_of(item.inner))]
        if item.facts.metadata.description and expected.sure and item.facts.albums:
            break
    facts = item.facts
    for wrong in (
        {"taken": Taken(1.0)},
        {"description": "another's"},
        {"favorite": not facts.metadata.favorite},
        {"position": Position(1.0, 2.0)},
        {"people": ("Nobody",)},
        {"visibility": "archive"},
    ):
        item.facts = facts._replace(metadata=facts.metadata._replace(**wrong))
        assert len(differences(made.expectation, export, given, reported)) == 1
    item.facts = facts._replace(albums=())
    assert len(differences(made.expectation, export, given, reported)) == 1
    item.facts = facts
    name, item.name = item.name, "another.jpg"
    assert len(differences(made.expectation, export, given, reported)) == 1
    item.name = name
    lost = export._replace(items=[one for one in export.items if one.name != "IMG_20190704_101112.jpg"])
    assert len(differences(made.expectation, lost, given, reported)) == 2  # the content, and the total
    silent = export._replace(unused=[])
    assert len(differences(made.expectation, silent, given, reported)) == len(made.expectation.orphans)


def as_expected(expectation: Expectation, given: list[ListedFile], reported: dict[str, str]) -> Export:
    """The result of a reader that reads all as expected."""
    items = []
    for item in given:
        content = expectation.content_of(item.inner)
        if content is None or content in expectation.left_out:
            reported[item.path] = "left out"
            continue
        expected = expectation.pictures[content]
        item.name = item.name if expected.names == ANY else min(expected.names)
        item.facts = facts_saying(
            taken=expected.taken,
            minutes=expected.minutes,
            year=expected.year,
            description=expected.description or "",
            position=Position(*expected.position) if expected.position else None,
            favorite=expected.favorite,
            visibility="archive" if expected.archived else "timeline",
            albums=tuple(ExportAlbum(name, "", "") for name in sorted(expected.albums)),
            rating=expected.rating,
            tags=tuple(expected.tags),
            people=tuple(expected.people),
        )
        items.append(item)
    unused = [(item.path, "no picture") for item in given if item.inner in expectation.orphans]
    albums = [ExportAlbum(name, description or "", "") for name, description in expectation.albums.items()]
    return Export(expectation.layout, list(items), albums, 0, unused)
