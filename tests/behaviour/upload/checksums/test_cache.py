# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checksum cache: what it saves, and that it is never believed when it should not be."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload import checksum_cache, options
from immich_emulator.testing import Emulator
from support.collection import ChecksumCache, FileItem, Folder, Hasher, Item, Root

from ..conftest import Uploads, by_name, counts, names, not_for_ever, picture, sha1

HOUR_NS = 3_600_000_000_000
"""Nanoseconds: the time after which a file counts as settled, for tests that may take long on a busy machine."""


class Reads:
    """The names of the files that were opened to be read."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def taken(self) -> list[str]:
        """The names of files that were read since the last call."""
        found, self.names = sorted(self.names), []
        return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reads]:
    """Notes which files are read for their checksum."""
    found, real = Reads(), Hasher.sha1

    def noting(hasher: Hasher, item: Item) -> bytes:
        found.names.append(item.name)
        return real(hasher, item)

    monkeypatch.setattr(Hasher, "sha1", noting)
    yield found


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """Three files that were last written to long ago."""
    for number, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        os.utime(picture(tmp_path / "src" / name), (1_600_000_000 + number,) * 2)
    return tmp_path / "src"


@pytest.fixture
def cache(tmp_path: Path) -> str:
    """The path of the cache, in a folder that does not exist yet."""
    return str(tmp_path / "deep" / "down" / "cache.sqlite")


ALL = ["a.jpg", "b.jpg", "c.jpg"]


def sql(cache: str | Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Does something in the cache's database."""
    with closing(sqlite3.connect(cache)) as database, database:
        return database.execute(statement, values).fetchall()


def rows(cache: str) -> list[tuple[bytes, int]]:
    """The paths and days in a cache."""
    return [(path, seen) for path, seen in sql(cache, "SELECT path, seen FROM files ORDER BY path")]


def test_a_second_run_reads_no_file_but_asks_the_server(uploads: Uploads, src: Path, cache: str, reads: Reads) -> None:
    uploads(src, checksum_cache=cache)
    assert reads.taken() == ALL
    uploads.server.clear_requests()
    assert counts(uploads(src, checksum_cache=cache)) == [0, 3, 0, 0]
    assert reads.taken() == []
    assert [one["path"] for one in uploads.server.requests()].count("/assets/bulk-upload-check") == 1


def test_cached_checksums_are_checked_on_other_server(
    uploads: Uploads, emulator: Callable[..., Emulator], src: Path, cache: str, reads: Reads
) -> None:
    uploads(src, checksum_cache=cache)
    assert reads.taken() == ALL
    another = Uploads(emulator())
    assert counts(another(src, checksum_cache=cache)) == [3, 0, 0, 0]
    assert reads.taken() == []
    assert names(another.server) == ALL


def test_cache_in_check_mode_is_read_only(uploads: Uploads, src: Path, cache: str, reads: Reads) -> None:
    assert counts(uploads(src, checksum_cache=cache, check=True)) == [3, 0, 0, 0]
    assert not Path(cache).parent.exists()
    uploads(src, checksum_cache=cache)
    reads.taken()
    (src / "b.jpg").write_text("changed")
    os.utime(src / "b.jpg", (1_500_000_000, 1_500_000_000))
    sql(cache, "UPDATE files SET seen = 0")
    before = everything_in(Path(cache).parent)
    Path(cache).parent.chmod(0o500)
    assert counts(uploads(src, checksum_cache=cache, check=True)) == [1, 2, 0, 0]
    assert reads.taken() == ["b.jpg"]
    assert everything_in(Path(cache).parent) == before


def test_check_mode_leaves_a_damaged_cache_alone(uploads: Uploads, src: Path, cache: str) -> None:
    uploads(src, checksum_cache=cache)
    file = Path(cache)
    file.write_bytes(file.read_bytes()[:4096] + b"\x55" * 4096)
    before = everything_in(file.parent)
    assert counts(uploads(src, checksum_cache=cache, check=True)) == [0, 3, 0, 0]
    assert everything_in(file.parent) == before


