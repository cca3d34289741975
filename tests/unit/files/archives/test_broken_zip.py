# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZIP archives that are damaged, cut off or malicious: what is broken fails alone and in words, the rest is read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files.archives import zips
from support.collection import FileChanged, LocalFailure
from support.zips import DEFLATED, DOS, ENCRYPTED, STORED, UTF8, Entry, deflate, zip_bytes

from .listing import Archives, read

PICTURE = bytes(range(256)) * 16
GOOD = Entry(b"good.jpg", b"good")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (
            Entry(b"x", PICTURE, flags=ENCRYPTED),
            "It is encrypted. Unpack the archive and name its folder in src, or make the archive without",
        ),
        (Entry(b"x", PICTURE, 14), "It is packed in a way that is not supported (LZMA). Unpack the archive"),
        (Entry(b"x", PICTURE, 77), "(method 77)"),
        (
            Entry(b"x", PICTURE, crc=1),
            "It is damaged: it cannot be unpacked, or its checksum (CRC) is not the one",
        ),
        (Entry(b"x", PICTURE, DEFLATED, crc=1), "It is damaged: "),
        (Entry(b"x", PICTURE, size=9), "gives two sizes"),
        (Entry(b"x", PICTURE, DEFLATED, size=5000), "It is damaged: "),
        (Entry(b"x", PICTURE, DEFLATED, size=4000), "It is damaged: "),
        (Entry(b"x", PICTURE, DEFLATED, size=0), "It is damaged: "),
        (Entry(b"x", PICTURE, DEFLATED, packed=deflate(PICTURE)[:-9]), "It is damaged: "),
        (Entry(b"x", PICTURE, DEFLATED, packed=b"\xff" * 99), "It is damaged: "),
        (Entry(b"x", PICTURE, local_name=b"y"), "and the member itself disagree"),
        (Entry(b"x", PICTURE, local_method=DEFLATED), "and the member itself disagree"),
        (Entry(b"x", PICTURE, offset=2**64 - 9, zip64=True), "and the member itself disagree"),
        (Entry(b"x", PICTURE, offset=2**31), "and the member itself disagree"),
        (Entry(b"x", PICTURE, DEFLATED, packed_size=100_000), "Its bytes reach into what follows it"),
    ],
)
def test_a_broken_member_fails_alone(archives: Archives, bad: Entry, words: str) -> None:
    items = archives.items("b.zip", zip_bytes(GOOD, bad, Entry(b"last.jpg", b"last")))

    assert [item.inner for item in items] == ["good.jpg", "x", "last.jpg"]
    with pytest.raises(LocalFailure, match=re.escape(words)):
        read(items[1])
    assert [read(items[0]), read(items[2])] == [b"good", b"last"]
    assert archives.failures == []


def test_failed_open_of_member_leaves_no_file_open(archives: Archives) -> None:
    (item,) = archives.items("b.zip", zip_bytes(Entry(b"x", PICTURE, local_name=b"y")))
    for opened in (item.open, item.open_seekable):
        with pytest.raises(LocalFailure) as caught:  # kept, because its traceback keeps what was left open
            opened()
        assert archives.open_files() == 0
        assert "disagree" in caught.value.msg


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("size", [1, 1000, 4096, 10_000])
def test_a_damaged_member_never_gives_its_last_bytes(archives: Archives, method: int, size: int) -> None:
    (item,) = archives.items("c.zip", zip_bytes(Entry(b"x", PICTURE, method, crc=1)))
    found, buffer = 0, bytearray(size)

    with item.open() as stream:
        with pytest.raises(LocalFailure, match="checksum"):
            while True:
                found += len(stream.read(size))
        assert found < len(PICTURE)
        with pytest.raises(LocalFailure, match="checksum"):
            stream.readinto(buffer)  # type: ignore[attr-defined]  # not in BinaryIO


def test_member_shorter_than_stated_never_reads_as_whole(archives: Archives) -> None:
    (item,) = archives.items("s.zip", zip_bytes(Entry(b"x", PICTURE, DEFLATED, size=5000)))
    with item.open() as stream, pytest.raises(LocalFailure, match="It is damaged"):
        stream.read()


@pytest.mark.parametrize("name", [b"/etc/passwd", b"../../x", b"a/../../b", b"C:/x", b"C:\\x", b"nul\0.jpg", b"a" * 5000])
@pytest.mark.parametrize("system", [DOS, 3])
def test_zip_member_with_unsafe_name_is_left_out(archives: Archives, name: bytes, system: int) -> None:
    items = archives.items("e.zip", zip_bytes(Entry(name, b"x", system=system), GOOD))

    assert [item.inner for item in items] == ["good.jpg"]
    ((path, words),) = archives.failures
    assert path == "e.zip: " + name.decode().replace("\\", "/" if system == DOS else "\\")
    assert words.startswith("Its name ")


def test_overlapping_zip_members_fail(archives: Archives) -> None:
    """As the ZIP bomb of David Fifield does it: each member holds the headers of those behind it."""
    kernel = deflate(bytes(1_000_000))
    entries, at = [], 0
    for number in range(20):
        entries.append(Entry(b"%02d" % number, bytes(1_000_000), DEFLATED, packed=b"", offset=at))
        at += 32
    for number, entry in enumerate(entries):
        entry.packed_size = (len(entries) - number - 1) * 32 + len(kernel)
    made = zip_bytes(*entries)
    start = made.index(b"PK\1\2")

    items = archives.items("b.zip", zip_bytes(*entries, start=start + len(kernel)).replace(b"PK\1\2", kernel + b"PK\1\2", 1))

    assert len(items) == 20
    for item in items[:-1]:
        with pytest.raises(LocalFailure, match="reach into what follows"):
            item.open()
    assert read(items[-1], 100_000) == bytes(1_000_000)


