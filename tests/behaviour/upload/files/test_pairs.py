# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""only_of_pair: of a RAW or HEIC file and its JPEG file only one goes up; and time_zone, for which files are looked into as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.collection import errors
from support.exports.parts import PartFile, write_zip
from support.photos.shots import Shot, shot_bytes
from support.photos.takeouts import sidecar_of

from ..conftest import Uploads, by_name, counts, names, read_metadata

SHOTS = (
    *(Shot("IMG_1.jpg"), Shot("IMG_1.dng")),
    *(Shot("IMG_2.jpg", 60), Shot("IMG_2.dng", 7200)),  # the camera has begun to count again
    *(Shot("IMG_3.heic", 120), Shot("IMG_3.JPG", 120)),
    *(Shot("PXL_20231026_205755225.MP.jpg", 180), Shot("PXL_20231026_205755225.dng", 180)),
    *(Shot("alone.jpg", 240), Shot("alone.cr2.txt", 240)),
)


@pytest.fixture
def src(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    folder.mkdir()
    for shot in SHOTS:
        (folder / shot.name).write_bytes(shot_bytes(shot))
    return folder


@pytest.mark.parametrize(
    ("raw", "heic", "left_out"),
    [
        ("raw", "heic", ["IMG_1.jpg", "IMG_3.JPG", "PXL_20231026_205755225.MP.jpg"]),
        ("jpeg", "jpeg", ["IMG_1.dng", "IMG_3.heic", "PXL_20231026_205755225.dng"]),
    ],
)
def test_only_of_pair_uploads_chosen_half(uploads: Uploads, src: Path, raw: str, heic: str, left_out: list[str]) -> None:
    wanted = {"raw_jpeg": raw, "heic_jpeg": heic}
    predicted = uploads(src, only_of_pair=wanted, check=True)
    result = uploads(src, only_of_pair=wanted)
    assert counts(result, "uploaded", "skipped", "failed") == counts(predicted, "uploaded", "skipped", "failed") == [6, 4, 0]
    assert result["skip_reasons"] == predicted["skip_reasons"] == {".txt": 1, "raw_jpeg": 2, "heic_jpeg": 1}
    assert names(uploads.server) == sorted({shot.name for shot in SHOTS} - set(left_out) - {"alone.cr2.txt"})
    assert uploads(src, only_of_pair=wanted)["changed"] is False
    with pytest.raises(errors.InvalidRequest, match="after_upload: keep only"):
        uploads(src, only_of_pair=wanted, after_upload="delete")


@pytest.mark.parametrize("packed", [True, False])
def test_half_behind_its_equal_file_is_known(uploads: Uploads, tmp_path: Path, *, packed: bool) -> None:
    """Of a Takeout the copy beside a JSON file goes first. The members of an archive may be in any order."""
    raw, photo = Shot("IMG_1.dng"), Shot("IMG_1.jpg")
    year, album = ("Takeout/Google Photos/" if packed else "") + "Photos from 2024", "Takeout/Google Photos/Trip" if packed else "Trip"
    files = [PartFile(f"{album}/{photo.name}", shot_bytes(photo)), PartFile(f"{album}/{raw.name}", shot_bytes(raw))]
    files.insert(1, PartFile(f"{year}/{photo.name}", shot_bytes(photo)))
    files.append(PartFile(f"{year}/IMG_2.jpg", shot_bytes(Shot("IMG_2.jpg", 60))))
    if packed:
        files.append(PartFile(f"{year}/{photo.name}.json", sidecar_of(photo.name, taken=1_717_243_200)))
    src = write_zip(tmp_path / "takeout-20220304T050607Z-001.zip", files)
    wanted = {"raw_jpeg": "raw"}
    predicted = uploads(src, only_of_pair=wanted, check=True)
    result = uploads(src, only_of_pair=wanted)
    assert result["skip_reasons"] == predicted["skip_reasons"] == {"raw_jpeg": 1}
    assert counts(result) == counts(predicted) == [3, 0, 1, 0]
    assert names(uploads.server) == ["IMG_1.dng", "IMG_1.jpg", "IMG_2.jpg"]


def test_zone_of_a_camera_without_offsets(uploads: Uploads, tmp_path: Path) -> None:
    uploads.server.pause("metadataExtraction")
    with_offset = shot_bytes(Shot("a.jpg"))
    (tmp_path / "a.jpg").write_bytes(with_offset)
    (tmp_path / "b.jpg").write_bytes(with_offset.replace(b"+00:00", b"      "))
    uploads(tmp_path, time_zone="Europe/Rome")
    read_metadata(uploads.server)
    found = by_name(uploads.server)
    assert (found["a.jpg"]["fileCreatedAt"], found["b.jpg"]["fileCreatedAt"]) == ("2024-06-01T12:00:00.000Z", "2024-06-01T10:00:00.000Z")
