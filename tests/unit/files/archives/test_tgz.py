# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compressed tar archives: members are read again from any place, in any order, by several threads."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._files.archives import gzip_reader, tgzs
from support.collection import FileChanged, LocalFailure
from support.examples import examples

from .listing import Archives, read
from .test_tar import info, tar_bytes

SMALL, LARGE = b"small picture", os.urandom(5000)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lowers the limits, so that small content counts as large."""
    monkeypatch.setattr(tgzs, "_READ_AT_ONCE", 1000)
    monkeypatch.setattr(tgzs, "_BLOCK", 300)
    monkeypatch.setattr(gzip_reader, "_SPACING", 2000)
    monkeypatch.setattr(gzip_reader, "_BLOCK", 700)


def tgz(*members: tuple[str, bytes]) -> bytes:
    return gzip.compress(tar_bytes(*[info(name, content) for name, content in members]))


def test_every_member_has_its_sha1(archives: Archives) -> None:
    items = archives.items("a.tgz", tgz(("a.jpg", SMALL), ("b.jpg", LARGE), ("c.jpg", b"")))

    assert [item.sha1 for item in items] == [hashlib.sha1(one).digest() for one in (SMALL, LARGE, b"")]


@pytest.mark.parametrize("order", ["forward", "backward", "twice", "shuffled"])
def test_members_are_read_in_any_order(archives: Archives, order: str) -> None:
    contents = {"%02d.jpg" % number: os.urandom(number * 271) for number in range(30)}
    items = archives.items("a.tgz", tgz(*contents.items()))
    wanted = {"forward": items, "backward": items[::-1], "twice": items + items, "shuffled": random.Random(5).sample(items, 30)}[order]

    assert [read(item, 400) for item in wanted] == [contents[item.name] for item in wanted]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.lists(st.binary(max_size=3000) | st.integers(0, 20_000).map(bytes), min_size=1, max_size=8),
    level=st.integers(0, 9),
    streams=st.integers(1, 3),
    padding=st.integers(0, 1500),
    order=st.randoms(),
)
def test_tgz_members_read_in_any_order(
    archives: Archives, contents: list[bytes], level: int, streams: int, padding: int, order: random.Random
) -> None:
    made = tar_bytes(*[info("%d.jpg" % number, content) for number, content in enumerate(contents)])
    step = len(made) // streams + 1
    packed = b"".join(gzip.compress(made[at : at + step], level) for at in range(0, len(made), step))
    items = archives.items("a.tgz", packed + bytes(padding))
    numbers = list(range(len(contents))) * 2
    order.shuffle(numbers)

    assert archives.failures == []
    assert [read(items[number], 900) for number in numbers] == [contents[number] for number in numbers]


def test_several_threads_read_at_a_time(archives: Archives) -> None:
    contents = [bytes([number]) * (4000 if number % 3 else 400) for number in range(40)]
    items = archives.items("a.tgz", tgz(*[("%02d.jpg" % number, content) for number, content in enumerate(contents)]))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, items)) == contents


def test_a_large_member_can_be_looked_into_anywhere(archives: Archives) -> None:
    (item,) = archives.items("a.tgz", tgz(("b.mp4", LARGE)))

    with item.open() as stream:
        assert stream.seekable()
        stream.seek(-10, os.SEEK_END)
        assert (stream.read(), stream.tell()) == (LARGE[-10:], 5000)
        stream.seek(100)
        assert stream.read(50) == LARGE[100:150]


def test_reading_forward_unpacks_the_archive_once(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    items = archives.items("a.tgz", tgz(*[("%02d.jpg" % number, os.urandom(900)) for number in range(40)]))
    seen: list[int] = []
    unpack = gzip_reader.GzipReader._unpack

    def counted(reader: gzip_reader.GzipReader, most: int) -> bytes:
        block = unpack(reader, most)
        seen.append(len(block))
        return block

    monkeypatch.setattr(gzip_reader.GzipReader, "_unpack", counted)
    for item in items:
        read(item)

    assert sum(seen) <= 40 * (900 + 1024)
    assert archives.open_files() == 1


def test_the_places_to_go_on_from_are_bounded(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_reader, "_SPACING", 1)
    monkeypatch.setattr(gzip_reader, "_MOST_CHECKPOINTS", 4)
    contents = [("%02d.jpg" % number, os.urandom(900)) for number in range(40)]
    items = archives.items("a.tgz", tgz(*contents))

    assert len({id(item._index) for item in items if isinstance(item, tgzs.TgzMember)}) == 1
    assert isinstance(items[0], tgzs.TgzMember)
    assert len(items[0]._index._checkpoints) <= 4
    assert read(items[39]) == contents[39][1]
    assert read(items[3]) == contents[3][1]


@pytest.mark.parametrize("name", ["2013-12-23", "21.12.11 - 1", "PXL_1.MP", "PXL_1.MP~2"])
def test_the_beginning_is_kept_without_an_extension(archives: Archives, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every such member would be unpacked once more to see whether it is a picture."""
    item, _other = archives.items("a.tgz", tgz((name, LARGE), ("b.jpg", LARGE)))
    monkeypatch.setattr(gzip_reader.GzipReader, "_unpack", None)

    assert item.read(64) == LARGE[:64]


