# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which JSON file belongs to which picture: one case for each way in which their names are known to differ."""

from __future__ import annotations

import pytest

from support.photos.items import BrokenItem
from support.photos.takeouts import JPEG, MP4, Takeout, owners

LONG = "Urlaub in Knaufspesch in der Schneifel am Wald (38)"  # 51 units

PAIRS = {
    "old": ("IMG_1.jpg", "IMG_1.jpg", "IMG_1.jpg.json", "exact"),
    "new": ("IMG_1.jpg", "IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json", "exact"),
    "word cut": (
        "2024-09-02-14-26-50-947.jpg",
        "2024-09-02-14-26-50-947.jpg",
        "2024-09-02-14-26-50-947.jpg.supplemental-metad.json",
        "exact",
    ),
    "word cut, though the name is short": ("IMG_1.jpg", "IMG_1.jpg", "IMG_1.jpg.suppl.json", "exact"),
    "word cut to a letter": ("a" * 40 + ".jpg", "a" * 40 + ".jpg", "a" * 40 + ".jpg.s.json", "exact"),
    # ente-io/ente, test data of the upload
    "the extension cut to its dot": (
        "PXL_20240506_142610305.LONG_EXPOSURE-01.COVER.jpg",
        "PXL_20240506_142610305.LONG_EXPOSURE-01.COVER.jpg",
        "PXL_20240506_142610305.LONG_EXPOSURE-01.COVER..json",
        "truncated",
    ),
    "45 units": ("b" * 41 + ".jpg", "b" * 41 + ".jpg", "b" * 41 + ".jpg..json", "exact"),
    "46 units": ("b" * 42 + ".jpg", "b" * 42 + ".jpg", "b" * 42 + ".jpg.json", "truncated"),
    "47 units": ("b" * 43 + ".jpg", "b" * 43 + ".jpg", "b" * 43 + ".jp.json", "truncated"),
    # GooglePhotosTakeoutHelper, issue 8
    "a number of the title, cut": (
        "Urlaub in Knaufspesch in der Schneifel (38).JPG",
        "Urlaub in Knaufspesch in der Schneifel (38).JPG",
        "Urlaub in Knaufspesch in der Schneifel (38).JP.json",
        "truncated",
    ),
    "both cut": (LONG[:47] + ".jpg", LONG + ".jpg", LONG[:46] + ".json", "truncated"),
    # immich-go, issue 473: the stem keeps what the extension leaves of 51 units
    "both cut, with a long extension": (
        "USER_SCOPED_TEMP_DATA_MSGR_PHOTO_FOR_UPLOAD_15.jpeg",
        "USER_SCOPED_TEMP_DATA_MSGR_PHOTO_FOR_UPLOAD_1522315122420.jpeg",
        "USER_SCOPED_TEMP_DATA_MSGR_PHOTO_FOR_UPLOAD_15.json",
        "truncated",
    ),
    "neither cut (2026)": (LONG + LONG + ".jpg", LONG + LONG + ".jpg", LONG + LONG + ".jpg.supplemental-metadata.json", "exact"),
    "picture cut, JSON not": (LONG[:47] + ".jpg", LONG + ".jpg", LONG + ".jpg.supplemental-metadata.json", "truncated"),
    "JSON cut, picture not": (LONG + ".jpg", LONG + ".jpg", LONG[:46] + ".json", "truncated"),
    "number, old": ("IMG_1(1).jpg", "IMG_1.jpg", "IMG_1.jpg(1).json", "numbered"),
    "number, new": ("IMG_1(1).jpg", "IMG_1.jpg", "IMG_1.jpg.supplemental-metadata(1).json", "numbered"),
    "number before the word": ("IMG_2367(1).HEIC", "IMG_2367.HEIC", "IMG_2367.HEIC(1).supplemental-metadata.json", "numbered"),
    "number behind a cut word": (
        "PXL_20240827_094331806.PORTRAIT(1).jpg",
        "PXL_20240827_094331806.PORTRAIT.jpg",
        "PXL_20240827_094331806.PORTRAIT.jpg.supplement(1).json",
        "numbered",
    ),
    "a large number": ("image(3516).png", "image.png", "image.png.supplemental-metadata(3516).json", "numbered"),
    "number of the title": ("X(1).jpg", "X(1).jpg", "X(1).jpg.supplemental-metadata.json", "exact"),
    "number of the title and another": ("X(1)(1).jpg", "X(1).jpg", "X(1).jpg.supplemental-metadata(1).json", "numbered"),
    "number of the title behind a blank": ("skytree (2).jpg", "skytree (2).jpg", "skytree (2).jpg.supplemental-metadata.json", "exact"),
    # a public test of another program: 0 is never Takeout's
    "number 0 of the title": ("20180905(0).jpg", "20180905(0).jpg", "20180905(0).jpg.supplemental-metadata.json", "exact"),
    # rekindle, test_sidecars.py
    "number behind further dots": ("PXL_1.MP(1).jpg", "PXL_1.MP.jpg", "PXL_1.MP.jpg.supplemental-metadata(1).json", "numbered"),
    "title without extension": ("2013-12-23.jpg", "2013-12-23", "2013-12-23.supplemental-metadata.json", "exact"),
    "title without extension, number": ("2013-12-23(1).jpg", "2013-12-23", "2013-12-23.supplemental-metadata(1).json", "numbered"),
    "title with a false extension": ("21.12(1).11 - 1", "21.12.11 - 1", "21.12.11 - 1.supplemental-metadata(1).json", "numbered"),
    "case": ("IMG_1.jpg", "IMG_1.JPG", "IMG_1.JPG.json", "exact"),
    "case, number": ("X(1).jpg", "X.JPG", "X.JPG(1).json", "numbered"),
    "everything in capitals": ("IMG_1.JPG", "IMG_1.jpg", "IMG_1.JPG.SUPPLEMENTAL-METADATA.JSON", "exact"),
    "replaced": ("a_b_c_d_e_f.jpg", 'a/b?c"d:e*f.jpg', "a_b_c_d_e_f.jpg.json", "exact"),
    "& replaced": ("One _ Two.jpg", "One & Two.jpg", "One _ Two.jpg.json", "exact"),
    "& and ' kept": ("Anna's & Ben.jpg", "Anna's & Ben.jpg", "Anna's & Ben.jpg.json", "exact"),
    "accents written in two ways": ("Cafe\u0301.jpg", "Caf\u00e9.jpg", "Cafe\u0301.jpg.json", "exact"),
    "a narrow blank of macOS": (
        "Screenshot 6.01.26\u202fPM.png",
        "Screenshot 6.01.26\u202fPM.png",
        "Screenshot 6.01.26\u202fPM.png.json",
        "exact",
    ),
    "emoji count twice": ("😀" * 20 + ".jpg", "😀" * 20 + ".jpg", "😀" * 20 + ".jpg.s.json", "exact"),
    "emoji at the cut, left out": ("x" + "😀" * 23 + ".jpg", "x" + "😀" * 30 + ".jpg", "x" + "😀" * 22 + ".json", "truncated"),
    "emoji at the cut, kept": ("x" + "😀" * 23 + ".jpg", "x" + "😀" * 30 + ".jpg", "x" + "😀" * 23 + ".json", "truncated"),
    # a public test of another program
    "JSON named without the extension": ("IMG_1.jpg", "IMG_1.jpg", "IMG_1.supplemental-metadata.json", "name"),
    "two extensions": ("VID_0001.mp4.mov", "VID_0001.mp4.mov", "VID_0001.mp4.mov.supplemental-m.json", "exact"),
    "a title that says something else": ("IMG_1(2).jpg", "Sunset", "IMG_1.jpg.supplemental-metadata(2).json", "name"),
    "no title": ("IMG_1.jpg", "", "IMG_1.jpg.json", "name"),
    "a bracket": ("[a]*(x).jpg", "[a]*(x).jpg", "[a]_(x).jpg.json", "exact"),
}


