# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that Picasa looked after."""

from __future__ import annotations

import unicodedata
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._exports.picasa import parse_sections
from support.collection import NO_FACTS, ExportAlbum, Position
from support.photos.reading import album_names, failures, read_export, skips
from support.photos.said import facts_saying

KINDS = {".jpg": "image", ".png": "image", ".orf": "image", ".avi": "video"}
TOKEN = "604c294a68b0de9cc9222c4714f289d5"
ALBUM = f"[.album:{TOKEN}]\r\nname=Kedvencek\r\ntoken={TOKEN}\r\n"


read = partial(read_export, "picasa", KINDS)


def test_picasa_takes_caption_place_and_albums() -> None:
    export, listener, items = read(
        {
            "Trip/.picasa.ini": (
                "[encoding]\r\nutf8=1\r\n[Picasa]\r\nname=Old name\r\n[Contacts2]\r\nb8e4117cf1d6615b=Roy Avery;roy@example.com;\r\n"
                "8e62398ebda8c1a5=;;\r\n[a.orf]\r\nstar=yes\r\ncaption=Am See: schön \r\nkeywords=beer,empanadas,,beer\r\n"
                "faces=rect64(3f845bcb59418507),b8e4117cf1d6615b;rect64(5bcb59418507),ffffffffffffffff;rect64(1),8e62398ebda8c1a5;\r\n"
                f"geotag=33.770556,-84.293055\r\nalbums={TOKEN}\r\nbackuphash=36003\r\n{ALBUM}description=It&#039;s\\nours\r\n"
            ),
            "Trip/a.orf": b"",
            "Trip/b.jpg": b"",
            "Trip/Thumbs.db": b"",
        },
        export_unmatched="skip",
    )
    origin = "/exports/1.zip: Trip/.picasa.ini"
    assert items["Trip/a.orf"].facts == facts_saying(
        rule="exact",
        sidecar=origin,
        description="Am See: schön",
        position=Position(33.770556, -84.293055),
        favorite=True,
        albums=(ExportAlbum("Kedvencek", "It's\nours", origin),),
        tags=("beer", "empanadas"),
        people=("Roy Avery",),
    )
    assert items["Trip/b.jpg"].facts is NO_FACTS
    assert export.albums == [ExportAlbum("Kedvencek", "It's\nours", origin)]
    assert dict(export.counts) == {"metadata": 1, "exact": 1, "none": 1}
    assert skips(listener) == [("Trip/Thumbs.db", ".db")]
    assert not listener.warnings
    assert not export.unused


def test_an_album_has_pictures_of_several_folders() -> None:
    export, listener, items = read(
        {
            "2009/Picasa.ini": f"[a.jpg]\nalbums={TOKEN},5555\n",
            "2009/a.jpg": b"",
            "2010/.picasa.ini": f"{ALBUM}[b.jpg]\nalbums={TOKEN.upper()}\n[.album:77]\nname=Kedvencek\n[c.jpg]\nalbums=77\n",
            "2010/b.jpg": b"",
            "2010/c.jpg": b"",
        }
    )
    assert [album_names(item) for path, item in items.items() if path.endswith("jpg")] == [["Kedvencek"], ["Kedvencek"], ["Kedvencek (2)"]]
    assert len(export.albums) == 2
    (warning,) = listener.warnings
    assert warning.startswith("Picasa albums without a name in any folder: 1")


def test_an_album_without_a_name_is_left_out_or_untitled() -> None:
    files: dict[str, bytes | str] = {"x/.picasa.ini": "[.album:1]\ntoken=1\n[a.jpg]\nalbums=1\n", "x/a.jpg": b""}
    assert read(files)[0].albums == []
    assert [album.name for album in read(files, untitled_albums="create")[0].albums] == ["Untitled"]


