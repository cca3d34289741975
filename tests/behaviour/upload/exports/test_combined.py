# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders, archives and exports together: what of them is taken, and what the server has of it in the end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files import base
from ansible_collections.photoyard.immich.plugins.module_utils._files.folders.src_paths import DEFAULT_EXCLUDE
from immich_emulator.testing import Emulator
from support.collection import CombinedSource, Item, MissingLibrary, RunFailed, SourceOptions
from support.exports.media import Camera, heic, jpeg, raw, video
from support.exports.parts import PartFile, write_folder, write_tgz, write_zip
from support.photos.items import RecordingListener
from support.photos.jpegs import sidecar_of
from support.photos.shots import stacks_of

from ..conftest import Uploads, by_name, counts, names, read_metadata

KINDS = {".jpg": "image", ".heic": "image", ".dng": "image", ".mov": "video", ".mp4": "video"}
ICLOUD = b"imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"


def pictures(*paths: str) -> list[PartFile]:
    """Pictures, each with bytes of its own."""
    return [PartFile(path, jpeg(path)) for path in paths]


def google(path: str, **facts: Any) -> list[PartFile]:
    """A picture of Google's, and what it says of it."""
    name = path.rpartition("/")[2]
    moment = {"timestamp": "1499506211", "formatted": "08.07.2017, 09:30:11 UTC"}
    said = {"title": name, "description": "", "photoTakenTime": moment, "creationTime": moment, "url": f"https://photos.google.com/{path}"}
    return [*pictures(path), PartFile(path + ".json", json.dumps({**said, **facts}).encode())]


def album_of(folder: str, title: str) -> PartFile:
    """Google's word on an album."""
    return PartFile(f"{folder}/metadata.json", json.dumps({"title": title, "description": "", "access": "", "date": {}}).encode())


def source(events: RecordingListener, *src: Path | str, layout: str = "auto", **options: Any) -> CombinedSource:
    """All that is there."""
    given = {"default_excludes": False, "live_photos": False, **options}
    asked = SourceOptions([str(path) for path in src], layout=layout, **given)
    return CombinedSource(asked, KINDS, events, lambda _export: None)


def inner(found: CombinedSource) -> list[str]:
    """The paths inside."""
    return [one.inner for one in all_of(found)]


def all_of(found: CombinedSource) -> list[Item]:
    """The items."""
    batches = list(found.batches())
    assert all(batches)
    found.finish()
    return [one for batch in batches for one in batch]


@pytest.fixture
def events() -> RecordingListener:
    """A listener that has received nothing."""
    return RecordingListener()


@pytest.fixture
def uploads(server: Emulator) -> Uploads:
    """Runs uploads."""
    return Uploads(server)


def test_archives_beside_folders_and_globs_of_archives(events: RecordingListener, tmp_path: Path) -> None:
    write_folder(tmp_path / "folder", pictures("a.jpg", "deep/b.jpg"))
    write_zip(tmp_path / "folder" / "inside.zip", pictures("never.jpg"))
    write_zip(tmp_path / "one.zip", pictures("x/c.jpg"))
    write_zip(tmp_path / "two.ZIP", pictures("d.jpg"))
    write_tgz(tmp_path / "three.tar.gz", pictures("e.jpg"))
    assert inner(source(events, tmp_path / "folder", tmp_path / "*.[zZ]*", tmp_path / "three.tar.gz")) == [
        "a.jpg",
        "deep/b.jpg",
        "x/c.jpg",
        "d.jpg",
        "e.jpg",
    ]
    assert [one.kind for one in events.left_out] == [".zip"]
    assert not events.failed
    [warning] = events.warnings
    assert "inside.zip" in warning
    assert "Name them in src too" in warning


