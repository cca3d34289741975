# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that lie in the server's trash."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from support.collection import ApiKey, Connection, Immich
from support.http.wire import writes

from ..conftest import Uploads, by_name, counts, picture, read_metadata


@pytest.fixture
def src(each_version: Uploads, tmp_path: Path) -> Path:
    """Three files on the server, two of them in the trash."""
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(tmp_path / "src" / name)
    each_version(tmp_path / "src")
    found = by_name(each_version.server)
    server = each_version.server
    with closing(Immich(Connection(server.url, ApiKey(server.api_key)))) as client:
        client.assets.trash([found["a.jpg"]["id"], found["b.jpg"]["id"]])
    server.clear_requests()
    return tmp_path / "src"


def test_kept_they_are_left_alone(each_version: Uploads, src: Path) -> None:
    result = each_version(src, album="A", after_upload="delete", return_assets=10)
    assert counts(result, "uploaded", "duplicates", "restored", "deleted_local") == [0, 3, 0, 1]
    assert {asset["status"] for asset in result["assets"]} == {"in_trash", "duplicate"}
    assert {name: (one["trashed"], one["albums"]) for name, one in by_name(each_version.server).items()} == {
        "a.jpg": (True, []),
        "b.jpg": (True, []),
        "c.jpg": (False, ["A"]),
    }
    assert sorted(file.name for file in src.iterdir()) == ["a.jpg", "b.jpg"]


def test_restored_they_are_organised(each_version: Uploads, src: Path) -> None:
    read_metadata(each_version.server)
    predicted = each_version(src, album="A", tags=["t"], server_trash="restore", check=True)
    assert writes(each_version.server) == []
    result = each_version(src, album="A", tags=["t"], server_trash="restore")
    assert result["counts"] == predicted["counts"]
    assert counts(result, "uploaded", "duplicates", "restored") == [0, 3, 2]
    assert result["changed"]
    assert predicted["changed"]
    assert result["diff"]["after"].splitlines() == predicted["diff"]["after"].splitlines()
    assert {name: (one["trashed"], one["albums"], one["tags"]) for name, one in by_name(each_version.server).items()} == {
        name: (False, ["A"], ["t"]) for name in ("a.jpg", "b.jpg", "c.jpg")
    }
    each_version.server.clear_requests()
    assert not each_version(src, album="A", tags=["t"], server_trash="restore")["changed"]
    assert writes(each_version.server) == []


def test_a_restore_that_fails_is_noted_and_the_rest_goes_on(each_version: Uploads, src: Path) -> None:
    picture(src / "d.jpg")
    each_version.server.fault(method="POST", path="^/trash/restore", status=400, json={"message": "No"})
    error = each_version.failing(src, album="A", server_trash="restore", after_upload="delete")
    assert counts(error.result, "uploaded", "duplicates", "failed", "restored", "deleted_local") == [1, 3, 2, 0, 2]
    assert {failure["msg"] for failure in error.result["failures"]} == {
        "It is still in the trash: Immich refused POST /trash/restore/assets: No."
    }
    assert {name: (one["trashed"], one["albums"]) for name, one in by_name(each_version.server).items()} == {
        "a.jpg": (True, []),
        "b.jpg": (True, []),
        "c.jpg": (False, ["A"]),
        "d.jpg": (False, ["A"]),
    }
    assert sorted(file.name for file in src.iterdir()) == ["a.jpg", "b.jpg"]