@pytest.mark.parametrize(("file", "title", "json", "rule"), PAIRS.values(), ids=PAIRS.keys())
def test_a_picture_finds_its_json_among_others(file: str, title: str, json: str, rule: str) -> None:
    export = Takeout()
    export.add("other.jpg")
    export.json("other.jpg.json", "other.jpg", description="other")
    export.add(file, JPEG)
    export.json(json, title, description="mine")

    facts = export.facts()

    assert facts[file].metadata.description == "mine"
    assert facts[file].rule == rule
    assert facts["other.jpg"].metadata.description == "other"


def test_numbered_json_matches_numbered_picture() -> None:
    export = Takeout()
    for number in ("", "(1)", "(2)", "(10)"):
        export.add(f"IMG_1{number}.jpg")
        export.json(f"IMG_1.jpg.supplemental-metadata{number}.json", "IMG_1.jpg", url=f"u{number}", description=number)

    facts = export.facts()

    assert {name: about.metadata.description or "" for name, about in facts.items()} == {
        "IMG_1.jpg": "",
        "IMG_1(1).jpg": "(1)",
        "IMG_1(2).jpg": "(2)",
        "IMG_1(10).jpg": "(10)",
    }


def test_a_numbered_json_leaves_the_unnumbered_picture() -> None:
    export = Takeout()
    export.add("IMG_1.jpg")
    export.json("IMG_1.jpg.supplemental-metadata(1).json", "IMG_1.jpg")

    assert export.rules() == {"IMG_1.jpg": "none"}
    assert export.kinds_left_out() == {"IMG_1.jpg.supplemental-metadata(1).json": "sidecar"}


