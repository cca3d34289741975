# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that immich-go wrote."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._times import seconds_of_rfc3339
from support.collection import NO_FACTS, ExportAlbum, Position
from support.photos.reading import failures, read_export, skips
from support.photos.said import facts_saying, seconds_of

KINDS = {".heic": "image", ".jpg": "image", ".mp4": "video", ".mov": "video"}
SOFTWARE = "immich-go version:0.32.0,  commit:f7d19fce34acd4884ea2c02fc3025706a060afdf, date:2026-06-25T10:33:37Z"


def about(name: str, **fields: Any) -> str:
    return json.dumps({"software": SOFTWARE, "fileName": name, **fields})


read = partial(read_export, "immich_go", KINDS)


def test_takes_over_every_field() -> None:
    export, listener, items = read(
        {
            "2022/2022-06/a.jpg": b"",
            "2022/2022-06/a.jpg.JSON": about(
                "a.jpg",
                latitude=48.5,
                longitude=-9.25,
                fileDate="2023-01-01T00:00:00Z",
                dateTaken="2022-06-04T12:11:05.5+02:00",
                description="Two\nlines \ud800",
                albums=[{"title": "Trip", "description": "Far"}, {"title": "Trip"}, {"title": ""}, 5],
                tags=[{"value": "places/sea", "name": "sea"}, {"value": "places/sea"}, {"name": "sun"}, {}],
                rating=4,
                archived=True,
                favorited=True,
            ),
        }
    )
    path = "/exports/1.zip: 2022/2022-06/a.jpg.JSON"
    assert items["2022/2022-06/a.jpg"].facts == facts_saying(
        rule="exact",
        sidecar=path,
        taken=datetime(2022, 6, 4, 10, 11, 5, 500_000, tzinfo=UTC).timestamp(),
        description="Two\nlines",
        position=Position(48.5, -9.25),
        favorite=True,
        visibility="archive",
        rating=4,
        albums=(ExportAlbum("Trip", "Far", path),),
        tags=("places/sea", "sun"),
    )
    assert dict(export.counts) == {"metadata": 1, "exact": 1}
    assert (skips(listener), listener.warnings) == ([], [])


def test_the_same_name_twice_gets_its_name_back() -> None:
    _export, _listener, items = read(
        {
            "no-date/a.jpg": b"",
            "no-date/a.jpg.JSON": about("a.jpg", rating=1),
            "no-date/a~1.jpg": b"",
            "no-date/a~1.jpg.JSON": about("a.jpg", rating=-1),
        }
    )
    assert [(items[path].name, items[path].facts.metadata.rating) for path in ("no-date/a.jpg", "no-date/a~1.jpg")] == [
        ("a.jpg", 1),
        ("a.jpg", -1),
    ]


def test_immich_go_restores_names_and_extensions() -> None:
    # simulot/immich-go#1192 and #1412 (~1), pull request 1286 (2)
    export, listener, items = read(
        {
            "1982/1982-02/~1": b"",
            "1982/1982-02/~1.JSON": about("Ariel1.png.jpg", dateTaken="2026-01-31T20:22:44.409-06:00"),
            "1982/1982-02/2": b"",
            "1982/1982-02/2.JSON": about("PXL_20260201_022244409.MP.jpg"),
            "1982/1982-02/3": b"",
            "1982/1982-02/3.JSON": about("notes.txt"),
        }
    )
    assert [item.name for item in export.items] == ["PXL_20260201_022244409.MP.jpg", "Ariel1.png.jpg"]
    assert seconds_of(items["1982/1982-02/~1"].facts) == datetime(2026, 2, 1, 2, 22, 44, 409_000, tzinfo=UTC).timestamp()
    assert skips(listener) == [("1982/1982-02/3.JSON", "sidecar"), ("1982/1982-02/3", "")]
    assert [path for path, _reason in export.unused] == ["/exports/1.zip: 1982/1982-02/3.JSON"]