def test_second_zip_member_at_same_offset_fails(archives: Archives) -> None:
    items = archives.items("b.zip", zip_bytes(Entry(b"x", PICTURE), Entry(b"x", PICTURE, crc=5, offset=0, no_local=True)))

    assert read(items[0]) == PICTURE
    with pytest.raises(LocalFailure, match="reach into what follows"):
        read(items[1])


def test_zip_without_beginning_gives_remaining_members(archives: Archives) -> None:
    items = archives.items("b.zip", zip_bytes(Entry(b"x", PICTURE), GOOD)[4:])

    assert read(items[1]) == b"good"
    with pytest.raises(LocalFailure, match="disagree"):
        read(items[0])


INCOMPLETE = "This is not a complete ZIP archive: "
TABLE = "its table of contents, which stands at its end, is missing or damaged"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zip_bytes(GOOD)[:-5], INCOMPLETE + TABLE),
        (zip_bytes(GOOD)[:20], INCOMPLETE + TABLE),
        (b"", INCOMPLETE + "it has no table of contents"),
        (b"\n<!DOCTYPE html><html>Sign in</html>", "This is a web page and not a ZIP archive"),
        (bytes(100_000), INCOMPLETE + "it has no table of contents."),
        (zip_bytes(GOOD, size=10, start=3), INCOMPLETE + TABLE),
        (zip_bytes(GOOD, zip64=True)[-22:], INCOMPLETE + "it has no table of contents."),
        (zip_bytes(GOOD, zip64=True).replace(b"PK\6\6", b"PK\6\0"), INCOMPLETE + TABLE),
        (zip_bytes(GOOD, disk=2), "This is one part of a split ZIP archive. Join its parts first"),
        (zip_bytes(GOOD, disk=2, zip64=True), "This is one part of a split ZIP archive"),
        (zip_bytes(GOOD, zip64=True, size=2**40), INCOMPLETE + TABLE),
        (zip_bytes(GOOD, Entry(b"b", b"x")).replace(b"good.jpgPK\1\2", b"good.jpgPK\1\0"), INCOMPLETE + TABLE),
        (zip_bytes(GOOD, comment=b"PK\5\6 is the mark of the end" * 9), INCOMPLETE + TABLE),
        (zip_bytes(Entry(b"a", extra=b"\x55\x54\xff\xff\1")), INCOMPLETE + TABLE),
        (zip_bytes(Entry(b"\xff\xfe.jpg", flags=UTF8)), "One of the names in the archive is not valid UTF-8"),
    ],
)
def test_unreadable_zip_fails_once(archives: Archives, content: bytes, words: str) -> None:
    assert archives.items("t.zip", content) == []
    ((path, reported),) = archives.failures
    assert path == "t.zip"
    assert reported.startswith(words)


def test_a_table_of_contents_is_bounded(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "_LARGEST_TABLE", 100)

    assert archives.items("m.zip", zip_bytes(*[Entry(b"%d" % number, b"x") for number in range(5)])) == []

    ((path, message),) = archives.failures
    assert path == "m.zip"
    assert message.startswith("The archive has a table of contents of more than ")


def test_a_missing_archive_or_a_folder_fails_with_a_message(archives: Archives) -> None:
    (archives.folder / "f.zip").mkdir()
    os.mkfifo(archives.folder / "p.zip")

    assert [archives.items_of(name) for name in ("none.zip", "f.zip", "p.zip")] == [[], [], []]
    words = {"none.zip": "does not exist", "f.zip": "not a file", "p.zip": "not a file"}
    assert [(path, words[path] in message) for path, message in archives.failures] == [(name, True) for name in words]


def _rewrite(path: Path) -> None:
    path.write_bytes(zip_bytes(Entry(b"a", b"other")))


def _replace(path: Path) -> None:
    found = path.stat()
    path.rename(path.with_suffix(".old"))
    path.write_bytes(zip_bytes(Entry(b"a", b"other")))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("change", [_rewrite, _replace, _link])
def test_replaced_zip_is_not_read(archives: Archives, change: Callable[[Path], None]) -> None:
    archives.items("a.zip", zip_bytes(Entry(b"a", b"first")))
    os.utime(archives.folder / "a.zip", ns=(0, 1))
    (item,) = archives.items_of("a.zip")
    item.require_unchanged()

    change(archives.folder / "a.zip")

    for act in (item.open, item.require_unchanged, item.refresh):
        with pytest.raises(FileChanged, match="The archive changed after it was listed"):
            act()


def test_vanished_zip_fails(archives: Archives) -> None:
    (item,) = archives.items("a.zip", zip_bytes(Entry(b"a", b"first")))
    (archives.folder / "a.zip").unlink()

    for act in (item.open, item.require_unchanged, item.refresh):
        with pytest.raises(LocalFailure, match="vanished"):
            act()


def test_looking_again_clears_the_checksum(archives: Archives) -> None:
    (item,) = archives.items("a.zip", zip_bytes(Entry(b"a", PICTURE)))
    item.sha1, item.read_ns, item.content = b"1" * 20, 5, b"x"

    item.refresh()

    assert [item.sha1, item.read_ns, item.content] == [b"", 0, None]