def test_the_rules_for_folders_hold_inside_of_archives(events: RecordingListener, tmp_path: Path) -> None:
    taken = ["a.jpg", "x/b.jpg", "x/y/c.mov"]
    others = [
        ".hidden.jpg",
        ".trash/d.jpg",
        "x/.y/z/e.jpg",
        "@eaDir/f.jpg",
        "x/Thumbnails/g.jpg",
        "x/skip/h.jpg",
        "._a.jpg",
        "i.txt",
        "j.jpg",
    ]
    files = [PartFile(path, path.encode()) for path in taken + others]
    archive, folder = write_zip(tmp_path / "a.zip", files), write_folder(tmp_path / "a", files)
    options: dict[str, Any] = {"exclude": ["x/skip/", "j.*", *DEFAULT_EXCLUDE]}
    assert inner(source(events, archive, **options)) == taken
    assert [(one.path, one.kind) for one in events.left_out] == [(f"{archive}: i.txt", ".txt")]
    assert inner(source(RecordingListener(), folder, **options)) == taken
    for src in (archive, folder):
        assert inner(source(RecordingListener(), src, **options, include=["X/**"])) == taken[1:]
        hidden = inner(source(RecordingListener(), src, hidden=True, **options))
        assert sorted(hidden) == sorted([*taken, ".hidden.jpg", ".trash/d.jpg", "x/.y/z/e.jpg"])


def test_an_empty_member_fails_as_an_empty_file_does(events: RecordingListener, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", [PartFile("a.jpg", b""), *pictures("b.jpg")])
    assert inner(source(events, archive)) == ["b.jpg"]
    ((path, message),) = events.failed
    assert (path, "is empty" in message) == (f"{archive}: a.jpg", True)


@pytest.mark.parametrize("write", [write_zip, write_tgz])
def test_sidecars_go_up_from_archives(uploads: Uploads, tmp_path: Path, write: Callable[..., Path]) -> None:
    files = pictures("x/a.jpg", "x/b.jpg", "x/c.jpg", "y/c.jpg", "d.jpg")
    found = {"x/a.jpg.xmp": "exact", "x/b.XMP": "stem", "x/b.jpg.xmp": "better", "y/c.xmp": "other folder", "e.xmp": "nobody's"}
    files += [PartFile(path, sidecar_of(tags=[tag])) for path, tag in found.items()]
    archive = write(tmp_path / ("a.zip" if write is write_zip else "a.tgz"), files)
    result = uploads(archive, exclude=["*.xmp"], tags=["all"])
    assert counts(result) == [5, 0, 0, 0]
    assert result["skip_reasons"] == {}
    read_metadata(uploads.server)
    assert [sorted(one["tags"]) for one in uploads.server.state()["assets"]].count(["all"]) == 2
    tags = {(one["name"], *sorted(set(one["tags"]) - {"all"})) for one in uploads.server.state()["assets"]}
    assert tags == {("a.jpg", "exact"), ("b.jpg", "better"), ("c.jpg",), ("c.jpg", "other folder"), ("d.jpg",)}


def test_without_the_option_sidecars_stay_in_the_archive(uploads: Uploads, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", [*pictures("a.jpg"), PartFile("a.jpg.xmp", sidecar_of(tags=["t"]))])
    result = uploads(archive, sidecars=False)
    assert result["skip_reasons"] == {}
    assert by_name(uploads.server)["a.jpg"]["sidecar"] is None


def test_bad_sidecar_in_archive_fails_file(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LARGEST_SIDECAR", 1000)
    files = [*pictures("a.jpg", "b.jpg", "c.jpg"), PartFile("a.jpg.xmp", bytes(1001)), PartFile("b.jpg.xmp", b"<" * 900)]
    archive = write_zip(tmp_path / "a.zip", files)
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b"<" * 900, b">" * 900))
    error = uploads.failing(archive)
    assert names(uploads.server) == ["c.jpg"]
    said = {one["path"]: one["msg"] for one in error.result["failures"]}
    assert said.keys() == {f"{archive}: a.jpg", f"{archive}: b.jpg"}
    assert "is larger than 16 MiB" in said[f"{archive}: a.jpg"]
    assert said[f"{archive}: b.jpg"].startswith(f"Its sidecar {archive}: b.jpg.xmp cannot be read: ")


def test_sidecar_in_export_gives_tags(uploads: Uploads, tmp_path: Path) -> None:
    files = [*google("Takeout/Google Photos/Photos from 2017/a.jpg", description="Rome")]
    files.append(PartFile("Takeout/Google Photos/Photos from 2017/a.jpg.xmp", sidecar_of(tags=["mine"])))
    result = uploads(write_zip(tmp_path / "a.zip", files))
    assert result["export"]["layout"] == "google_takeout"
    assert counts(result)[0] == 1
    read_metadata(uploads.server)
    assert by_name(uploads.server)["a.jpg"]["tags"] == ["mine"]


def test_the_layout_is_recognised_or_said(events: RecordingListener, tmp_path: Path) -> None:
    files = [*google("Takeout/Google Photos/Photos from 2017/a.jpg"), *pictures("Takeout/Google Photos/b.jpg")]
    for src in (write_zip(tmp_path / "a.zip", files), write_folder(tmp_path / "a", files)):
        found = source(events, src)
        assert sorted(one.name for one in all_of(found)) == ["a.jpg", "b.jpg"]
        assert found.export is not None
        assert found.export.layout == "google_takeout"
        assert (found.parts, found.files) == (1, 3)
        assert found.total == (2, sum(len(file.content) for file in files if file.path.endswith(".jpg")))
        plain = source(events, src, layout="folder")
        assert len(all_of(plain)) == 2
        assert plain.export is None
        assert plain.total is None
        forced = source(RecordingListener(), src, layout="picasa")
        all_of(forced)
        assert forced.export is not None
        assert forced.export.layout == "picasa"


def test_excluded_folder_does_not_decide_the_layout(events: RecordingListener, tmp_path: Path) -> None:
    write_folder(tmp_path / "src" / "old", google("a.jpg"))
    write_folder(tmp_path / "src" / "new", pictures("b.jpg"))
    found = source(events, tmp_path / "src" / "*", exclude=["old"])
    assert inner(found) == ["b.jpg"]
    assert found.export is None
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "old").symlink_to(tmp_path / "src" / "old")
    found = source(events, tmp_path / "links" / "*", tmp_path / "src" / "new")
    assert inner(found) == ["b.jpg"]
    assert found.export is None


