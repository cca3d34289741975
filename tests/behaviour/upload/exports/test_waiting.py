# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Takeout that is not there as a whole: pictures whose JSON file may lie in the rest of it wait, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.exports.media import jpeg
from support.exports.parts import PartFile, write_folder, write_tgz, write_zip

from ..conftest import Uploads, by_name, counts

STAMP = "takeout-20260801T101500Z-3-"
YEAR = "Takeout/Google Photos/Photos from 2017"


def picture(name: str) -> PartFile:
    """A picture without EXIF."""
    return PartFile(f"{YEAR}/{name}", jpeg(name))


def said(name: str) -> PartFile:
    """Google's JSON file for a picture: a favourite of 2017."""
    moment = {"timestamp": "1499506211", "formatted": "08.07.2017, 09:30:11 UTC"}
    about = {"title": name, "photoTakenTime": moment, "creationTime": moment, "favorited": True, "url": f"https://photos.google.com/{name}"}
    return PartFile(f"{YEAR}/{name}.json", json.dumps(about).encode())


ONE = [picture("a.jpg"), said("a.jpg"), picture("b.jpg"), picture("c.jpg")]
TWO = [said("b.jpg"), said("c.jpg"), picture("d.jpg"), said("d.jpg")]
THREE = [picture("e.jpg"), said("e.jpg")]


