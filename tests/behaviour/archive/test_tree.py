# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of an archive: nothing is written outside of it, over anything, or in part."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.collection import ArchiveTree, LocalFailure

PARTIAL = "immich-archive/partial"


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[ArchiveTree]:
    tree = ArchiveTree(str(tmp_path / "archive"), reads=False)
    yield tree
    tree.close()


def put(tree: ArchiveTree, path: str, content: bytes = b"bytes", *, replace: bool = False) -> None:
    with tree.new_file() as file:
        file.write(content)
        file.finish(1_700_000_000_123_000_000)
        tree.place(file, path, replace=replace)
    tree.sync()


def test_a_file_is_placed_whole(tree: ArchiveTree) -> None:
    put(tree, "2024/07/a.jpg")
    path = Path(tree.path, "2024/07/a.jpg")
    assert (path.read_bytes(), path.stat().st_mtime) == (b"bytes", 1_700_000_000.123)
    assert os.listdir(Path(tree.path, PARTIAL)) == []


def test_tree_refuses_to_overwrite_file(tree: ArchiveTree) -> None:
    put(tree, "a.jpg")
    with pytest.raises(LocalFailure, match="File exists"):
        put(tree, "a.jpg", b"others")
    assert Path(tree.path, "a.jpg").read_bytes() == b"bytes"
    assert os.listdir(Path(tree.path, PARTIAL)) == []


def test_set_aside_keeps_path_and_earlier_files(tree: ArchiveTree) -> None:
    for content in (b"1", b"2", b"3"):
        put(tree, "x/a.jpg", content)
        tree.set_aside("x/a.jpg", "2026-11-26")
    below = Path(tree.path, "immich-archive/removed/2026-11-26/x")
    assert {path.name: path.read_bytes() for path in below.iterdir()} == {"a.jpg": b"1", "a~2.jpg": b"2", "a~3.jpg": b"3"}
    assert tree.stat("x/a.jpg") is None


@pytest.mark.parametrize("name", ["immich-archive", "2024"])
def test_links_are_not_followed(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / name).symlink_to(outside)
    with pytest.raises(LocalFailure, match="in the place of a folder"):
        put(ArchiveTree(str(tmp_path / "archive"), reads=False), "2024/a.jpg")
    assert os.listdir(outside) == []


def test_link_in_place_of_a_file_is_not_followed(tree: ArchiveTree, tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"outside")
    Path(tree.path, "a.jpg").symlink_to(outside)
    with pytest.raises(LocalFailure):
        tree.sha1("a.jpg")
    with pytest.raises(LocalFailure):
        put(tree, "a.jpg")
    put(tree, "a.jpg", replace=True)
    assert (outside.read_bytes(), Path(tree.path, "a.jpg").read_bytes()) == (b"outside", b"bytes")


def test_only_leftovers_of_ours_are_cleaned_away(tree: ArchiveTree) -> None:
    tree.close()
    partial = Path(tree.path, PARTIAL)
    (partial / ("0" * 32 + ".part")).write_bytes(b"half")
    (partial / "notes.txt").write_bytes(b"a person's")
    (Path(tree.path) / "photo.part").write_bytes(b"a person's")
    ArchiveTree(tree.path, reads=False).close()
    assert os.listdir(partial) == ["notes.txt"]
    assert Path(tree.path, "photo.part").exists()


def test_unfinished_new_file_is_dropped(tree: ArchiveTree) -> None:
    with pytest.raises(ZeroDivisionError), tree.new_file() as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert os.listdir(Path(tree.path, PARTIAL)) == []


def test_reading_makes_nothing(tmp_path: Path) -> None:
    tree = ArchiveTree(str(tmp_path / "archive"), reads=True)
    assert (tree.stat("a/b.jpg"), tree.names("a"), tree.content("b", 10)) == (None, [], None)
    tree.close()
    assert list(tmp_path.iterdir()) == []


def test_many_folders_need_few_descriptors(tree: ArchiveTree) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for number in range(300):
        put(tree, f"{number}/x/a.jpg")
    assert len(os.listdir("/proc/self/fd")) < before + 100
    assert all(tree.stat(f"{number}/x/a.jpg") is not None for number in range(300))


def test_a_full_disk_is_said_and_leaves_nothing(tree: ArchiveTree) -> None:
    with pytest.raises(LocalFailure, match="No space left on device"), tree.new_file() as file:
        assert file.descriptor is not None
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, file.descriptor)
        os.close(full)
        file.write(b"x")
    assert os.listdir(Path(tree.path, PARTIAL)) == []


def test_archive_lock_is_on_writable_file(tree: ArchiveTree) -> None:
    """As other clients of a network share see it; a lock on a folder they do not."""
    with open(Path(tree.path, "immich-archive/lock"), "r+b") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with pytest.raises(LocalFailure, match="Another run is writing to the archive"):
        ArchiveTree(tree.path, reads=False)
    tree.unlock()
    ArchiveTree(tree.path, reads=False).close()


def test_without_a_lock_nothing_of_another_run_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = tmp_path / PARTIAL / f"{'a' * 32}.part"
    others.parent.mkdir(parents=True)
    others.write_bytes(b"half")

    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("ansible_collections.photoyard.immich.plugins.module_utils._own_files.fcntl.flock", refuse)
    with pytest.raises(LocalFailure, match=r"No locks available"):
        ArchiveTree(str(tmp_path), reads=False)
    assert others.read_bytes() == b"half"
    ArchiveTree(str(tmp_path), reads=True).close()