def test_two_exports_at_once_are_refused_by_name(uploads: Uploads, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "google.zip", google("Takeout/Google Photos/Photos from 2017/a.jpg"))
    folder = write_folder(tmp_path / "apple", [*pictures("Photos/b.jpg"), PartFile("Photos/Photo Details.csv", ICLOUD)])
    error = uploads.failing(archive, folder)
    assert error.kind == "validation"
    assert f"Google Takeout: {archive}: Takeout/Google Photos/Photos from 2017/a.jpg.json" in error.msg
    assert f"iCloud: {folder}/Photos/Photo Details.csv" in error.msg
    assert "layout" in error.options
    assert names(uploads.server) == []
    assert counts(uploads(archive, folder, layout="folder"))[0] == 2


def test_parts_as_archive_and_folder_are_combined(uploads: Uploads, tmp_path: Path) -> None:
    year, trip = "Takeout/Google Photos/Photos from 2017", "Takeout/Google Photos/Trip"
    picture, said = google(f"{year}/a.jpg", description="in another part")
    write_folder(tmp_path / "part 1", [picture, album_of(trip, "Rome 2017")])
    write_zip(tmp_path / "part-2.zip", [said, PartFile(f"{trip}/a.jpg", picture.content)])
    options: dict[str, Any] = {"layout": "google_takeout"}
    result = uploads(tmp_path / "part-2.zip", tmp_path / "part 1", **options)
    assert result["export"]["parts"] == 2
    assert result["export"]["files"] == 4
    assert counts(result)[:2] == [1, 1]
    assert by_name(uploads.server)["a.jpg"]["albums"] == ["Rome 2017"]
    assert not uploads(tmp_path / "part-2.zip", tmp_path / "part 1", **options)["changed"]