def everything_in(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """The files in a folder: their bytes, modes and times."""
    return {path.name: (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_cache_can_be_disabled(uploads: Uploads, src: Path, reads: Reads) -> None:
    for _ in range(2):
        uploads(src, checksum_cache=None)
        assert reads.taken() == ALL


def test_verify_reads_all_files_and_updates_cache(uploads: Uploads, src: Path, cache: str, reads: Reads) -> None:
    uploads(src, checksum_cache=cache)
    with (src / "a.jpg").open("r+") as stream:
        stream.write("A")
    os.utime(src / "a.jpg", (1_600_000_000, 1_600_000_000))
    assert counts(uploads(src, checksum_cache=cache)) == [0, 3, 0, 0]
    reads.taken()
    assert counts(uploads(src, checksum_cache=cache, verify=True)) == [1, 2, 0, 0]
    assert reads.taken() == ALL
    assert counts(uploads(src, checksum_cache=cache)) == [0, 3, 0, 0]
    assert reads.taken() == []


@pytest.mark.parametrize("change", ["size", "time", "inode", "path"])
def test_changed_file_is_read_despite_cache(uploads: Uploads, src: Path, cache: str, reads: Reads, change: str) -> None:
    uploads(src, checksum_cache=cache)
    reads.taken()
    path, moment = src / "a.jpg", (1_600_000_000, 1_600_000_000)
    if change == "size":
        path.write_bytes(path.read_bytes() + b"x")
        os.utime(path, moment)
    elif change == "time":
        os.utime(path, (1_600_000_000, 1_600_000_000.001))
    elif change == "inode":
        other = picture(src / "new", path.read_bytes())
        os.utime(other, moment)
        other.replace(path)
    else:
        path.rename(src / "d.jpg")
    uploads(src, checksum_cache=cache)
    assert reads.taken() == ["d.jpg" if change == "path" else "a.jpg"]


def test_recently_written_file_is_not_cached(
    uploads: Uploads, src: Path, cache: str, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be written to again without a change of its time."""
    monkeypatch.setattr(checksum_cache, "_SETTLED_NS", HOUR_NS)
    os.utime(src / "a.jpg")
    uploads(src, checksum_cache=cache)
    assert [path for path, _ in rows(cache)] == [os.fsencode(src / "b.jpg"), os.fsencode(src / "c.jpg")]
    reads.taken()
    uploads(src, checksum_cache=cache)
    assert reads.taken() == ["a.jpg"]


def test_cache_entry_counts_from_when_the_file_was_read(uploads: Uploads, src: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file may wait for long between the two."""
    monkeypatch.setattr(checksum_cache, "_SETTLED_NS", HOUR_NS)
    os.utime(src / "a.jpg")
    real = ChecksumCache.store

    def store(one: ChecksumCache, batch: list[Item]) -> None:
        with monkeypatch.context() as later:
            later.setattr(time, "time_ns", lambda: time.time() * 1e9 + 2 * HOUR_NS)
            real(one, batch)

    monkeypatch.setattr(ChecksumCache, "store", store)
    uploads(src, checksum_cache=cache)
    assert [path for path, _ in rows(cache)] == [os.fsencode(src / "b.jpg"), os.fsencode(src / "c.jpg")]


@pytest.mark.parametrize("damage", ["zeros", "empty", "cut off", "scribbled over", "other schema", "table missing"])
def test_a_damaged_cache_is_replaced(uploads: Uploads, src: Path, cache: str, reads: Reads, damage: str) -> None:
    many = [picture(src / f"{number}.jpg") for number in range(60)]
    for path in many:
        os.utime(path, (1_600_000_000, 1_600_000_000))
    uploads(src, checksum_cache=cache)
    reads.taken()
    file = Path(cache)
    whole = file.read_bytes()
    assert not Path(cache + "-wal").exists()
    if damage == "zeros":  # what a power failure may leave
        file.write_bytes(bytes(len(whole)))
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "cut off":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "scribbled over":
        file.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
    else:
        sql(cache, "PRAGMA user_version = 99" if damage == "other schema" else "DROP TABLE files")
    result = uploads(src, checksum_cache=cache)
    assert counts(result) == [0, 63, 0, 0]
    assert result["warnings"] == []
    assert len(reads.taken()) > 0
    assert Path(cache + ".damaged").exists() == (damage != "empty")
    uploads(src, checksum_cache=cache)
    assert reads.taken() == []


def test_a_wrong_checksum_does_no_harm(uploads: Uploads, emulator: Callable[..., Emulator], src: Path, cache: str) -> None:
    uploads(src, checksum_cache=cache)
    sql(cache, "UPDATE files SET sha1 = ?", b"\1" * 20)
    another = Uploads(emulator())
    assert counts(another(src, checksum_cache=cache)) == [3, 0, 0, 0]
    assert {one["checksum"] for one in another.server.state()["assets"]} == {sha1(src / name) for name in ALL}


def test_a_wrong_checksum_is_corrected(uploads: Uploads, src: Path, cache: str, reads: Reads) -> None:
    uploads(src, checksum_cache=cache)
    sql(cache, "UPDATE files SET sha1 = ?", b"\1" * 20)
    assert counts(uploads(src, checksum_cache=cache)) == [0, 3, 0, 0]
    reads.taken()
    assert counts(uploads(src, checksum_cache=cache, check=True)) == [0, 3, 0, 0]
    assert reads.taken() == []


@pytest.mark.parametrize(("column", "value"), [("sha1", 5), ("sha1", "x" * 20), ("sha1", b"short"), ("seen", "never")])
def test_a_damaged_row_is_as_good_as_none(
    uploads: Uploads, src: Path, cache: str, reads: Reads, column: str, value: int | str | bytes
) -> None:
    uploads(src, checksum_cache=cache)
    sql(cache, f"UPDATE files SET {column} = ?", value)
    reads.taken()
    assert counts(uploads(src, checksum_cache=cache)) == [0, 3, 0, 0]
    assert reads.taken() == ALL


def test_cache_at_other_database_is_refused(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    sql(other, "CREATE TABLE precious (value)")
    refused(uploads, src, other, f"checksum_cache: {other} is not a checksum cache and was left unchanged.")


@pytest.mark.parametrize("content", ["Dear diary", "Dear diary, " * 1000])
def test_cache_at_other_file_is_refused(uploads: Uploads, src: Path, tmp_path: Path, content: str) -> None:
    other = picture(tmp_path / "notes" / "notes.txt", content)
    refused(uploads, src, other, f"checksum_cache: {other} is not a checksum cache and was left unchanged.")


def test_a_folder_or_a_pipe_in_its_place_is_left_alone(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with not_for_ever(tmp_path / "pipe"):
            error = uploads.failing(src, checksum_cache=str(tmp_path / name))
        assert error.msg.startswith(f"checksum_cache: {tmp_path}/{name} is not a checksum cache")


def test_a_link_in_its_place_is_not_followed(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    other = picture(tmp_path / "elsewhere" / "notes.txt", "")
    link = tmp_path / "cache"
    link.symlink_to(other)
    refused(uploads, src, other, f"checksum_cache: {link} is a link, which is not followed.", given=link)


def refused(uploads: Uploads, src: Path, other: Path, message: str, given: Path | None = None) -> None:
    """A cache that is none is an error before anything is uploaded, and it stays as it was."""
    other.chmod(0o644)
    before = everything_in(other.parent) if other.parent != src.parent else other.read_bytes()
    for check in (True, False):
        error = uploads.failing(src, checksum_cache=str(given or other), check=check)
        assert error.msg.startswith(message)
        assert error.failure()["kind"] == "local"
    assert before == (everything_in(other.parent) if other.parent != src.parent else other.read_bytes())
    assert other.stat().st_mode & 0o777 == 0o644
    assert names(uploads.server) == []


def test_cache_survives_killed_creation(uploads: Uploads, src: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands beside its place then is half of one, and is in nobody's way."""
    Path(cache).parent.mkdir(parents=True)
    Path(cache + ".new").write_bytes(b"SQLite format 3\0 and no more")
    Path(cache + "-wal").write_bytes(b"something old")
    assert uploads(src, checksum_cache=cache)["warnings"] == []
    assert len(rows(cache)) == 3
    assert [path.name for path in Path(cache).parent.iterdir() if path.name.endswith(".new")] == []


@pytest.mark.parametrize("attribute", ["inode", "mtime_ns", "size"])
@pytest.mark.parametrize("value", [2**63, 2**64 - 1, -(2**63) - 1])
def test_cache_skips_files_with_numbers_beyond_sqlite(src: Path, cache: str, attribute: str, value: int) -> None:
    """Such a file is not remembered; the others are."""
    mine = ChecksumCache(cache, read_only=False)
    folder = Folder(str(src), Root.at(str(src)), follow=False)
    batch: list[Item] = [FileItem(folder, name, (src / name).stat()) for name in ALL]
    for item in batch:
        item.sha1 = b"\0" * 20
    setattr(batch[0], attribute, value)
    mine.store(batch)
    mine.close()
    assert mine.problem is None
    assert [path for path, _ in rows(cache)] == [os.fsencode(src / "b.jpg"), os.fsencode(src / "c.jpg")]


def test_a_file_of_the_far_future_goes_up(uploads: Uploads, src: Path, cache: str) -> None:
    """Its time in nanoseconds has more than 63 bits, where the file system keeps it."""
    os.utime(src / "a.jpg", (10_413_792_000, 10_413_792_000))  # 2300-01-01
    assert counts(uploads(src, checksum_cache=cache)) == [3, 0, 0, 0]
    assert counts(uploads(src, checksum_cache=cache)) == [0, 3, 0, 0]
    assert by_name(uploads.server)["a.jpg"]["checksum"] == sha1(src / "a.jpg")


def test_upload_continues_without_usable_cache(uploads: Uploads, src: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = uploads(src, checksum_cache=str(tmp_path / "file" / "cache"))
    assert counts(result) == [3, 0, 0, 0]
    (warning,) = result["warnings"]
    assert warning.startswith("The checksum cache cannot be used, so every run reads every file: ")


def test_cache_locked_by_a_hanging_run_is_not_waited_for(uploads: Uploads, src: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksum_cache, "_LOCK_SECONDS", 0.1)
    picture(Path(cache + ".lock"), b"")
    with open(cache + ".lock", "rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        result = uploads(src, checksum_cache=cache)
    assert counts(result) == [3, 0, 0, 0]
    (warning,) = result["warnings"]
    assert "another run keeps it locked" in warning


def test_without_sqlite_the_upload_goes_on(uploads: Uploads, src: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksum_cache, "USABLE", False)
    result = uploads(src, checksum_cache=cache)
    assert counts(result) == [3, 0, 0, 0]
    (warning,) = result["warnings"]
    assert "has no sqlite3" in warning


def test_cache_is_shared_by_concurrent_runs(uploads: Uploads, tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksum_cache, "_LOCK_SECONDS", 180.0)
    folders = []
    for one in range(4):
        for number in range(60):
            os.utime(picture(tmp_path / str(one) / f"{one}-{number}.jpg"), (1_600_000_000, 1_600_000_000))
        folders.append(tmp_path / str(one))
    stores = [threading.Thread(target=fill, args=(cache, folder)) for folder in folders]
    for thread in stores:
        thread.start()
    for thread in stores:
        thread.join()
    assert len(rows(cache)) == 240


def fill(cache: str, folder: Path) -> None:
    """Reads and stores checksums of all files in a folder, as a run does."""
    mine = ChecksumCache(cache, read_only=False)
    for path in folder.iterdir():
        item = FileItem(Folder(str(folder), Root.at(str(folder)), follow=False), path.name, path.stat())
        mine.fill_in([item])
        item.sha1 = b"\0" * 20
        mine.store([item])
    assert mine.problem is None
    mine.close()


def test_cache_is_readable_by_owner_only(uploads: Uploads, src: Path, cache: str) -> None:
    uploads(src, checksum_cache=cache)
    assert Path(cache).stat().st_mode & 0o777 == 0o600
    assert Path(cache).parent.stat().st_mode & 0o777 == 0o700


def test_cache_forgets_files_unseen_for_a_year(uploads: Uploads, src: Path, cache: str, reads: Reads) -> None:
    uploads(src, checksum_cache=cache)
    today = int(time.time()) // 86400
    sql(cache, "UPDATE files SET seen = ? WHERE path = ?", today - 366, os.fsencode(src / "a.jpg"))
    sql(cache, "UPDATE files SET seen = ? WHERE path = ?", today - 40, os.fsencode(src / "b.jpg"))
    sql(cache, "UPDATE pruned SET day = 0")
    reads.taken()
    uploads(src / "b.jpg", checksum_cache=cache)
    assert reads.taken() == []
    assert dict(rows(cache)) == {os.fsencode(src / "b.jpg"): today, os.fsencode(src / "c.jpg"): today}


def test_cache_size_is_bounded(uploads: Uploads, src: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads(src, checksum_cache=cache)
    sql(cache, "UPDATE pruned SET day = 0")
    sql(cache, "UPDATE files SET seen = seen - 1 WHERE path = ?", os.fsencode(src / "c.jpg"))
    monkeypatch.setattr(checksum_cache, "_MOST_ROWS", 2)
    ChecksumCache(cache, read_only=False).close()
    assert [path for path, _ in rows(cache)] == [os.fsencode(src / "a.jpg"), os.fsencode(src / "b.jpg")]


def test_a_full_disk_ends_the_cache_not_the_upload(uploads: Uploads, src: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(checksum_cache.CacheFile, "write", full)
    result = uploads(src, checksum_cache=cache)
    assert counts(result) == [3, 0, 0, 0]
    (warning,) = result["warnings"]
    assert "database or disk is full" in warning


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (True, "/home/anna/.cache/photoyard.immich/checksums.sqlite"),
        ("yes", "/home/anna/.cache/photoyard.immich/checksums.sqlite"),
        (False, None),
        ("no", None),
        ("~/sums", "/home/anna/sums"),
        ("/var/cache/sums", "/var/cache/sums"),
    ],
)
def test_cache_path_follows_option(monkeypatch: pytest.MonkeyPatch, given: object, path: str | None) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert options.cache_path(given) == path
