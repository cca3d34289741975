# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that cannot be uploaded: the others go up, nothing ends up half on the server, and a person reads which and why."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import body
from ansible_collections.photoyard.immich.plugins.module_utils._files.archives import gzip_reader
from ansible_collections.photoyard.immich.plugins.module_utils._upload import hashing
from ansible_collections.photoyard.immich.plugins.module_utils._upload.sending import Sender
from support.collection import FileItem, FormBody, Hasher, Item, check
from support.exports.parts import PartFile, write_tgz
from sweep.local_calls import STAT, Broken, watched

from ..conftest import Uploads, by_name, counts, failed, names, picture, sha1, wait_until_no_part_is_left


def result_of(error: Any) -> dict[str, Any]:
    """The result that goes with a failure."""
    found: dict[str, Any] = error.result
    return found


# A file is looked at before it is read, and once more before it is sent: from memory if it is a small one, else from disk.
Moment = tuple[type, str]


class FromDisk(Sender):
    """For the moment at which a file is sent that is not in memory."""


READ, SENT, SENT_FROM_DISK = (Hasher, "_read"), (Sender, "send"), (FromDisk, "send")


def before(monkeypatch: pytest.MonkeyPatch, moment: Moment, act: Callable[[Item], object], times: int = 1) -> None:
    """Calls `act` right before a file is looked at, the first `times`."""
    owner, name = moment
    real, left = getattr(owner, name), [times]
    if owner is FromDisk:
        monkeypatch.setattr(hashing, "SMALL", 0)

    def wrapper(*given: Any) -> Any:
        if left[0]:
            left[0] -= 1
            act(given[-1])
        return real(*given)

    monkeypatch.setattr(Sender if owner is FromDisk else owner, name, wrapper)


def test_an_empty_file_is_left_out_with_a_word(each_version: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "empty.jpg", b"")
    error = each_version.failing(tmp_path, album="A")
    assert failed(error) == {f"{tmp_path}/empty.jpg": "local"}
    assert error.failure()["kind"] == "local"
    result = result_of(error)
    assert counts(result) == [1, 0, 0, 1]
    (failure,) = result["failures"]
    assert (failure["path"], failure["kind"], "is empty" in failure["msg"]) == (f"{tmp_path}/empty.jpg", "local", True)
    assert names(each_version.server) == ["a.jpg"]


def test_unreadable_file_fails_alone(uploads: Uploads, tmp_path: Path, ordinary_user: None) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.jpg").chmod(0)
    picture(tmp_path / "c.jpg")
    predicted = result_of(uploads.failing(tmp_path, check=True))
    error = uploads.failing(tmp_path, album="A")
    assert failed(error) == {f"{tmp_path}/b.jpg": "local"}
    assert "set become" in error.msg
    assert counts(result_of(error)) == counts(predicted) == [2, 0, 0, 1]
    assert {name: one["albums"] for name, one in by_name(uploads.server).items()} == {"a.jpg": ["A"], "c.jpg": ["A"]}


def test_unreadable_folder_fails_alone(uploads: Uploads, tmp_path: Path, ordinary_user: None) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "closed" / "b.jpg").parent.chmod(0)
    error = uploads.failing(tmp_path)
    assert failed(error) == {f"{tmp_path}/closed": "local"}
    assert names(uploads.server) == ["a.jpg"]
    (tmp_path / "closed").chmod(0o700)


def test_failed_folder_and_file_are_counted_as_both(uploads: Uploads, tmp_path: Path, ordinary_user: None) -> None:
    picture(tmp_path / "closed" / "b.jpg").parent.chmod(0)
    picture(tmp_path / "empty.jpg", b"")
    assert uploads.failing(tmp_path).msg.startswith("2 files and folders failed")
    (tmp_path / "closed").chmod(0o700)


