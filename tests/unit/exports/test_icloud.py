# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports of iCloud Photos."""

from __future__ import annotations

import base64
import calendar
import hashlib
from functools import partial

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._exports.icloud_details import apple_checksum, parse_date
from support.collection import BY_NAME, NO_FACTS, ExportOptions
from support.photos.items import MemoryItem, RecordingListener
from support.photos.reading import album_names, check_sum, failures, read_export, skips
from support.photos.said import facts_saying, is_to_the_minute, seconds_of

KINDS = {".heic": "image", ".jpg": "image", ".png": "image", ".mov": "video", ".mp4": "video"}
HEADER = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"
JUNE = "Saturday June 4,2022 12:11 PM GMT"
JUNE_4 = calendar.timegm((2022, 6, 4, 12, 11, 0))


def row(name: str, *, checksum: str = "", favorite: str = "no", hidden: str = "no", deleted: str = "no", date: str = JUNE) -> str:
    return f'{name},{checksum},{favorite},{hidden},{deleted},"{date}",10,"{date}"\n'


read = partial(read_export, "icloud", KINDS)


def test_icloud_takes_facts_of_photo_details() -> None:
    export, listener, items = read(
        {
            "iCloud-bilder Del 1 av 6/Photos/Photo Details.csv": HEADER
            + row("IMG_1.HEIC", favorite="yes")
            + row("IMG_2.JPG", hidden="yes", date="Friday October 06,2023 9:05 AM GMT"),
            "iCloud-bilder Del 1 av 6/Photos/IMG_1.HEIC": b"1",
            "iCloud-bilder Del 1 av 6/Photos/IMG_2.JPG": b"2",
            "iCloud-bilder Del 1 av 6/Photos/IMG_2.AAE": b"edits",
            "iCloud-bilder Del 1 av 6/Photos/IMG_3.JPG": b"3",
        }
    )
    first, second, third = (items[f"iCloud-bilder Del 1 av 6/Photos/{name}"] for name in ("IMG_1.HEIC", "IMG_2.JPG", "IMG_3.JPG"))
    assert first.facts._replace(sidecar="") == facts_saying(rule="exact", sidecar="", taken=JUNE_4, minutes=True, favorite=True)
    assert first.facts.sidecar == "/exports/1.zip: iCloud-bilder Del 1 av 6/Photos/Photo Details.csv"
    assert seconds_of(second.facts) == calendar.timegm((2023, 10, 6, 9, 5, 0))
    assert second.facts.metadata.visibility == "archive"
    assert third.facts is NO_FACTS
    assert skips(listener) == [("iCloud-bilder Del 1 av 6/Photos/IMG_2.AAE", ".aae")]
    assert dict(export.counts) == {"metadata": 1, "exact": 2, "none": 1}
    assert not listener.warnings
    assert not any(item.opened for item in export.items if isinstance(item, MemoryItem))


@pytest.mark.parametrize(
    ("date", "moment", "minutes"),
    [
        (JUNE, (2022, 6, 4, 12, 11, 0), True),
        ("Friday October 06,2023 12:11 AM GMT", (2023, 10, 6, 0, 11, 0), True),  # immich-go's test data
        ("Saturday June 18,2022 14:00 PM GMT", (2022, 6, 18, 14, 0, 0), True),  # a test of a fork of immich-go
        ("Monday January 2,2023 4:05\u202fPM GMT", (2023, 1, 2, 16, 5, 0), True),
        ("Sunday May 14, 2023 3:36:07 AM GMT", (2023, 5, 14, 3, 36, 7), False),
        ("Wednesday December 31,1969 11:59 PM GMT", (1969, 12, 31, 23, 59, 0), True),
    ],
)
def test_reads_apples_dates(date: str, moment: tuple[int, int, int, int, int, int], minutes: bool) -> None:
    assert parse_date(date) == (calendar.timegm(moment), minutes)


@pytest.mark.parametrize(
    "date", ["", "June", "Friday June 31,2022 1:00 PM GMT", "Samstag Mai 4,2022 1:00 PM GMT", "2022-06-04", "9" * 1000]
)
def test_takes_no_other_text_for_a_date(date: str) -> None:
    assert parse_date(date) == (None, False)


def test_icloud_warns_of_unreadable_dates() -> None:
    _export, listener, items = read(
        {"Photos/Photo Details.csv": HEADER + row("a.jpg", date="4 juin 2022", favorite="yes"), "Photos/a.jpg": b""}
    )
    assert seconds_of(items["Photos/a.jpg"].facts) is None
    assert items["Photos/a.jpg"].facts.metadata.favorite
    (warning,) = listener.warnings
    assert ": 1, such as '4 juin 2022'." in warning


