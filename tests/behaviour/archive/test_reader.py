# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading archives: moved, cut to pieces, damaged, or made by an attacker."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._files.facts import StackMembership
from support.collection import (
    AlbumRecord,
    ArchiveRecord,
    ExportAlbum,
    Metadata,
    RemovedRecord,
    album_file,
    recognise,
)
from support.photos.items import BrokenItem, MemoryItem
from support.photos.reading import Read, read_export

KINDS = {".jpg": "image", ".heic": "image", ".mov": "video"}
MANIFEST = "immich-archive/assets.jsonl"
HEADER = b'{"software":"photoyard.immich","immich_archive":1,"user":"u","server":"s"}\n'


def number(count: int) -> str:
    return str(uuid.UUID(int=count))


def record(count: int, path: str, **about: Any) -> ArchiveRecord:
    said = {name: about.pop(name) for name in list(about) if name in Metadata._fields}
    return ArchiveRecord(number(count), path, "0" * 40, 1, path.rpartition("/")[2])._replace(**about, metadata=Metadata(**said))


def read(files: dict[str, bytes] | list[MemoryItem], **options: str) -> Read:
    items = files if isinstance(files, list) else [MemoryItem(path, content) for path, content in files.items()]
    return read_export("immich_archive", KINDS, items, **options)


def manifest(*lines: ArchiveRecord | RemovedRecord) -> bytes:
    return HEADER + b"".join(one.line for one in lines)


def test_the_last_line_about_a_photo_counts() -> None:
    export, _listener, _items = read(
        {
            "a.jpg": b"1",
            "b.jpg": b"1",
            MANIFEST: manifest(record(1, "a.jpg"), record(2, "b.jpg"), record(1, "a.jpg", favorite=True), RemovedRecord(number(2))),
        }
    )
    assert [(item.inner, item.facts.rule, item.facts.metadata.favorite) for item in export.items] == [
        ("a.jpg", "exact", True),
        ("b.jpg", "none", False),
    ]


def test_two_archives_are_read_apart() -> None:
    items = [
        MemoryItem(f"anna/{MANIFEST}", manifest(record(1, "a.jpg", name="annas.jpg"))),
        MemoryItem("anna/a.jpg", b"1", part="/exports/2.zip"),
        MemoryItem(f"ben/{MANIFEST}", manifest(record(2, "a.jpg", name="bens.jpg"))),
        MemoryItem("ben/a.jpg", b"2"),
    ]
    export, _listener, _items = read(items)
    assert {item.inner: item.name for item in export.items} == {"anna/a.jpg": "annas.jpg", "ben/a.jpg": "bens.jpg"}


def test_archive_reader_restores_albums_stacks_and_live() -> None:
    rome = AlbumRecord(number(9), "Rome", "In summer", "asc")
    export, _listener, items = read(
        {
            "x/a.heic": b"1",
            "x/a.mov": b"2",
            "y/b.jpg": b"3",
            MANIFEST: manifest(
                record(1, "x/a.heic", live=number(2), stack=number(3), albums=("Rome", "Lost")),
                record(2, "x/a.mov", visibility="hidden"),
                record(3, "y/b.jpg", stack=number(3)),
            ),
            "immich-archive/albums/Rome.json": album_file(rome, ["y/b.jpg", "x/a.heic", "../../etc/passwd"]),
        }
    )
    still, video, other = items["x/a.heic"], items["x/a.mov"], items["y/b.jpg"]
    album = ExportAlbum("Rome", "In summer", "/exports/1.zip: immich-archive/albums/Rome.json", "asc")
    assert still.facts.albums == (album, ExportAlbum("Lost", "", f"/exports/1.zip: {MANIFEST}"))
    assert other.facts.albums == (album,)
    assert (still.facts.stack, other.facts.stack) == (StackMembership(number(3), cover=False), StackMembership(number(3), cover=True))
    assert still.live is not None
    assert still.live.is_live_photo
    assert (still.live.still, still.live.video) == (still, video)
    assert (video.facts.rule, video.facts.metadata.visibility) == ("live", "timeline")
    assert (still.opened, video.opened) == (0, 0)
    assert dict(export.counts) == {"metadata": 2, "exact": 2, "live": 1}


@pytest.mark.parametrize("lives", [{1: 1}, {1: 2, 2: 1}], ids=["own", "each_others"])
def test_video_of_its_own_live_photo_is_none(lives: dict[int, int]) -> None:
    lines = [record(count, f"{count}.jpg", live=number(lives[count]) if count in lives else None) for count in (1, 2)]
    export, _listener, _items = read({"1.jpg": b"1", "2.jpg": b"2", MANIFEST: manifest(*lines)})
    assert [(item.inner, item.facts.rule, item.live) for item in export.items] == [("1.jpg", "exact", None), ("2.jpg", "exact", None)]


def test_archive_reader_ignores_unsafe_name() -> None:
    _export, _listener, items = read({"a.jpg": b"1", MANIFEST: manifest(record(1, "a.jpg", name="../../evil.sh"))})
    assert items["a.jpg"].name == "a.jpg"


def test_unreadable_manifest_fails_and_photos_are_uploaded() -> None:
    export, listener, _items = read([BrokenItem(MANIFEST, b""), MemoryItem("a.jpg", b"1")])
    assert len(export.items) == 1
    assert [path for path, _msg in listener.failed] == [f"/exports/1.zip: {MANIFEST}"]


def test_archive_reader_skips_as_options_say() -> None:
    files = {"a.jpg": b"1", "b.jpg": b"2", MANIFEST: manifest(record(1, "a.jpg", visibility="archive"))}
    export, listener, _items = read(files, export_archived="skip", export_unmatched="skip")
    assert export.items == []
    assert sorted(one.kind for one in listener.left_out) == ["archived", "unmatched"]


def test_a_live_photo_is_left_out_with_its_video() -> None:
    still = record(1, "a.heic", live=number(2), visibility="archive")
    files = {"a.heic": b"1", "a.mov": b"2", MANIFEST: manifest(still, record(2, "a.mov", visibility="hidden"))}
    export, listener, _items = read(files, export_archived="skip")
    assert export.items == []
    assert [one.kind for one in listener.left_out] == ["archived", "archived"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary(max_size=300) | st.lists(st.binary(max_size=60)).map(b"\n".join),
    st.recursive(st.none() | st.text() | st.integers() | st.floats(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)),
)
def test_archive_reader_survives_any_content(lines: bytes, album: Any) -> None:
    export, _listener, _items = read(
        {
            "a.jpg": b"1",
            MANIFEST: HEADER + lines + b"\n" + record(1, "a.jpg", albums=("Rome",)).line,
            "immich-archive/albums/Rome.json": json.dumps(album).encode(),
            "immich-archive/about.json": json.dumps(album).encode(),
        }
    )
    assert [item.facts.rule for item in export.items] == ["exact"]


def test_archive_is_recognised_by_about_file() -> None:
    about = json.dumps({"software": "photoyard.immich", "immich_archive": 1}).encode()
    assert set(recognise([MemoryItem("photos/immich-archive/about.json", about), MemoryItem("photos/a.jpg", b"")])) == {"immich_archive"}
    assert set(recognise([MemoryItem("about.json", b'{"software": "another"}')])) == set()