def test_immich_go_skips_as_options_say() -> None:
    files: dict[str, bytes | str] = {"none.jpg": b"", "IMG_1.HEIC": b"", "IMG_1.HEIC.JSON": about("IMG_1.HEIC", rating=3), "IMG_1.MOV": b""}
    for name in ("trashed", "archived", "fromPartner"):
        files[f"{name}.jpg"] = b""
        files[f"{name}.jpg.JSON"] = about(f"{name}.jpg", **{name: True})
    export, listener, items = read(files)
    assert skips(listener) == [("trashed.jpg", "trashed")]
    assert items["IMG_1.MOV"].facts.rule == "live"
    assert items["IMG_1.MOV"].facts.metadata.rating == 3
    options = {"export_trash": "upload", "export_archived": "skip", "export_partner": "skip", "export_unmatched": "skip"}
    export, listener, _items = read(files, **options)
    assert [item.inner for item in export.items] == ["IMG_1.HEIC", "IMG_1.MOV", "trashed.jpg"]
    assert skips(listener) == [("archived.jpg", "archived"), ("fromPartner.jpg", "partner"), ("none.jpg", "unmatched")]


@pytest.mark.parametrize("flag", ["trashed", "archived"])
def test_a_live_photo_is_left_out_with_its_video(flag: str) -> None:
    files: dict[str, bytes | str] = {"IMG_1.HEIC": b"", "IMG_1.HEIC.JSON": about("IMG_1.HEIC", **{flag: True}), "IMG_1.MOV": b""}
    export, listener, _items = read(files, export_archived="skip")
    assert export.items == []
    assert skips(listener) == [("IMG_1.HEIC", flag), ("IMG_1.MOV", flag)]


def test_immich_go_albums_with_same_title_stay_apart() -> None:
    album = {"title": "Trip"}
    export, _listener, _items = read(
        {
            **{f"{name}.jpg": b"" for name in "abc"},
            "a.jpg.JSON": about("a.jpg", albums=[{**album, "id": "1"}]),
            "b.jpg.JSON": about("b.jpg", albums=[{**album, "id": "2"}]),
            "c.jpg.JSON": about("c.jpg", albums=[{**album, "id": "1"}]),
        }
    )
    assert [[one.name for one in item.facts.albums] for item in export.items] == [["Trip"], ["Trip (2)"], ["Trip"]]


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1969-12-31T23:00:00-01:00", 0.0),
        ("1970-01-01T05:45:00.250000000+05:45", 0.25),
        ("0001-01-01T00:00:00Z", None),
        ("2022-02-30T00:00:00Z", None),
        ("2022-02-03", None),
        (5, None),
        (None, None),
    ],
)
def test_reads_the_dates_of_go(date: Any, seconds: float | None) -> None:
    assert seconds_of_rfc3339(date) == seconds


def test_odd_values_are_nothing() -> None:
    odd = about(
        "../../etc/x\n.jpg",
        latitude=10**400,
        longitude=True,
        rating=True,
        description=5,
        albums={"a": 1},
        tags="x",
        favorited="yes",
        dateTaken=7,
    )
    export, _listener, items = read({"a.jpg": b"", "a.jpg.JSON": odd.replace(str(10**400), "1e999")})
    assert items["a.jpg"].facts == facts_saying(rule="exact", sidecar="/exports/1.zip: a.jpg.JSON")
    assert items["a.jpg"].name == "x .jpg"
    assert len(export.items) == 1


def test_other_json_is_left_alone_and_broken_json_fails() -> None:
    export, listener, items = read(
        {
            "a.jpg": b"",
            "a.jpg.JSON": b'{"title": "a.jpg"}',
            "b.jpg": b"",
            "b.jpg.JSON": b"{",
            "c.jpg": b"",
            "c.jpg.JSON": b"[" * 100_000,
            "d.jpg.JSON": b" " * (5 * 1024 * 1024),
        }
    )
    assert skips(listener) == [("a.jpg.JSON", ".json")]
    assert [path for path, _msg in failures(listener)] == ["b.jpg.JSON", "c.jpg.JSON", "d.jpg.JSON"]
    assert len(export.items) == 3
    assert items["a.jpg"].facts is NO_FACTS


def test_immich_go_ignores_file_date() -> None:
    """What the picture itself or its name says is better than when a file was written."""
    files: dict[str, bytes | str] = {"no-date/a.jpg": b"", "no-date/a.jpg.JSON": about("a.jpg", fileDate="2023-01-01T00:00:00Z")}
    assert seconds_of(read(files)[2]["no-date/a.jpg"].facts) is None
