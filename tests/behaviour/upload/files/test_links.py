# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links are followed where that was asked for, and nowhere else: not even one that takes the place of what was found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.collection import Batch, FileItem, Scan

from ..conftest import Uploads, by_name, counts, failed, names, not_for_ever, picture
from .test_bad_files import READ, SENT, SENT_FROM_DISK, Moment, before
from .test_delete import before_deletion, files


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder beside that of the photos, in which a file of the same name lies that must not go up."""
    picture(tmp_path / "secret" / "a.jpg.xmp", "secret")
    return picture(tmp_path / "secret" / "a.jpg", "secret").parent


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """A photo in a folder in a folder."""
    return picture(tmp_path / "src" / "sub" / "deep" / "a.jpg", "harmless").parents[2]


def link_instead(path: Path, target: Path) -> Callable[[object], None]:
    """Puts a link in a path's place."""

    def replace(_: object) -> None:
        path.rename(path.with_name("moved away"))
        path.symlink_to(target)

    return replace


def when_found(monkeypatch: pytest.MonkeyPatch, act: Callable[[object], None]) -> None:
    """Does something once the folders have been looked through."""
    real = Scan.batches

    def batches(scan: Scan) -> Iterator[Batch]:
        found = list(real(scan))
        act(scan)
        yield from found

    monkeypatch.setattr(Scan, "batches", batches)


