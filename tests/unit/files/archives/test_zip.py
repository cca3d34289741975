# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZIP archives as they should be: names, times, sizes, contents, whoever made them."""

from __future__ import annotations

import calendar
import io
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.examples import examples
from support.zips import DEFLATED, DOS, SIZES_BEHIND, STORED, UTF8, Entry, field_of, zip_bytes

from .listing import Archives, read


def seconds_at(*when: int) -> int:
    return calendar.timegm((*when, 0, 0, 0, 0)[:6])


NOON = seconds_at(2020, 5, 17, 12, 30, 14)

NAMES = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda name: name not in (".", "..") and not (len(name) == 2 and name[1] == ":")
)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(
        st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.tuples(st.binary(max_size=3000), st.booleans()), max_size=8
    ),
    size=st.integers(1, 4000),
)
def test_zip_members_equal_those_written_by_zipfile(archives: Archives, files: dict[str, tuple[bytes, bool]], size: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, (content, deflated) in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, DEFLATED if deflated else STORED)

    items = archives.items("a.zip", made.getvalue())

    assert {item.inner: read(item, size) for item in items} == {name: content for name, (content, _deflated) in files.items()}
    assert [(item.inner, item.size, item.crc) for item in items] == [
        (name, len(content), zlib.crc32(content)) for name, (content, _deflated) in files.items()
    ]
    assert archives.failures == []


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_zip_item_has_path_size_and_identity(archives: Archives, method: int) -> None:
    (item,) = archives.items("t.zip", zip_bytes(Entry(b"Takeout/Fotos/a.jpg", b"picture", method)))

    path = str(archives.folder / "t.zip")
    assert (item.path, item.inner, item.name) == (path + ": Takeout/Fotos/a.jpg", "Takeout/Fotos/a.jpg", "a.jpg")
    assert (item.size, item.mtime_ns, item.crc, item.sha1) == (7, NOON * 10**9, zlib.crc32(b"picture"), b"")
    assert item.cache_key == path.encode() + b"\0Takeout/Fotos/a.jpg"
    assert item.identity == (7, (archives.folder / "t.zip").stat().st_mtime_ns, item.crc)
    assert not item.can_be_removed
    assert item.read(100) == b"picture"
    assert item.read(3) == b"pic"


@pytest.mark.parametrize(
    ("entry", "inner"),
    [
        (Entry("München/ä.jpg".encode(), flags=UTF8), "München/ä.jpg"),
        (Entry("München/ä.jpg".encode()), "München/ä.jpg"),  # UTF-8 without the flag
        (Entry("München/ä.jpg".encode("cp437")), "München/ä.jpg"),
        (Entry(b"a.jpg"), "a.jpg"),
        (Entry(b"Fotos\\2020\\a.jpg", system=DOS), "Fotos/2020/a.jpg"),
        (Entry(b"back\\slash.jpg"), "back\\slash.jpg"),
        (Entry(b"./Fotos//a.jpg"), "Fotos/a.jpg"),
        (Entry(b"Emil: a.jpg"), "Emil: a.jpg"),
    ],
)
def test_zip_name_is_decoded(archives: Archives, entry: Entry, inner: str) -> None:
    entry.content = b"x"

    (item,) = archives.items("n.zip", zip_bytes(entry))

    assert item.inner == inner
    assert read(item) == b"x"
    assert archives.failures == []


@pytest.mark.parametrize(("crc_of", "inner"), [(b"M?nchen.jpg\x9b", "Мюнхен.jpg"), (b"other", "M?nchen.jpg¢")])
def test_info_zips_name_counts_if_its_crc_matches(archives: Archives, crc_of: bytes, inner: str) -> None:
    extra = field_of(0x7075, b"\1" + struct.pack("<L", zlib.crc32(crc_of)) + "Мюнхен.jpg".encode())

    (item,) = archives.items("n.zip", zip_bytes(Entry(b"M?nchen.jpg\x9b", b"x", extra=extra)))

    assert item.inner == inner