def test_reads_columns_by_name_and_joins_unquoted_dates() -> None:
    text = f"viewCount,originalCreationDate,deleted,imgName,favorite\n3,{JUNE},no,Füße.JPG,yes\n"
    _export, _listener, items = read({"Photos/Photo Details-1.csv": text, "Photos/Füße.JPG": b""})
    assert (seconds_of(items["Photos/Füße.JPG"].facts), items["Photos/Füße.JPG"].facts.metadata.favorite) == (JUNE_4, True)
    unquoted = HEADER + f"a.jpg,x,no,no,no,{JUNE},10,{JUNE}\n"
    _export, _listener, items = read({"Photos/Photo Details.csv": unquoted, "Photos/a.jpg": b""})
    assert seconds_of(items["Photos/a.jpg"].facts) == JUNE_4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_reads_every_encoding(encoding: str) -> None:
    text = (HEADER + row("Füße.jpg")).replace("\n", "\r\n")
    _export, _listener, items = read({"Photos/Photo Details.csv": text.encode(encoding), "Photos/Fu\u0308ße.JPG": b""})
    assert seconds_of(items["Photos/Fu\u0308ße.JPG"].facts) == JUNE_4  # decomposed, as macOS unpacks it


def test_a_csv_speaks_of_its_own_folder() -> None:
    _export, listener, items = read(
        {
            "Part 1/Photos/Photo Details.csv": HEADER + row("IMG_0001.JPG"),
            "Part 1/Photos/IMG_0001.JPG": b"1",
            "Part 2/Photos/Photo Details.csv": HEADER + row("IMG_0001.JPG", date="Sunday May 14,2023 3:36 AM GMT"),
            "Part 2/Photos/IMG_0001.JPG": b"2",
        }
    )
    assert seconds_of(items["Part 1/Photos/IMG_0001.JPG"].facts) == JUNE_4
    assert seconds_of(items["Part 2/Photos/IMG_0001.JPG"].facts) == calendar.timegm((2023, 5, 14, 3, 36, 0))
    assert not listener.warnings


def test_parts_without_a_folder_of_their_own_stay_separate() -> None:
    items = [
        MemoryItem("Photos/Photo Details.csv", (HEADER + row("a.jpg", favorite="yes")).encode(), part="/nas/1.zip"),
        MemoryItem("Photos/a.jpg", b"1", part="/nas/1.zip"),
        MemoryItem("Photos/Photo Details.csv", (HEADER + row("a.jpg")).encode(), part="/nas/2.zip"),
        MemoryItem("Photos/a.jpg", b"2", part="/nas/2.zip"),
        MemoryItem("Photos/a.jpg", b"3", part="/nas/unpacked"),
    ]
    listener = RecordingListener()
    export = BY_NAME["icloud"].read(items, KINDS, ExportOptions(), listener)
    check_sum(items, export, listener)
    assert [(item.facts.rule, item.facts.metadata.favorite) for item in export.items] == [
        ("exact", True),
        ("exact", False),
        ("none", False),
    ]
    assert items[1].facts.sidecar == "/nas/1.zip: Photos/Photo Details.csv"


def test_a_row_finds_the_only_picture_of_its_name_elsewhere() -> None:
    # jaimetur/PhotoMigrator, test_photo_details_rows_can_fallback_to_unique_global_name_when_local_scope_match_fails
    export, _listener, items = read({"A/Photos/IMG_0099.JPG": b"", "B/Photos/Photo Details.csv": HEADER + row("IMG_0099.JPG")})
    assert items["A/Photos/IMG_0099.JPG"].facts.rule == "name"
    assert export.counts["name"] == 1


def test_icloud_checksum_decides_between_same_names() -> None:
    # jaimetur/PhotoMigrator, test_photo_details_rows_can_fallback_globally_by_checksum_when_name_is_not_unique
    right = MemoryItem("x.jpg", b"same-name-b")
    salt = b"com.apple.XattrObjectSalt\0com.apple.DataObjectSalt\0"
    expected = base64.b64encode(b"\1" + hashlib.sha1(salt + b"same-name-b").digest()).decode()
    assert apple_checksum(right) == expected
    assert len(expected) == len("AfQj57ORF2JIumUCjO+PawZ9nqPg")  # simulot/immich-go adapters/folder/icloud.go
    export, listener, items = read(
        {
            "A/Photos/IMG_0100.JPG": b"same-name-a",
            "B/Photos/IMG_0100.JPG": b"same-name-b",
            "C/Photos/Photo Details.csv": HEADER + row("IMG_0100.JPG", checksum=expected),
        }
    )
    assert items["B/Photos/IMG_0100.JPG"].facts.rule == "checksum"
    assert items["A/Photos/IMG_0100.JPG"].facts is NO_FACTS
    assert not listener.warnings
    assert dict(export.counts) == {"metadata": 1, "checksum": 1, "none": 1}


