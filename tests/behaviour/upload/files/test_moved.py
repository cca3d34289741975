# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""after_upload=move: what the server has goes to another folder, with what belongs to it, and nothing is overwritten."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files.folders import removers
from support.collection import errors
from support.http.answering import Reply, Seen

from ..conftest import Uploads, counts, picture, through
from .test_delete import files


def failing_unlink(pattern: str) -> Callable[..., None]:
    """`os.unlink` on a disk that breaks when the old names that fit the pattern are to go."""
    real = os.unlink

    def unlink(path: Any, *, dir_fd: int | None = None) -> None:
        if fnmatchcase(str(path), pattern):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(path, dir_fd=dir_fd)

    return unlink


def failing_link(number: int) -> Callable[..., None]:
    """`os.link` to another file system (`EXDEV`), or on one without hard links."""

    def link(*_args: Any, **_options: Any) -> None:
        raise OSError(number, os.strerror(number))

    return link


@pytest.fixture
def src(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    for name in ("a.jpg", "day/b.jpg", "day/b.jpg.xmp", "notes.txt"):
        picture(folder / name)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files(folder)}


def test_files_are_moved_with_their_folders(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    move: dict[str, Any] = {"after_upload": "move", "move_to": str(tmp_path / "done")}
    before = contents(src)
    uploads(src / "a.jpg")
    predicted = uploads(src, check=True, album="A", **move)
    assert (contents(src), (tmp_path / "done").exists()) == (before, False)
    result = uploads(src, album="A", **move)
    assert counts(result, "uploaded", "duplicates", "moved_local", "deleted_local") == [1, 1, 2, 0]
    assert (result["counts"], result["diff"]["after"]) == (predicted["counts"], predicted["diff"]["after"])
    assert contents(src) == {"notes.txt": before.pop("notes.txt")}
    assert contents(tmp_path / "done") == before
    assert uploads(src, album="A", **move)["changed"] is False
    assert uploads(tmp_path, album="A", exclude=["notes.txt"], **move)["changed"] is False  # which has the folder in it
    assert contents(tmp_path / "done") == before


def test_files_moved_together_get_same_number(uploads: Uploads, tmp_path: Path) -> None:
    src, done = tmp_path / "src", tmp_path / "done"
    for name in ("IMG_1.jpg", "IMG_1.dng", "IMG_1.xmp", "IMG_1.jpg.xmp", "IMG_2.jpg"):
        picture(src / name)
    picture(done / "IMG_1.DNG.xmp")
    picture(done / "IMG_1.dng", "another")
    (done / "IMG_1~2.jpg").symlink_to("nowhere")
    uploads(src, after_upload="move", move_to=str(done))
    assert files(src) == []
    assert files(done) == [
        *("IMG_1.DNG.xmp", "IMG_1.dng", "IMG_1~2.jpg"),
        *("IMG_1~3.dng", "IMG_1~3.jpg", "IMG_1~3.jpg.xmp", "IMG_1~3.xmp", "IMG_2.jpg"),
    ]


@pytest.mark.parametrize("taken", [(), ("IMG_1.dng",), ("IMG_1.dng", "IMG_1~2.xmp")], ids=["free", "marked", "marked_with_gap"])
def test_move_killed_before_old_name_went_is_finished(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: tuple[str, ...]
) -> None:
    src, done = tmp_path / "src", tmp_path / "done"
    for name in ("IMG_1.dng", "IMG_1.jpg"):
        picture(src / "day" / name)
    for name in taken:
        picture(done / "day" / name, "another")
    if len(taken) > 1:
        picture(src / "day" / "IMG_1.xmp")
    move: dict[str, Any] = {"after_upload": "move", "move_to": str(done)}

    with monkeypatch.context() as patches:
        patches.setattr(os, "unlink", failing_unlink("IMG_1.*"))
        error = uploads.failing(src, **move)
    assert f"cannot be moved to {done}: {os.strerror(errno.EIO)}. Look after its disk" in error.msg
    linked = [name for name in files(done) if (done / name).stat().st_nlink == 2]
    assert len(linked) == 2
    if len(taken) > 1:  # the reason for the second mark is gone
        (done / "day" / "IMG_1~2.xmp").unlink()
    result = uploads(src, **move)
    assert counts(result, "uploaded", "moved_local") == [0, 2]
    assert [name for name in files(done) if name.endswith((".dng", ".jpg")) and name not in [f"day/{one}" for one in taken]] == linked
    assert {(done / name).stat().st_nlink for name in linked} == {1}
    assert [name for name in files(src) if not name.endswith(".xmp")] == []


@pytest.mark.parametrize("taken", [(), ("IMG_1.dng",)], ids=["free", "marked"])
def test_copy_killed_before_old_name_went_is_finished(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: tuple[str, ...]
) -> None:
    src, done = tmp_path / "src", tmp_path / "done"
    for name in ("IMG_1.dng", "IMG_1.jpg"):
        picture(src / "day" / name)
    for name in taken:
        picture(done / "day" / name, "another")
    before = sorted(contents(src).values())
    move: dict[str, Any] = {"after_upload": "move", "move_to": str(done)}

    monkeypatch.setattr(os, "link", failing_link(errno.EXDEV))
    with monkeypatch.context() as patches:
        patches.setattr(os, "unlink", failing_unlink("IMG_1.*"))
        uploads.failing(src, **move)
    copies = [name for name in files(done / "day") if not name.startswith(".") and name not in taken]
    assert len(copies) == 2
    assert counts(uploads(src, **move), "uploaded", "moved_local") == [0, 2]
    assert files(src) == []
    assert files(done / "day") == sorted([*taken, *copies])
    assert sorted((done / "day" / name).read_bytes() for name in copies) == before


def test_same_bytes_elsewhere_are_not_taken_for_copy(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder may be a pool of disks that shows the file itself: then its only name would go."""

    monkeypatch.setattr(os, "link", failing_link(errno.EXDEV))
    picture(tmp_path / "src" / "a.jpg")
    picture(tmp_path / "done" / "a.jpg")
    uploads(tmp_path / "src", after_upload="move", move_to=str(tmp_path / "done"))
    assert files(tmp_path / "done") == ["a.jpg", "a~2.jpg"]


def test_sidecar_with_old_name_left_is_moved_with_photo(
    uploads: Uploads, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move: dict[str, Any] = {"after_upload": "move", "move_to": str(tmp_path / "done")}
    with monkeypatch.context() as patches:
        patches.setattr(os, "unlink", failing_unlink("*.xmp"))
        uploads.failing(src, **move)
    assert files(src) == ["day/b.jpg", "day/b.jpg.xmp", "notes.txt"]
    assert counts(uploads(src, **move), "uploaded", "moved_local") == [0, 1]
    assert files(src) == ["notes.txt"]
    assert files(tmp_path / "done") == ["a.jpg", "day/b.jpg", "day/b.jpg.xmp"]


def test_file_whose_folder_is_target_by_another_way_stays(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bind mount, for one: its only name must not be taken for a second one."""
    src, done = tmp_path / "src", tmp_path / "done"
    picture(src / "a.jpg")
    os.link(src / "a.jpg", tmp_path / "elsewhere.jpg")
    done.symlink_to(src)
    monkeypatch.setattr(removers.Mover, "is_in_place", lambda *_args: False)  # which resolves links, and no mounts
    uploads(src, after_upload="move", move_to=str(done))
    assert [path.read_bytes() for path in src.iterdir()] == [b"a.jpg"]


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM])
def test_move_to_other_file_system_keeps_attributes(
    uploads: Uploads, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Another one, and one without hard links."""

    monkeypatch.setattr(os, "link", failing_link(number))
    os.utime(src / "a.jpg", ns=(10**18, 10**18))
    os.chmod(src / "a.jpg", 0o640)
    before = contents(src)
    uploads(src, after_upload="move", move_to=str(tmp_path / "done"))
    assert contents(tmp_path / "done") == {name: before[name] for name in before if name != "notes.txt"}
    moved = (tmp_path / "done" / "a.jpg").stat()
    assert (moved.st_mtime_ns, moved.st_mode & 0o777) == (10**18, 0o640)
    assert files(src) == ["notes.txt"]


def test_damaged_copy_is_removed_and_its_file_kept(uploads: Uploads, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that keeps other bytes than it was given."""

    def copy(reader: IO[bytes], writer: IO[bytes], _length: int) -> None:
        writer.write(reader.read()[::-1])

    before, done = contents(src), tmp_path / "done"
    move: dict[str, Any] = {"after_upload": "move", "move_to": str(done)}
    monkeypatch.setattr(os, "link", failing_link(errno.EXDEV))
    with monkeypatch.context() as patches:
        patches.setattr(shutil, "copyfileobj", copy)
        error = uploads.failing(src, **move)
    assert "The copy has other bytes than the file, which was kept." in error.msg
    assert (contents(src), files(done)) == (before, [])
    assert counts(uploads(src, **move), "uploaded", "moved_local") == [0, 2]


def test_name_taken_in_the_last_moment_is_not_replaced(
    uploads: Uploads, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another program, once it was found to be free."""
    before, done = contents(src), tmp_path / "done"
    real = os.link

    def link(old: str, new: str, **options: Any) -> None:
        (done / new).write_bytes(b"another")
        real(old, new, **options)

    with monkeypatch.context() as patches:
        patches.setattr(os, "link", link)
        error = uploads.failing(src / "a.jpg", after_upload="move", move_to=str(done))
    assert f"cannot be moved to {done}: {os.strerror(errno.EEXIST)}" in error.msg
    assert (contents(src), contents(done)) == (before, {"a.jpg": b"another"})


def test_copy_on_another_file_system_keeps_owner_and_attributes(
    uploads: Uploads, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a file system or a user lets be set differs: here the system's calls are recorded."""

    owners: set[tuple[int, int]] = set()
    kept: dict[str, bytes] = {}

    def set_attribute(_file: int, name: str, value: bytes) -> None:
        if name == "system.refused":
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        kept[name] = value

    monkeypatch.setattr(os, "link", failing_link(errno.EXDEV))
    monkeypatch.setattr(os, "fchown", lambda _file, user, group: owners.add((user, group)))
    monkeypatch.setattr(os, "listxattr", lambda _file: ["system.refused", "user.tag"])
    monkeypatch.setattr(os, "getxattr", lambda _file, name: name.encode())
    monkeypatch.setattr(os, "setxattr", set_attribute)
    uploads(src / "a.jpg", after_upload="move", move_to=str(tmp_path / "done"))
    assert files(tmp_path / "done") == ["a.jpg"]
    assert kept == {"user.tag": b"user.tag"}
    assert {(os.getuid(), -1), (-1, os.getgid())} <= owners


def test_file_not_movable_or_unconfirmed_is_kept(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    before = contents(src)
    done = tmp_path / "done"
    done.mkdir()
    (done / "day").symlink_to(tmp_path)
    error = uploads.failing(src, after_upload="move", move_to=str(done))
    assert files(src) == ["day/b.jpg", "day/b.jpg.xmp", "notes.txt"]
    assert error.msg.endswith(f"cannot be moved to {done}/day: a link or a file is in the place of a folder.")
    (done / "day").unlink()

    asked: list[str] = []

    def deny(seen: Seen, reply: Reply) -> Reply:
        asked.extend([seen.path] * seen.path.endswith("bulk-upload-check"))
        return replace(reply, body=b'{"results": []}') if len(asked) == 2 else reply  # the second time, just before they are moved

    with through(uploads.server, deny) as lying:
        failed = lying.failing(src, after_upload="move", move_to=str(done))
    assert contents(src) == {name: before[name] for name in ("day/b.jpg", "day/b.jpg.xmp", "notes.txt")}
    assert "was not moved: " in failed.msg
    uploads(src, after_upload="move", move_to=str(done))
    assert files(done) == ["a.jpg", "day/b.jpg", "day/b.jpg.xmp"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"move_to": "/tmp"}, "goes with after_upload: move only"),
        ({"after_upload": "move", "move_to": "done"}, "absolute"),
        ({"after_upload": "move", "move_to": "/dev/null"}, "is not a folder"),
    ],
)
def test_move_refuses_invalid_options(uploads: Uploads, src: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=message):
        uploads(src, **options)