def test_missing_part_is_warned_about(events: RecordingListener, tmp_path: Path) -> None:
    """Its photos leave no trace if their JSON files are in it too."""
    stamp, year = "takeout-20260801T101500Z-3-", "Takeout/Google Photos/Photos from 2017"
    parts = [write_zip(tmp_path / f"{stamp}001.zip", google(f"{year}/a.jpg")), tmp_path / f"{stamp}003", tmp_path / "unpacked"]
    write_folder(parts[1], google(f"{year}/c.jpg"))
    write_folder(parts[2] / f"{stamp}004", google(f"{year}/d.jpg"))

    assert len(inner(source(events, *parts))) == 3

    assert [text for text in events.warnings if f"{stamp}001.zip, but part 2 of this export is missing. " in text]
    assert len(events.warnings) == 1
    events.warnings.clear()
    inner(source(events, *parts, write_zip(tmp_path / f"{stamp}002.zip", google(f"{year}/b.jpg"))))
    inner(source(events, parts[0], layout="folder"))
    assert events.warnings == []


def test_halves_with_json_of_their_own_pair_across_parts(uploads: Uploads, tmp_path: Path) -> None:
    year, taken = "Takeout/Google Photos/Photos from 2017", datetime(2017, 7, 8, 9, 30, 11, tzinfo=UTC)
    [_, about_still], [_, about_video] = google(f"{year}/IMG_1.HEIC"), google(f"{year}/IMG_1.MOV")
    still, moving = heic("a", Camera(taken, zoned=True)), video("a", taken)
    write_folder(tmp_path / "first", [PartFile(f"{year}/IMG_1.HEIC", still), about_still])
    write_folder(tmp_path / "other", [PartFile(f"{year}/IMG_1.MOV", moving), about_video])

    result = uploads(tmp_path)

    assert result["export"]["rules"] == {"exact": 2, "metadata": 2}
    assert result["live_photos"] == result["export"]["live_photos"] == 1
    assert by_name(uploads.server)["IMG_1.HEIC"]["live_video"] == by_name(uploads.server)["IMG_1.MOV"]["id"]


@pytest.mark.parametrize(
    ("layout", "metadata"),
    [("icloud", PartFile("x/Photos/Photo Details.csv", ICLOUD)), ("picasa", PartFile("x/.picasa.ini", b"[y.jpg]\nstar=yes\n"))],
)
def test_same_folder_names_do_not_pair_live_photos(uploads: Uploads, tmp_path: Path, layout: str, metadata: PartFile) -> None:
    taken = datetime(2017, 7, 8, 9, 30, 11, tzinfo=UTC)
    still = PartFile("one/Trip/2017/IMG_1.HEIC", heic("a", Camera(taken, zoned=True)))
    moving = PartFile("two/Trip/2017/IMG_1.MOV", video("a", taken))

    result = uploads(write_folder(tmp_path, [metadata, still, moving]))

    assert result["export"]["layout"] == layout
    assert counts(result)[0] == 2
    assert result["live_photos"] == result["export"]["live_photos"] == 0


