# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live photos: a still and its video become one asset that plays, whatever of them was there before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests as http

from immich_emulator.testing import Emulator
from support.collection import FolderOptions, Scan, pipeline, scan
from support.exports.media import Camera, heic, jpeg, video
from support.exports.parts import PartFile, write_tgz, write_zip
from support.http.answering import Reply, Seen
from support.photos.items import RecordingListener
from support.photos.shots import ask
from support.photos.takeouts import sidecar_of

from ..conftest import Uploads, by_name, counts, names, read_metadata, sha1, through

TAKEN = datetime(2023, 7, 8, 9, 10, 11, tzinfo=UTC)
ONE = "7A1B2C3D-0000-4000-8000-000000000001"


def live(seed: str = "a", identifier: str | None = ONE) -> tuple[bytes, bytes]:
    """The two halves."""
    still = heic(seed, Camera(clock=TAKEN, content_identifier=identifier))
    return still, video(seed, TAKEN, quicktime=True, content_identifier=identifier)


def write(folder: Path, stem: str = "IMG_1", seed: str = "a") -> Path:
    """A live photo in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    still, moving = live(seed)
    (folder / f"{stem}.HEIC").write_bytes(still)
    (folder / f"{stem}.MOV").write_bytes(moving)
    return folder


def strangers(folder: Path) -> Path:
    """Two files of one stem that were not taken together."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "DSC_1.JPG").write_bytes(jpeg("s", Camera(clock=TAKEN)))
    (folder / "DSC_1.MP4").write_bytes(video("s", TAKEN + timedelta(days=40, minutes=7)))
    return folder


def is_one(server: Emulator, stem: str = "IMG_1", suffixes: tuple[str, str] = (".HEIC", ".MOV")) -> bool:
    """Whether the server has the two as one photo that plays."""
    assets = by_name(server)
    still, moving = (assets[stem + suffix] for suffix in suffixes)
    return bool(still["live_video"] == moving["id"] and still["visibility"] == "timeline" and moving["visibility"] == "hidden")


def writes(server: Emulator) -> list[str]:
    """Method and path of each request that changed something."""
    found = server.requests(writes=True)
    return [f"{one['method']} {one['path']}" for one in found if one["path"] not in ("/assets/bulk-upload-check", "/search/metadata")]


def test_new_live_pair_is_joined(each_version: Uploads, tmp_path: Path) -> None:
    server, src = each_version.server, write(tmp_path / "src")
    options: dict[str, Any] = {"album": "Summer", "tags": ["Trip"], "favorite": True}
    predicted = each_version(src, check=True, **options)
    assert writes(server) == []
    result = each_version(src, **options)
    assert is_one(server)
    assert result["live_photos"] == 1
    assert counts(result) == [2, 0, 0, 0]
    read_metadata(server)
    assets = by_name(server)
    assert assets["IMG_1.HEIC"]["albums"] == ["Summer"]
    assert assets["IMG_1.MOV"]["albums"] == []
    assert assets["IMG_1.HEIC"]["tags"] == ["Trip"]
    assert assets["IMG_1.MOV"]["tags"] == []
    assert assets["IMG_1.HEIC"]["favorite"]
    assert not assets["IMG_1.MOV"]["favorite"]
    assert result["albums"][0]["added"] == result["tags"][0]["added"] == 1
    for name in ("counts", "live_photos", "bytes_sent"):
        assert predicted[name] == result[name]
    assert [predicted[name][0]["added"] for name in ("albums", "tags")] == [1, 1]
    server.clear_requests()
    again = each_version(src, **options)
    assert not again["changed"]
    assert again["live_photos"] == 0
    assert counts(again) == [0, 2, 0, 0]
    assert writes(server) == []


@pytest.mark.parametrize("first", [["IMG_1.HEIC"], ["IMG_1.MOV"], ["IMG_1.HEIC", "IMG_1.MOV"]], ids="+".join)
def test_live_pair_partly_on_server_is_joined(uploads: Uploads, tmp_path: Path, first: list[str]) -> None:
    src = write(tmp_path / "src")
    uploads(src, include=first, live_photos=False)
    assert {asset["visibility"] for asset in by_name(uploads.server).values()} == {"timeline"}
    predicted, result = uploads(src, check=True), uploads(src)
    assert is_one(uploads.server)
    assert counts(predicted) == counts(result) == [2 - len(first), len(first), 0, 0]
    assert predicted["live_photos"] == result["live_photos"] == 1
    assert predicted["changed"]
    assert result["changed"]
    assert not uploads(src)["changed"]


