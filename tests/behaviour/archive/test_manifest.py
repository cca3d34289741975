# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of an archive: killed at any moment, damaged, or somebody else's."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._archive.manifest import PATH, Manifest
from ansible_collections.photoyard.immich.plugins.module_utils._archive_format.record import LONGEST_LINE
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.fields import keep
from support.collection import ArchiveRecord, ArchiveTree, Header, LocalFailure, Metadata, Position, RemovedRecord, parse_line

from .conftest import METADATA, RECORDS

OWNER = Header("0" * 8 + "-0000-4000-8000-" + "0" * 12, "https://photos.example.com")


def record(number: int, **changes: Any) -> ArchiveRecord:
    return ArchiveRecord(str(uuid.UUID(int=number)), f"2024/{number}.jpg", f"{number:040x}", number, f"{number}.jpg")._replace(**changes)


@contextmanager
def opened(folder: Path, owner: Header = OWNER) -> Iterator[Manifest]:
    tree = ArchiveTree(str(folder), reads=False)
    try:
        manifest = Manifest(tree, owner)
        yield manifest
        manifest.close()
    finally:
        tree.close()


def filled(folder: Path, count: int = 5) -> bytes:
    with opened(folder) as manifest:
        for number in range(count):
            manifest.add(record(number))
        manifest.write()
    return (folder / PATH).read_bytes()


def known(folder: Path, count: int = 5) -> list[ArchiveRecord | None]:
    with opened(folder) as manifest:
        return [manifest.get(record(number).id) for number in range(count)]


@given(RECORDS, METADATA.map(lambda said: keep(said)[0]))
def test_a_line_says_all_of_a_record(record: ArchiveRecord, said: Metadata) -> None:
    one = record._replace(metadata=said)
    assert one.line.count(b"\n") == 1
    assert parse_line(one.line) == one


@given(
    st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda value: json.dumps(value).encode())
)
def test_any_other_line_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        parse_line(line)


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "../x.jpg"},
        {"path": "/etc/passwd"},
        {"path": "a//b.jpg"},
        {"path": "immich-archive/assets.jsonl"},
        {"path": "a/\0.jpg"},
        {"checksum": "xyz"},
        {"size": -1},
        {"size": True},
        {"id": "../../x"},
    ],
)
def test_manifest_line_with_unsafe_path_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        parse_line(record(1, **changes).line)


@pytest.mark.parametrize(
    ("changes", "unread"),
    [
        ({"position": Position(91.0, 0.0)}, ["position"]),
        ({"visibility": "x"}, ["visibility"]),
        ({"tags": ("a",) * 20_000, "rating": True}, ["tags", "rating"]),
    ],
)
def test_odd_values_of_a_line_are_skipped_and_never_written(tmp_path: Path, changes: dict[str, Any], unread: list[str]) -> None:
    odd = record(1, metadata=Metadata(favorite=True, **changes))
    found: list[str] = []
    assert parse_line(odd.line, found) == record(1, metadata=Metadata(favorite=True))
    assert sorted(found) == sorted(unread)
    with opened(tmp_path) as manifest, pytest.raises(LocalFailure, match="cannot hold what Immich says of it"):
        manifest.add(odd)
    assert known(tmp_path, 2) == [None, None]


def test_manifest_reads_back_written_records(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path) as manifest:
        manifest.add(record(2, metadata=Metadata(description="new\nwords")))
        manifest.remove(record(3))
        manifest.write()
    assert known(tmp_path) == [record(0), record(1), record(2, metadata=Metadata(description="new\nwords")), None, record(4)]


def test_manifest_file_is_unchanged_before_write(tmp_path: Path) -> None:
    before = filled(tmp_path)
    with opened(tmp_path) as manifest:
        manifest.add(record(9))
    assert (tmp_path / PATH).read_bytes() == before


def test_a_kill_at_any_byte_loses_the_last_line_at_most(tmp_path: Path) -> None:
    whole = filled(tmp_path)
    start = whole.index(b"\n") + 1
    for end in range(start, len(whole), 7):
        (tmp_path / PATH).write_bytes(whole[:end])
        lines = whole[:end].count(b"\n") - 1
        assert known(tmp_path) == [record(number) if number < lines else None for number in range(5)]
        with opened(tmp_path) as manifest:
            assert not manifest.damaged
            manifest.add(record(7))
            manifest.write()
        assert (tmp_path / PATH).read_bytes() == b"".join(whole.splitlines(keepends=True)[: lines + 1]) + record(7).line


def test_damaged_lines_cost_only_themselves(tmp_path: Path) -> None:
    lines = filled(tmp_path).splitlines(keepends=True)
    lines[0], lines[2], lines[4] = b"\0" * 50 + b"\n", b"x" * (2 * LONGEST_LINE) + b"\n", b'{"id": 1}\n'
    (tmp_path / PATH).write_bytes(b"".join(lines))
    with opened(tmp_path) as manifest:
        assert manifest.damaged >= 3
        assert len(manifest) == 3
        manifest.tidy()
        assert manifest.damaged == 0
    assert known(tmp_path) == [record(0), None, record(2), None, record(4)]
    assert (tmp_path / PATH).read_bytes().startswith(OWNER.line)


@pytest.mark.parametrize("content", [b"", b"\0" * 4096])
def test_manifest_of_zeros_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PATH).parent.mkdir()
    (tmp_path / PATH).write_bytes(content)
    filled(tmp_path)
    assert known(tmp_path) == [record(number) for number in range(5)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"some words\n", "is not the manifest of an archive, and was left unchanged"),
        (b'{"a": 1}\n{"b": 2}\n', "is not the manifest of an archive, and was left unchanged"),
        (Header("someone else", "https://other.example.com").line, "holds the photos of another user (on https://other.example.com)"),
        (OWNER.line.replace(b'"immich_archive":1', b'"immich_archive":2'), "was made by a later version"),
    ],
)
def test_manifest_of_other_content_is_left_unchanged(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / PATH).parent.mkdir()
    (tmp_path / PATH).write_bytes(content)
    with pytest.raises(LocalFailure) as caught, opened(tmp_path):
        pass
    assert words in caught.value.msg
    assert (tmp_path / PATH).read_bytes() == content


def test_manifest_is_rewritten_when_mostly_outdated(tmp_path: Path) -> None:
    filled(tmp_path)
    for turn in range(3):
        with opened(tmp_path) as manifest:
            for number in range(500):
                manifest.add(record(number % 5, metadata=Metadata(description=str(turn))))
            manifest.write()
            manifest.tidy()
            assert manifest.get(record(1).id) == record(1, metadata=Metadata(description=str(turn)))
    assert (tmp_path / PATH).read_bytes().count(b"\n") < 1000
    assert known(tmp_path) == [record(number, metadata=Metadata(description="2")) for number in range(5)]


def test_manifest_takes_paths_equal_but_for_case(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path) as manifest:
        assert manifest.is_taken("2024/1.JPG")
        assert not manifest.is_taken("2024/9.jpg")


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(LocalFailure, match="Another run is writing to the archive"), opened(tmp_path):
        pass


def test_gone_is_a_line_too() -> None:
    assert parse_line(RemovedRecord(record(1).id).line) == RemovedRecord(record(1).id)
