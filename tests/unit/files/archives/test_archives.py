# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several archives, archives inside of archives, and what all of them cost."""

from __future__ import annotations

import resource
import tracemalloc
import zlib
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files.archives import archives as opening
from ansible_collections.photoyard.immich.plugins.module_utils._files.archives.archives import nested_items
from ansible_collections.photoyard.immich.plugins.module_utils._naming.kinds import is_archive
from support.collection import LocalFailure, archive_items
from support.zips import DEFLATED, ENCRYPTED, STORED, Entry, zip_bytes

from .listing import Archives, read
from .test_tar import info, tar_bytes
from .test_tgz import tgz

INNER = zip_bytes(Entry(b"Album/a.jpg", b"one"), Entry(b"Album/b.jpg", b"two" * 100, DEFLATED))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.zip", True),
        ("A.ZIP", True),
        ("a.tar", True),
        ("a.Tar.Gz", True),
        ("a.tgz", True),
        ("a.gz", False),
        ("zip", False),
        ("a.zip.jpg", False),
    ],
)
def test_an_archive_is_known_by_its_name(name: str, expected: bool) -> None:
    assert is_archive(name) is expected


def test_the_parts_come_in_their_order(archives: Archives) -> None:
    (archives.folder / "1.zip").write_bytes(zip_bytes(Entry(b"b", b"1"), Entry(b"a", b"2")))
    (archives.folder / "2.tar").write_bytes(tar_bytes(info("b", b"3")))
    (archives.folder / "3.tgz").write_bytes(tgz(("b", b"4")))
    paths = [str(archives.folder / name) for name in ("3.tgz", "1.zip", "none.zip", "2.tar")]

    assert [item.path for item in archive_items(paths, archives)] == [
        paths[0] + ": b",
        paths[1] + ": b",
        paths[1] + ": a",
        paths[3] + ": b",
    ]
    assert [path for path, _words in archives.failures] == ["none.zip"]


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("outer", ["o.zip", "o.tar"])
def test_a_zip_inside_of_an_archive_is_read(archives: Archives, method: int, outer: str) -> None:
    content = (
        zip_bytes(Entry(b"x", b"x"), Entry(b"Shared/Albums-1.zip", INNER, method))
        if outer == "o.zip"
        else tar_bytes(info("x"), info("Shared/Albums-1.zip", INNER))
    )
    _first, item = archives.items(outer, content)

    one, two = nested_items(item, archives)

    path = str(archives.folder / outer)
    assert (read(one), read(two)) == (b"one", b"two" * 100)
    assert one.path == path + ": Shared/Albums-1.zip: Album/a.jpg"
    assert one.inner == "Album/a.jpg"
    assert one.cache_key == path.encode() + b"\0Shared/Albums-1.zip\0Album/a.jpg"
    assert one.identity[1] == Path(path).stat().st_mtime_ns
    assert archives.failures == []


def test_a_zip_inside_of_a_zip_inside_of_a_zip_is_read(archives: Archives) -> None:
    (outer,) = archives.items("o.zip", zip_bytes(Entry(b"m.zip", zip_bytes(Entry(b"i.zip", INNER)))))

    (middle,) = nested_items(outer, archives)

    assert [read(item) for item in nested_items(middle, archives)] == [b"one", b"two" * 100]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (Entry(b"i.zip", INNER, flags=ENCRYPTED), "It is encrypted"),
        (Entry(b"i.zip", INNER, DEFLATED, crc=1), "It is damaged: "),
        (Entry(b"i.zip", INNER[:-9]), "This is not a complete ZIP archive"),
    ],
)
def test_a_broken_zip_inside_of_an_archive_fails_in_words(archives: Archives, entry: Entry, message: str) -> None:
    (item,) = archives.items("o.zip", zip_bytes(entry))

    assert list(nested_items(item, archives)) == []
    ((path, reported),) = archives.failures
    assert path == "o.zip: i.zip"
    assert reported.startswith(message)


def test_nested_archives_in_memory_are_bounded(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_LARGEST_UNPACKED", 2 * len(INNER) - 1)
    first, second = archives.items("o.zip", zip_bytes(Entry(b"1.zip", INNER, DEFLATED), Entry(b"2.zip", INNER, DEFLATED)))

    assert len(list(nested_items(first, archives))) == 2
    assert list(nested_items(second, archives)) == []
    assert "too large to be unpacked in memory" in archives.failures[0][1]


def test_a_zip_inside_of_a_tgz_is_not_read(archives: Archives) -> None:
    (item,) = archives.items("o.tgz", tgz(("i.zip", INNER)))

    assert list(nested_items(item, archives)) == []
    assert [path for path, _message in archives.failures] == ["o.tgz: i.zip"]


def test_many_archives_take_no_descriptors(archives: Archives) -> None:
    for number in range(120):
        (archives.folder / f"{number}.zip").write_bytes(zip_bytes(Entry(b"a", b"x")))
        (archives.folder / f"{number}.tgz").write_bytes(tgz(("a", b"x")))
    names = [str(path) for path in archives.folder.iterdir()]
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, limits[1]))
    try:
        items = list(archive_items(names, archives))
        for item in items:
            assert read(item) == b"x"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert len(items) == 240
    assert archives.failures == []


@pytest.mark.parametrize("kind", ["m.zip", "m.tar"])
def test_a_member_takes_half_a_kilobyte(archives: Archives, kind: str) -> None:
    names = ["Takeout/Google Fotos/Photos from 2019/IMG_2019%08d.jpg.supplemental-metadata.json" % number for number in range(5000)]
    content = zip_bytes(*[Entry(name.encode()) for name in names]) if kind == "m.zip" else tar_bytes(*[info(name) for name in names])

    tracemalloc.start()
    items = archives.items(kind, content)
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(items) == 5000
    assert held < 5000 * 650
    assert most < held + 5000 * 900


def test_zip_bomb_is_cut_at_declared_size(archives: Archives) -> None:
    (item,) = archives.items("b.zip", zip_bytes(Entry(b"x", bytes(50_000_000), DEFLATED, size=1000, crc=zlib.crc32(bytes(50_000_000)))))

    tracemalloc.start()
    with pytest.raises(LocalFailure, match="It is damaged"):
        item.read(10**9)
    _held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 1024 * 1024