def cut(path: Path) -> Path:
    """The file without its last third, as a broken download leaves it."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    return path


def waits(result: dict[str, Any], number: int, lacking: str) -> None:
    """Asserts that so many files wait, without a failure, with a warning that has the reason and the option."""
    assert result["skip_reasons"].get("waiting") == number
    assert result["export"]["skip_reasons"]["waiting"] == number
    assert result["export"]["missing"] == lacking
    [warning] = [one for one in result["warnings"] if "without a JSON file" in one]
    assert warning.startswith(f"{number} photos")
    assert lacking in warning
    assert "'export_unmatched: upload'" in warning


def right(uploads: Uploads, *expected: str) -> None:
    """These files are there, each as a favourite, sent with the date that Google knows."""
    assets = by_name(uploads.server)
    assert sorted(assets) == list(expected)
    assert all(asset["favorite"] for asset in assets.values())
    forms = [form for one in uploads.server.requests() if "assetData" in (form := one["form"] or {})]
    assert {form["fileCreatedAt"] for form in forms} == {"2017-07-08T09:30:11.000Z"}


def test_files_wait_while_part_is_missing(uploads: Uploads, tmp_path: Path) -> None:
    one, three = write_zip(tmp_path / f"{STAMP}001.zip", ONE), write_zip(tmp_path / f"{STAMP}003.zip", THREE)
    predicted, result = uploads(one, three, check=True), uploads(one, three)
    assert counts(predicted) == counts(result) == [2, 0, 2, 0]
    assert predicted["export"] == result["export"]
    assert predicted["warnings"] == result["warnings"]
    waits(result, 2, "part 2 is missing")
    right(uploads, "a.jpg", "e.jpg")
    again = uploads(one, three)
    assert not again["changed"]
    assert counts(again) == [0, 2, 2, 0]
    result = uploads(one, write_zip(tmp_path / f"{STAMP}002.zip", TWO), three)
    assert counts(result) == [3, 2, 0, 0]
    assert result["export"]["missing"] == ""
    assert result["warnings"] == []
    right(uploads, "a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")


def test_while_the_first_part_is_missing(uploads: Uploads, tmp_path: Path) -> None:
    result = uploads(write_zip(tmp_path / f"{STAMP}002.zip", [*THREE, picture("b.jpg")]))
    waits(result, 1, "part 1 is missing")
    right(uploads, "e.jpg")


@pytest.mark.parametrize("form", ["zip", "tgz"])
def test_while_a_part_cannot_be_read(uploads: Uploads, tmp_path: Path, form: str) -> None:
    write = {"zip": write_zip, "tgz": write_tgz}[form]
    one, two = write(tmp_path / f"{STAMP}001.{form}", ONE), cut(write(tmp_path / f"{STAMP}002.{form}", [picture("0.jpg"), *TWO]))
    error = uploads.failing(one, two)
    assert error.result["counts"]["failed"] == 1  # the part, and none of those that wait
    waits(error.result, error.result["skip_reasons"]["waiting"], f"{STAMP}002.{form} cannot be read")
    assert {"b.jpg", "c.jpg"}.isdisjoint(by_name(uploads.server))
    write(two, TWO)
    uploads(one, two)
    right(uploads, "a.jpg", "b.jpg", "c.jpg", "d.jpg")


def test_files_wait_while_only_part_with_json_is_unreadable(uploads: Uploads, tmp_path: Path) -> None:
    """What is left does not show that it is a Takeout but by its name."""
    one, two = write_zip(tmp_path / f"{STAMP}001.zip", [picture("b.jpg")]), cut(write_zip(tmp_path / f"{STAMP}002.zip", TWO))
    error = uploads.failing(one, two)
    waits(error.result, 1, f"{STAMP}002.zip cannot be read")
    assert by_name(uploads.server) == {}


def test_while_a_download_goes_on(uploads: Uploads, tmp_path: Path) -> None:
    write_zip(tmp_path / f"{STAMP}001.zip", ONE)
    (tmp_path / f"{STAMP}002.zip.crdownload").write_bytes(b"PK")
    waits(uploads(tmp_path / "*"), 2, f"{STAMP}002.zip.crdownload is not downloaded completely")
    right(uploads, "a.jpg")


def test_files_wait_while_named_part_is_missing(uploads: Uploads, tmp_path: Path) -> None:
    error = uploads.failing(write_zip(tmp_path / f"{STAMP}001.zip", ONE), tmp_path / f"{STAMP}002.zip")
    waits(error.result, 2, f"{STAMP}002.zip cannot be read")


def test_while_a_json_file_cannot_be_read(uploads: Uploads, tmp_path: Path) -> None:
    src = write_zip(tmp_path / "takeout.zip", [*ONE, said("b.jpg")])
    content = src.read_bytes()
    compressed = content.index(b"b.jpg.json") + len("b.jpg.json")
    src.write_bytes(content[:compressed] + bytes(20) + content[compressed + 20 :])
    error = uploads.failing(src)
    waits(error.result, 2, f"takeout.zip: {YEAR}/b.jpg.json cannot be read".rpartition("/")[2])
    right(uploads, "a.jpg")


@pytest.mark.parametrize(("choice", "there"), [("upload", ["a.jpg", "b.jpg", "c.jpg"]), ("skip", ["a.jpg"])])
def test_unmatched_files_of_a_partial_export_follow_the_option(uploads: Uploads, tmp_path: Path, choice: str, there: list[str]) -> None:
    from ansible_collections.photoyard.immich.plugins.module_utils._exports.export import ExportOptions

    src = write_zip(tmp_path / f"{STAMP}001.zip", ONE), write_zip(tmp_path / f"{STAMP}003.zip", [])
    result = uploads(*src, export=ExportOptions(export_unmatched=choice))
    assert sorted(by_name(uploads.server)) == there
    assert "waiting" not in result["skip_reasons"]
    assert result["export"]["missing"] == "part 2 is missing"


def test_no_file_waits_in_complete_export(uploads: Uploads, tmp_path: Path) -> None:
    """As far as can be seen: that a last part is missing cannot, and Google leaves JSON files out."""
    src = write_zip(tmp_path / f"{STAMP}001.zip", ONE), write_folder(tmp_path / "unpacked" / f"{STAMP}002", THREE)
    result = uploads(*src)
    assert counts(result) == [4, 0, 0, 0]
    assert result["export"]["missing"] == ""
    assert result["warnings"] == []


def test_unreadable_picture_makes_no_other_wait(uploads: Uploads, tmp_path: Path) -> None:
    write_folder(tmp_path / f"{STAMP}001", ONE)
    (tmp_path / f"{STAMP}001" / YEAR / "empty.jpg").touch()
    error = uploads.failing(tmp_path / f"{STAMP}001")
    assert error.result["export"]["missing"] == ""
    assert counts(error.result) == [3, 0, 0, 1]


def test_waiting_local_files_are_not_deleted(uploads: Uploads, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / f"{STAMP}002", ONE)
    uploads(folder, after_upload="delete")
    assert sorted(path.name for path in folder.rglob("*.jpg")) == ["b.jpg", "c.jpg"]


def test_equal_file_with_json_is_uploaded(uploads: Uploads, tmp_path: Path) -> None:
    """In the album's folder, which comes first, there is none, and the name of the file has another date."""
    album, name = "Takeout/Google Photos/Alps", "IMG_20130506.jpg"
    files = [PartFile(f"{album}/metadata.json", b'{"title": "Alps"}'), PartFile(f"{album}/{name}", jpeg(name)), picture(name), said(name)]
    src = write_folder(tmp_path / "src", files)
    uploads(src, concurrency=1)
    (found,) = by_name(uploads.server).values()
    assert (found["albums"], found["favorite"]) == (["Alps"], True)
    assert found["fileCreatedAt"] == "2017-07-08T09:30:11.000Z"
    assert not uploads(src)["changed"]
