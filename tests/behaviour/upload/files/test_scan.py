# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are taken from the disk: seen by what the server has in the end."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files.folders import src_paths
from support.exports.parts import PartFile, write_folder, write_zip

from ..conftest import Uploads, by_name, counts, failed, names, picture


def test_folders_are_looked_through_to_any_depth(uploads: Uploads, tmp_path: Path) -> None:
    for below in ("a.jpg", "b/b.jpg", "b/c/d/e/f/g/h/deep.JPG"):
        picture(tmp_path / below)
    uploads(tmp_path)
    assert names(uploads.server) == ["a.jpg", "b.jpg", "deep.JPG"]


def test_recursive_false_takes_the_folder_itself(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "below" / "b.jpg")
    uploads(tmp_path, recursive=False)
    assert names(uploads.server) == ["a.jpg"]


def test_the_root_named_twice_is_looked_through_once(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[str] = []
    real = os.scandir

    def list_and_note(path: str) -> Any:
        listed.append(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", list_and_note)
    uploads("/", "/", recursive=False, include=["no such file"], layout="folder")
    assert listed.count("/") == 1


def test_hidden_files_and_folders_are_left_out_unless_asked_for(uploads: Uploads, tmp_path: Path) -> None:
    for below in ("a.jpg", ".b.jpg", ".c/c.jpg"):
        picture(tmp_path / below)
    uploads(tmp_path)
    assert names(uploads.server) == ["a.jpg"]
    uploads(tmp_path, hidden=True)
    assert names(uploads.server) == [".b.jpg", "a.jpg", "c.jpg"]


def test_scan_leaves_out_files_of_nas_systems(uploads: Uploads, tmp_path: Path) -> None:
    for below in ("a.jpg", "@eaDir/x.jpg", "sub/@eaDir/a.jpg/SYNOPHOTO.jpg", "SYNOFILE_THUMB_M.jpg", "Thumbnails/t.jpg", "._a.jpg"):
        picture(tmp_path / below)
    for below in ("#recycle/b.jpg", "@Recycle/b.jpg", "@Recently-Snapshot/b.jpg", "SYNOPHOTO_THUMB_XL.jpg", ".picasaoriginals/a.jpg"):
        picture(tmp_path / "more" / below)
    result = uploads(tmp_path, hidden=True)
    assert names(uploads.server) == ["a.jpg"]
    assert result["counts"]["skipped"] == 0


def test_exclude_adds_to_default_excludes_unless_switched_off(uploads: Uploads, tmp_path: Path) -> None:
    for below in ("a.jpg", "b.png", "@eaDir/x.jpg"):
        picture(tmp_path / below)
    uploads(tmp_path, exclude=["*.png"])
    assert names(uploads.server) == ["a.jpg"]
    uploads(tmp_path, exclude=["*.png"], default_excludes=False)
    assert names(uploads.server) == ["a.jpg", "x.jpg"]


@pytest.mark.parametrize("below", [None, "sub", "a/b/c"])
def test_an_empty_folder_is_named(uploads: Uploads, tmp_path: Path, below: str | None) -> None:
    (tmp_path / "src" / (below or "")).mkdir(parents=True)
    result = uploads(tmp_path / "src")
    assert counts(result) == [0, 0, 0, 0]
    (warning,) = result["warnings"]
    assert warning.startswith(f"{tmp_path}/src is empty.")
    assert "require" in warning


@pytest.mark.parametrize("name", ["notes.txt", ".hidden.jpg", "alone.xmp", "@eaDir/x.jpg", "a.jpg"])
def test_a_folder_with_a_file_is_not_called_empty(uploads: Uploads, tmp_path: Path, name: str) -> None:
    picture(tmp_path / "src" / name)
    (tmp_path / "src" / "sub").mkdir()
    assert uploads(tmp_path / "src")["warnings"] == uploads(tmp_path / "*")["warnings"] == []


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        (["*.jpg"], [], ["a.jpg", "b.JPG", "d.jpg", "x[1].jpg"]),
        (["*.png"], [], ["c.png"]),
        (["sub/*"], [], ["d.jpg"]),
        (["s*b/*.jpg", "c.*"], [], ["c.png", "d.jpg"]),
        ([], ["sub"], ["a.jpg", "b.JPG", "c.png", "x[1].jpg"]),
        ([], ["sub/"], ["a.jpg", "b.JPG", "c.png", "x[1].jpg"]),
        ([], ["SUB/D*"], ["a.jpg", "b.JPG", "c.png", "x[1].jpg"]),
        ([], ["a.jpg/"], ["a.jpg", "b.JPG", "c.png", "d.jpg", "x[1].jpg"]),
        (["*.jpg"], ["b*"], ["a.jpg", "d.jpg", "x[1].jpg"]),
        (["x[[]1].jpg"], [], ["x[1].jpg"]),
        (["x[!a]1].jpg"], [], ["x[1].jpg"]),
        (["[z-a].jpg", "[", "[]"], [], []),
        (["?.jpg"], [], ["a.jpg", "b.JPG", "d.jpg"]),
        (["sub?d.jpg", "sub[!a]d.jpg", "*d.jpg/"], [], []),
    ],
)
def test_scan_takes_included_and_not_excluded(
    uploads: Uploads, tmp_path: Path, include: list[str], exclude: list[str], taken: list[str]
) -> None:
    for below in ("a.jpg", "b.JPG", "c.png", "sub/d.jpg", "x[1].jpg"):
        picture(tmp_path / below)
    uploads(tmp_path, include=include, exclude=exclude)
    assert names(uploads.server) == taken


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        (["2024/*"], [], ["b.jpg"]),
        (["*/*.jpg"], [], ["b.jpg", "e.jpg"]),
        (["2024/*/*"], [], ["c.jpg"]),
        (["2024/**"], [], ["b.jpg", "c.jpg", "d.jpg"]),
        (["**/d.jpg", "**/a.jpg"], [], ["a.jpg", "d.jpg"]),
        (["2024/**/d.jpg", "2024/**/b.jpg"], [], ["b.jpg", "d.jpg"]),
        (["**/07/*"], [], ["c.jpg"]),
        (["2024/07*"], [], []),
        (["/2024/07/c.jpg", "/a.jpg"], [], ["a.jpg", "c.jpg"]),
        (["2024/?7/c.jpg", "2024?07/c.jpg", "2024[!x]07/08/d.jpg"], [], ["c.jpg"]),
        ([], ["2024/*/"], ["a.jpg", "b.jpg", "e.jpg"]),
        ([], ["*/07/"], ["a.jpg", "b.jpg", "e.jpg"]),
        ([], ["**/08/"], ["a.jpg", "b.jpg", "c.jpg", "e.jpg"]),
        ([], ["*/d.jpg"], ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]),
    ],
)
def test_an_asterisk_ends_at_a_slash_and_two_do_not(
    uploads: Uploads, tmp_path: Path, include: list[str], exclude: list[str], taken: list[str]
) -> None:
    files = [PartFile(path, path.encode()) for path in ("a.jpg", "2024/b.jpg", "2024/07/c.jpg", "2024/07/08/d.jpg", "2025/e.jpg")]
    for src in (write_folder(tmp_path / "folder", files), write_zip(tmp_path / "archive.zip", files)):
        found = uploads(src, check=True, include=include, exclude=exclude)
        assert sorted(line.replace(" ", "/").rpartition("/")[2] for line in found["diff"]["after"].splitlines()) == taken


