# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the JSON files say: facts, albums, flags, the copies of one picture, and what is left out and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.collection import Facts, Position
from support.photos.items import BrokenItem, UnreadableItem
from support.photos.said import facts_saying, seconds_of
from support.photos.takeouts import MP4, TAKEN, YEAR, Takeout, names

ALBUM = "Takeout/Google Photos/Holidays"


def facts_of(**about: Any) -> Facts:
    """The facts of the only picture of an export, with these fields in its JSON."""
    export = Takeout()
    export.add("IMG_1.jpg")
    export.json("IMG_1.jpg.json", "IMG_1.jpg", **about)
    return export.facts()["IMG_1.jpg"]


class TestFields:
    @pytest.mark.parametrize(
        ("timestamp", "taken"),
        [
            ("1590000000", 1_590_000_000),
            (1590000000, 1_590_000_000),
            ("-86400", -86_400),
            ("999999999", 999_999_999),
            ("0", None),
            ("", None),
            ("soon", None),
            ("9" * 19, None),
            ("9" * 4000, None),
            (True, None),
            (None, None),
        ],
    )
    def test_takeout_taken_is_of_timestamp(self, timestamp: Any, taken: float | None) -> None:
        assert seconds_of(facts_of(photoTakenTime={"timestamp": timestamp})) == taken

    @pytest.mark.parametrize(
        ("corrected", "camera", "position"),
        [
            ((1.5, 2.5, 3.5), (4.0, 5.0, 6.0), Position(1.5, 2.5)),
            ((0, 0, 0), (4.0, 5.0, 0.0), Position(4.0, 5.0)),
            ((0, 0, 0), (0, 0, 0), None),
            ((0, 2.5, 0), None, Position(0.0, 2.5)),
            ((91, 0, 0), None, None),
            (("1", "2", "3"), None, None),
        ],
    )
    def test_takeout_position_prefers_correction_of_user(self, corrected: Any, camera: Any, position: Position | None) -> None:
        """The user's correction wins (immich-go, issue 841)."""
        keys = ("latitude", "longitude", "altitude")
        about = {"geoData": dict(zip(keys, corrected, strict=True))}
        if camera:
            about["geoDataExif"] = dict(zip(keys, camera, strict=True))

        assert facts_of(**about).metadata.position == position

    def test_other_fields_are_read(self) -> None:
        facts = facts_of(
            description="two\nlines <&'>",
            favorited=True,
            archived=True,
            people=[{"name": "Susan"}, {"name": " Justin "}, {"name": "Susan"}, {"name": ""}, "odd", {}],
        )

        assert facts.metadata.description == "two\nlines <&'>"
        assert facts.metadata.favorite
        assert facts.metadata.visibility == "archive"
        assert facts.metadata.people == ("Susan", "Justin")
        assert facts.sidecar == f"/exports/1.zip: {YEAR}/IMG_1.jpg.json"
        assert facts.year == 2020
        assert seconds_of(facts) == TAKEN

    def test_takeout_ignores_values_of_wrong_type(self) -> None:
        assert facts_of(favorited="yes", archived=1, people="Susan", description=7, geoData=[], url=None) == facts_saying(
            rule="exact", sidecar=f"/exports/1.zip: {YEAR}/IMG_1.jpg.json", taken=TAKEN, year=2020
        )

    def test_takeout_reads_json_of_2017(self) -> None:
        """immich-go, issue 1124: no photoTakenTime, but a description and people."""
        export = Takeout()
        export.add("IMG_20160612_112853.jpg")
        old = {
            "tags": [],
            "description": "old",
            "title": "IMG_20160612_112853.jpg",
            "people": [],
            "comments": [],
            "url": "https://lh3/x.jpg",
        }
        export.add("IMG_20160612_112853.jpg.json", json.dumps(old).encode())

        assert export.facts()["IMG_20160612_112853.jpg"] == facts_saying(
            rule="exact", sidecar=f"/exports/1.zip: {YEAR}/IMG_20160612_112853.jpg.json", year=2020, description="old"
        )


class TestNames:
    @pytest.mark.parametrize(
        ("title", "file", "name"),
        [
            ("IMG_1.JPG", "IMG_1.jpg", "IMG_1.JPG"),
            ("a/b\\c.jpg", "a_b_c.jpg", "a_b_c.jpg"),
            ("One & 'Two'.jpg", "One _ _Two_.jpg", "One & 'Two'.jpg"),
            ("a\nb.jpg", "a_b.jpg", "a_b.jpg"),
            ("2013-12-23", "2013-12-23.jpg", "2013-12-23.jpg"),
            ("ü" * 200 + ".jpg", "ü" * 47 + ".jpg", "ü" * 125 + ".jpg"),
            ("half \ud83d.jpg", "half _.jpg", "half ?.jpg"),
            ("\u00a0.jpg", "\u00a0.jpg", "\u00a0.jpg"),
        ],
    )
    def test_the_title_is_the_name(self, title: str, file: str, name: str) -> None:
        export = Takeout()
        export.add(file)
        sidecar = (title[:46] if len(title) > 46 else file) + ".json"
        export.json(sidecar, title)

        assert names(export.read().items) == [name]


