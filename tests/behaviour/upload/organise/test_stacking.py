# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs together is one stack on the server, whatever of it was there before."""

from __future__ import annotations

import errno
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import Hasher, errors
from support.exports.media import Camera, jpeg
from support.exports.parts import PartFile, write_zip
from support.http.wire import writes
from support.photos.shots import Shot, ask, send_shots, shot_bytes, stacks_of
from support.photos.takeouts import sidecar_of

from ..conftest import Uploads, by_name, counts

PAIR = (Shot("IMG_1.JPG"), Shot("IMG_1.DNG"))
BURST = tuple(Shot(f"DSC_{number}.JPG", 60.1 + number / 4) for number in range(3))
EDITED = (Shot("IMG_2.JPG", 120), Shot("IMG_2-edited.JPG", 120))


def shots(folder: Path, *taken: Shot) -> Path:
    """The photos in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for shot in taken:
        (folder / shot.name).write_bytes(shot_bytes(shot))
    return folder


def test_uploaded_shots_are_stacked_once(each_version: Uploads, tmp_path: Path) -> None:
    server = each_version.server
    options: dict[str, Any] = {"stack": ("raw_jpeg", "burst", "edited")}
    src = shots(tmp_path / "src", *PAIR, *BURST, *EDITED, Shot("IMG_3.JPG", 180), Shot("IMG_3.DNG", 9000))
    predicted = each_version(src, check=True, **options)
    assert writes(server) == []

    result = each_version(src, **options)

    assert predicted["stacks"] == result["stacks"] == {"created": 3, "completed": 0, "cover_changed": 0, "left_alone": 0}
    assert predicted["diff"] == result["diff"]
    expected = [["DSC_0.JPG", "DSC_1.JPG", "DSC_2.JPG"], ["IMG_1.JPG", "IMG_1.DNG"], ["IMG_2-edited.JPG", "IMG_2.JPG"]]
    assert stacks_of(server) == expected
    seen = len(server.requests())
    assert each_version(src, **options)["changed"] is False
    assert writes(server, since=seen) == []


def test_stack_cover_of_upload_is_set(uploads: Uploads, tmp_path: Path) -> None:
    src = shots(tmp_path / "src", *PAIR, *EDITED)
    uploads(src, stack=("raw_jpeg", "edited"), stack_cover={"edited": "original"})
    assert stacks_of(uploads.server) == [["IMG_1.JPG", "IMG_1.DNG"], ["IMG_2.JPG", "IMG_2-edited.JPG"]]

    changed = uploads(src, stack=("raw_jpeg", "edited"), stack_cover={"raw_jpeg": "raw"})

    assert stacks_of(uploads.server) == [["IMG_1.DNG", "IMG_1.JPG"], ["IMG_2.JPG", "IMG_2-edited.JPG"]]
    assert changed["stacks"]["cover_changed"] == 1


def test_existing_stack_is_completed_by_upload(each_version: Uploads, tmp_path: Path) -> None:
    server = each_version.server
    ids = send_shots(server, *BURST[1:], Shot("other.JPG"))
    ask(server, "POST", "/stacks", json={"assetIds": [ids[name] for name in ("DSC_2.JPG", "DSC_1.JPG", "other.JPG")]})
    src = shots(tmp_path / "src", *BURST)
    predicted = each_version(src, check=True, stack=("burst",))

    result = each_version(src, stack=("burst",))

    assert predicted["stacks"] == result["stacks"] == {"created": 0, "completed": 1, "cover_changed": 0, "left_alone": 0}
    assert stacks_of(server) == [["DSC_2.JPG", "DSC_0.JPG", "DSC_1.JPG", "other.JPG"]]
    assert each_version(src, stack=("burst",))["changed"] is False


def test_failed_stack_is_made_by_next_upload(uploads: Uploads, tmp_path: Path) -> None:
    src = shots(tmp_path / "src", *PAIR, *EDITED)
    uploads.server.fault("POST", "^/stacks$", times=1, status=400)

    result = uploads(src, stack=("raw_jpeg", "edited"), max_failures=1)

    assert counts(result) == [4, 0, 0, 1]
    assert "It is not stacked with" in result["failures"][0]["msg"]
    assert len(stacks_of(uploads.server)) == 1
    assert uploads(src, stack=("raw_jpeg", "edited"))["stacks"]["created"] == 1
    assert len(stacks_of(uploads.server)) == 2


AWAY: dict[str, Any] = {"stack": ("raw_jpeg", "burst"), "after_upload": "delete"}


def files_in(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_deleted_local_files_are_stacked(uploads: Uploads, tmp_path: Path) -> None:
    src = shots(tmp_path / "src", *PAIR, *BURST, Shot("alone.JPG", 9000))
    predicted = uploads(src, check=True, **AWAY)

    result = uploads(src, **AWAY)

    assert files_in(src) == []
    assert len(stacks_of(uploads.server)) == 2
    assert result["counts"]["deleted_local"] == 6
    for name in ("counts", "stacks", "kept_for_stacks", "diff"):
        assert predicted[name] == result[name]


@pytest.mark.parametrize("path", ["^/stacks$", "^/timeline/buckets$"])
def test_local_files_stay_until_stacked(uploads: Uploads, tmp_path: Path, path: str) -> None:
    src = shots(tmp_path / "src", *PAIR)
    uploads(shots(tmp_path / "before", PAIR[0]))  # so that the timeline is looked at
    uploads.server.fault(path=path, times=None, status=401, json={"message": "Invalid API key"})
    uploads.failing(src, **AWAY)
    assert (files_in(src), stacks_of(uploads.server)) == (["IMG_1.DNG", "IMG_1.JPG"], [])
    uploads.server.clear_faults()

    result = uploads(src, **AWAY)

    assert (result["counts"]["deleted_local"], result["stacks"]["created"], result["kept_for_stacks"]) == (2, 1, 0)
    assert (files_in(src), stacks_of(uploads.server)) == ([], [["IMG_1.JPG", "IMG_1.DNG"]])


def test_files_of_failed_stack_are_kept(uploads: Uploads, tmp_path: Path) -> None:
    src = shots(tmp_path / "src", *PAIR, *BURST)
    uploads.server.fault("POST", "^/stacks$", times=1, status=400)
    first = uploads(src, max_failures=1, **AWAY)
    assert first["counts"]["deleted_local"] + first["kept_for_stacks"] == 5
    assert len(files_in(src)) == first["kept_for_stacks"] > 1

    assert uploads(src, **AWAY)["kept_for_stacks"] == 0
    assert (files_in(src), len(stacks_of(uploads.server))) == ([], 2)


def test_half_of_pair_stays_while_other_half_fails(uploads: Uploads, tmp_path: Path) -> None:
    src = shots(tmp_path / "src", *PAIR)
    uploads.server.fault("POST", "^/assets$", status=400, json={"message": "No"})
    result = uploads(src, max_failures=1, **AWAY)
    assert (result["counts"]["uploaded"], result["counts"]["deleted_local"], result["kept_for_stacks"]) == (1, 0, 1)
    assert files_in(src) == ["IMG_1.DNG", "IMG_1.JPG"]

    uploads(src, **AWAY)

    assert (files_in(src), stacks_of(uploads.server)) == ([], [["IMG_1.JPG", "IMG_1.DNG"]])


def test_check_mode_keeps_half_beside_unreadable_half(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    src, real = shots(tmp_path / "src", *PAIR), Hasher.sha1

    def sha1(hasher: Hasher, item: Any) -> bytes:
        if item.name == "IMG_1.DNG":
            raise errors.LocalFailure("The disk is broken.")
        return real(hasher, item)

    monkeypatch.setattr(Hasher, "sha1", sha1)
    results = [uploads(src, check=check, max_failures=1, **AWAY) for check in (True, False)]
    assert [(result["counts"]["deleted_local"], result["kept_for_stacks"]) for result in results] == [(0, 1), (0, 1)]
    assert files_in(src) == ["IMG_1.DNG", "IMG_1.JPG"]


def test_half_stays_beside_half_without_status(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    src, real = shots(tmp_path / "src", *PAIR), os.stat

    def stat(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).endswith("IMG_1.DNG"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return real(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", stat)
        results = [uploads(src, check=check, max_failures=1, **AWAY) for check in (True, False)]
    assert [(result["counts"]["deleted_local"], result["kept_for_stacks"]) for result in results] == [(0, 1), (0, 1)]

    uploads(src, **AWAY)

    assert (files_in(src), stacks_of(uploads.server)) == ([], [["IMG_1.JPG", "IMG_1.DNG"]])


NOON = datetime(2024, 6, 1, 12)
LONG = "a photo whose title is so long that it is cut.jpg"  # 45 characters and its extension


@pytest.fixture
def takeout(tmp_path: Path) -> Path:
    """An export with an edited copy whose marker was cut, and one like it that was taken a day later, so that it is none."""
    folder = "Takeout/Google Photos/Photos from 2024"
    files = []
    for stem, copy, days in ((LONG[:-4], "-e", 0), (LONG[:-4].upper().replace("PHOTO", "IMAGE"), "-e", 1)):
        title, original, other = f"{stem}.jpg", Camera(NOON), Camera(NOON + timedelta(days=days))
        json = sidecar_of(title, taken=1_717_243_200)
        files.append(PartFile(f"{folder}/{title}", jpeg(title, original)))
        files.append(PartFile(f"{folder}/{stem}{copy}.jpg", jpeg(f"{title} edited", other), part=2))
        files.append(PartFile(f"{folder}/{title[:46]}.json", json, part=2))
    for part in (1, 2):
        write_zip(tmp_path / f"takeout-{part}.zip", [file for file in files if file.part == part])
    return tmp_path / "takeout-*.zip"


@pytest.mark.parametrize(("cover", "order"), [(None, ("-edited", "")), ("edited", ("-edited", "")), ("original", ("", "-edited"))])
def test_an_edited_copy_whose_marker_was_cut(server: Emulator, takeout: Path, cover: str | None, order: tuple[str, ...]) -> None:
    options: dict[str, Any] = {"stack": ("edited",), "stack_cover": {"edited": cover} if cover else {}}
    predicted = Uploads(server)(takeout, check=True, **options)

    result = Uploads(server)(takeout, **options)

    assert stacks_of(server) == [[f"{LONG[:-4]}{end}.jpg" for end in order]]
    assert predicted["stacks"] == result["stacks"]
    assert len(by_name(server)) == 4
    seen = len(server.requests())
    assert Uploads(server)(takeout, **options)["changed"] is False
    assert writes(server, since=seen) == []


def test_archived_copies_of_an_export_are_in_no_stack(uploads: Uploads, tmp_path: Path) -> None:
    """Takeout has an archived photo twice, in the folder of its year and in that of the archive."""
    pictures = {name: jpeg(name, Camera(datetime(2020, 5, 6, 7, 8, 9))) for name in ("IMG_1.jpg", "IMG_1-edited.jpg")}
    files = [
        PartFile(f"Takeout/Google Photos/{folder}/{name}", content)
        for folder in ("Photos from 2020", "Archive")
        for name, content in [*pictures.items(), ("IMG_1.jpg.json", sidecar_of("IMG_1.jpg", archived=True))]
    ]
    src = write_zip(tmp_path / "takeout-20220304T050607Z-001.zip", files)
    predicted = uploads(src, check=True, stack=("edited",))

    result = uploads(src, stack=("edited",))

    assert counts(result, "uploaded", "duplicates") == [2, 2]
    assert {key: predicted[key] for key in ("counts", "stacks")} == {key: result[key] for key in ("counts", "stacks")}
    assert [one["visibility"] for one in uploads.server.state()["assets"]] == ["archive", "archive"]
    assert stacks_of(uploads.server) == []


PAIRS = tuple(Shot(f"IMG_{number}.{kind}", 60 * number) for number in (1, 2, 3) for kind in ("DNG", "JPG"))


@pytest.mark.parametrize("there", [("DNG", "JPG"), ("JPG",)], ids=["all", "halves"])
def test_pairs_in_shared_stack_keep_single_cover(each_version: Uploads, tmp_path: Path, there: tuple[str, ...]) -> None:
    server = each_version.server
    ids = send_shots(server, *(shot for shot in PAIRS if shot.name.endswith(there)))
    ask(server, "POST", "/stacks", json={"assetIds": [ids[name] for name in sorted(ids, reverse=True)]})
    src = shots(tmp_path / "src", *PAIRS)
    options: dict[str, Any] = {"stack": ("raw_jpeg",), "stack_cover": {"raw_jpeg": "raw"}}
    predicted = each_version(src, check=True, **options)

    result = each_version(src, **options)

    change = "cover_changed" if len(there) == 2 else "completed"
    assert predicted["stacks"] == result["stacks"] == {"created": 0, "completed": 0, "cover_changed": 0, "left_alone": 0, change: 1}
    assert predicted["diff"] == result["diff"]
    first, *others = (shot.name for shot in PAIRS)
    assert stacks_of(server) == [[first, *sorted(others)]]
    assert each_version(src, **options)["changed"] is False
    assert stacks_of(server) == [[first, *sorted(others)]]


@pytest.mark.parametrize("trashed", [("DSC_0.JPG",), ("DSC_0.JPG", "DSC_1.JPG")], ids=["cover", "all"])
@pytest.mark.parametrize("server_trash", ["restore", "leave"])
def test_check_mode_knows_stacks_whose_cover_is_in_the_trash(
    each_version: Uploads, tmp_path: Path, trashed: tuple[str, ...], server_trash: str
) -> None:
    server = each_version.server
    ids = send_shots(server, *BURST[:2])
    ask(server, "POST", "/stacks", json={"assetIds": [ids["DSC_0.JPG"], ids["DSC_1.JPG"]]})
    ask(server, "DELETE", "/assets", json={"ids": [ids[name] for name in trashed]})
    src = shots(tmp_path / "src", *BURST)
    options: dict[str, Any] = {"stack": ("burst",), "server_trash": server_trash}
    predicted = each_version(src, check=True, **options)

    result = each_version(src, **options)

    assert predicted["stacks"] == result["stacks"]
    assert predicted["counts"] == result["counts"]
    if server_trash == "restore":
        assert result["stacks"]["completed"] == 1
        assert stacks_of(server) == [["DSC_0.JPG", "DSC_1.JPG", "DSC_2.JPG"]]
    again = each_version(src, **options)
    assert again["changed"] is False