def test_icloud_contradicting_rows_are_ambiguous() -> None:
    files: dict[str, bytes | str] = {
        "Photos/Photo Details.csv": HEADER + row("a.jpg", checksum="Ax") + row("a.jpg", checksum="Ay", favorite="yes"),
        "Photos/a.jpg": b"neither",
    }
    export, listener, items = read(files, export_unmatched="skip")
    assert items["Photos/a.jpg"].facts == facts_saying(rule="ambiguous")
    assert [item.inner for item in export.items] == ["Photos/a.jpg"]
    assert len(listener.warnings) == 1
    assert "does not tell apart: 1, such as /exports/1.zip: Photos/a.jpg" in listener.warnings[0]


def test_the_last_row_is_for_the_last_file() -> None:
    checksum = apple_checksum(MemoryItem("a.jpg", b"first"))
    files: dict[str, bytes | str] = {
        "Photos/Photo Details.csv": HEADER + row("A.jpg", checksum=checksum, favorite="yes") + row("a.JPG", checksum="other"),
        "Photos/A.jpg": b"second",
        "Photos/a.JPG": b"first",
    }
    _export, listener, items = read(files)
    assert (items["Photos/a.JPG"].facts.rule, items["Photos/a.JPG"].facts.metadata.favorite) == ("checksum", True)
    assert (items["Photos/A.jpg"].facts.rule, items["Photos/A.jpg"].facts.metadata.favorite) == ("exact", False)
    assert not listener.warnings


def test_icloud_equal_rows_open_no_file() -> None:
    files: dict[str, bytes | str] = {
        "Photos/Photo Details.csv": HEADER + row("a.jpg", checksum="Ax") + row("a.jpg", checksum="Ay"),
        "Photos/a.jpg": b"",
    }
    _export, _listener, items = read(files)
    assert seconds_of(items["Photos/a.jpg"].facts) == JUNE_4
    assert not items["Photos/a.jpg"].opened


def test_icloud_skips_deleted_and_hidden_as_asked() -> None:
    files: dict[str, bytes | str] = {
        "P/Photos/Photo Details.csv": HEADER + row("a.jpg", deleted="yes") + row("b.jpg", hidden="yes") + row("c.jpg"),
        "P/Photos/a.jpg": b"",
        "P/Photos/b.jpg": b"",
        "P/Photos/c.jpg": b"",
        "P/Recently Deleted/d.jpg": b"",
    }
    export, listener, _items = read(files)
    assert [item.inner for item in export.items] == ["P/Photos/b.jpg", "P/Photos/c.jpg"]
    assert skips(listener) == [("P/Photos/a.jpg", "trashed"), ("P/Recently Deleted/d.jpg", "trashed")]
    export, listener, _items = read(files, export_trash="upload", export_archived="skip", export_unmatched="skip")
    assert [item.inner for item in export.items] == ["P/Photos/a.jpg", "P/Photos/c.jpg"]
    assert skips(listener) == [("P/Photos/b.jpg", "archived"), ("P/Recently Deleted/d.jpg", "unmatched")]


def test_the_edited_copy_and_the_moving_half_inherit() -> None:
    _export, _listener, items = read(
        {
            "P/Photos/Photo Details.csv": HEADER + row("IMG_1234.HEIC", favorite="yes") + row("IMG_7.MOV"),
            "P/Albums/Trip.csv": "Images\nIMG_1234.HEIC\n",
            "P/Photos/IMG_1234.HEIC": b"",
            "P/Photos/IMG_1234.MOV": b"",
            "P/Photos/IMG_E1234.JPG": b"",
            "P/Photos/IMG_E1234.MOV": b"",
            "P/Photos/IMG_7.MOV": b"",
            "P/Photos/IMG_E7.MOV": b"",
            "P/Photos/IMG_E99.JPG": b"",
            "Q/Photos/IMG_1234.MOV": b"",
        }
    )
    got = {path: (item.facts.rule, album_names(item)) for path, item in items.items() if not path.endswith(".csv")}
    assert got == {
        "P/Photos/IMG_1234.HEIC": ("exact", ["Trip"]),
        "P/Photos/IMG_1234.MOV": ("live", ["Trip"]),
        "P/Photos/IMG_E1234.JPG": ("edited", ["Trip"]),
        "P/Photos/IMG_E1234.MOV": ("edited", ["Trip"]),
        "P/Photos/IMG_7.MOV": ("exact", []),
        "P/Photos/IMG_E7.MOV": ("edited", []),
        "P/Photos/IMG_E99.JPG": ("none", []),
        "Q/Photos/IMG_1234.MOV": ("none", []),
    }
    assert items["P/Photos/IMG_1234.MOV"].facts.metadata.favorite