class TestAlbums:
    def album(self, **about: Any) -> Takeout:
        export = Takeout(folder=ALBUM)
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg")
        export.add("metadata.json", json.dumps(about).encode())
        return export

    @pytest.mark.parametrize("name", ["metadata.json", "métadonnées.json", "Metadaten.json", "metadata(1).json", "метаданные.json"])
    def test_a_nameless_file_gets_the_title_and_type_by_content(self, name: str) -> None:
        export = Takeout(folder=ALBUM)
        export.add("IMG_1.jpg")
        export.album("Holidays: the whole story", folder=ALBUM, name=name, description="a note")

        (album,) = export.read().albums

        assert (album.name, album.description, album.origin) == ("Holidays: the whole story", "a note", f"/exports/1.zip: {ALBUM}/{name}")

    def test_takeout_reads_albums_of_old_format(self) -> None:
        (album,) = self.album(albumData={"title": "Old", "description": "note", "date": {"timestamp": "1"}}).read().albums
        assert (album.name, album.description) == ("Old", "note")

    def test_notes_between_the_pictures_are_its_description(self) -> None:
        notes = [{"narrativeEnrichment": {"text": "one"}}, {"locationEnrichment": {}}, {"narrativeEnrichment": {"text": "two"}}]
        (album,) = self.album(title="Notes", enrichments=notes).read().albums
        assert album.description == "one\ntwo"

    @pytest.mark.parametrize("title", ["", "  ", None])
    def test_untitled_ones_only_on_request(self, title: str | None) -> None:
        assert self.album(albumData={"title": title}).read().albums == []
        (album,) = self.album(albumData={"title": title}).read(untitled_albums="create").albums
        assert album.name == "Holidays"

    def test_takeout_numbers_albums_around_existing_title(self) -> None:
        export = Takeout()
        for folder, title in (("Trip", "Trip"), ("Trip(1)", "Trip"), ("Trip(2)", "Trip"), ("Other", "Trip (2)")):
            export.add(f"{folder}.jpg", folder=f"Takeout/Google Photos/{folder}")
            export.album(title, folder=f"Takeout/Google Photos/{folder}")

        assert {name: about.albums[0].name for name, about in export.facts().items()} == {
            "Trip.jpg": "Trip",
            "Trip(1).jpg": "Trip (3)",
            "Trip(2).jpg": "Trip (4)",
            "Other.jpg": "Trip (2)",
        }

    def test_the_folder_of_a_year_is_none_even_with_an_albums_file(self) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg")
        export.album("Photos from 2020", folder=YEAR)

        facts = export.facts()["IMG_1.jpg"]

        assert (facts.albums, facts.year) == ((), 2020)

    def test_takeout_album_may_have_year_in_title(self) -> None:
        (album,) = self.album(title="Paris 2020").read().albums
        assert album.name == "Paris 2020"

    @pytest.mark.parametrize(("folder", "title"), [("2020-05-20", ""), ("2020-05-20 #2", "2020-05-20"), ("2020-05-21", "")])
    def test_the_folder_of_a_day_is_none(self, folder: str, title: str) -> None:
        """GooglePhotosTakeoutHelper, issues 8 and 30: until 2020 each day had a folder that looks like an album. Days are local ones."""
        export = Takeout(folder=f"Takeout/Google Fotos/{folder}")
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg")
        export.add("Metadaten.json", json.dumps({"albumData": {"title": title}}).encode())

        assert export.read(untitled_albums="create").albums == []

    @pytest.mark.parametrize(("folder", "title"), [("2020-05-20", "Wedding"), ("1999-05-20", "1999-05-20")])
    def test_takeout_folder_named_by_date_may_be_album(self, folder: str, title: str) -> None:
        export = Takeout(folder=f"Takeout/Google Fotos/{folder}")
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg")
        export.add("Metadaten.json", json.dumps({"albumData": {"title": title}}).encode())

        assert [album.name for album in export.read().albums] == [title]

    @pytest.mark.parametrize("folder", ["Photos de 2019", "2019 yılına ait fotoğraflar", "ภาพถ่ายจาก 2019", "Foto_s van 2019"])
    def test_the_year_of_a_folder_in_any_language(self, folder: str) -> None:
        export = Takeout(folder=f"Takeout/X/{folder}")
        export.add("IMG_1.jpg")
        assert export.facts()["IMG_1.jpg"].year == 2019

    @pytest.mark.parametrize("folder", ["Photos from 20191", "2019 and 2020", "Holidays"])
    def test_takeout_folder_without_year_has_none(self, folder: str) -> None:
        export = Takeout(folder=f"Takeout/X/{folder}")
        export.add("IMG_1.jpg")
        assert export.facts()["IMG_1.jpg"].year is None

    def test_an_album_without_pictures_is_reported(self) -> None:
        export = Takeout()
        export.album("Empty", folder=ALBUM)
        assert [path for path, _reason in export.read().unused] == [f"/exports/1.zip: {ALBUM}/metadata.json"]


