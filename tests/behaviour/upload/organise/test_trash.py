# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that lie in the server's trash."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.collection import ApiKey, Connection, Immich, pipeline
from support.http.wire import writes
from support.photos.shots import Shot, shot_bytes, stacks_of

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


def test_trashed_assets_are_left_alone_by_default(each_version: Uploads, src: Path) -> None:
    result = each_version(src, album="A", after_upload="delete", return_assets=10)
    assert counts(result, "uploaded", "duplicates", "restored", "deleted_local") == [0, 3, 0, 1]
    assert {asset["status"] for asset in result["assets"]} == {"in_trash", "duplicate"}
    assert {name: (one["trashed"], one["albums"]) for name, one in by_name(each_version.server).items()} == {
        "a.jpg": (True, []),
        "b.jpg": (True, []),
        "c.jpg": (False, ["A"]),
    }
    assert sorted(file.name for file in src.iterdir()) == ["a.jpg", "b.jpg"]


def test_restored_assets_are_organised(each_version: Uploads, src: Path) -> None:
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


@pytest.mark.parametrize("more", [0, 25])
def test_locked_file_in_the_trash_fails_no_other(each_version: Uploads, src: Path, more: int) -> None:
    """No API key reaches it, and Immich refuses a request that names it as a whole."""
    server = each_version.server
    for number in range(more):
        picture(src / f"{number}.jpg")
    each_version(src)
    found = by_name(server)
    with closing(Immich(Connection(server.url, ApiKey(server.api_key)))) as client:
        client.assets.trash([found[f"{number}.jpg"]["id"] for number in range(more)])
        client.assets.describe(found["a.jpg"]["id"], {"visibility": "locked"})
    for check in (True, False):
        result = each_version(src, album="A", server_trash="restore", check=check)
        assert counts(result, "uploaded", "duplicates", "restored", "in_trash", "failed") == [0, 3 + more, 1 + more, 1, 0]
        assert ["locked folder" in warning for warning in result["warnings"]] == [True]
    assert {name for name, one in by_name(server).items() if one["trashed"] or one["albums"] != ["A"]} == {"a.jpg"}
    for check in (True, False):
        assert not each_version(src, album="A", server_trash="restore", check=check)["changed"]
    each_version(src, album="A", server_trash="restore", after_upload="delete")
    assert [file.name for file in src.iterdir()] == ["a.jpg"]


def test_failed_restore_fails_files_alone(each_version: Uploads, src: Path) -> None:
    picture(src / "d.jpg")
    each_version.server.fault(method="POST", path="^/trash/restore", status=400, json={"message": "No"})
    error = each_version.failing(src, album="A", server_trash="restore", after_upload="delete")
    assert counts(error.result, "uploaded", "duplicates", "failed", "restored", "deleted_local") == [1, 3, 2, 0, 2]
    assert {failure["kind"] for failure in error.result["failures"]} == {"validation"}
    assert {failure["msg"].partition(":")[0] for failure in error.result["failures"]} == {"It is still in the trash"}
    assert {name: (one["trashed"], one["albums"]) for name, one in by_name(each_version.server).items()} == {
        "a.jpg": (True, []),
        "b.jpg": (True, []),
        "c.jpg": (False, ["A"]),
        "d.jpg": (False, ["A"]),
    }
    assert sorted(file.name for file in src.iterdir()) == ["a.jpg", "b.jpg"]


def trash_all(uploads: Uploads, *names: str) -> None:
    """Puts the assets of these names into the trash."""
    server = uploads.server
    with closing(Immich(Connection(server.url, ApiKey(server.api_key)))) as client:
        client.assets.trash([by_name(server)[name]["id"] for name in names])
    server.clear_requests()