def test_hidden_pictures_are_archived_or_left_out() -> None:
    files: dict[str, bytes | str] = {"x/.picasa.ini": "[a.jpg]\nhidden=yes\n", "x/a.jpg": b"", "x/b.jpg": b""}
    assert read(files)[2]["x/a.jpg"].facts.metadata.visibility == "archive"
    export, listener, _items = read(files, export_archived="skip")
    assert [item.inner for item in export.items] == ["x/b.jpg"]
    assert skips(listener) == [("x/a.jpg", "archived")]


def test_originals_of_edited_pictures_are_left_out() -> None:
    export, listener, _items = read(
        {
            "x/.picasa.ini": "[a.jpg]\nstar=yes\n",
            "x/a.jpg": b"edited",
            "x/.picasaoriginals/.picasa.ini": "[a.jpg]\nstar=yes\n",
            "x/.picasaoriginals/a.jpg": b"",
            "x/.picasaoriginals/gone.jpg": b"",
            "y/.picasa.ini": "",
            "y/b.jpg": b"edited",
            "y/Originals/Picasa.ini": "[b.jpg]\nfilters=enhance=1;\n",
            "y/Originals/b.jpg": b"",
            "y/Originals/somebodys.jpg": b"",
            "z/Originals/c.jpg": b"",
            "z/c.jpg": b"",
        }
    )
    assert [item.inner for item in export.items] == ["x/a.jpg", "y/Originals/somebodys.jpg", "y/b.jpg", "z/Originals/c.jpg", "z/c.jpg"]
    assert {kind for _path, kind in skips(listener)} == {"original"}
    assert len(skips(listener)) == 5


def test_names_are_caseless_unless_two_differ_only_in_case() -> None:
    _export, _listener, items = read({"x/.PICASA.INI": "[IMG_1.JPG]\nSTAR=Yes\n", "x/img_1.jpg": b""})
    assert items["x/img_1.jpg"].facts.metadata.favorite
    _export, _listener, items = read({"x/.picasa.ini": "[A.JPG]\nstar=yes\n", "x/a.jpg": b"", "x/A.JPG": b""})
    assert [items[path].facts.metadata.favorite for path in ("x/A.JPG", "x/a.jpg")] == [True, False]
    _export, _listener, items = read({"x/.picasa.ini": "[Füße.jpg]\nstar=yes\n", "x/Fu\u0308ße.jpg": b""})
    assert items["x/Fu\u0308ße.jpg"].facts.metadata.favorite


def test_the_first_value_of_the_newest_file_counts() -> None:
    _export, _listener, items = read(
        {
            "x/Picasa.ini": "[a.jpg]\ncaption=oldest\nkeywords=one\n",
            "x/.picasa.ini": "no equals sign\n=\n[a.jpg]\ncaption=1st\ncaption=2nd\n[b.jpg]\nstar=yes\n[a.jpg]\ncaption=3rd\nstar=yes\n",
            "x/a.jpg": b"",
            "x/b.jpg": b"",
        }
    )
    facts = items["x/a.jpg"].facts
    assert (facts.metadata.description, facts.metadata.favorite, facts.metadata.tags) == ("1st", True, ("one",))


def test_lines_end_at_line_feeds_only() -> None:
    _export, _listener, items = read({"x/.picasa.ini": "[a.jpg]\ncaption=one\u2028two\u0085three\n", "x/a.jpg": b""})
    assert items["x/a.jpg"].facts.metadata.description == "one\u2028two three"  # what XML cannot carry becomes a blank


@pytest.mark.parametrize(
    ("page", "name", "caption"),
    [
        ("cp1252", "Füße.jpg", "Straße à Orléans"),
        ("cp1250", "Łódź.jpg", "Święto w Łodzi"),
        ("cp1251", "Москва.jpg", "Красная площадь"),
        ("cp1253", "Αθήνα.jpg", "Ακρόπολη"),
        ("cp1254", "Ağrı.jpg", "İstanbul'da kış"),
        ("cp1257", "Rīga.jpg", "Jūrmalā ķēve"),
    ],
)
def test_the_names_of_files_tell_the_code_page(page: str, name: str, caption: str) -> None:
    _export, _listener, items = read({"x/.picasa.ini": f"[{name}]\r\ncaption={caption}\r\n".encode(page), f"x/{name}": b""})
    assert items[f"x/{name}"].facts.metadata.description == caption


