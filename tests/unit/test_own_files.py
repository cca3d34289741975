# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of ours: what is recognised, what is refused, and that a file is written whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils import _own_files
from ansible_collections.photoyard.immich.plugins.module_utils._client import errors
from sweep.local_calls import STAT, Broken, watched


def refuse_foreign(path: Path | str) -> None:
    """Files of ours begin with `ours`."""
    _own_files.refuse_foreign(str(path), lambda head: head.startswith(b"ours"), option="report", what="a report")


def refuse(path: Path | str) -> errors.LocalFailure | None:
    """The failure with which a path is refused, if it is."""
    try:
        refuse_foreign(path)
    except errors.LocalFailure as exc:
        return exc
    return None


@pytest.mark.parametrize("content", [None, b"", b"ours and more"])
def test_missing_empty_and_own_files_are_accepted(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    assert refuse(tmp_path / "file") is None


def test_foreign_file_is_refused_with_option_and_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"theirs")
    refused = refuse(tmp_path / "file")
    assert refused is not None
    assert str(tmp_path / "file") in refused.msg
    assert "the option report" in refused.msg


def test_link_pipe_folder_and_device_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ours").write_bytes(b"ours")
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "link", tmp_path / "dangling", tmp_path / "pipe", tmp_path / "folder", Path("/dev/null"), f"{tmp_path}/a\0b"):
        assert refuse(path) is not None, path


def test_own_file_in_missing_folder_says_make_folder(tmp_path: Path) -> None:
    refused = refuse(tmp_path / "none" / "file")
    assert isinstance(refused, errors.MissingPath)
    assert f"there is no folder {tmp_path}/none. Make it, or name another file with the option" in refused.msg


@pytest.mark.parametrize(("error", "advice"), [("EACCES", "Let the user who runs"), ("EIO", "Look after its disk"), ("ESTALE", "Stale")])
def test_unreadable_path_is_not_called_missing(tmp_path: Path, error: str, advice: str) -> None:
    folder = tmp_path / "nas"
    calls: list[Callable[[], None]] = [
        lambda: _own_files.require_paths([str(folder)]),
        lambda: _own_files.require_parent(str(folder / "archive"), option="dest"),
        lambda: refuse_foreign(folder / "report"),
    ]
    with watched(tmp_path, Broken(error, STAT, folder)):
        for call in calls:
            with pytest.raises(errors.LocalFailure) as caught:
                call()
            assert type(caught.value) is errors.LocalFailure  # not a MissingPath
            assert str(folder) in caught.value.msg
            assert advice in caught.value.msg


@pytest.mark.parametrize(("error", "advice"), [("EACCES", "Let the user who runs"), ("EIO", "Look after its disk")])
def test_refused_file_fails_with_advice_about_disk(tmp_path: Path, error: str, advice: str) -> None:
    with watched(tmp_path, Broken(error, STAT, tmp_path / "report")):
        refused = refuse(tmp_path / "report")
    assert refused is not None
    assert advice in refused.msg