def test_a_deleted_pictures_copies_are_deleted_too() -> None:
    files: dict[str, bytes | str] = {
        "Photos/Photo Details.csv": HEADER + row("IMG_1.HEIC", deleted="yes"),
        "Photos/IMG_1.HEIC": b"",
        "Photos/IMG_1.MOV": b"",
        "Photos/IMG_E1.JPG": b"",
    }
    export, listener, _items = read(files)
    assert not export.items
    assert {kind for _path, kind in skips(listener)} == {"trashed"}


def test_icloud_albums_name_pictures_of_other_parts() -> None:
    # simulot/immich-go#853: only part 1 has Albums
    export, listener, items = read(
        {
            "Part 1/Albums/Spécial album 2.csv": "Images\nIMG_1.JPG\nIMG_2.JPG\nIMG_9.JPG\nIMG_404.JPG\n",
            "Part 1/Albums/Empty.csv": "",
            "Part 1/Albums/Elsewhere.csv": "imageName\nIMG_405.JPG\n",
            "Part 1/Memories/Summer 2017.csv": "imageName\nIMG_1.JPG\n",
            "Part 1/Photos/IMG_1.JPG": b"",
            "Part 1/Photos/IMG_9.JPG": b"",
            "Part 2/Photos/IMG_2.JPG": b"",
            "Part 2/Photos/IMG_9.JPG": b"",
        }
    )
    assert [album.name for album in export.albums] == ["Spécial album 2"]
    assert album_names(items["Part 1/Photos/IMG_1.JPG"]) == album_names(items["Part 2/Photos/IMG_2.JPG"]) == ["Spécial album 2"]
    assert album_names(items["Part 1/Photos/IMG_9.JPG"]) == album_names(items["Part 2/Photos/IMG_9.JPG"]) == []
    assert skips(listener) == [("Part 1/Memories/Summer 2017.csv", "memory")]
    absent, ambiguous = listener.warnings
    assert ": 2, such as IMG_405.JPG." in absent
    assert ": 1, such as IMG_9.JPG." in ambiguous
    assert sorted(path for path, _reason in export.unused) == [
        "/exports/1.zip: Part 1/Albums/Elsewhere.csv",
        "/exports/1.zip: Part 1/Albums/Empty.csv",
    ]


def test_albums_of_several_parts_mean_their_own_pictures_first() -> None:
    # jaimetur/PhotoMigrator, test_album_membership_uses_only_assets_from_the_same_scope
    _export, listener, items = read(
        {
            "A/Albums/Trip A.csv": "imgName\nIMG_0001.JPG\n",
            "B/Albums/Trip B.csv": "imgName\nIMG_0001.JPG\n",
            "A/Photos/IMG_0001.JPG": b"a",
            "B/Photos/IMG_0001.JPG": b"b",
        }
    )
    assert (album_names(items["A/Photos/IMG_0001.JPG"]), album_names(items["B/Photos/IMG_0001.JPG"])) == (["Trip A"], ["Trip B"])
    assert not listener.warnings


def test_icloud_album_takes_both_copies_of_picture() -> None:
    details = HEADER + row("a.jpg", checksum="Asame")
    _export, listener, items = read(
        {
            "1/Photos/Photo Details.csv": details,
            "1/Photos/a.jpg": b"same",
            "1/Albums/Trip.csv": "Images\na.jpg\n",
            "2/Photos/Photo Details.csv": details,
            "2/Photos/a.jpg": b"same",
        }
    )
    assert album_names(items["1/Photos/a.jpg"]) == album_names(items["2/Photos/a.jpg"]) == ["Trip"]
    assert not listener.warnings


