# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an archive's files reach the disk, and a disk that is broken."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._archive.manifest import PATH
from ansible_collections.photoyard.immich.plugins.module_utils._archive.tree import ArchiveTree
from sweep.local_calls import READ, SCANDIR, Broken, Failing, watched

from .conftest import Archives, counts
from .test_manifest import opened, record


def failing_to_close(name: str) -> Callable[[int], None]:
    """`os.close` of a network share, which fails for a file or folder of this name, and closes it."""
    close = os.close

    def fail(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        close(descriptor)
        if path.endswith(name):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    return fail


@pytest.mark.parametrize("name", [PATH, "2024-06"])
def test_archive_fails_when_close_fails(archives: Archives, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    archives.account.upload("a.jpg")
    archives()
    archives.account.upload("b.jpg")
    with monkeypatch.context() as broken:
        broken.setattr(os, "close", failing_to_close(name))
        error = archives.failing()
    assert error.kind == "local"
    assert counts(error.result) == {"archived": 1, "unchanged": 1}
    assert counts(archives()) == {"unchanged": 2}  # the lock was given back


@pytest.mark.parametrize(("call", "name"), [(READ, PATH), (SCANDIR, "immich-archive/partial")])
def test_archive_names_own_file_on_broken_disk(archives: Archives, call: str, name: str) -> None:
    archives.account.upload("a.jpg")
    archives()
    path = archives.dest / name
    with watched(archives.dest, Broken("EIO", call, path)):
        error = archives.failing()
    assert (error.kind, str(path) in error.msg, "Look after its disk" in error.msg) == ("local", True, True)
    assert counts(archives()) == {"unchanged": 1}


def test_looking_up_a_record_writes_nothing(tmp_path: Path) -> None:
    """The files that a line is about are brought to the disk first."""
    with opened(tmp_path) as manifest:
        manifest.add(record(1))
        manifest.write()
        before = (tmp_path / PATH).read_bytes()
        manifest.add(record(2))
        manifest.add(record(1, name="new.jpg"))
        for number, name in ((2, "2.jpg"), (1, "new.jpg")):
            found = manifest.get(record(number).id)
            assert found is not None
            assert found.name == name
        assert (tmp_path / PATH).read_bytes() == before
        manifest.write()
        assert manifest.get(record(2).id) == record(2)
    assert (tmp_path / PATH).read_bytes().count(b"\n") == 4


def test_lines_of_changes_follow_their_sidecars_to_the_disk(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with changes writes the manifest as often as one with new files: for all that were brought to the disk together."""
    names = [f"{number}.jpg" for number in range(6)]
    for minutes, name in enumerate(names):
        archives.account.upload(name, minutes=minutes)
    archives()
    for name in names[::2]:
        archives.account.change(name, description="new")
    steps: list[str] = []
    sync, fsync = ArchiveTree.sync, os.fsync

    def note_sync(tree: ArchiveTree) -> None:
        steps.append("files")
        sync(tree)

    def note(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(PATH):
            steps.append("manifest")
        fsync(descriptor)

    monkeypatch.setattr(ArchiveTree, "sync", note_sync)
    monkeypatch.setattr(os, "fsync", note)
    assert counts(archives()) == {"updated": 3, "unchanged": 3}
    assert steps.count("manifest") == 1
    assert steps[: steps.index("manifest")] == ["files"]


@pytest.mark.parametrize("number", [1, 2])
def test_unreadable_dest_is_not_called_file(archives: Archives, number: int) -> None:
    archives.dest.mkdir()
    with watched(archives.dest.parent, Failing("EACCES", number)):
        error = archives.failing()
    assert error.kind == "local"
    assert "Let the user who runs the module" in error.msg