@pytest.mark.parametrize("src", [["parts"], ["parts/1/Takeout/Google Photos", "parts/2"], ["parts/1", "parts/2/Takeout"]], ids=str)
def test_unpacked_parts_match_in_any_folder(uploads: Uploads, tmp_path: Path, src: list[str]) -> None:
    year, taken = "Takeout/Google Photos/Photos from 2017", datetime(2017, 7, 8, 9, 30, 11, tzinfo=UTC)
    camera = Camera(taken, zoned=True)
    facts = [file for name in ("IMG_1.HEIC", "IMG_2.JPG", "IMG_2.DNG") for file in google(f"{year}/{name}") if file.path.endswith(".json")]
    still, raw_file = PartFile(f"{year}/IMG_1.HEIC", heic("a", camera)), PartFile(f"{year}/IMG_2.DNG", raw("a", camera))
    write_folder(tmp_path / "parts/1", [still, raw_file])
    moving, picture = PartFile(f"{year}/IMG_1.MOV", video("a", taken)), PartFile(f"{year}/IMG_2.JPG", jpeg("a", camera))
    write_folder(tmp_path / "parts/2", [moving, picture, *facts])

    result = uploads(*(tmp_path / one for one in src), stack=("raw_jpeg",))

    assert result["live_photos"] == result["export"]["live_photos"] == 1
    assert by_name(uploads.server)["IMG_1.HEIC"]["live_video"] == by_name(uploads.server)["IMG_1.MOV"]["id"]
    assert stacks_of(uploads.server) == [["IMG_2.JPG", "IMG_2.DNG"]]


def test_archives_and_descriptions_are_never_deleted(uploads: Uploads, tmp_path: Path) -> None:
    year, icloud = "Takeout/Google Photos/Photos from 2017", "Photos/Photo Details.csv"
    said = PartFile(icloud, ICLOUD + b'a.jpg,x,no,no,no,"Saturday July 8,2017 9:30 AM GMT",0,\n')
    album = album_of("Takeout/Google Photos/Trip", "Rome")
    exports = {
        "google": [*google(f"{year}/a.jpg"), *google("Takeout/Google Photos/Trip/b.jpg"), album],
        "icloud": [*pictures("Photos/c.jpg"), said, PartFile("Albums/Rome.csv", b"Images\nc.jpg\n")],
        "picasa": [*pictures("x/d.jpg"), PartFile("x/.picasa.ini", b"[d.jpg]\nstar=yes\n")],
        "plain": pictures("y/e.jpg"),
    }
    for name, files in exports.items():
        unpacked = write_folder(tmp_path / name, files)
        packed = [
            write(tmp_path / f"{name}{end}", pictures(f"{name}/in {end}.jpg")) for write, end in ((write_zip, ".zip"), (write_tgz, ".tgz"))
        ]
        before = {path: path.read_bytes() for path in [*unpacked.rglob("*"), *packed] if path.is_file()}
        predicted = uploads(unpacked, *packed, after_upload="delete", check=True)
        assert {path: path.read_bytes() for path in before} == before

        result = uploads(unpacked, *packed, after_upload="delete")

        deleted = [path for path in before if not path.exists()]
        assert sorted(deleted) == sorted(path for path in before if path.suffix == ".jpg")
        assert {path: path.read_bytes() for path in before if path not in deleted} == {
            path: content for path, content in before.items() if path not in deleted
        }
        assert predicted["counts"] == result["counts"]
        assert result["counts"]["deleted_local"] == len(deleted)
        assert not uploads(unpacked, *packed, after_upload="delete")["changed"]


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_apples_shared_albums_are_zips_in_the_export(uploads: Uploads, tmp_path: Path, form: str) -> None:
    shared = write_zip(tmp_path / "Family.zip", pictures("Family/s.jpg"))
    files = [
        *pictures("Photos/a.jpg"),
        PartFile("Photos/Photo Details.csv", ICLOUD + b'a.jpg,x,no,no,no,"Saturday July 8,2017 9:30 AM GMT",0,\n'),
        PartFile("iCloud Shared Albums/Family.zip", shared.read_bytes()),
    ]
    src = write_zip(tmp_path / "e.zip", files) if form == "zip" else write_folder(tmp_path / "e", files)
    result = uploads(src)
    assert result["export"]["layout"] == "icloud"
    assert result["export"]["files"] == 3
    assert names(uploads.server) == ["a.jpg", "s.jpg"]
    assert by_name(uploads.server)["s.jpg"]["albums"] == ["Family"]
    assert not uploads(src)["changed"]


