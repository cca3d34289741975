# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second pass over compressed tar archives: what is held, what is sent as it is read, and what waits for that."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._client.errors import LocalFailure
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.archives import second_pass, tgzs
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.archives.archives import archive_items
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.base import Item

from .listing import Archives, read
from .test_tar import info, tar_bytes

SMALL, LARGE = b"small picture", os.urandom(5000)
OUT_OF_TURN = "can only be read forward"


class Halted(Exception):
    """The run stops."""


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large is small enough for a test."""
    monkeypatch.setattr(second_pass, "_HELD", 1000)
    monkeypatch.setattr(second_pass, "_HEAD", 500)
    monkeypatch.setattr(second_pass, "_BLOCK", 300)


def prepare(item: Item, room: Callable[[Item], None] = lambda _item: None, go_on: Callable[[], None] = lambda: None) -> None:
    item.prepare(room, go_on)


def no_time(_item: object = None) -> None:
    raise AssertionError("nothing is to be waited for")


def tgz(*members: tuple[str, bytes]) -> bytes:
    return gzip.compress(tar_bytes(*[info(name, content) for name, content in members]))


def test_items_have_their_sha1_and_the_small_ones_come_prepared(archives: Archives) -> None:
    first, second, third = archives.items("a.tgz", tgz(("a.jpg", SMALL), ("b.jpg", LARGE), ("c.jpg", SMALL * 2)))
    held: list[Item] = []

    prepare(first, held.append)
    prepare(third, held.append)

    assert held == [first, third]
    assert (first.content, second.content, third.content) == (SMALL, None, SMALL * 2)
    assert [item.sha1 for item in (first, second, third)] == [hashlib.sha1(one).digest() for one in (SMALL, LARGE, SMALL * 2)]
    assert read(first) == SMALL
    with pytest.raises(LocalFailure, match=OUT_OF_TURN):
        second.open()


def test_a_large_member_is_read_in_its_turn_and_not_twice(archives: Archives) -> None:
    _first, item, last = archives.items("a.tgz", tgz(("a.jpg", SMALL), ("b.jpg", LARGE), ("c.jpg", SMALL)))
    with pytest.raises(LocalFailure, match=OUT_OF_TURN):
        item.open()

    prepare(item, no_time)  # it needs no room
    assert read(item, 400) == LARGE

    with pytest.raises(LocalFailure, match=OUT_OF_TURN):
        item.open()
    with pytest.raises(LocalFailure, match=OUT_OF_TURN):
        item.look_again()
    prepare(last, go_on=no_time)
    assert last.content == SMALL


def test_the_head_of_a_large_member_can_be_read_before_the_whole(archives: Archives) -> None:
    item, last = archives.items("a.tgz", tgz(("b.jpg", LARGE), ("c.jpg", SMALL)))
    prepare(item)

    assert item.read(10) == LARGE[:10]
    assert item.read(450) == LARGE[:450]
    assert read(item, 700) == LARGE
    prepare(last, go_on=no_time)
    assert last.content == SMALL


@pytest.mark.parametrize("name", ["2013-12-23", "21.12.11 - 1", "PXL_1.MP", "PXL_1.MP~2"])
def test_the_beginning_of_what_has_no_usual_extension_can_be_read_at_any_time(archives: Archives, name: str) -> None:
    """Else nobody could tell that it is a picture."""
    item, other = archives.items("a.tgz", tgz((name, LARGE), ("b.jpg", LARGE)))
    prepare(other, no_time)

    assert item.read(64) == LARGE[:64]
    with pytest.raises(LocalFailure, match=OUT_OF_TURN):
        item.read(65)


@pytest.mark.parametrize("way", ["read", "close", "release", "release unopened"])
def test_the_next_member_waits_until_a_large_one_is_done_with(archives: Archives, way: str) -> None:
    item, last = archives.items("a.tgz", tgz(("b.jpg", LARGE), ("c.jpg", SMALL)))
    prepare(item)
    waits = threading.Event()
    waiting = threading.Thread(target=prepare, args=(last,), kwargs={"go_on": waits.set})
    waiting.start()
    assert waits.wait(10)
    assert last.content is None

    if way == "release unopened":
        item.release()
    else:
        with item.open() as stream:
            assert stream.read(5000 if way == "read" else 2000) == LARGE[: 5000 if way == "read" else 2000]
            if way == "read":
                waiting.join(10)
                assert last.content == SMALL
            if way == "release":
                item.release()
                waiting.join(10)
                with pytest.raises(LocalFailure, match=OUT_OF_TURN):
                    stream.read(1)

    waiting.join(10)
    assert last.content == SMALL


def test_a_member_that_was_passed_is_left_for_the_next_run(archives: Archives) -> None:
    first, second = archives.items("a.tgz", tgz(("a.jpg", SMALL), ("b.jpg", SMALL)))
    prepare(second)

    prepare(first)

    assert first.content is None
    with pytest.raises(LocalFailure, match=OUT_OF_TURN):
        first.open()


def test_a_run_that_stops_does_not_wait(archives: Archives) -> None:
    item, last = archives.items("a.tgz", tgz(("b.jpg", LARGE), ("c.jpg", SMALL)))
    prepare(item)

    def stop() -> None:
        raise Halted

    with pytest.raises(Halted):
        prepare(last, go_on=stop)


def test_one_archive_comes_after_the_other(archives: Archives) -> None:
    for name in ("a.tgz", "b.tgz"):
        (archives.folder / name).write_bytes(tgz((name, SMALL), ("large", LARGE), ("more", SMALL)))
    items = list(archive_items([str(archives.folder / name) for name in ("a.tgz", "b.tgz")], archives))
    before = _descriptors()

    prepare(items[0])
    prepare(items[3])
    assert _descriptors() == before + 1
    prepare(items[1])
    prepare(items[4])

    assert (items[0].content, items[3].content, read(items[4])) == (SMALL, SMALL, LARGE)
    with pytest.raises(LocalFailure, match=OUT_OF_TURN):
        items[1].open()


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_metadata_can_be_read_at_any_time(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tgzs, "_KEPT_SIZE", 30)
    monkeypatch.setattr(tgzs, "_KEPT_IN_ALL", 50)
    content = tgz(("A.JSON", b'{"title": 1}'), ("e.csv", b""), ("b.json", b" " * 31), ("c.xmp", b"x" * 30), ("d.ini", b"y" * 30))
    json, empty, large, xmp, ini = archives.items("a.tgz", content)

    assert [read(item) for item in (xmp, json, empty, json)] == [b"x" * 30, b'{"title": 1}', b"", b'{"title": 1}']
    for item in (large, ini):
        with pytest.raises(LocalFailure, match="Order the export as a ZIP"):
            item.open()


def _other(path: Path) -> None:
    path.write_bytes(tgz(("a.jpg", b"other bytes")))


def _remove(path: Path) -> None:
    path.unlink()


def _damage(path: Path) -> None:
    """In place and with its time set back: nothing but the bytes tells."""
    found = path.stat()
    content = bytearray(path.read_bytes())
    content[30:] = bytes(len(content) - 30)
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize(("change", "words"), [(_other, "changed"), (_remove, "vanished"), (_damage, "is damaged")])
@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_an_archive_that_changed_before_the_second_pass_fails_in_words(
    archives: Archives, change: Callable[[Path], None], words: str, content: bytes
) -> None:
    one, two = archives.items("a.tgz", tgz(("a.jpg", b"z" * 900), ("b.jpg", content)))
    change(archives.folder / "a.tgz")

    for item in (one, two):
        prepare(item)

    for item in (one, two):
        assert item.content is None
        with pytest.raises(LocalFailure, match=words):
            read(item)


def test_the_bytes_that_are_held_are_those_that_were_hashed(archives: Archives) -> None:
    (item,) = archives.items("a.tgz", tgz(("a.jpg", SMALL)))
    item.sha1 = hashlib.sha1(b"other").digest()

    prepare(item)

    assert item.content is None
    with pytest.raises(LocalFailure, match="The archive changed while it was read"):
        item.open()


def test_a_bomb_behind_the_archive_is_not_read_to_its_end(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tgzs, "_MOST_PADDING", 1024 * 1024)

    assert archives.items("a.tgz", gzip.compress(tar_bytes(info("a.jpg", SMALL)) + bytes(20_000_000), 1)) == []
    assert "is damaged" in archives.failures[0][1]


def test_pictures_in_other_kinds_of_archives_need_not_be_prepared(archives: Archives) -> None:
    (item,) = archives.items("a.tar", tar_bytes(info("a.jpg", SMALL)))

    item.prepare(no_time, no_time)
    item.release()

    assert (item.content, read(item)) == (None, SMALL)