@pytest.mark.parametrize("moment", [READ, SENT, SENT_FROM_DISK])
def test_photo_replaced_by_link_is_not_sent(
    uploads: Uploads, src: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    photo = src / "sub" / "deep" / "a.jpg"
    before(monkeypatch, moment, link_instead(photo, secret / "a.jpg"))
    error = uploads.failing(src)
    assert failed(error) == {str(photo): "local"}
    assert "follow: true" in error.msg
    assert names(uploads.server) == []


@pytest.mark.parametrize("moment", [READ, SENT_FROM_DISK])
def test_changed_photo_replaced_by_link_is_not_sent(
    uploads: Uploads, src: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    photo = src / "sub" / "deep" / "a.jpg"
    before(monkeypatch, moment, lambda _: photo.write_text("changed"))
    before(monkeypatch, (FileItem, "refresh"), link_instead(photo, secret / "a.jpg"))
    error = uploads.failing(src)
    assert failed(error) == {str(photo): "local"}
    assert "follow: true" in error.msg
    assert names(uploads.server) == []


@pytest.mark.parametrize("folder", ["", "sub", "sub/deep"])
def test_photo_in_folder_replaced_by_link_is_not_sent(
    uploads: Uploads, src: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    picture(secret / "deep" / "a.jpg", "secret")
    picture(secret / "sub" / "deep" / "a.jpg", "secret")
    when_found(monkeypatch, link_instead(src / folder, secret))
    error = uploads.failing(src)
    assert failed(error) == {f"{src}/sub/deep/a.jpg": "local"}
    assert "follow: true" in error.msg
    assert names(uploads.server) == []


@pytest.mark.parametrize("folder", ["", "sub", "sub/deep"])
def test_folder_replaced_by_file_is_unreadable(uploads: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    def replace(_: object) -> None:
        (src / folder).rename(src.with_name("moved away"))
        (src / folder).write_text("a file")

    when_found(monkeypatch, replace)
    error = uploads.failing(src)
    assert failed(error) == {f"{src}/sub/deep/a.jpg": "local"}
    assert "follow: true" not in error.msg
    assert names(uploads.server) == []


@pytest.mark.parametrize("pattern", ["**", "**/*.jpg", "**/deep/*.jpg"])
def test_globbed_folder_replaced_by_link_is_not_read(
    uploads: Uploads, src: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    picture(secret / "deep" / "a.jpg", "secret")
    when_found(monkeypatch, link_instead(src / "sub", secret))
    error = uploads.failing(src / pattern)
    assert failed(error) == {f"{src}/sub/deep/a.jpg": "local"}
    assert "follow: true" in error.msg
    assert names(uploads.server) == []


def test_recursive_glob_follows_no_links(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere" / "b.jpg")
    (src / "sub" / "link").symlink_to(tmp_path / "elsewhere")
    for pattern in ("**/link/*.jpg", "**/l*/*.jpg", "**/l*/**/*.jpg"):
        assert counts(uploads(src / pattern, ignore_missing=True)) == [0, 0, 0, 0]
        assert counts(uploads(src / pattern, follow=True, check=True)) == [1, 0, 0, 0]


@pytest.mark.parametrize("after_upload", ["keep", "delete"])
@pytest.mark.parametrize("alone", [False, True])
def test_sidecar_replaced_by_link_fails_file(
    uploads: Uploads, src: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, alone: bool, after_upload: str
) -> None:
    photo = src / "sub" / "deep" / "a.jpg"
    sidecar = picture(photo.with_name("a.jpg.xmp"))
    when_found(monkeypatch, link_instead(sidecar, secret / "a.jpg.xmp"))
    error = uploads.failing(photo if alone else src, after_upload=after_upload)
    assert failed(error) == {str(photo): "local"}
    assert str(sidecar) in error.msg
    assert "follow: true" in error.msg
    assert names(uploads.server) == []
    assert photo.exists()


@pytest.mark.parametrize("when", ["before it is found", "after it was found"])
def test_sidecar_pipe_does_not_block(uploads: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    pipe = src / "sub" / "deep" / "a.jpg.xmp"
    if when == "before it is found":
        os.mkfifo(pipe)
        assert counts(uploads(src)) == [1, 0, 0, 0]
        return
    picture(pipe)

    def replace(_: object) -> None:
        pipe.unlink()
        os.mkfifo(pipe)

    when_found(monkeypatch, replace)
    with not_for_ever(pipe):
        error = uploads.failing(src)
    assert failed(error) == {f"{src}/sub/deep/a.jpg": "local"}
    assert str(pipe) in error.msg
    assert names(uploads.server) == []


def test_linked_sidecar_is_ignored_without_follow(uploads: Uploads, src: Path, secret: Path) -> None:
    (src / "sub" / "deep" / "a.jpg.xmp").symlink_to(secret / "a.jpg.xmp")
    uploads(src / "sub" / "deep" / "a.jpg")
    assert by_name(uploads.server)["a.jpg"]["sidecar"] is None


@pytest.mark.parametrize("follow", [False, True])
def test_a_file_of_src_may_be_a_link(uploads: Uploads, src: Path, tmp_path: Path, follow: bool) -> None:
    (tmp_path / "named.jpg").symlink_to(src / "sub" / "deep" / "a.jpg")
    (tmp_path / "folder").symlink_to(src / "sub")
    assert counts(uploads(tmp_path / "named.jpg", follow=follow)) == [1, 0, 0, 0]
    assert counts(uploads(tmp_path / "folder" / "deep" / "a.jpg", tmp_path / "folder", follow=follow, verify=True)) == [0, 1, 0, 0]


def test_file_in_unlistable_folder_is_uploaded(uploads: Uploads, tmp_path: Path, ordinary_user: None) -> None:
    photo = picture(tmp_path / "home" / "a.jpg")
    photo.parent.chmod(0o311)
    assert counts(uploads(photo)) == [1, 0, 0, 0]
    photo.parent.chmod(0o700)


def test_replaced_folder_is_not_deleted_from(uploads: Uploads, src: Path, secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same = secret / "a.jpg"
    before_deletion(monkeypatch, lambda: link_instead(src / "sub" / "deep", secret)(None))
    same.unlink()
    os.link(src / "sub" / "deep" / "a.jpg", same)  # the very file, by another name
    uploads(src, after_upload="delete", max_failures=1)
    assert files(secret) == ["a.jpg", "a.jpg.xmp"]


def test_nothing_behind_a_link_is_deleted(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere" / "inner" / "b.jpg")
    picture(tmp_path / "elsewhere" / "inner" / "b.jpg.xmp")
    picture(tmp_path / "elsewhere" / "c.jpg")
    (src / "folder").symlink_to(tmp_path / "elsewhere" / "inner")
    (src / "c.jpg").symlink_to(tmp_path / "elsewhere" / "c.jpg")
    predicted = uploads(src, follow=True, after_upload="delete", check=True)
    result = uploads(src, follow=True, after_upload="delete")
    assert names(uploads.server) == ["a.jpg", "b.jpg", "c.jpg"]
    assert counts(result, "uploaded", "deleted_local", "failed") == counts(predicted, "uploaded", "deleted_local", "failed") == [3, 1, 0]
    assert files(src) == ["c.jpg"]
    assert files(tmp_path / "elsewhere") == ["c.jpg", "inner/b.jpg", "inner/b.jpg.xmp"]
    assert sorted(result["warnings"]) == sorted(predicted["warnings"])
    assert set(result["warnings"]) == {
        f"{src}/c.jpg is a link and was not deleted.",
        f"Files in {src}/folder were reached through a link and were not deleted.",
    }


def test_linked_src_folder_is_followed_and_emptied(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(src)
    assert counts(uploads(tmp_path / "link", after_upload="delete"), "uploaded", "deleted_local") == [1, 1]
    assert files(src) == []


def test_a_run_with_nothing_to_read_opens_no_file(uploads: Uploads, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(src / "sub" / "deep" / "a.jpg", (1_600_000_000, 1_600_000_000))
    cache = str(tmp_path / "cache")
    uploads(src, checksum_cache=cache)
    opened: list[str] = []
    real = os.open

    def noting(path: str, *given: Any, **options: Any) -> int:
        opened.append(path)
        return real(path, *given, **options)

    monkeypatch.setattr(os, "open", noting)
    monkeypatch.setattr(FileItem, "open", lambda _: pytest.fail("a file was opened"))
    assert counts(uploads(src, checksum_cache=cache)) == [0, 1, 0, 0]
    assert [path for path in opened if str(path).startswith(str(src)) or path in ("sub", "deep", "a.jpg")] == []