@pytest.mark.parametrize(
    ("page", "folder", "caption"),
    [
        ("cp1252", "Été à Orléans", "Dîner à l’hôtel"),
        ("cp1250", "Wakacje w Łebie", "Święto w Łodzi"),
        ("cp1250", unicodedata.normalize("NFD", "Příroda"), "Řeka a kůň"),
        ("cp1251", "Отпуск", "У озера"),
        ("cp1254", "Doğum günü", "İstanbul'da kış"),
        ("cp1257", "Rīga", "Jūrmalā ķēve"),
    ],
)
def test_folder_names_decide_the_code_page(page: str, folder: str, caption: str) -> None:
    files = {f"{folder}/b.jpg": b"", "Kraków/b.jpg": b"", f"{folder}/2/b.jpg": b"", "x/a.jpg": b""}
    _export, _listener, items = read({"x/.picasa.ini": f"[a.jpg]\r\ncaption={caption}\r\n".encode(page), **files})
    assert items["x/a.jpg"].facts.metadata.description == caption


@pytest.mark.parametrize(("page", "caption"), [("cp1252", "Straße à Orléans"), ("cp1251", "Красная площадь")])
def test_the_letters_tell_the_code_page_where_names_do_not(page: str, caption: str) -> None:
    assert parse_sections(f"[a.jpg]\ncaption={caption}\n".encode(page), {"a.jpg"})["a.jpg"]["caption"] == caption


@pytest.mark.parametrize("geotag", ["", "1", "0,0", "91,1", "1,181", "nan,1", "inf,inf", "a,b", "1,2,3"])
def test_picasa_ignores_invalid_geotag(geotag: str) -> None:
    _export, _listener, items = read({"x/.picasa.ini": f"[a.jpg]\ngeotag={geotag}\n", "x/a.jpg": b""})
    assert items["x/a.jpg"].facts.metadata.position is None


def test_people_may_be_named_in_another_folder() -> None:
    _export, _listener, items = read(
        {
            "x/.picasa.ini": "[a.jpg]\nfaces=rect64(1),a1;rect64(2),b2;junk;rect64(3),zz\n[Contacts]\nb2=joe_lh,cb98\n",
            "x/a.jpg": b"",
            "y/.picasa.ini": "[Contacts2]\n00000000000000A1=Béla;;\n",
        }
    )
    assert items["x/a.jpg"].facts.metadata.people == ("Béla",)


def test_picasa_warns_once_of_rotated_pictures() -> None:
    ini = "[a.jpg]\nrotate=rotate(1)\n[b.jpg]\nrotate=rotate(3)\n[c.jpg]\nrotate=rotate(0)\n"
    _export, listener, _items = read({"x/.picasa.ini": ini, "x/a.jpg": b"", "x/b.jpg": b"", "x/c.jpg": b""})
    (warning,) = listener.warnings
    assert warning.startswith("Pictures that were rotated in Picasa only: 2, such as /exports/1.zip: x/a.jpg")


def test_says_which_files_are_about_nothing() -> None:
    export, listener, _items = read(
        {
            "x/.picasa.ini": "[gone.jpg]\nstar=yes\n",
            "y/.picasa.ini": "[Picasa]\nname=y\n",
            "y/a.jpg": b"",
            "z/.picasa.ini": b"[a.jpg]\n" + b"x" * (17 * 1024 * 1024),
        }
    )
    assert [path for path, _reason in export.unused] == ["/exports/1.zip: x/.picasa.ini"]
    assert [path for path, _msg in failures(listener)] == ["z/.picasa.ini"]


@given(st.binary(max_size=300))
def test_no_ini_is_fatal(content: bytes) -> None:
    _export, _listener, items = read({"x/.picasa.ini": b"[a.jpg]\nalbums=1\n" + content + b"\n[.album:1]\nname=n\n", "x/a.jpg": b""})
    assert items["x/a.jpg"].facts.rule == "exact"
