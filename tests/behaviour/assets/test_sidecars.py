# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos in a library that Immich may only read: their sidecars are written where the files lie, and Immich reads them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._assets.write import AssetWriter
from support.collection import keywords_of
from support.photos.jpegs import sidecar_of, with_xmp
from support.photos.shots import Shot, send_shots, shot_bytes

from .conftest import Changing, Library

Look = Callable[[dict[str, Any]], Any]
SHOT = Shot("a.jpg")
ROME = {"latitude": 41.9, "longitude": 12.5}
FOREIGN = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><!-- kept -->
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:digiKam="http://www.digikam.org/ns/1.0/" crs:Exposure2012="+0.35" xmp:Rating = '2'>
  <digiKam:TagsList><rdf:Seq><rdf:li>Old</rdf:li><rdf:li>Kept</rdf:li></rdf:Seq></digiKam:TagsList>
  <crs:Look><rdf:Description crs:Name="Sepia"/></crs:Look>
 </rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


@pytest.fixture
def library(on_each: Changing, tmp_path: Path) -> Library:
    """A library of a server of each version, in turn."""
    return Library(on_each, tmp_path)


@pytest.fixture
def newest(changing: Changing, tmp_path: Path) -> Library:
    """A library of a server of the newest version."""
    return Library(changing, tmp_path)


def test_sidecar_takes_all_values_to_immich_once(library: Library) -> None:
    library.fill(SHOT, Shot("b.jpg", 60))
    before = library.files()
    wanted: dict[str, Any] = {
        "description": "Zoë <&>\n1987",
        "rating": 4,
        "favorite": True,
        "visibility": "archive",
        "date": "1987-08-01T15:00:00+02:00",
        "position": ROME,
        "add_tags": ["Trip/Rome", "1.50"],
        "add_to_albums": ["Italy"],
    }
    predicted = library(check=True, **wanted)
    assert (library.files(), library.server.requests(writes=True)) == (before, [])
    result = library(**wanted)
    assert {key: result[key] for key in ("counts", "assets", "diff")} == {key: predicted[key] for key in ("counts", "assets", "diff")}
    assert result["counts"] == {"changed": 2, "left_alone": 0, "failed": 0}
    for name in ("a.jpg", "b.jpg"):
        asset = library.asset(name)
        exif = asset["exifInfo"]
        assert (exif["description"], exif["rating"]) == (wanted["description"], 4)
        assert (exif["latitude"], exif["longitude"]) == (41.9, 12.5)
        assert exif["dateTimeOriginal"].startswith("1987-08-01T13:00:00")
        assert (asset["isFavorite"], asset["visibility"]) == (True, "archive")
        assert library.tags(name) == ["1.50", "Trip/Rome"]
    assert {asset["name"]: asset["albums"] for asset in library.server.state()["assets"]} == {"a.jpg": ["Italy"], "b.jpg": ["Italy"]}
    written = library.files()
    assert {name: written[name] for name in before} == before
    assert sorted(written.keys() - before.keys()) == ["a.jpg.xmp", "b.jpg.xmp"]
    library.server.clear_requests()
    assert library(**wanted)["counts"] == {"changed": 0, "left_alone": 0, "failed": 0}
    assert (library.files(), library.server.requests(writes=True)) == (written, [])