@pytest.mark.parametrize(("album_from", "expected"), [("folder", ["Deep", "Summer.2020", "x"]), ("path", ["Summer.2020", "x", "x / Deep"])])
@pytest.mark.parametrize("ending", [".zip", ".TAR.GZ"])
def test_albums_of_folders_in_archives(uploads: Uploads, tmp_path: Path, album_from: str, expected: list[str], ending: str) -> None:
    write = write_zip if ending == ".zip" else write_tgz
    archive = write(tmp_path / ("Summer.2020" + ending), pictures("a.jpg", "x/b.jpg", "x/Deep/c.jpg"))
    report = tmp_path / "report"
    result = uploads(archive, album_from=album_from, report=str(report))
    assert sorted(album["name"] for album in result["albums"]) == expected
    assert [album["added"] for album in result["albums"]] == [1, 1, 1]
    assert by_name(uploads.server)["a.jpg"]["albums"] == ["Summer.2020"]
    assert '"rule"' not in report.read_text()  # it is not an export
    assert not uploads(archive, album_from=album_from)["changed"]


def test_key_without_album_scopes_uploads_nothing_of_an_export(server: Emulator, tmp_path: Path) -> None:
    files = [*google("Takeout/Google Photos/Trip/a.jpg"), album_of("Takeout/Google Photos/Trip", "Rome")]
    archive = write_zip(tmp_path / "a.zip", files)
    uploads = Uploads(server, api_key=server.make_key(permissions=["asset.upload"]))
    error = uploads.failing(archive)
    assert error.kind == "permission"
    assert "album.create" in error.msg
    assert names(server) == []
    assert counts(uploads(archive, album_from="none"))[0] == 1


def test_the_locked_folder_has_no_albums(uploads: Uploads, tmp_path: Path) -> None:
    files = [*google("Takeout/Google Photos/Trip/a.jpg"), album_of("Takeout/Google Photos/Trip", "Rome")]
    archive = write_zip(tmp_path / "a.zip", files)
    assert "Leave out album" in uploads.failing(archive, visibility="locked", album_from="export").msg
    result = uploads(archive, visibility="locked")
    assert result["albums"] == []
    assert by_name(uploads.server)["a.jpg"]["visibility"] == "locked"


def test_default_excludes_spare_files_for_export_readers(events: RecordingListener, tmp_path: Path) -> None:
    said = ICLOUD + b'a.jpg,x,no,no,yes,"Saturday July 8,2017 9:30 AM GMT",0,\n'
    files = [
        *pictures("Recently Deleted/a.jpg", "Photos/b.jpg", "Photos/thumbnails/c.jpg", "Photos/.hidden.jpg", "Photos/no.jpg"),
        PartFile("Recently Deleted/Photo Details.csv", said),
        PartFile("Photos/Photo Details.csv", ICLOUD),
    ]
    for src in (write_zip(tmp_path / "e.zip", files), write_folder(tmp_path / "e", files)):
        events = RecordingListener()
        found = source(events, src, exclude=["no.*", *DEFAULT_EXCLUDE])
        assert inner(found) == ["Photos/b.jpg"]
        assert [(one.kind, os.path.basename(one.path)) for one in events.left_out] == [("hidden", ".hidden.jpg"), ("trashed", "a.jpg")]
        assert found.files == 4
        assert inner(source(RecordingListener(), src, include=["b*"], exclude=DEFAULT_EXCLUDE)) == ["Photos/b.jpg"]