def test_a_json_does_not_take_a_picture_whose_name_begins_alike() -> None:
    """immich-go gives IMG_1's JSON to IMG_10 if that has none."""
    export = Takeout()
    export.add("IMG_1.jpg")
    export.add("IMG_10.jpg")
    export.json("IMG_1.jpg.json", "IMG_1.jpg")

    assert export.rules() == {"IMG_1.jpg": "exact", "IMG_10.jpg": "none"}


def test_two_equal_claims_leave_the_picture_unmatched() -> None:
    export = Takeout()
    for file in ("X.jpg", "X(1).jpg", "X(1)(1).jpg"):
        export.add(file)
    export.json("X.jpg.json", "X.jpg", url="a")
    export.json("X.jpg(1).json", "X.jpg", url="b")
    export.json("X(1).jpg.json", "X(1).jpg", url="c")

    export_read = export.read()

    assert {item.inner.rpartition("/")[2]: item.facts.rule for item in export_read.items} == {
        "X.jpg": "exact",
        "X(1).jpg": "ambiguous",
        "X(1)(1).jpg": "none",
    }
    assert ["more than one" in reason for _path, reason in export_read.unused] == [True, True]


def test_a_phones_own_copy_is_recognised_by_its_title() -> None:
    export = Takeout()
    for title in ("X.jpg", "X~2.jpg"):
        export.add(title)
        export.json(title + ".json", title)

    assert owners(export.facts()) == {"X.jpg": "X.jpg.json", "X~2.jpg": "X~2.jpg.json"}


def test_a_numbered_title_may_equal_anothers_third_name() -> None:
    """Here of IMG.jpg's second, since a title without extension came first."""
    export = Takeout()
    for file in ("IMG.jpg", "IMG(1).jpg", "IMG(2).jpg", "IMG(2)(1).jpg"):
        export.add(file)
    export.json("IMG.json", "IMG", url="a")
    for number in ("", "(1)"):
        export.json(f"IMG.jpg{number}.json", "IMG.jpg", url=f"b{number}")
    export.json("IMG(2).jpg.json", "IMG(2).jpg", url="c")

    assert owners(export.facts())["IMG(2).jpg"] is None