def predicted_and_done(uploads: Uploads, src: Path, **options: Any) -> dict[str, Any]:
    """The result of a run with server_trash: restore. Asserts that check mode predicted it and wrote nothing."""
    predicted = uploads(src, check=True, server_trash="restore", **options)
    assert writes(uploads.server) == []
    result = uploads(src, server_trash="restore", **options)
    assert predicted.keys() == result.keys()
    compared = ("changed", "counts", "albums", "tags", "stacks", "live_photos", "diff", "warnings")
    assert {name: predicted.get(name) for name in compared} == {name: result.get(name) for name in compared}
    return result


def test_check_mode_knows_their_albums(each_version: Uploads, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        picture(tmp_path / "src" / name)
    each_version(tmp_path / "src", album="A")
    trash_all(each_version, "a.jpg", "b.jpg")
    result = predicted_and_done(each_version, tmp_path / "src", album="A")
    assert (result["counts"]["restored"], result["albums"]) == (2, [])
    assert {name: one["albums"] for name, one in by_name(each_version.server).items()} == {"a.jpg": ["A"], "b.jpg": ["A"]}


def test_restored_hidden_assets_get_no_album_or_tag(each_version: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "a.jpg")
    each_version(tmp_path / "src", visibility="hidden")
    read_metadata(each_version.server)
    trash_all(each_version, "a.jpg")
    result = predicted_and_done(each_version, tmp_path / "src", album="A", tags=["t"])
    assert (result["counts"]["restored"], result["albums"], result["tags"]) == (1, [], [])
    assert not each_version(tmp_path / "src", album="A", tags=["t"], server_trash="restore")["changed"]


def test_restored_hidden_asset_of_later_batch_gets_no_album(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_ORGANISE_BATCH", 1)
    picture(tmp_path / "hidden" / "b.jpg")
    uploads(tmp_path / "hidden", visibility="hidden")
    for name in ("a.jpg", "c.jpg"):
        picture(tmp_path / "shown" / name)
    uploads(tmp_path / "shown")
    trash_all(uploads, "a.jpg", "b.jpg", "c.jpg")
    uploads(tmp_path, server_trash="restore", album="A", concurrency=1)
    assert {name: one["albums"] for name, one in by_name(uploads.server).items()} == {"a.jpg": ["A"], "b.jpg": [], "c.jpg": ["A"]}


@pytest.mark.parametrize("new", [False, True], ids=["with-known", "with-new"])
def test_check_mode_predicts_stacks_of_restored_assets(each_version: Uploads, tmp_path: Path, new: bool) -> None:
    src = tmp_path / "src"
    src.mkdir()
    for name in ("IMG_1.dng", "IMG_1.jpg"):
        (src / name).write_bytes(shot_bytes(Shot(name)))
    each_version(src / "IMG_1.jpg" if new else src)
    each_version.server.wait_idle()
    trash_all(each_version, "IMG_1.jpg")
    result = predicted_and_done(each_version, src, stack=["raw_jpeg"])
    assert result["stacks"]["created"] == 1
    assert stacks_of(each_version.server) == [["IMG_1.jpg", "IMG_1.dng"]]


@pytest.mark.parametrize("names", [["IMG_1.jpg"], ["IMG_1.dng"], ["IMG_1.dng", "IMG_1.jpg"]], ids=["cover", "other", "both"])
def test_check_mode_knows_stacks_of_trashed_assets(each_version: Uploads, tmp_path: Path, names: list[str]) -> None:
    src = tmp_path / "src"
    src.mkdir()
    for name in ("IMG_1.dng", "IMG_1.jpg"):
        (src / name).write_bytes(shot_bytes(Shot(name)))
    each_version(src, stack=["raw_jpeg"])
    each_version.server.wait_idle()
    trash_all(each_version, *names)
    result = predicted_and_done(each_version, src, stack=["raw_jpeg"])
    assert result["stacks"] == {"created": 0, "completed": 0, "cover_changed": 0, "left_alone": 0}
    assert stacks_of(each_version.server) == [["IMG_1.jpg", "IMG_1.dng"]]