class TestCopies:
    def test_takeout_copies_in_year_and_album_share_facts(self) -> None:
        export = Takeout()
        export.album("Holidays", folder=ALBUM)
        export.add("IMG_1(1).jpg", b"same")
        export.json("IMG_1.jpg(1).json", "IMG_1.jpg", url="u", description="mine", favorited=True)
        export.add("IMG_1.jpg", b"same", folder=ALBUM)
        export.json("IMG_1.jpg.json", "IMG_1.jpg", folder=ALBUM, url="u", archived=True, people=[{"name": "Susan"}])

        first, second = (item.facts for item in export.read().items)

        assert first._replace(rule="", sidecar="", year=None) == second._replace(rule="", sidecar="", year=None)
        said = first.metadata
        assert (said.description, said.favorite, said.visibility, said.people) == ("mine", True, "archive", ("Susan",))
        assert [album.name for album in first.albums] == ["Holidays"]

    @pytest.mark.parametrize(
        ("about", "warnings"),
        [({}, 0), ({"taken": TAKEN + 1}, 1), ({"title": "Other.jpg"}, 1), ({"title": "IMG_1.MP4"}, 0), ({"taken": 0}, 0)],
        ids=["the same", "other time", "other title", "its video", "no time"],
    )
    def test_takeout_warns_of_contradicting_files_with_same_url(self, about: dict[str, Any], warnings: int) -> None:
        export = Takeout()
        export.album("Holidays", folder=ALBUM)
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg", url="u")
        for name in ("IMG_1.jpg", "IMG_2.jpg"):
            export.json(f"{name}.json", folder=ALBUM, **{"title": "IMG_1.jpg", "url": "u" if name == "IMG_1.jpg" else "other", **about})

        export.read()

        assert len(export.listener.warnings) == warnings
        assert all(f"{ALBUM}/IMG_1.jpg.json" in text and f"{YEAR}/IMG_1.jpg.json" in text for text in export.listener.warnings)

    def test_takeout_album_of_json_files_gets_pictures(self) -> None:
        """immich-go, issues 482 and 486."""
        export = Takeout()
        export.add("IMG_1(1).jpg")
        export.add("IMG_1-edited(1).jpg")
        export.json("IMG_1.jpg(1).json", "IMG_1.jpg", url="u")
        export.album("Holidays", folder=ALBUM)
        export.json("IMG_1.jpg.json", "IMG_1.jpg", folder=ALBUM, url="u")

        export_read = export.read()

        assert [[album.name for album in item.facts.albums] for item in export_read.items] == [["Holidays"], ["Holidays"]]
        assert export_read.unused == []

    @pytest.mark.parametrize(
        ("about", "albums"),
        [({}, ["Holidays"]), ({"taken": TAKEN + 1}, []), ({"taken": 0}, []), ({"creationTime": {"timestamp": "1"}}, [])],
    )
    def test_without_a_url_title_and_both_times_must_be_equal(self, about: dict[str, Any], albums: list[str]) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg", url="")
        export.album("Holidays", folder=ALBUM)
        export.json("IMG_1.jpg.json", "IMG_1.jpg", folder=ALBUM, **{"url": ""} | about)

        assert [album.name for album in export.facts()["IMG_1.jpg"].albums] == albums

    def test_takeout_without_url_keeps_same_titles_apart(self) -> None:
        export = Takeout()
        for number in ("", "(1)"):
            export.add(f"IMG_1{number}.jpg")
            export.json(f"IMG_1.jpg{number}.json", "IMG_1.jpg", url="", description=number)
        export.album("Holidays", folder=ALBUM)
        export.json("IMG_1.jpg.json", "IMG_1.jpg", folder=ALBUM, url="")

        facts = export.facts()

        assert [(about.metadata.description, about.albums) for about in facts.values()] == [("", ()), ("(1)", ())]

    def test_takeout_same_name_and_size_are_two_pictures(self) -> None:
        """immich-go, issues 392 and 402."""
        export = Takeout()
        export.album("Holidays", folder=ALBUM)
        for folder, content in ((YEAR, b"one"), (ALBUM, b"two")):
            export.add("DSC_0032.JPG", content, folder=folder)
            export.json("DSC_0032.JPG.json", "DSC_0032.JPG", folder=folder, url=folder, description=folder)

        assert [(item.facts.metadata.description, len(item.facts.albums)) for item in export.read().items] == [(YEAR, 0), (ALBUM, 1)]