def test_small_metadata_is_kept_and_the_rest_unpacked_again(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tgzs, "_KEPT_SIZE", 30)
    monkeypatch.setattr(tgzs, "_KEPT_IN_ALL", 50)
    content = tgz(("A.JSON", b'{"title": 1}'), ("e.csv", b""), ("b.json", b" " * 31), ("c.xmp", b"x" * 30), ("d.ini", b"y" * 30))
    json, empty, large, xmp, ini = archives.items("a.tgz", content)

    assert [read(item) for item in (large, ini)] == [b" " * 31, b"y" * 30]
    monkeypatch.setattr(gzip_reader.GzipReader, "_unpack", None)
    assert [read(item) for item in (xmp, json, empty, json)] == [b"x" * 30, b'{"title": 1}', b"", b'{"title": 1}']


def _other(path: Path) -> None:
    path.write_bytes(tgz(("a.jpg", b"other bytes")))


def _remove(path: Path) -> None:
    path.unlink()


def _damage(path: Path) -> None:
    """Damages the file in place and sets its time back, so that only its bytes show the damage."""
    found = path.stat()
    content = bytearray(path.read_bytes())
    content[30:] = bytes(len(content) - 30)
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def _cut(path: Path) -> None:
    found = path.stat()
    path.write_bytes(path.read_bytes()[:40])
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (_other, FileChanged, "changed after it was listed"),
        (_remove, LocalFailure, "vanished"),
        (_damage, FileChanged, "changed while it was read"),
        (_cut, FileChanged, "changed after it was listed"),
    ],
)
@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_tgz_changed_after_listing_fails(
    archives: Archives, change: Callable[[Path], None], error: type[LocalFailure], message: str, content: bytes
) -> None:
    items = archives.items("a.tgz", tgz(("a.jpg", b"z" * 900), ("b.jpg", content)))
    change(archives.folder / "a.tgz")

    for item in items:
        with pytest.raises(error, match=message):
            read(item)


def test_an_error_of_the_disk_fails_with_a_message(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = archives.items("a.tgz", tgz(("a.jpg", SMALL), ("b.jpg", LARGE)))

    def broken(_reader: gzip_reader.GzipReader) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(gzip_reader.GzipReader, "_read_packed", broken)

    with pytest.raises(LocalFailure, match="The archive cannot be read: Input/output error"):
        small.open()
    with large.open() as stream, pytest.raises(OSError, match="Input/output error"):
        stream.read()


def test_a_bomb_behind_the_archive_is_not_read_to_its_end(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tgzs, "_MOST_PADDING", 3000)

    assert archives.items("a.tgz", gzip.compress(tar_bytes(info("a.jpg", SMALL)) + bytes(20_000_000), 1)) == []
    assert "is damaged" in archives.failures[0][1]