@pytest.mark.parametrize("folder", ["0 before", "z behind"])
def test_copies_of_a_live_photo_s_video_are_predicted(each_version: Uploads, tmp_path: Path, folder: str) -> None:
    src = write(tmp_path / "src" / "live")
    (tmp_path / "src" / folder).mkdir()
    for name in ("copy.MOV", "one more.MOV"):
        (tmp_path / "src" / folder / name).write_bytes((src / "IMG_1.MOV").read_bytes())
    options: dict[str, Any] = {"album": "Summer", "tags": ["Trip"]}
    predicted = each_version(src.parent, check=True, **options)
    result = each_version(src.parent, **options)
    for name in ("counts", "live_photos"):
        assert predicted[name] == result[name]
    for name in ("albums", "tags"):
        assert [one["added"] for one in predicted[name]] == [one["added"] for one in result[name]]
    read_metadata(each_version.server)
    assert is_one(each_version.server, suffixes=(".HEIC", ".MOV")) if folder == "z behind" else result["live_photos"] == 1
    assert each_version(src.parent, **options)["changed"] is False


def test_live_pair_joined_by_immich_counts(server: Emulator, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    Uploads(server)(src, include=["*.HEIC"])
    still = by_name(server)["IMG_1.HEIC"]["id"]
    predicted = Uploads(server)(src, check=True)

    def join(request: Seen, answer: Reply) -> Reply:
        if (request.method, request.path) == ("POST", "/api/assets"):
            ask(server, "PUT", f"/assets/{still}", json={"livePhotoVideoId": by_name(server)["IMG_1.MOV"]["id"]})
        return answer

    with through(server, join) as uploads:
        result = uploads(src)
    assert is_one(server)
    assert predicted["live_photos"] == result["live_photos"] == 1
    assert Uploads(server)(src)["live_photos"] == 0


def test_unrelated_files_of_same_stem_stay_apart(uploads: Uploads, tmp_path: Path) -> None:
    src = strangers(write(tmp_path / "src"))
    result = uploads(src, album="Both")
    assert result["live_photos"] == 1
    assert is_one(uploads.server)
    assets = by_name(uploads.server)
    assert [assets[name]["visibility"] for name in ("DSC_1.JPG", "DSC_1.MP4")] == 2 * ["timeline"]
    assert assets["DSC_1.JPG"]["live_video"] is None
    assert [assets[name]["albums"] for name in ("DSC_1.JPG", "DSC_1.MP4")] == 2 * [["Both"]]
    assert not uploads(src, album="Both")["changed"]


def test_copies_of_live_pair_are_single_photo(uploads: Uploads, tmp_path: Path) -> None:
    for folder in ("2023", "Album"):
        write(tmp_path / folder)
    predicted = uploads(tmp_path, check=True)
    result = uploads(tmp_path)
    assert counts(predicted) == counts(result) == [2, 2, 0, 0]
    assert predicted["live_photos"] == result["live_photos"] == 1
    assert is_one(uploads.server)
    assert len(names(uploads.server)) == 2
    assert not uploads(tmp_path)["changed"]


@pytest.mark.parametrize("lacking", ["asset.update", "asset.read"])
def test_live_pair_without_scope_stays_apart_and_warns(server: Emulator, tmp_path: Path, lacking: str) -> None:
    scopes = {"asset.upload", "asset.read", "asset.update"} - {lacking}
    uploads = Uploads(server, api_key=server.make_key(permissions=sorted(scopes)))
    src = write(tmp_path / "src")
    predicted, result = uploads(src, check=True), uploads(src)
    assert predicted["warnings"] == result["warnings"]
    assert len(result["warnings"]) == 1
    assert f"lacks the scope {lacking}" in result["warnings"][0]
    assert counts(predicted) == counts(result) == [2, 0, 0, 0]
    assert result["live_photos"] == predicted["live_photos"] == 0
    assert {asset["visibility"] for asset in by_name(server).values()} == {"timeline"}
    assert not uploads(src)["changed"]
    assert Uploads(server)(src)["live_photos"] == 1
    assert is_one(server)


def test_failed_video_is_joined_by_the_next_run(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    (src / "IMG_1.MOV").write_bytes(live()[1] + bytes(3_000_000))
    uploads.server.fault("POST", "/assets$", times=None, status=507, after=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_HASHERS", 1)  # the still is the first
        error = uploads.failing(src, concurrency=1)
    assert error.result["counts"]["uploaded"] == 1
    assert names(uploads.server) == ["IMG_1.HEIC"]
    uploads.server.clear_faults()
    assert counts(uploads(src)) == [1, 1, 0, 0]
    assert is_one(uploads.server)


def test_failed_join_names_both_halves_and_is_repeated(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    uploads.server.fault("PUT|PATCH", "/assets/", status=400, json={"message": "Live photo video not found"})
    error = uploads.failing(src, after_upload="delete")
    assert sorted(Path(one["path"]).name for one in error.result["failures"]) == ["IMG_1.HEIC", "IMG_1.MOV"]
    assert "not joined with the other half" in error.result["failures"][0]["msg"]
    assert sorted(path.name for path in src.iterdir()) == ["IMG_1.HEIC", "IMG_1.MOV"]
    result = uploads(src, after_upload="delete")
    assert result["live_photos"] == 1
    assert is_one(uploads.server)
    assert list(src.iterdir()) == []


def test_half_a_live_photo_is_completed_by_the_next_run(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    uploads.server.fault("PUT|PATCH", "/assets/", status=401, json={"message": "Invalid API key"})
    uploads.failing(src)
    assets = by_name(uploads.server)
    assert assets["IMG_1.MOV"]["visibility"] == "hidden"
    assert assets["IMG_1.HEIC"]["live_video"] is None
    result = uploads(src)
    assert result["live_photos"] == 1
    assert counts(result) == [0, 2, 0, 0]
    assert is_one(uploads.server)


def test_nothing_is_deleted_before_both_are_joined(uploads: Uploads, tmp_path: Path) -> None:
    src = strangers(write(tmp_path / "src"))
    (src / "IMG_1.MOV").chmod(0o600)
    kept = (src / "IMG_1.MOV").read_bytes()
    (src / "IMG_1.MOV").write_bytes(b"")
    error = uploads.failing(src, after_upload="delete")
    assert error.result["counts"]["failed"] == 1
    assert [path.name for path in src.iterdir()] == ["IMG_1.MOV"]  # an empty video is not half of anything
    write(src)
    (src / "IMG_1.MOV").write_bytes(kept + bytes(3_000_000))
    uploads.server.fault("POST", "/assets$", times=None, status=507)
    uploads.failing(src, after_upload="delete")
    assert sorted(path.name for path in src.iterdir()) == ["IMG_1.HEIC", "IMG_1.MOV"]
    uploads.server.clear_faults()
    assert uploads(src, after_upload="delete")["counts"]["deleted_local"] == 2
    assert is_one(uploads.server)
    assert list(src.iterdir()) == []


def test_half_without_album_or_tags_is_not_deleted(server: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads, src = Uploads(server), write(tmp_path / "src")
    server.pause("metadataExtraction")
    uploads(src, include=["*.HEIC"])
    monkeypatch.setattr(pipeline, "_ORGANISE_BATCH", 1)
    result = uploads(src, after_upload="delete", tags=["Trip"])
    assert result["live_photos"] == 1
    assert is_one(server)
    assert result["tags_to_be_read"] == 1
    assert [path.name for path in src.iterdir()] == ["IMG_1.HEIC"]
    read_metadata(server)
    uploads(src, after_upload="delete", tags=["Trip"])
    assert by_name(server)["IMG_1.HEIC"]["tags"] == ["Trip"]
    assert list(src.iterdir()) == []


def test_live_photos_off_keeps_halves_apart(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    result = uploads(src, live_photos=False, album="Both")
    assert result["live_photos"] == 0
    assets = by_name(uploads.server)
    assert {asset["visibility"] for asset in assets.values()} == {"timeline"}
    assert [asset["albums"] for asset in assets.values()] == 2 * [["Both"]]


def test_the_locked_folder_has_no_live_photos(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    assert uploads(src, visibility="locked")["live_photos"] == 0
    assert {asset["visibility"] for asset in by_name(uploads.server).values()} == {"locked"}
    assert not uploads(src)["changed"]


def test_locked_live_photo_is_unchanged(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    uploads(src)
    headers = {"x-api-key": uploads.server.api_key}
    still = by_name(uploads.server)["IMG_1.HEIC"]["id"]
    http.put(f"{uploads.server.url}/api/assets/{still}", json={"visibility": "locked"}, headers=headers, timeout=10).raise_for_status()
    predicted, result = uploads(src, check=True), uploads(src)
    assert not predicted["changed"]
    assert not result["changed"]
    assert result["live_photos"] == 0
    assert counts(result) == [0, 2, 0, 0]
    assert len(result["warnings"]) == 1
    assert "locked folder" in result["warnings"][0]


def test_another_video_of_a_still_is_kept(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    uploads(src)
    (src / "IMG_1.MOV").write_bytes(live("another")[1])
    result = uploads(src)
    assert counts(result) == [1, 1, 0, 0]
    assert result["live_photos"] == 0
    before = sha1(write(tmp_path / "before") / "IMG_1.MOV")
    [still] = [asset for asset in uploads.server.state()["assets"] if asset["name"] == "IMG_1.HEIC"]
    [joined] = [asset for asset in uploads.server.state()["assets"] if asset["id"] == still["live_video"]]
    assert joined["checksum"] == before


def test_trashed_live_pair_is_joined_when_restored(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    uploads(src)
    ids = [asset["id"] for asset in uploads.server.state()["assets"]]
    headers = {"x-api-key": uploads.server.api_key}
    http.delete(f"{uploads.server.url}/api/assets", json={"ids": ids}, headers=headers, timeout=10).raise_for_status()
    assert not uploads(src)["changed"]
    predicted, result = uploads(src, check=True, server_trash="restore"), uploads(src, server_trash="restore")
    assert predicted["counts"] == result["counts"]
    assert result["counts"]["restored"] == 2
    assert predicted["live_photos"] == result["live_photos"] == 0
    assert is_one(uploads.server)


def test_live_halves_across_batches_are_joined(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_BATCH", 1)
    src = write(write(tmp_path / "src"), "IMG_2", "b")
    looked = Scan(FolderOptions([str(src)]), {".heic", ".mov"}, RecordingListener())
    assert [[one.live is not None for one in batch] for batch in looked.batches()] == [[True, True], [True, True]]
    assert uploads(src)["live_photos"] == 2
    assert is_one(uploads.server)
    assert is_one(uploads.server, "IMG_2")
    other = write(tmp_path / "other", "IMG_3", "c")
    monkeypatch.undo()
    assert uploads(other / "IMG_3.MOV", other / "IMG_3.HEIC")["live_photos"] == 1
    assert is_one(uploads.server, "IMG_3")


def test_a_jpeg_with_an_mp4(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "IMG_1.JPG").write_bytes(jpeg("a", Camera(clock=TAKEN)))
    (tmp_path / "IMG_1.MP4").write_bytes(video("a", TAKEN))
    assert uploads(tmp_path)["live_photos"] == 1
    assert is_one(uploads.server, suffixes=(".JPG", ".MP4"))


def test_live_pair_in_zip_is_joined_once(uploads: Uploads, tmp_path: Path) -> None:
    still, moving = live()
    write_zip(tmp_path / "a.zip", [PartFile("x/IMG_1.HEIC", still), PartFile("x/IMG_1.MOV", moving)])
    predicted, result = uploads(tmp_path / "a.zip", check=True), uploads(tmp_path / "a.zip", album="Z")
    assert predicted["live_photos"] == result["live_photos"] == 1
    assert is_one(uploads.server)
    uploads.server.clear_requests()
    assert not uploads(tmp_path / "a.zip", album="Z")["changed"]
    assert writes(uploads.server) == []


def test_live_pair_in_tgz_is_joined(uploads: Uploads, tmp_path: Path) -> None:
    still, moving = live()
    write_tgz(tmp_path / "a.tgz", [PartFile("x/IMG_1.HEIC", still), PartFile("x/IMG_1.MOV", moving)])
    predicted, result = uploads(tmp_path / "a.tgz", check=True), uploads(tmp_path / "a.tgz")
    assert counts(result) == [2, 0, 0, 0]
    assert result["live_photos"] == predicted["live_photos"] == 1
    assert result["warnings"] == predicted["warnings"] == []
    assert sorted(asset["visibility"] for asset in by_name(uploads.server).values()) == ["hidden", "timeline"]


@pytest.mark.parametrize("write_part", [write_zip, write_tgz])
def test_live_pair_of_export_is_joined_by_cut_names(uploads: Uploads, tmp_path: Path, write_part: Callable[..., Path]) -> None:
    """The cut leaves more of a name whose extension is shorter; the video of a motion photo may have none that tells, and a number."""
    year, title = "Takeout/Google Photos/Photos from 2023", "a live photo whose title is so long that it is cut.HEIC"
    still, moving = live()
    shown, loose = jpeg("m", Camera(clock=TAKEN)), video("m", TAKEN)
    said = {"taken": int(TAKEN.timestamp())}
    files = [
        PartFile(f"{year}/{title[:46]}.HEIC", still),
        PartFile(f"{year}/{title[:47]}.MOV", moving),
        PartFile(f"{year}/{title[:46]}.json", sidecar_of(title, **said)),
        PartFile(f"{year}/PXL_1.MP(1).jpg", shown),
        PartFile(f"{year}/PXL_1(1).MP", loose),
        PartFile(f"{year}/PXL_1.MP.jpg.supplemental-metadata(1).json", sidecar_of("PXL_1.MP.jpg", **said)),
    ]
    archive = write_part(tmp_path / "takeout.zip" if write_part is write_zip else tmp_path / "takeout.tgz", files)
    predicted, result = uploads(archive, check=True), uploads(archive)
    assert predicted["live_photos"] == result["live_photos"] == result["export"]["live_photos"] == 2
    assert is_one(uploads.server, title[:-5], (".HEIC", ".MOV"))
    assert is_one(uploads.server, "PXL_1.MP", (".jpg", ".mp4"))
    assert not uploads(archive)["changed"]
    assert uploads(archive, live_photos=False)["export"]["live_photos"] == 0


@pytest.mark.usefixtures("without_exifread")
def test_without_exifread_pairs_stay_apart_with_a_warning(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    result = uploads(src)
    assert counts(result) == [2, 0, 0, 0]
    assert result["live_photos"] == 0
    assert len(result["warnings"]) == 1
    assert "python3-exifread" in result["warnings"][0]
    assert {asset["visibility"] for asset in by_name(uploads.server).values()} == {"timeline"}


@pytest.mark.usefixtures("without_exifread")
def test_without_exifread_a_pair_is_not_deleted(uploads: Uploads, tmp_path: Path) -> None:
    src = write(tmp_path / "src")
    (src / "other.jpg").write_bytes(jpeg("other"))
    assert uploads(src, after_upload="delete")["counts"]["deleted_local"] == 1
    assert sorted(path.name for path in src.iterdir()) == ["IMG_1.HEIC", "IMG_1.MOV"]


def test_live_pair_of_killed_run_is_joined_by_next_run(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator()
    uploads, src = Uploads(server), write(tmp_path / "src")
    server.fault("POST", "/assets$", after=1, times=None, cut="request")
    uploads.failing(src, concurrency=1)
    server.clear_faults()
    assert len(names(server)) == 1
    predicted, result = uploads(src, check=True), uploads(src)
    assert counts(predicted) == counts(result) == [1, 1, 0, 0]
    assert predicted["live_photos"] == result["live_photos"] == 1
    assert is_one(server)
    assert not uploads(src)["changed"]


@pytest.mark.parametrize("batch", [1, 1000])
def test_hidden_as_asked_the_video_stays_out_of_albums(
    each_version: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(pipeline, "_ORGANISE_BATCH", batch)
    src = write(tmp_path / "src")
    (src / "alone.mov").write_bytes(video("b", TAKEN))
    options: dict[str, Any] = {"visibility": "hidden", "album": "A", "tags": ["t"]}
    assert each_version(src, **options)["live_photos"] == 1
    read_metadata(each_version.server)
    before = by_name(each_version.server)
    assert {name: (one["albums"], one["tags"]) for name, one in before.items()} == {
        "IMG_1.HEIC": (["A"], ["t"]),
        "IMG_1.MOV": ([], []),
        "alone.mov": (["A"], ["t"]),
    }
    assert each_version(src, check=True, **options)["diff"]["after"] == ""
    assert not each_version(src, **options)["changed"]
    assert by_name(each_version.server) == before
