# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sidecars go up with the file they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files import base

from ..conftest import Uploads, by_name, counts, failed, names, picture, sha1, wait_until_no_part_is_left


@pytest.mark.parametrize(
    ("media", "sidecar"),
    [
        ("a.jpg", "a.jpg.xmp"),
        ("a.jpg", "a.xmp"),
        ("a.jpg", "a.jpg.XMP"),
        ("A.JPG", "A.xmp"),
        ("a[1]*?.jpg", "a[1]*?.jpg.xmp"),
        ("a[1]*?.jpg", "a[1]*?.xmp"),
        ("a.b.c.jpg", "a.b.c.xmp"),
        ('a"b.jpg', 'a"b.jpg.xmp'),
        ("v.mp4", "v.mp4.xmp"),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
def test_a_sidecar_goes_with_its_file(uploads: Uploads, tmp_path: Path, media: str, sidecar: str, alone: bool) -> None:
    path = picture(tmp_path / media)
    beside = picture(tmp_path / sidecar, "<x:xmpmeta/>")
    result = uploads(path if alone else tmp_path)
    assert counts(result) == [1, 0, 0, 0]
    assert by_name(uploads.server)[media]["sidecar"] == sha1(beside)
    assert by_name(uploads.server)[media]["checksum"] == sha1(path)


def test_the_name_with_the_extension_is_looked_for_first(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "a.xmp", "short")
    long = picture(tmp_path / "a.jpg.xmp", "long")
    uploads(tmp_path)
    assert by_name(uploads.server)["a.jpg"]["sidecar"] == sha1(long)


def test_sidecar_is_sent_with_all_files_of_stem(uploads: Uploads, tmp_path: Path) -> None:
    sidecar = picture(tmp_path / "a.xmp", "both")
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "a.dng")
    picture(tmp_path / "ab.jpg")
    uploads(tmp_path)
    assert {name: one["sidecar"] for name, one in by_name(uploads.server).items()} == {
        "a.jpg": sha1(sidecar),
        "a.dng": sha1(sidecar),
        "ab.jpg": None,
    }


def test_sidecars_may_be_left_out(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "a.xmp", "x")
    result = uploads(tmp_path, sidecars=False)
    assert by_name(uploads.server)["a.jpg"]["sidecar"] is None
    assert counts(result) == [1, 0, 0, 0]


def test_unreadable_sidecar_fails_file(uploads: Uploads, tmp_path: Path, ordinary_user: None) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "a.jpg.xmp").chmod(0)
    picture(tmp_path / "b.jpg")
    predicted: Any = uploads.failing(tmp_path, check=True)
    error: Any = uploads.failing(tmp_path)
    assert error.msg == predicted.msg
    assert failed(error) == {f"{tmp_path}/a.jpg": "local"}
    assert f"{tmp_path}/a.jpg.xmp" in error.msg
    assert counts(error.result) == counts(predicted.result) == [1, 0, 0, 1]
    assert names(uploads.server) == ["b.jpg"]
    wait_until_no_part_is_left(uploads.server)


def test_oversized_sidecar_fails_its_file(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LARGEST_SIDECAR", 10)
    picture(tmp_path / "a.jpg", "the same")
    picture(tmp_path / "a.jpg.xmp", "x" * 11)
    picture(tmp_path / "b.jpg", "the same")
    predicted: Any = uploads.failing(tmp_path, check=True)
    error: Any = uploads.failing(tmp_path)
    assert error.msg == predicted.msg
    assert failed(error) == {f"{tmp_path}/a.jpg": "local"}
    assert f"{tmp_path}/a.jpg.xmp" in error.msg
    assert counts(error.result) == counts(predicted.result) == [1, 0, 0, 1]
    assert names(uploads.server) == ["b.jpg"]


def test_an_empty_sidecar_is_left_out_with_a_word(each_version: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "a.jpg.xmp", b"")
    predicted = each_version(tmp_path, check=True)
    result = each_version(tmp_path, after_upload="delete")
    assert counts(result) == counts(predicted) == [1, 0, 0, 0]
    assert result["warnings"] == predicted["warnings"]
    (warning,) = result["warnings"]
    assert f"{tmp_path}/a.jpg.xmp" in warning
    assert by_name(each_version.server)["a.jpg"]["sidecar"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg.xmp"]