class TestLeftOut:
    @pytest.mark.parametrize(
        ("about", "option", "kind"),
        [
            ({"trashed": True}, "export_trash", "trashed"),
            ({"inLockedFolder": True}, "export_locked", "locked"),
            ({"archived": True}, "export_archived", "archived"),
            ({"googlePhotosOrigin": {"fromPartnerSharing": {}}}, "export_partner", "partner"),
        ],
    )
    def test_takeout_skips_or_keeps_flagged_pictures(self, about: dict[str, Any], option: str, kind: str) -> None:
        def export() -> Takeout:
            export = Takeout()
            export.add("IMG_1.jpg")
            export.add("IMG_1-edited.jpg")
            export.json("IMG_1.jpg.json", "IMG_1.jpg", **about)
            return export

        skipping, keeping = export(), export()

        assert skipping.rules(**{option: "skip"}) == {}
        assert skipping.kinds_left_out() == {"IMG_1.jpg": kind, "IMG_1-edited.jpg": kind}
        assert list(keeping.rules(**{option: "upload"})) == ["IMG_1.jpg", "IMG_1-edited.jpg"]

    def test_by_default_trash_and_locked_folder(self) -> None:
        export = Takeout()
        for kind in ("trashed", "inLockedFolder", "archived"):
            export.add(f"{kind}.jpg")
            about: dict[str, Any] = {kind: True}
            export.json(f"{kind}.jpg.json", f"{kind}.jpg", **about)

        assert list(export.rules()) == ["archived.jpg"]

    def test_trashed_only_if_all_copies_are(self) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        export.json("IMG_1.jpg.json", "IMG_1.jpg", url="u", trashed=True)
        export.add("IMG_1.jpg", folder=ALBUM)
        export.json("IMG_1.jpg.json", "IMG_1.jpg", folder=ALBUM, url="u")

        assert len(export.read().items) == 2

    @pytest.mark.parametrize(
        ("folder", "kind"), [("Papierkorb", "trashed"), ("Bin", "trashed"), ("Carpeta privada", "locked"), ("归档文件", None)]
    )
    def test_the_folders_name_counts_for_files_without_json(self, folder: str, kind: str | None) -> None:
        export = Takeout(folder=f"Takeout/Google Photos/{folder}")
        export.add("IMG_1.jpg")
        export.add("IMG_2.jpg")
        export.json("IMG_2.jpg.json", "IMG_2.jpg")

        facts = export.facts()

        assert facts["IMG_2.jpg"].metadata.visibility == "timeline"
        assert export.kinds_left_out() == ({"IMG_1.jpg": kind} if kind else {})
        assert kind or facts["IMG_1.jpg"].metadata.visibility == "archive"

    def test_files_without_json_on_request(self) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        assert export.read(export_unmatched="skip").items == []
        assert export.kinds_left_out() == {"IMG_1.jpg": "unmatched"}

    def test_takeout_leaves_out_other_files(self) -> None:
        export = Takeout()
        export.add("IMG_1.AAE")
        export.add("archive_browser.html", folder="Takeout")
        export.add("empty.jpg").__init__(f"{YEAR}/empty.jpg", b"")  # type: ignore[misc]

        assert export.read().items == []
        assert export.kinds_left_out() == {"IMG_1.AAE": ".aae", "archive_browser.html": ".html"}
        assert [path for path, _error in export.listener.failed] == [f"/exports/1.zip: {YEAR}/empty.jpg"]

    def test_takeout_warns_of_failed_videos(self) -> None:
        export = Takeout(folder="Takeout/Google Photos/Fehlgeschlagene Videos")
        export.add("a.mp4")
        export.add("b.mp4")

        assert list(export.rules().values()) == ["none", "none"]
        (warning,) = export.listener.warnings
        assert warning.startswith("Videos in the folder Fehlgeschlagene Videos: 2 ")

    def test_a_sidecar_without_its_picture(self) -> None:
        export = Takeout()
        export.json("IMG_1.jpg.json", "IMG_1.jpg")
        assert [path for path, _reason in export.read().unused] == [f"/exports/1.zip: {YEAR}/IMG_1.jpg.json"]


