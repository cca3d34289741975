# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`taken_after` and `taken_before`: what was taken in between, by the best that is known of each file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._options import parse_moment
from support.collection import InvalidRequest, MissingLibrary, RunFailed
from support.exports.media import Camera, heic, jpeg, local, png, video
from support.exports.parts import PartFile, write_tgz, write_zip

from ..conftest import Uploads, by_name, counts, names

BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
INSIDE, OUTSIDE = datetime(2020, 6, 1, 12, tzinfo=UTC), datetime(2019, 6, 1, 12, tzinfo=UTC)
YEAR: dict[str, Any] = {"taken_after": BEGIN.timestamp(), "taken_before": END.timestamp()}


def write(path: Path, content: bytes, changed: datetime) -> Path:
    """A file that was last written to then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (changed.timestamp(), changed.timestamp()))
    return path


@pytest.mark.parametrize(
    ("name", "content", "changed", "taken"),
    [
        pytest.param("a.jpg", jpeg("a", Camera(clock=INSIDE)), OUTSIDE, True, id="EXIF before the time of last change"),
        pytest.param("a.jpg", jpeg("a", Camera(clock=OUTSIDE)), INSIDE, False, id="EXIF before the time of last change, outside"),
        pytest.param("IMG_20190601_120000.jpg", jpeg("a", Camera(clock=INSIDE)), OUTSIDE, True, id="EXIF before the name"),
        pytest.param("IMG_20200601_120000.png", png("a"), OUTSIDE, True, id="the name before the time of last change"),
        pytest.param("IMG_20190601_120000.png", png("a"), INSIDE, False, id="the name, outside"),
        pytest.param("a.png", png("a"), INSIDE, True, id="the time of last change"),
        pytest.param("a.png", png("a"), OUTSIDE, False, id="the time of last change, outside"),
        pytest.param("a.mp4", video("a", INSIDE), OUTSIDE, True, id="a video's own time"),
        pytest.param("a.mp4", video("a", OUTSIDE), INSIDE, False, id="a video's own time, outside"),
        pytest.param("a.jpg", jpeg("a", Camera(clock=BEGIN)), OUTSIDE, True, id="the first second"),
        pytest.param("a.jpg", jpeg("a", Camera(clock=END)), OUTSIDE, True, id="the last second"),
        pytest.param("a.jpg", jpeg("a", Camera(clock=END + timedelta(seconds=1))), INSIDE, False, id="the first second after"),
        pytest.param("a.jpg", jpeg("a", Camera(local(END - timedelta(hours=1), 2), zoned=True)), OUTSIDE, True, id="with its zone"),
    ],
)
def test_taken_between_goes_by_best_date(
    uploads: Uploads, tmp_path: Path, name: str, content: bytes, changed: datetime, taken: bool
) -> None:
    src = write(tmp_path / "src" / name, content, changed).parent
    predicted, result = uploads(src, check=True, **YEAR), uploads(src, **YEAR)
    assert counts(predicted) == counts(result) == ([1, 0, 0, 0] if taken else [0, 0, 1, 0])
    assert result["skip_reasons"] == ({} if taken else {"date": 1})
    assert names(uploads.server) == ([name] if taken else [])


def test_single_bound_skips_and_is_reported(uploads: Uploads, tmp_path: Path) -> None:
    for name, year in (("a.jpg", 2018), ("b.jpg", 2020), ("c.jpg", 2022)):
        write(tmp_path / "src" / name, jpeg(name, Camera(clock=datetime(year, 5, 6, tzinfo=UTC))), INSIDE)
    report = tmp_path / "report.jsonl"
    uploads(tmp_path / "src", taken_before=BEGIN.timestamp(), report=str(report))
    assert names(uploads.server) == ["a.jpg"]
    reasons = [json.loads(line).get("reason") or "" for line in report.read_text().splitlines()]
    assert any("2022-05-06" in reason and "taken_before" in reason for reason in reasons)
    uploads(tmp_path / "src", taken_after=END.timestamp(), report=str(report))
    assert names(uploads.server) == ["a.jpg", "c.jpg"]
    reasons = [json.loads(line).get("reason") or "" for line in report.read_text().splitlines()]
    assert any("2018-05-06" in reason and "taken_after" in reason for reason in reasons)


def test_a_date_in_a_name_can_be_left_unused(uploads: Uploads, tmp_path: Path) -> None:
    write(tmp_path / "IMG_20190601_120000.png", png("a"), INSIDE)
    assert counts(uploads(tmp_path, date_from_name=False, **YEAR)) == [1, 0, 0, 0]


@pytest.mark.parametrize(("moment", "taken"), [(INSIDE.timestamp(), True), (OUTSIDE.timestamp(), False), (10**17, False)])
def test_an_export_knows_best(uploads: Uploads, tmp_path: Path, moment: float, taken: bool) -> None:
    said = {"title": "a.jpg", "photoTakenTime": {"timestamp": str(int(moment))}, "creationTime": {"timestamp": "1"}, "url": "x"}
    folder = tmp_path / "Takeout" / "Google Photos" / "Photos from 2017"
    write(folder / "a.jpg", jpeg("a", Camera(clock=OUTSIDE if taken else INSIDE)), OUTSIDE)
    (folder / "a.jpg.json").write_text(json.dumps(said))
    result = uploads(tmp_path, layout="google_takeout", **YEAR)
    expected = taken or moment > 10**15  # no calendar has it: the file itself counts
    assert counts(result)[0] == int(expected), result


def test_a_live_photo_is_not_torn_by_a_zone(uploads: Uploads, tmp_path: Path) -> None:
    one = "7A1B2C3D-0000-4000-8000-000000000001"
    clock = local(END + timedelta(hours=1), -5)  # still in the old year there, while the video's time is UTC
    write(tmp_path / "a.heic", heic("a", Camera(clock=clock, content_identifier=one)), INSIDE)
    write(tmp_path / "a.mov", video("a", END + timedelta(hours=1), content_identifier=one), INSIDE)
    result = uploads(tmp_path, **YEAR)
    assert result["live_photos"] == 1
    assert by_name(uploads.server)["a.mov"]["visibility"] == "hidden"


def test_files_in_archives_are_chosen_by_date_too(uploads: Uploads, tmp_path: Path) -> None:
    files = [PartFile(f"{when:%Y}.jpg", jpeg(str(when), Camera(clock=when))) for when in (INSIDE, OUTSIDE)]
    write_zip(tmp_path / "a.zip", files)
    assert counts(uploads(tmp_path / "a.zip", **YEAR)) == [1, 0, 1, 0]
    assert names(uploads.server) == ["2020.jpg"]
    in_tgz = [PartFile("in.jpg", jpeg("in", Camera(clock=INSIDE))), PartFile("out.jpg", jpeg("out", Camera(clock=OUTSIDE)))]
    write_tgz(tmp_path / "a.tgz", [*in_tgz, PartFile("IMG_20200601_120000.jpg", jpeg("t")), PartFile("IMG_20190601_120000.jpg", jpeg("u"))])
    assert counts(uploads(tmp_path / "a.tgz", **YEAR)) == [2, 0, 2, 0]
    assert names(uploads.server) == ["2020.jpg", "IMG_20200601_120000.jpg", "in.jpg"]


def test_unreadable_date_fails_file_alone(uploads: Uploads, tmp_path: Path) -> None:
    write(tmp_path / "src" / "a.jpg", jpeg("a", Camera(clock=INSIDE)), INSIDE)
    archive = write_zip(tmp_path / "b.zip", [PartFile("b.jpg", jpeg("b", Camera(clock=INSIDE)))])
    broken = bytearray(archive.read_bytes())
    broken[0] ^= 1  # what stands before the member
    archive.write_bytes(broken)
    error = uploads.failing(tmp_path / "src", archive, **YEAR)
    assert error.result["counts"]["failed"] == 1
    assert names(uploads.server) == ["a.jpg"]


@pytest.mark.usefixtures("without_exifread")
def test_without_exifread_nothing_is_uploaded(uploads: Uploads, tmp_path: Path) -> None:
    write(tmp_path / "a.jpg", jpeg("a"), INSIDE)
    error = uploads.failing(tmp_path, **YEAR)
    assert isinstance(error, RunFailed)
    assert isinstance(error.cause, MissingLibrary)
    assert error.cause.name == "exifread"
    assert names(uploads.server) == []


def test_no_time_is_in_between(uploads: Uploads, tmp_path: Path) -> None:
    error = uploads.failing(tmp_path, taken_after=BEGIN.timestamp(), taken_before=(BEGIN - timedelta(days=1)).timestamp())
    assert isinstance(error, InvalidRequest)
    assert "taken_before is earlier than taken_after" in error.msg
    moment = write(tmp_path / "a.jpg", jpeg("a", Camera(clock=BEGIN)), INSIDE)
    assert counts(uploads(moment, taken_after=BEGIN.timestamp(), taken_before=BEGIN.timestamp())) == [1, 0, 0, 0]


@pytest.mark.parametrize(
    "value", ["yesterday", "2020-13-01", "2020", "01.02.2020", "2020-01-01T25:00", "9" * 400, "2020-01-01\n", "20200101", "2020-W01-3"]
)
@pytest.mark.parametrize("option", ["taken_after", "taken_before"])
def test_invalid_value_is_explained(option: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_moment(option, value, end_of_day=False)
    assert caught.value.msg.startswith(f"{option} must be a date such as 2024-07-31")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-01-31T12:00:00+01:00", datetime(2020, 1, 31, 11, tzinfo=UTC)),
        ("2020-01-31T12:00:00Z", datetime(2020, 1, 31, 12, tzinfo=UTC)),
        ("2020-01-31", datetime(2020, 1, 31, tzinfo=UTC)),
        (None, None),
        ("", None),
    ],
)
def test_parse_moment_reads_all_forms(value: str | None, expected: datetime | None) -> None:
    assert parse_moment("taken_after", value, end_of_day=False) == expected


def test_taken_before_includes_named_day() -> None:
    assert parse_moment("taken_before", "2020-01-31", end_of_day=True) == datetime(2020, 1, 31, 23, 59, 59, 999000, tzinfo=UTC)