def test_excluded_files_of_a_takeout_are_ignored(uploads: Uploads, tmp_path: Path) -> None:
    """The videos of motion photos have no extension that says so, and what belongs together is found before anything is left out."""
    year, album = "Takeout/Google Photos/Photos from 2020", "Takeout/Google Photos/Trip"
    motion, film = video("moving"), video("film")
    files = [
        *google(f"{year}/a.png"),
        *google(f"{year}/PXL_1.MP.jpg"),
        PartFile(f"{year}/PXL_1.MP", motion),
        *google(f"{year}/PXL_2.MP.jpg", trashed=True),
        PartFile(f"{year}/PXL_2.MP", film),
        *google(f"{year}/IMG_1.jpg"),
        PartFile(f"{year}/empty.jpg", b""),
        PartFile(f"{year}/notes.html", b"x"),
        album_of(album, "Trip"),
        *google(f"{album}/IMG_1.jpg"),
    ]
    for src in (write_zip(tmp_path / "takeout.zip", files), write_folder(tmp_path / "takeout", files)):
        result = uploads(src, include=["*.png"], check=True)
        assert counts(result) == [1, 0, 0, 0]
        assert result["warnings"] == []
        export = result["export"]
        assert export["media"] == 1
        assert export["unused"] == export["albums"] == export["live_photos"] == 0
        assert export["files"] == export["media"] + export["rules"].pop("metadata")
        assert export["rules"] == {"exact": 1}
    result = uploads(src, include=["PXL*", "*.html"])
    assert counts(result) == [2, 0, 3, 0]
    assert result["export"]["live_photos"] == 1
    assert sorted(by_name(uploads.server)) == ["PXL_1.MP.jpg", "PXL_1.MP.mp4"]
    assert result["skip_reasons"] == {".html": 1, "trashed": 2}
    assert not uploads(src, include=["PXL*", "*.html"])["changed"]


def test_originals_hidden_by_picasa_are_warned_about(tmp_path: Path) -> None:
    files = [
        *pictures("x/a.jpg", "x/.picasaoriginals/a.jpg", "x/.hidden/b.jpg"),
        *(PartFile(f"x/{name}", b"[a.jpg]\nstar=yes\n") for name in (".picasa.ini", ".picasaoriginals/.picasa.ini", ".hidden/.picasa.ini")),
    ]
    for src in (write_zip(tmp_path / "e.zip", files), write_folder(tmp_path / "e", files)):
        events = RecordingListener()
        found = source(events, src, exclude=DEFAULT_EXCLUDE)
        assert inner(found) == ["x/a.jpg"]
        assert found.files == 4
        assert sorted(one.path.rpartition("x/")[2] for one in events.left_out if one.kind == "original") == [
            ".picasaoriginals/.picasa.ini",
            ".picasaoriginals/a.jpg",
        ]
        plain = source(RecordingListener(), src, layout="folder", exclude=())
        assert inner(plain) == ["x/a.jpg"]


def test_unlistable_folder_is_reported_once(events: RecordingListener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "e", google("Takeout/Google Photos/Photos from 2017/a.jpg"))
    closed = tmp_path / "e" / "closed"
    closed.mkdir()
    real = os.scandir

    def scandir(path: Any) -> Any:
        if os.fspath(path).rstrip("/") == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert len(all_of(source(events, tmp_path / "e" / "**" / "Photos from*", layout="google_takeout"))) == 1
    assert len(events.failed) == 1


@pytest.mark.usefixtures("without_exifread")
def test_an_export_takes_exifread_and_a_plain_folder_does_not(uploads: Uploads, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", google("Takeout/Google Photos/Photos from 2017/a.jpg"))
    error = uploads.failing(archive)
    assert isinstance(error, RunFailed)
    assert isinstance(error.cause, MissingLibrary)
    assert (error.cause.name, error.kind) == ("exifread", "local")
    assert names(uploads.server) == []
    folder = write_folder(tmp_path / "plain", pictures("b.jpg", "IMG_20200501_101112.jpg"))
    plain = write_zip(tmp_path / "plain.zip", pictures("c.jpg"))
    result = uploads(folder, plain)
    assert counts(result) == [3, 0, 0, 0]
    assert result["warnings"] == []