@pytest.mark.parametrize(
    ("entry", "seconds"),
    [
        (Entry(b"a", extra=field_of(0x5455, b"\1" + struct.pack("<l", 1_600_000_001))), 1_600_000_001),
        (Entry(b"a", extra=field_of(0x5455, b"\1" + struct.pack("<l", -86400))), -86400),
        (Entry(b"a", extra=field_of(0x5455, b"\2" + struct.pack("<l", 5))), NOON),  # not of the last change
        (Entry(b"a", extra=field_of(0x5455, b"\1\2")), NOON),
        (Entry(b"a", date=0, time=0), seconds_at(1980, 1, 1)),
        (Entry(b"a", date=0xFFFF, time=0xFFFF), seconds_at(2108, 1, 1, 8, 4, 2)),  # the 31st of the 15th month, 31:63:62
    ],
)
def test_zip_time_is_of_extra_field_or_dos(archives: Archives, entry: Entry, seconds: int) -> None:
    (item,) = archives.items("m.zip", zip_bytes(entry))

    assert item.mtime_ns == seconds * 10**9


@pytest.mark.parametrize(
    "content",
    [
        zip_bytes(Entry(b"a", b"one", zip64=True), Entry(b"b", b"two", DEFLATED, zip64=True), zip64=True),
        zip_bytes(Entry(b"a", b"one", zip64=True), Entry(b"b", b"two", DEFLATED), zip64=True, before=b"#!/bin/sh\n"),
        zip_bytes(Entry(b"a", b"one"), Entry(b"b", b"two"), before=b"PK\3\4 something in front", comment=b"a comment"),
        zip_bytes(Entry(b"a", b"one", flags=SIZES_BEHIND), Entry(b"b", b"two", DEFLATED, SIZES_BEHIND)),
        zip_bytes(Entry(b"a", b"one", local_extra=bytes(900)), Entry(b"b", b"two")),
        zip_bytes(Entry(b"a", b"one"), Entry(b"b", b"two"), count=2 + 65536),  # by a program that does not know ZIP64
    ],
)
def test_rare_shapes_are_read(archives: Archives, content: bytes) -> None:
    assert [(item.inner, read(item)) for item in archives.items("z.zip", content)] == [("a", b"one"), ("b", b"two")]
    assert archives.failures == []


def test_a_long_name_is_read(archives: Archives) -> None:
    (item,) = archives.items("z.zip", zip_bytes(Entry(b"a" * 2000, b"one")))

    assert (item.inner, read(item)) == ("a" * 2000, b"one")


def test_an_empty_archive_has_no_items(archives: Archives) -> None:
    assert archives.items("e.zip", zip_bytes()) == []
    assert archives.failures == []


def test_zip_folders_and_links_are_left_out(archives: Archives) -> None:
    content = zip_bytes(
        Entry(b"folder/"),
        Entry(b"windows\\", system=DOS),
        Entry(b"folder", mode=0o40755),
        Entry(b"link.jpg", b"target", mode=0o120777),
        Entry(b"pipe", mode=0o10644),
        Entry(b"a.jpg", b"x"),
    )

    assert [item.inner for item in archives.items("s.zip", content)] == ["a.jpg"]
    assert archives.skips == [("s.zip: link.jpg", "link"), ("s.zip: pipe", "special file")]
    assert archives.failures == []


def test_a_repeated_name_is_two_members_unless_equal(archives: Archives) -> None:
    content = zip_bytes(Entry(b"a", b"one"), Entry(b"a", b"two"), Entry(b"a", b"one"), Entry(b"a", b"two"), Entry(b"a", b"three", DEFLATED))

    items = archives.items("d.zip", content)

    assert [read(item) for item in items] == [b"one", b"two", b"three"]
    path = str(archives.folder / "d.zip").encode()
    assert [item.cache_key for item in items] == [path + b"\0a", path + b"\0a\0" + b"1", path + b"\0a\0" + b"2"]


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_buffer_is_filled_as_by_a_file(archives: Archives, method: int) -> None:
    content = bytes(range(256)) * 20
    item, _next = archives.items("b.zip", zip_bytes(Entry(b"a", content, method), Entry(b"next", b"unseen")))
    buffer, found = bytearray(3000), b""

    with item.open() as stream:
        while size := stream.readinto(buffer):  # type: ignore[attr-defined]  # not in BinaryIO
            found += buffer[:size]

    assert found == content


def test_several_threads_read_at_a_time(archives: Archives) -> None:
    entries = [Entry(b"%d" % number, bytes([number]) * 50_000, number % 2 * DEFLATED) for number in range(40)]
    items = archives.items("p.zip", zip_bytes(*entries))
    streams = [item.open() for item in items]

    with ThreadPoolExecutor(8) as pool:
        halves = list(pool.map(lambda stream: stream.read(20_000), streams))
        rest = list(pool.map(lambda stream: stream.read(), streams))
    for stream in streams:
        stream.close()

    assert [one + two for one, two in zip(halves, rest, strict=True)] == [entry.content for entry in entries]