def test_the_list_of_all_favorites_is_no_album() -> None:
    # "Photos Clone", a public reader of such exports: Favorites.csv and Hidden.csv say imgName, albums say Images
    details = HEADER + row("a.jpg", favorite="yes") + row("b.jpg", favorite="yes") + row("c.jpg", hidden="yes") + row("d.jpg")
    pictures: dict[str, bytes | str] = {f"Photos/{name}.jpg": b"" for name in "abcd"}
    files = {"Photos/Photo Details.csv": details, **pictures}
    lists = {
        "Albums/Favoriter.csv": "imgName\na.jpg\nb.jpg\n",
        "Albums/Gömda.csv": "imgName\nc.jpg\n",
        "Albums/Best.csv": "Images\na.jpg\nb.jpg\n",
    }
    export, _listener, _items = read({**files, **lists})
    assert [album.name for album in export.albums] == ["Best"]
    export, _listener, _items = read({**files, "Albums/Old.csv": "imgName\na.jpg\nd.jpg\n"})
    assert [album.name for album in export.albums] == ["Old"]


def test_names_with_commas_are_whole() -> None:
    _export, _listener, items = read(
        {"Albums/A.csv": 'Images\nme, you.jpg\n"she, he.jpg"\n', "Photos/me, you.jpg": b"", "Photos/she, he.jpg": b""}
    )
    assert album_names(items["Photos/me, you.jpg"]) == album_names(items["Photos/she, he.jpg"]) == ["A"]


def test_shared_albums_are_in_archives_inside() -> None:
    # AlbumInfo.json: a public organiser written in Rust (album_info_json.rs); the folders: "Photos Clone"
    info = '{"albumName": "Oma & Opa: 2020/21", "creationDate": "%s", "photos": [{"name": "IMG_1.JPG", "dateCreated": "%s"}, 5]}' % (
        JUNE,
        JUNE,
    )
    export, listener, items = read(
        {
            "P1/iCloud Shared Albums.zip/My Albums/Oma _ Opa/AlbumInfo.json": info,
            "P1/iCloud Shared Albums.zip/My Albums/Oma _ Opa/IMG_1.JPG": b"",
            "P1/iCloud Shared Albums-1.zip/My Albums/Oma _ Opa/IMG_2.JPG": b"",
            "P1/iCloud Shared Albums-1.zip/My Albums/Garden/IMG_1.JPG": b"",
            "P1/iCloud Shared Albums-1.zip/Subscribed Albums.json": '[{"albumName": "Theirs"}]',
            "P1/Albums/Garden.csv": "Images\nIMG_7.JPG\n",
            "P1/Photos/IMG_7.JPG": b"",
        },
        export_unmatched="skip",
    )
    first = items["P1/iCloud Shared Albums.zip/My Albums/Oma _ Opa/IMG_1.JPG"]
    assert (first.facts.rule, seconds_of(first.facts), is_to_the_minute(first.facts)) == ("album", JUNE_4, True)
    assert album_names(first) == album_names(items["P1/iCloud Shared Albums-1.zip/My Albums/Oma _ Opa/IMG_2.JPG"]) == ["Oma & Opa: 2020/21"]
    assert album_names(items["P1/iCloud Shared Albums-1.zip/My Albums/Garden/IMG_1.JPG"]) == ["Garden (2)"]
    assert ("P1/iCloud Shared Albums-1.zip/Subscribed Albums.json", ".json") in skips(listener)
    assert ("P1/Photos/IMG_7.JPG", "unmatched") in skips(listener)
    assert {album.name for album in export.albums} == {"Oma & Opa: 2020/21", "Garden (2)"}


def test_damaged_files_fail_and_the_rest_is_read() -> None:
    export, listener, items = read(
        {
            "Photos/Photo Details.csv": HEADER + row("a.jpg") + '"b.jpg' + "x" * 200_000 + "\n" + row("c.jpg"),
            "Photos/Photo Details-1.csv": b"imgName,fileChecksum\n" + b"x" * (17 * 1024 * 1024),
            "Photos/AlbumInfo.json": "[" * 100_000,
            "Photos/Other.csv": "a,b\n1,2\n",
            "Photos/a.jpg": b"",
            "Photos/c.jpg": b"",
        }
    )
    assert items["Photos/a.jpg"].facts.rule == "exact"
    assert sorted(path for path, _msg in failures(listener)) == ["Photos/AlbumInfo.json", "Photos/Photo Details-1.csv"]
    assert "larger than 16 MiB" in dict(failures(listener))["Photos/Photo Details-1.csv"]
    assert ("Photos/Other.csv", ".csv") in skips(listener)
    assert len(export.items) == 2