def test_other_types_are_skipped_and_counted_by_extension(uploads: Uploads, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.mp4", "notes.txt", "more.TXT", "Makefile", "list.csv"):
        picture(tmp_path / name)
    result = uploads(tmp_path)
    assert names(uploads.server) == ["a.jpg", "b.mp4"]
    assert counts(result) == [2, 0, 4, 0]
    assert result["skip_reasons"] == {"": 1, ".csv": 1, ".txt": 2}


def test_skip_reasons_are_at_most_50_and_other(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(60):
        picture(tmp_path / f"mail.{number:02}")
    result = uploads(tmp_path)
    assert counts(result) == [0, 0, 60, 0]
    assert len(result["skip_reasons"]) == 51
    assert result["skip_reasons"]["other"] == 10


@pytest.mark.parametrize(("kind", "taken"), [("image", "a.jpg"), ("video", "b.mp4")])
def test_only_files_of_the_wanted_type_are_taken(uploads: Uploads, tmp_path: Path, kind: str, taken: str) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.mp4")
    result = uploads(tmp_path, types=(kind,))
    assert names(uploads.server) == [taken]
    assert counts(result) == [1, 0, 1, 0]


def test_file_named_in_src_ignores_exclude(uploads: Uploads, tmp_path: Path) -> None:
    uploads(picture(tmp_path / ".a.jpg"), exclude=["*"], album_from="folder")
    assert by_name(uploads.server)[".a.jpg"]["albums"] == [tmp_path.name]


def test_globs_in_src_select_files(uploads: Uploads, tmp_path: Path) -> None:
    for below in ("2023/a.jpg", "2024/b.jpg", "2024/sub/c.jpg", "2025/d.jpg", "single.jpg", ".hidden.jpg"):
        picture(tmp_path / below)
    uploads(tmp_path / "202[34]", tmp_path / "*.jpg")
    assert names(uploads.server) == ["a.jpg", "b.jpg", "c.jpg", "single.jpg"]
    result = uploads(tmp_path / "**")
    assert names(uploads.server) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "single.jpg"]
    assert counts(result) == [1, 4, 0, 0]
    assert result["warnings"] == []


def test_two_stars_skip_links_and_excluded_folders(uploads: Uploads, tmp_path: Path) -> None:
    """With two links that lead back, the paths below them have no end."""
    for below in ("src/a.jpg", "src/b/c/b.jpg", "src/@eaDir/thumb.jpg", "src/b/@eaDir/c/thumb2.jpg", "src/.h/h.jpg", "elsewhere/e.jpg"):
        picture(tmp_path / below)
    for name, target in (("1", "."), ("2", "."), ("b/3", ".."), ("e", "../elsewhere")):
        (tmp_path / "src" / name).symlink_to(target)
    assert counts(uploads(tmp_path / "src" / "**" / "*.jpg")) == [2, 0, 0, 0]
    assert names(uploads.server) == ["a.jpg", "b.jpg"]
    assert counts(uploads(tmp_path / "src" / "**" / "c" / "**" / "*.jpg", recursive=False)) == [0, 1, 0, 0]
    assert counts(uploads(tmp_path / "src" / "**", recursive=False)) == [0, 2, 0, 0]
    assert counts(uploads(tmp_path / "src" / "**" / "*.jpg", follow=True)) == [1, 2, 0, 0]
    assert names(uploads.server) == ["a.jpg", "b.jpg", "e.jpg"]


@pytest.mark.parametrize("glob", ["**", "**/*.jpg"])
def test_unreadable_folder_below_glob_fails(uploads: Uploads, tmp_path: Path, ordinary_user: None, glob: str) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b" / "b.jpg").parent.chmod(0)
    error: Any = uploads.failing(tmp_path / glob)
    (tmp_path / "b").chmod(0o700)
    assert error.msg.startswith(f"{tmp_path}/b: The folder ")
    assert counts(error.result) == [1, 0, 0, 1]


def test_glob_without_matches_fails(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    error: Any = uploads.failing(tmp_path / "a.jpg", tmp_path / "disk" / "*.jpg")
    assert error.msg.startswith(f"{tmp_path}/disk/*.jpg: Nothing matches")
    assert counts(error.result, "uploaded", "failed", "missing_paths") == [1, 0, 1]


def test_missing_src_with_ignore_missing_warns(uploads: Uploads, tmp_path: Path) -> None:
    result = uploads(tmp_path / "*.jpg", tmp_path / "none", ignore_missing=True)
    assert counts(result) == [0, 0, 0, 0]
    assert result["warnings"] == [f"{tmp_path}/*.jpg in src matches nothing.", f"{tmp_path}/none in src does not exist."]


def test_existing_path_with_glob_characters_is_literal(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a[1]*?" / "b.jpg")
    picture(tmp_path / "a1" / "c.jpg")
    uploads(tmp_path / "a[1]*?")
    assert names(uploads.server) == ["b.jpg"]


def test_missing_src_fails_and_others_are_uploaded(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "there" / "a.jpg")
    error = uploads.failing(tmp_path / "not there", tmp_path / "there")
    assert error.kind == "local"
    assert failed(error) == {f"{tmp_path}/not there": "local"}
    assert names(uploads.server) == ["a.jpg"]
    assert counts(error.result, "uploaded", "failed", "missing_paths") == [1, 0, 1]


def test_missing_path_in_awx_names_its_exposed_folders(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(src_paths, "_RUNNER", str(tmp_path))
    error = uploads.failing(tmp_path / "not there")
    assert error.msg.startswith(f"{tmp_path}/not there: ")
    assert "one of the paths to expose to isolated jobs" in error.msg


def test_overlapping_places_are_taken_once(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a" / "b" / "c.jpg")
    result = uploads(tmp_path / "a" / "b" / "c.jpg", tmp_path / "a" / "b" / "c.jpg", tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a")
    assert counts(result) == [1, 0, 0, 0]


def test_links_are_followed_only_when_asked(uploads: Uploads, tmp_path: Path) -> None:
    elsewhere = picture(tmp_path / "elsewhere" / "b.jpg").parent
    src = picture(tmp_path / "src" / "a.jpg").parent
    (src / "link").symlink_to(elsewhere)
    (src / "link.jpg").symlink_to(picture(tmp_path / "c.jpg"))
    (src / "broken.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (src / "broken.txt").symlink_to(tmp_path / "nowhere.txt")
    result = uploads(src, report=str(tmp_path / "report"))
    assert counts(result) == [1, 0, 2, 0]
    assert result["skip_reasons"] == {"link": 2}
    lines = map(json.loads, (tmp_path / "report").read_text().splitlines())
    assert {"follow: true" in line["reason"] for line in lines if line.get("action") == "skipped"} == {True}
    error: Any = uploads.failing(src, follow=True)
    assert failed(error) == {f"{src}/broken.jpg": "local"}
    assert counts(error.result) == [2, 1, 0, 1]
    assert names(uploads.server) == ["a.jpg", "b.jpg", "link.jpg"]
    assert counts(uploads(src, src / "*.jpg", exclude=["broken*"])) == [0, 1, 1, 0]
    assert counts(uploads(src / "*.jpg")) == [0, 1, 2, 0]


def test_a_folder_in_src_may_be_a_link(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "real" / "a.jpg")
    (tmp_path / "link").symlink_to("real")
    uploads(tmp_path / "link", album_from="folder")
    assert by_name(uploads.server)["a.jpg"]["albums"] == ["link"]


def test_a_loop_of_folders_is_gone_through_once(uploads: Uploads, tmp_path: Path) -> None:
    inner = picture(tmp_path / "a" / "b" / "c.jpg").parent
    (inner / "back").symlink_to(tmp_path / "a")
    assert counts(uploads(tmp_path / "a")) == [1, 0, 0, 0]
    result = uploads(tmp_path / "a", follow=True)
    assert counts(result) == [0, 1, 0, 0]
    (warning,) = result["warnings"]
    assert f"{inner}/back is the same folder as {tmp_path}/a " in warning


def test_circular_link_hides_no_other_file(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(20):
        picture(tmp_path / f"{number}.jpg")
    for number in range(3):
        (tmp_path / f"x{number}.jpg").symlink_to(f"x{number}.jpg")
    assert counts(uploads(tmp_path)) == [20, 0, 3, 0]
    error: Any = uploads.failing(tmp_path, follow=True)
    assert counts(error.result) == [0, 20, 0, 3]
    assert failed(error) == {f"{tmp_path}/x{number}.jpg": "local" for number in range(3)}
    uploads(tmp_path, follow=True, exclude=["x*"])


def test_pipes_sockets_and_devices_are_never_opened(uploads: Uploads, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.jpg"))
        picture(tmp_path / "a.jpg")
        os.mkfifo(tmp_path / "pipe.txt")
        result = uploads(tmp_path)
        assert counts(result) == [1, 0, 2, 0]
        assert result["skip_reasons"] == {"special file": 2}
        assert counts(uploads(tmp_path / "*.jpg")) == [0, 1, 2, 0]
        error = uploads.failing(tmp_path / "pipe.jpg")
    assert failed(error) == {f"{tmp_path}/pipe.jpg": "local"}


@pytest.mark.parametrize(
    ("album_from", "albums"),
    [
        ("folder", {"top.jpg": "Photos", "a.jpg": "2024", "b.jpg": "Rome"}),
        ("path", {"top.jpg": "Photos", "a.jpg": "2024", "b.jpg": "2024 - Rome"}),
    ],
)
def test_albums_are_named_by_folder(uploads: Uploads, tmp_path: Path, album_from: str, albums: dict[str, str]) -> None:
    for below in ("top.jpg", "2024/a.jpg", "2024/Rome/b.jpg"):
        picture(tmp_path / "Photos" / below)
    uploads(tmp_path / "Photos", album_from=album_from, album_joiner=" - ")
    assert {name: asset["albums"] for name, asset in by_name(uploads.server).items()} == {name: [one] for name, one in albums.items()}