def test_many_failures_name_first_and_keep_100(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(150):
        picture(tmp_path / f"{number:03}.jpg", b"")
    picture(tmp_path / "good.jpg")
    error = uploads.failing(tmp_path)
    assert failed(error) == {f"{tmp_path}/{number:03}.jpg": "local" for number in range(100)}
    assert "150 files failed" in error.msg
    assert counts(result_of(error)) == [1, 0, 0, 150]
    assert names(uploads.server) == ["good.jpg"]


def test_max_failures_allows_some(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "empty.jpg", b"")
    result = uploads(tmp_path, max_failures=1)
    assert counts(result) == [1, 0, 0, 1]
    assert result["failures"][0]["path"] == f"{tmp_path}/empty.jpg"
    picture(tmp_path / "another.jpg", b"")
    uploads.failing(tmp_path, max_failures=1)


@pytest.mark.parametrize("moment", [READ, SENT, SENT_FROM_DISK])
def test_vanished_file_fails_and_leaves_no_asset(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment) -> None:
    picture(tmp_path / "gone.jpg")
    before(monkeypatch, moment, lambda one: os.unlink(one.path))
    error = uploads.failing(tmp_path)
    assert failed(error) == {f"{tmp_path}/gone.jpg": "local"}
    assert counts(result_of(error)) == [0, 0, 0, 1]
    assert names(uploads.server) == []
    wait_until_no_part_is_left(uploads.server)


@pytest.mark.parametrize("moment", [READ, SENT, SENT_FROM_DISK])
def test_file_truncated_during_run_fails_as_empty(
    each_version: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    path = picture(tmp_path / "a.jpg")
    before(monkeypatch, moment, lambda one: os.truncate(one.path, 0))
    error = each_version.failing(tmp_path, after_upload="delete")
    assert failed(error) == {f"{tmp_path}/a.jpg": "local"}
    assert names(each_version.server) == []
    assert path.exists()


@pytest.mark.parametrize("moment", [READ, SENT, SENT_FROM_DISK])
def test_file_being_written_is_uploaded_in_final_form(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    path = picture(tmp_path / "a.jpg", "the beginning")
    before(monkeypatch, moment, lambda one: path.write_text("the beginning and the end"))
    assert counts(uploads(tmp_path, album="A")) == [1, 0, 0, 0]
    asset = by_name(uploads.server)["a.jpg"]
    assert (asset["checksum"], asset["size"], asset["albums"]) == (sha1(path), 25, ["A"])
    wait_until_no_part_is_left(uploads.server)


@pytest.mark.parametrize(("moment", "words"), [(READ, "while it was read"), (SENT_FROM_DISK, "each time it was sent")])
def test_file_changing_repeatedly_fails(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment, words: str
) -> None:
    path = picture(tmp_path / "a.jpg", "x")
    picture(tmp_path / "b.jpg")

    def grow(one: Item) -> None:
        if one.name == "a.jpg":
            path.write_text(path.read_text() + "x")

    before(monkeypatch, moment, grow, times=10)
    error = uploads.failing(tmp_path)
    assert failed(error) == {f"{tmp_path}/a.jpg": "local"}
    assert words in error.msg
    assert names(uploads.server) == ["b.jpg"]
    wait_until_no_part_is_left(uploads.server)


def test_change_during_transfer_cuts_request(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size and even the time are as before, only the bytes are not: what a database or a careless copy does."""
    path = picture(tmp_path / "a.jpg", os.urandom(2_000_000))
    real = FormBody

    class Tampered(real):  # type: ignore[valid-type,misc]
        def __iter__(self) -> Any:
            for number, block in enumerate(super().__iter__()):
                if number == 2 and path.read_bytes()[-1] != 0:
                    about = path.stat()
                    with path.open("r+b") as stream:
                        stream.seek(-1, os.SEEK_END)
                        stream.write(b"\0")
                    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
                yield block

    monkeypatch.setattr(body, "FormBody", Tampered)
    assert counts(uploads(tmp_path)) == [1, 0, 0, 0]
    assert by_name(uploads.server)["a.jpg"]["checksum"] == sha1(path)
    assert len(names(uploads.server)) == 1
    wait_until_no_part_is_left(uploads.server)


def test_file_changed_to_known_content_is_not_sent(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = picture(tmp_path / "known.jpg", "known")
    uploads(known)
    path = picture(tmp_path / "src" / "a.jpg", "new")
    before(monkeypatch, SENT, lambda one: path.write_text("known"))
    assert counts(uploads(tmp_path / "src", album="A")) == [0, 1, 0, 0]
    assert by_name(uploads.server)["known.jpg"]["albums"] == ["A"]


def test_when_the_first_of_equal_files_fails_the_next_is_sent(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(tmp_path / name, "the same")
    before(monkeypatch, SENT, lambda one: os.unlink(one.path))
    error = uploads.failing(tmp_path, album="A")
    assert list(failed(error).values()) == ["local"]
    assert counts(result_of(error)) == [1, 1, 0, 1]
    (asset,) = uploads.server.state()["assets"]
    assert asset["albums"] == ["A"]


def test_file_replaced_by_a_pipe_is_not_waited_for(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = picture(tmp_path / "a.jpg")

    def replace(_one: Item) -> None:
        path.unlink()
        os.mkfifo(path)

    before(monkeypatch, READ, replace)
    error = uploads.failing(tmp_path)
    assert "a.jpg: " in error.msg
    assert names(uploads.server) == []


def test_disk_error_within_a_file_leaves_nothing_on_the_server(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "a.jpg", os.urandom(3_000_000))
    picture(tmp_path / "b.jpg")

    class BadDisk:
        def __init__(self, stream: Any) -> None:
            self.stream, self.left = stream, 4

        def read(self, size: int) -> bytes:
            self.left -= 1
            if not self.left:
                raise OSError(5, "Input/output error")
            data: bytes = self.stream.read(size)
            return data

        def __getattr__(self, name: str) -> Any:
            return getattr(self.stream, name)

        def __enter__(self) -> BadDisk:
            return self

        def __exit__(self, *_: object) -> None:
            self.stream.close()

    real = FileItem.open
    monkeypatch.setattr(FileItem, "open", lambda one: BadDisk(real(one)))
    error = uploads.failing(tmp_path)
    assert failed(error) == {f"{tmp_path}/a.jpg": "local"}
    assert names(uploads.server) == ["b.jpg"]
    wait_until_no_part_is_left(uploads.server)


def test_a_mistake_of_ours_is_not_hidden(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "a.jpg")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(check, "known_on_server", broken)
    with pytest.raises(ZeroDivisionError):
        uploads(tmp_path)


def test_disk_error_in_a_tgz_fails_only_its_member(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is read to be sent: it was listed and hashed without an error."""
    for archive, members in (("a.tgz", ("a.jpg", "b.jpg", "c.jpg")), ("z.tgz", ("z.jpg",))):
        write_tgz(tmp_path / archive, [PartFile(name, name.encode()) for name in members])
    read = gzip_reader.GzipIndex.read

    def bad_sector(index: gzip_reader.GzipIndex, position: int, size: int) -> bytes:
        found = read(index, position, size)
        if found == b"b.jpg":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return found

    monkeypatch.setattr(gzip_reader.GzipIndex, "read", bad_sector)
    result = result_of(uploads.failing(tmp_path / "a.tgz", tmp_path / "z.tgz"))
    assert names(uploads.server) == ["a.jpg", "c.jpg", "z.jpg"]
    assert [(failure["path"], failure["kind"]) for failure in result["failures"]] == [(f"{tmp_path}/a.tgz: b.jpg", "local")]
    assert os.strerror(errno.EIO) in result["failures"][0]["msg"]


@pytest.mark.parametrize("name", ["src", "src/*.jpg"])
def test_src_without_permission_is_not_taken_for_missing(uploads: Uploads, tmp_path: Path, name: str) -> None:
    picture(tmp_path / "src" / "a.jpg")
    src = tmp_path / name
    with watched(tmp_path, Broken("EACCES", STAT, src)):
        error = uploads.failing(src, ignore_missing=True)
    assert failed(error) == {str(src): "local"}
    assert "Permit that user to read it" in error.msg
    assert names(uploads.server) == []
