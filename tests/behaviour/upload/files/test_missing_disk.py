# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is not mounted: an empty folder in its place is neither a source nor a target."""

from __future__ import annotations

from pathlib import Path

import pytest

from behaviour.upload.conftest import Uploads, names, picture

MARK = ".mounted"


@pytest.mark.parametrize("check", [True, False])
def test_missing_required_path_fails_run(uploads: Uploads, tmp_path: Path, check: bool) -> None:
    """Before the server is asked for anything."""
    src = tmp_path / "disk"
    src.mkdir()
    error = uploads.failing(src, require=[str(src), str(src / MARK)], check=check)
    assert (error.kind, error.details) == ("local", {"missing": [str(src / MARK)]})
    assert uploads.server.requests() == []


def test_present_required_path_allows_upload(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "disk" / "a.jpg")
    (tmp_path / "disk" / MARK).touch()
    uploads(tmp_path / "disk", require=[str(tmp_path / "disk" / MARK)])
    assert names(uploads.server) == ["a.jpg"]


def test_required_path_must_be_absolute(uploads: Uploads, tmp_path: Path) -> None:
    assert uploads.failing(picture(tmp_path / "a.jpg"), require=[MARK]).kind == "validation"


@pytest.mark.parametrize("check", [True, False])
def test_moved_files_do_not_make_the_place_of_a_disk(uploads: Uploads, tmp_path: Path, check: bool) -> None:
    path = picture(tmp_path / "src" / "a.jpg")
    error = uploads.failing(path, after_upload="move", move_to=str(tmp_path / "disk" / "done"), check=check)
    assert (error.kind, error.details) == ("local", {"missing": [str(tmp_path / "disk")]})
    assert (path.exists(), (tmp_path / "disk").exists(), uploads.server.requests()) == (True, False, [])