class TestCutNames:
    """What is cut collides, and the numbers of pictures and JSON files come from different collisions."""

    BASE = "m" * 46

    def test_truncated_names_match_by_number_when_complete(self) -> None:
        export = Takeout()
        for number, end in (("", "an"), ("(1)", "ap")):
            export.add(f"{self.BASE}a{number}.jpg")
            export.json(f"{self.BASE}{number}.json", f"{self.BASE}{end}.jpg", description=end)

        assert [about.metadata.description for about in export.facts().values()] == ["an", "ap"]

    def test_a_number_only_the_json_needs_is_not_expected(self) -> None:
        export = Takeout()
        for number, end in (("", "x"), ("(1)", "y")):
            export.add(f"{self.BASE}{end}.jpg")
            export.json(f"{self.BASE}{number}.json", f"{self.BASE}{end}.jpg", description=end)

        assert [about.metadata.description for about in export.facts().values()] == ["x", "y"]

    def test_truncated_names_with_other_numbers_are_ambiguous(self) -> None:
        export = Takeout()
        export.add(f"{self.BASE}y.jpg")
        export.json(f"{self.BASE}.json", f"{self.BASE}y.jpg")
        for number, end in (("(1)", "xa"), ("(2)", "xb")):
            export.json(f"{self.BASE}{number}.json", f"{self.BASE}{end}.jpg")
        export.add(f"{self.BASE}x.jpg")
        export.add(f"{self.BASE}x(1).jpg")

        assert list(export.rules().values()) == ["truncated", "ambiguous", "ambiguous"]

    @pytest.mark.parametrize(("first", "rules"), [(True, ["truncated", "truncated"]), (False, ["none"])])
    def test_number_of_json_alone_is_found_on_picture(self, first: bool, rules: list[str]) -> None:
        """If Takeout numbers a picture together with its JSON, the picture has a number that only the JSON needs."""
        export = Takeout()
        for number, end in (("", "x"), ("(1)", "y"))[not first :]:
            export.add(f"{self.BASE}{end}{number}.jpg")
            export.json(f"{self.BASE}{number}.json", f"{self.BASE}{end}.jpg")

        assert list(export.rules().values()) == rules

    def test_number_without_first_of_series_is_ambiguous(self) -> None:
        """The picture may as well be the first of two of this title, whose JSON is missing."""
        export = Takeout()
        export.add(f"{self.BASE}x.jpg")
        export.json(f"{self.BASE}(1).json", f"{self.BASE}x.jpg")

        assert list(export.rules().values()) == ["ambiguous"]


class TestTitlesWithoutExtension:
    def test_a_live_photos_video_does_not_get_in_the_way(self) -> None:
        export = Takeout()
        for number in ("", "(1)"):
            export.add(f"day{number}.jpg")
            export.add(f"day{number}.mp4")
            export.json(f"day.supplemental-metadata{number}.json", "day", url=number)

        assert list(export.rules().values()) == ["exact", "live", "numbered", "live"]

    def test_numbers_over_two_extensions_mean_nothing(self) -> None:
        export = Takeout()
        for file in ("day.jpg", "day(1).jpg", "day.mp4"):
            export.add(file)
        for number in ("", "(1)", "(2)"):
            export.json(f"day.supplemental-metadata{number}.json", "day", url=number)

        assert set(export.rules().values()) == {"ambiguous"}

    @pytest.mark.parametrize(
        ("content", "extension"),
        [
            (JPEG, ".jpg"),
            (b"\x89PNG\r\n\x1a\n", ".png"),
            (b"GIF89a", ".gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", ".webp"),
            (b"\0\0\0\x18ftypheic", ".heic"),
            (b"\0\0\0\x14ftypqt  ", ".mov"),
            (MP4, ".mp4"),
            (b"II*\0", ".tif"),
            (b"RIFF\0\0\0\0AVI LIST", ".avi"),
            (b"\x1a\x45\xdf\xa3\x01\0\0\0matroska", ".mkv"),
        ],
    )
    def test_extension_is_taken_from_content(self, content: bytes, extension: str) -> None:
        export = Takeout()
        export.add("Sommer 2011", content)
        export.json("Sommer 2011.json", "Sommer 2011")

        (item,) = export.read().items

        assert (item.name, item.facts.rule) == ("Sommer 2011" + extension, "exact")

    def test_file_of_unknown_content_is_left_out(self) -> None:
        export = Takeout()
        export.add("notes", b"Dear diary")
        export.json("notes.json", "notes")

        assert export.read().items == []
        assert export.kinds_left_out() == {"notes": "", "notes.json": "sidecar"}