@pytest.mark.parametrize(
    ("wanted", "look", "expected"),
    [
        ({"description": "x"}, lambda asset: asset["exifInfo"]["description"], "x"),
        ({"rating": 2}, lambda asset: asset["exifInfo"]["rating"], 2),
        ({"date": "2001-02-03T04:05:06+01:00"}, lambda asset: asset["localDateTime"][:19], "2001-02-03T04:05:06"),
        ({"time_zone": "America/New_York"}, lambda asset: asset["localDateTime"][:19], "2024-06-01T08:00:00"),
        ({"position": ROME}, lambda asset: asset["exifInfo"]["longitude"], 12.5),
        ({"add_tags": ["new"]}, lambda asset: [tag["value"] for tag in asset["tags"]], ["new"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_sidecar_takes_each_value_alone(newest: Library, wanted: dict[str, Any], look: Look, expected: Any) -> None:
    newest.fill(SHOT)
    assert newest(**wanted)["counts"]["changed"] == 1
    assert look(newest.asset()) == expected
    assert newest(**wanted)["changed"] is False


def test_sidecar_moves_time_by_shift_once(library: Library, tmp_path: Path) -> None:
    library.fill(SHOT)
    shift = {"by": "-1h30m", "record": str(tmp_path / "shift.json")}
    assert library(shift=shift)["counts"]["changed"] == 1
    assert library.asset()["exifInfo"]["dateTimeOriginal"].startswith("2024-06-01T10:30:00")
    assert library(shift=shift)["changed"] is False


def test_sidecar_takes_values_away_again(library: Library) -> None:
    library.fill(SHOT)
    library(description="x", rating=5, position=ROME, add_tags=["a", "a/b"], date="2020-01-01")
    nowhere = {"latitude": 0.0, "longitude": 0.0}
    assert library(description="", rating=0, position=nowhere, remove_tags=["a", "a/b"])["counts"]["changed"] == 1
    exif = library.asset()["exifInfo"]
    assert (exif["description"], exif["rating"] or None, exif["latitude"], library.tags()) == ("", None, None, [])
    assert exif["dateTimeOriginal"].startswith("2020-01-01T00:00:00")
    assert library(rating=0, position=nowhere, remove_tags=["a", "a/b"])["changed"] is False


@pytest.mark.parametrize("name", ["a.jpg", "a"])
def test_foreign_sidecar_keeps_other_values(library: Library, name: str) -> None:
    library.fill(SHOT, **{name: FOREIGN})
    assert library(rating=5, add_tags=["New"], remove_tags=["Old"])["counts"]["changed"] == 1
    assert (library.asset()["exifInfo"]["rating"], library.tags()) == (5, ["Kept", "New"])
    content = (library.folder / f"{name}.xmp").read_bytes()
    assert sorted(library.files()) == ["a.jpg", f"{name}.xmp"]
    for kept in (b"<!-- kept -->", b'crs:Exposure2012="+0.35"', b'<crs:Look><rdf:Description crs:Name="Sepia"/></crs:Look>'):
        assert kept in content
    assert b"'2'" not in content
    assert keywords_of(content).tags == ["Kept", "New"]


@pytest.mark.parametrize("wanted", [{"rating": 5}, {"add_tags": ["New"]}], ids=lambda wanted: next(iter(wanted)))
def test_sidecar_newer_than_photo_gets_whole_name(library: Library, wanted: dict[str, Any]) -> None:
    library.fill(SHOT)
    library.sidecar("a").write_bytes(FOREIGN)
    assert library(**wanted)["counts"] == {"changed": 1, "left_alone": 0, "failed": 0}
    assert (library.asset()["exifInfo"]["rating"], library.tags()) == (
        wanted.get("rating", 2),
        ["Kept", *wanted.get("add_tags", []), "Old"],
    )
    assert library.sidecar().read_bytes() == library.sidecar("a").read_bytes()
    assert library(**wanted)["changed"] is False


def test_sidecar_unknown_to_immich_is_changed_in_one_run(library: Library) -> None:
    library.fill(SHOT)
    library(description="x", rating=4)
    library.sidecar().write_bytes(FOREIGN)
    wanted: dict[str, Any] = {"rating": 4, "add_tags": ["New"], "remove_tags": ["Old"]}
    assert library(**wanted)["counts"] == {"changed": 1, "left_alone": 0, "failed": 0}
    assert (library.asset()["exifInfo"]["rating"], library.tags()) == (4, ["Kept", "New"])
    assert library(**wanted)["changed"] is False


def test_known_sidecar_is_written_beside_newer_one(newest: Library) -> None:
    newest.fill(SHOT, a=FOREIGN)
    newest.sidecar().write_bytes(FOREIGN)
    assert newest(rating=5)["counts"] == {"changed": 1, "left_alone": 0, "failed": 0}
    assert newest.asset()["exifInfo"]["rating"] == 5
    assert newest(rating=5)["changed"] is False


def test_position_of_photo_itself_is_not_removed(newest: Library) -> None:
    place = b' xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="41,54.0N" exif:GPSLongitude="12,30.0E"'
    document = sidecar_of().replace(b' rdf:about=""', b' rdf:about=""' + place)
    (newest.folder / "a.jpg").write_bytes(with_xmp(shot_bytes(SHOT), document))
    newest.fill()
    failure = newest.failure(position={"latitude": 0.0, "longitude": 0.0})
    assert (failure.kind, failure.options) == ("server", ("paths",))
    assert newest.asset()["exifInfo"]["latitude"] == 41.9


def test_tags_of_photo_itself_are_removed_once(library: Library) -> None:
    document = sidecar_of(tags=["Own"])
    (library.folder / "a.jpg").write_bytes(with_xmp(shot_bytes(SHOT), document))
    library.fill()
    assert library.tags() == ["Own"]
    assert library(remove_tags=["Own"])["counts"] == {"changed": 1, "left_alone": 0, "failed": 0}
    assert library.tags() == []
    assert library(remove_tags=["Own"])["changed"] is False
    assert library(add_tags=["New"])["counts"]["changed"] == 1
    assert library.tags() == ["New"]


def test_shared_sidecar_is_left_alone(newest: Library) -> None:
    newest.fill(SHOT, Shot("a.dng", 60), a=FOREIGN)
    failure = newest.failure(rating=5)
    assert (failure.kind, failure.options) == ("local", ("paths",))
    assert failure.result["counts"] == {"changed": 0, "left_alone": 0, "failed": 2}
    assert (newest.folder / "a.xmp").read_bytes() == FOREIGN


def test_plain_keywords_stay_beside_new_tags(newest: Library) -> None:
    newest.fill(SHOT, **{"a.jpg": sidecar_of(subjects=["Lake", "Rome"])})
    newest(add_tags=["New"], remove_tags=["Lake"])
    assert newest.tags() == ["New", "Rome"]
    assert keywords_of(newest.sidecar().read_bytes()).plain == ["Rome"]


def test_new_sidecar_has_mode_of_photo(newest: Library) -> None:
    newest.fill(SHOT, Shot("b.jpg", 60), **{"b.jpg": FOREIGN})
    (newest.folder / "a.jpg").chmod(0o764)
    newest.sidecar("b.jpg").chmod(0o604)
    newest(rating=3)
    modes = [stat.S_IMODE(newest.sidecar(name).stat().st_mode) for name in ("a.jpg", "b.jpg")]
    assert modes == [0o664, 0o604]
    assert newest.sidecar().stat().st_uid == (newest.folder / "a.jpg").stat().st_uid


def remove_photo(library: Library) -> None:
    (library.folder / "a.jpg").unlink()


def change_photo(library: Library) -> None:
    with (library.folder / "a.jpg").open("ab") as stream:
        stream.write(b"x")


def link_photo(library: Library) -> None:
    (library.folder / "a.jpg").rename(library.here / "b.jpg")
    (library.folder / "a.jpg").symlink_to(library.here / "b.jpg")


def link_folder(library: Library) -> None:
    library.folder.rename(library.here.parent / "elsewhere")
    library.folder.symlink_to(library.here.parent / "elsewhere")


def link_sidecar(library: Library) -> None:
    (library.here / "target").write_bytes(FOREIGN)
    library.sidecar().symlink_to(library.here / "target")


def unmount(library: Library) -> None:
    library.options["paths"] = {str(library.seen): "/nowhere/at/all"}


def leave_unmapped(library: Library) -> None:
    library.options["paths"] = {str(library.seen) + "/20": str(library.here)}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (remove_photo, "local"),
        (change_photo, "local"),
        (link_photo, "local"),
        (link_folder, "local"),
        (link_sidecar, "local"),
        (unmount, "local"),
        (leave_unmapped, "validation"),
    ],
)
def test_photo_of_another_folder_is_refused(newest: Library, spoil: Callable[[Library], None], kind: str, check: bool) -> None:
    newest.fill(SHOT)
    spoil(newest)
    before = sorted(path for path in newest.here.parent.rglob("*"))
    failure = newest.failure(rating=5, favorite=True, check=check)
    assert (failure.kind, failure.options) == (kind, ("paths",))
    assert "a.jpg" in failure.msg
    assert failure.result["counts"] == {"changed": 0, "left_alone": 0, "failed": 1}
    assert newest.server.requests(writes=True) == []
    assert sorted(path for path in newest.here.parent.rglob("*")) == before


@pytest.mark.parametrize("inner", ["../other", "./2024", "/2024", "a\0b"])
def test_path_out_of_folder_is_refused(newest: Library, inner: str) -> None:
    ids = send_shots(newest.server, SHOT)
    library = "0b0f2c1e-7d5f-4a44-9a3e-2f1d8a6f1c11"
    (newest.here.parent / "other").mkdir()
    for folder in (newest.here.parent / "other", newest.folder):
        (folder / ids["a.jpg"]).write_bytes(shot_bytes(SHOT))
    newest.server.control("POST", "library", {"assets": list(ids.values()), "library": library, "folder": f"{newest.seen}/{inner}"})
    failure = newest.failure(rating=5)
    assert (failure.kind, failure.options) == ("local", ("paths",))
    assert list(newest.here.parent.rglob("*.xmp")) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"notes", FOREIGN[:-60], b'<!DOCTYPE a [<!ENTITY b "c">]>' + FOREIGN[FOREIGN.index(b"<x:") :], b"<a/>"],
    ids=["empty", "text", "cut", "doctype", "no XMP"],
)
def test_malformed_sidecar_is_left_alone(newest: Library, content: bytes) -> None:
    newest.fill(SHOT, Shot("b.jpg", 60))
    newest.sidecar().write_bytes(content)
    failure = newest.failure(rating=5)
    assert (failure.kind, str(newest.sidecar()) in failure.msg) == ("local", True)
    assert failure.result["counts"] == {"changed": 1, "left_alone": 0, "failed": 1}
    assert (newest.sidecar().read_bytes(), newest.asset()["exifInfo"]["rating"]) == (content, None)
    assert newest.asset("b.jpg")["exifInfo"]["rating"] == 5