def test_folders_are_made_once_and_not_in_place_of_a_file(tmp_path: Path) -> None:
    for _time in range(2):
        _own_files.make_folders(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        _own_files.make_folders(str(tmp_path / "file"))


def test_unreadable_folder_is_not_called_file(tmp_path: Path) -> None:
    with watched(tmp_path, Broken("EIO", STAT, tmp_path)), pytest.raises(OSError, match="Input/output error"):
        _own_files.make_folders(str(tmp_path))


@pytest.mark.parametrize("durable", [True, False])
def test_write_whole_replaces_old_file(tmp_path: Path, durable: bool) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(0o644)
    _own_files.write_whole(str(tmp_path / "file"), b"new", durable=durable)
    assert ((tmp_path / "file").read_bytes(), os.listdir(tmp_path)) == (b"new", ["file"])
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_failed_write_whole_leaves_old_file(tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"old")

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space"):
        _own_files.write_whole(str(tmp_path / "file"), b"new")
    assert ((tmp_path / "file").read_bytes(), os.listdir(tmp_path)) == (b"old", ["file"])


def test_write_whole_in_open_folder_takes_mode(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "like").touch()
    (tmp_path / "like").chmod(0o751)
    folder = os.open(tmp_path / "inner", os.O_PATH | os.O_DIRECTORY)
    (tmp_path / "inner").rename(tmp_path / "moved")
    try:
        _own_files.write_whole("file", b"new", like=(tmp_path / "like").stat(), dir_fd=folder)
        assert _own_files.read_start("file", 9, dir_fd=folder) == b"new"
    finally:
        os.close(folder)
    assert os.listdir(tmp_path / "moved") == ["file"]
    assert stat.S_IMODE((tmp_path / "moved" / "file").stat().st_mode) == 0o640


def test_write_whole_removes_abandoned_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    abandoned, written = tmp_path / ".immich-0123456789abcdef.new", tmp_path / ".immich-fedcba9876543210.new"
    others = [tmp_path / name for name in (".immich-0123456789abcdef", ".immich-name.new", "immich-0123456789abcdef.new")]
    for path in (abandoned, written, *others):
        path.write_bytes(b"secret")
    (tmp_path / ".immich-00000000000000ff.new").symlink_to(tmp_path / "file")
    with written.open("rb+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        _own_files.write_whole(str(tmp_path / "file"), b"new", durable=False)
        assert abandoned.exists()
        with monkeypatch.context() as patches:
            patches.setattr(os, "geteuid", lambda: 12345)  # another user's
            _own_files.write_whole(str(tmp_path / "file"), b"new")
        assert abandoned.exists()
        _own_files.write_whole(str(tmp_path / "file"), b"new")
    assert not abandoned.exists()
    kept = {path.name for path in (written, *others)} | {"file", ".immich-00000000000000ff.new"}
    assert set(os.listdir(tmp_path)) == kept


def test_write_whole_beside_another_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run looks for what was abandoned while another one writes."""
    real = os.replace

    def replace(beside: str, path: str, **options: Any) -> None:
        with monkeypatch.context() as patches:
            patches.setattr(os, "replace", real)
            _own_files.write_whole(str(tmp_path / "other"), b"other")
        real(beside, path, **options)

    monkeypatch.setattr(os, "replace", replace)
    _own_files.write_whole(str(tmp_path / "file"), b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"new", "other": b"other"}


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_write_whole_without_locks_removes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_arguments: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    (tmp_path / ".immich-0123456789abcdef.new").write_bytes(b"secret")
    _own_files.write_whole(str(tmp_path / "file"), b"new")
    assert sorted(os.listdir(tmp_path)) == [".immich-0123456789abcdef.new", "file"]


def test_write_whole_refuses_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"theirs")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="a link"):
        _own_files.write_whole(str(tmp_path / "file"), b"new")
    assert sorted(os.listdir(tmp_path)) == ["file", "target"]
    assert (tmp_path / "target").read_bytes() == b"theirs"


@pytest.mark.parametrize("follow", [False, True])
def test_start_of_a_file_is_read_without_waiting(tmp_path: Path, follow: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"0123456789")
    (tmp_path / "link").symlink_to(tmp_path / ("file" if follow else "pipe"))
    assert _own_files.read_start(str(tmp_path / "file"), 4, follow=follow) == b"0123"
    assert _own_files.read_start(str(tmp_path / "none"), 4, follow=follow) is None
    for name in ("pipe", *(() if follow else ("link",))):
        with pytest.raises(OSError, match="it is"):
            _own_files.read_start(str(tmp_path / name), 4, follow=follow)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [(0, "the user who runs the module may not write to {}"), (os.ST_RDONLY | os.ST_NOSUID, "the disk of {} is mounted read-only")],
)
def test_reason_why_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: int, reason: str) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_flag=flags))
    assert _own_files.why_not_writable(str(tmp_path)) == reason.format(tmp_path)