class TestParts:
    def test_a_json_in_another_part_and_another_depth(self) -> None:
        export = Takeout(part="/x/takeout-1")
        export.add("IMG_1.jpg", folder="Takeout/Google Fotos/Fotos von 2020")
        export.json("IMG_1.jpg.json", "IMG_1.jpg", folder="deeper/Takeout/Google Fotos/Fotos von 2020", part="/x/takeout-2")
        export.add("IMG_2.jpg", folder="Takeout/Google Fotos/Fotos von 2020", part="/x/3.zip")
        export.json("IMG_2.jpg.json", "IMG_2.jpg", folder="", part="/x/takeout-3/Google Fotos/Fotos von 2020")

        assert export.rules() == {"IMG_1.jpg": "exact", "IMG_2.jpg": "exact"}

    @pytest.mark.parametrize("crc", [True, False])
    def test_same_file_in_two_parts_is_single_item(self, crc: bool) -> None:
        export = Takeout(crc=crc)
        for part in ("/x/1.zip", "/x/2.zip"):
            export.add("IMG_1.jpg", part=part)
            export.json("IMG_1.jpg.json", "IMG_1.jpg", part=part)

        assert export.rules() == {"IMG_1.jpg": "exact"}
        assert [one.kind for one in export.listener.left_out] == ["duplicate", "duplicate"]

    def test_an_unreadable_duplicate_is_known_by_its_sha1(self) -> None:
        """In a .tgz, which has no way back to a picture."""
        export = Takeout()
        for part in ("/x/1.tgz", "/x/2.tgz"):
            item = BrokenItem("Takeout/Google Photos/Photos from 2020/IMG_1.jpg", b"content", part=part, crc=False)
            item.sha1 = b"1" * 20
            export.items.append(item)

        assert len(export.read().items) == 1

    @pytest.mark.parametrize("crc", [True, False])
    def test_same_path_in_two_parts_keeps_json_of_part(self, crc: bool) -> None:
        export = Takeout(crc=crc)
        for part in ("/x/1.zip", "/x/2.zip"):
            export.add("IMG_1.jpg", part.encode(), part=part)
            export.json("IMG_1.jpg.json", "IMG_1.jpg", part=part, url=part, description=part)

        assert [item.facts.metadata.description for item in export.read().items] == ["/x/1.zip", "/x/2.zip"]
        assert len(export.listener.warnings) == 2

    def test_newer_json_wins_over_older(self) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg")
        export.json("IMG_1.jpg.supplemental-metadata.json", "IMG_1.jpg", description="newer")

        facts = export.facts()

        assert facts["IMG_1.jpg"].metadata.description == "newer"
        assert not export.listener.left_out

    @pytest.mark.parametrize("root", ["Takeout", "Takeout/FotkyGoogle", "Takeout/Google フォト", "Google Foto", ""])
    def test_no_name_of_a_root_is_required(self, root: str) -> None:
        export = Takeout(folder=f"{root}/Photos from 2020".lstrip("/"))
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg")
        export.add("clip.mp4", folder=f"{root}/Failed Videos".lstrip("/"))

        assert export.rules() == {"IMG_1.jpg": "exact", "clip.mp4": "none"}

    def test_pictures_of_other_products_stay_behind(self) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg")
        export.add("portrait.jpg", folder="Takeout/Contacts/All")
        export.album("A note", folder="Takeout/Keep", name="note.json", textContent="x")
        export.add("clip.mp4", folder="Takeout/Google Photos/Failed Videos")

        assert export.rules() == {"IMG_1.jpg": "exact", "clip.mp4": "none"}
        assert export.kinds_left_out() == {"portrait.jpg": "other product", "note.json": "other product"}