def test_folder_without_permission_is_refused_before(newest: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root would not be: it may write anywhere."""
    newest.fill(SHOT)
    monkeypatch.setattr(os, "access", lambda *_arguments, **_options: False)
    failures = [newest.failure(rating=5, check=check) for check in (True, False)]
    assert [failure.kind for failure in failures] == ["local", "local"]
    assert str(newest.sidecar()) in failures[0].msg
    assert newest.server.requests(writes=True) == []


def test_full_disk_leaves_sidecar_and_immich(newest: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    newest.fill(SHOT, **{"a.jpg": FOREIGN})

    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    failure = newest.failure(rating=5)
    monkeypatch.undo()
    assert (failure.kind, "Free some space" in failure.msg) == ("local", True)
    assert sorted(newest.files()) == ["a.jpg", "a.jpg.xmp"]
    assert (newest.sidecar().read_bytes(), newest.server.requests(writes=True)) == (FOREIGN, [])


class Killed(BaseException):
    """The run died."""


def test_run_killed_before_immich_is_told_is_completed(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.fill(SHOT, **{"a.jpg": FOREIGN})
    wanted: dict[str, Any] = {"rating": 5, "description": "x", "add_tags": ["New"]}

    def die(*_arguments: Any) -> None:
        raise Killed

    monkeypatch.setattr(AssetWriter, "_put", die)
    with pytest.raises(Killed):
        library(**wanted)
    monkeypatch.undo()
    written = library.files()
    assert (written["a.jpg.xmp"][0] != FOREIGN, library.asset()["exifInfo"]["rating"]) == (True, 2)
    assert library(**wanted)["counts"]["changed"] == 1
    exif = library.asset()["exifInfo"]
    assert (exif["rating"], exif["description"], library.tags()) == (5, "x", ["Kept", "New", "Old"])
    assert library.files() == written


def test_uploaded_photo_goes_through_api_alone(newest: Library) -> None:
    send_shots(newest.server, Shot("up.jpg", 60))
    newest.fill(SHOT)
    assert newest(rating=5, add_tags=["New"])["counts"]["changed"] == 2
    for name in ("a.jpg", "up.jpg"):
        assert (newest.asset(name)["exifInfo"]["rating"], newest.tags(name)) == (5, ["New"])
    assert sorted(newest.files()) == ["a.jpg", "a.jpg.xmp"]


def test_sidecar_unread_by_immich_fails(newest: Library) -> None:
    newest.fill(SHOT, a=FOREIGN)
    newest.sidecar().write_bytes(FOREIGN)  # later than the other, to which Immich keeps, and which belongs to another photo as well
    (newest.folder / "a.dng").write_bytes(shot_bytes(Shot("a.dng", 60)))
    failure = newest.failure(rating=5)
    assert (failure.kind, failure.options) == ("server", ("paths",))
    assert newest.asset()["exifInfo"]["rating"] == 2
    assert newest.sidecar("a").read_bytes() == FOREIGN


def test_failure_in_read_only_library_names_the_way_out(newest: Library) -> None:
    newest.fill(SHOT)
    newest.options = {}
    failure = newest.failure(rating=5)
    assert (failure.kind, failure.options) == ("server", ("via", "paths"))


@pytest.mark.parametrize(
    "options",
    [
        {"via": "sidecar"},
        {"via": "sidecar", "paths": {}},
        {"paths": {"/a": "/b"}},
        {"via": "sidecar", "paths": {"a": "/b"}},
        {"via": "sidecar", "paths": {"/a": "b"}},
        {"via": "sidecar", "paths": {"/a": None}},
    ],
    ids=str,
)
def test_paths_belong_to_sidecars(newest: Library, options: dict[str, Any]) -> None:
    newest.options = {}
    failure = newest.failure(rating=5, **options)
    assert (failure.kind, "paths" in failure.options) == ("validation", True)
    assert newest.server.requests() == []