class TestOtherJson:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"no JSON",
            b'{"title": "IMG_1.jpg", "photoTakenTime"',
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b'{"title": "IMG_1.jpg", "photoTakenTime": {"timestamp": ' + b"9" * 500_000 + b"}}",
            b'{"title": "IMG_1.jpg", "photoTakenTime": {}, "x": NaN}',
            b"\xff\xfe\x00\x01",
            b'{"title": "' + b"x" * 1_100_000 + b'"}',
            b"[]",
            b"null",
            b'{"title": ["One", "Two"]}',
            b'{"fileName": "IMG_1.jpg", "dateTaken": "2020-01-01T00:00:00Z"}',
            b'{"photoTakenTime": {"timestamp": "1"}, "title": ["x"]}',
        ],
        ids=range(14),
    )
    def test_takeout_reports_broken_json_and_continues(self, content: bytes) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        export.add("IMG_1.jpg.json", content or b" ")
        export.add("IMG_2.jpg")
        export.json("IMG_2.jpg.json", "IMG_2.jpg")

        assert export.rules() == {"IMG_1.jpg": "none", "IMG_2.jpg": "exact"}
        assert export.kinds_left_out() == {"IMG_1.jpg.json": ".json"}

    def test_takeout_counts_unreadable_json_as_failed(self) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        export.items.append(BrokenItem(f"{YEAR}/IMG_1.jpg.json", b"x"))

        assert export.rules() == {"IMG_1.jpg": "none"}
        assert [path for path, _error in export.listener.failed] == [f"/exports/1.zip: {YEAR}/IMG_1.jpg.json"]

    def test_takeout_continues_after_disk_error(self) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        export.items.append(UnreadableItem(f"{YEAR}/IMG_1.jpg.json", b"x"))
        export.add("IMG_2.jpg")
        export.json("IMG_2.jpg.json", "IMG_2.jpg")

        assert export.rules() == {"IMG_1.jpg": "none", "IMG_2.jpg": "exact"}
        assert [path for path, _error in export.listener.failed] == [f"/exports/1.zip: {YEAR}/IMG_1.jpg.json"]

    def test_texts_are_bounded(self) -> None:
        facts = facts_of(description="x" * 500_000, people=[{"name": f"{number}" + "y" * 300} for number in range(1000)])

        assert len(facts.metadata.description or "") == 20_000
        assert len(facts.metadata.people) == 200
        assert max(map(len, facts.metadata.people)) == 200

    def test_takeout_reads_json_with_byte_order_mark(self) -> None:
        export = Takeout()
        export.add("IMG_1.jpg")
        item = export.json("IMG_1.jpg.json", "IMG_1.jpg")
        item._content = b"\xef\xbb\xbf" + item._content

        assert export.rules() == {"IMG_1.jpg": "exact"}


def test_takeout_selects_albums_and_skips_partners() -> None:
    takeout = Takeout()
    said: dict[str, dict[str, Any]] = {"in.jpg": {}, "out.jpg": {}, "theirs.jpg": {"googlePhotosOrigin": {"fromPartnerSharing": {}}}}
    for name, about in said.items():
        folder = "Takeout/Google Photos/Rome" if name == "in.jpg" else None
        takeout.add(name, folder=folder)
        takeout.json(name + ".json", name, folder=folder, **about)
    takeout.add("in.mp4", MP4, folder="Takeout/Google Photos/Rome")
    takeout.add("in-edited.jpg", folder="Takeout/Google Photos/Rome")
    takeout.album("Rome", folder="Takeout/Google Photos/Rome")
    assert sorted(takeout.facts(export_albums=("Rome", "Oslo"))) == ["in-edited.jpg", "in.jpg", "in.mp4"]
    assert takeout.kinds_left_out() == {"out.jpg": "album", "theirs.jpg": "album"}


def test_takeout_puts_partners_pictures_into_album() -> None:
    takeout = Takeout()
    takeout.add("mine.jpg")
    takeout.json("mine.jpg.json", "mine.jpg")
    takeout.add("theirs.jpg")
    takeout.json("theirs.jpg.json", "theirs.jpg", googlePhotosOrigin={"fromPartnerSharing": {}})
    found = takeout.facts(partner_album="Ben's photos")
    assert {name: [album.name for album in one.albums] for name, one in found.items()} == {"mine.jpg": [], "theirs.jpg": ["Ben's photos"]}
