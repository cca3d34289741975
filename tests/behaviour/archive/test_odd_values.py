# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos of which the server says what a manifest cannot hold: the others do not suffer, and nothing is lost in silence."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._archive_format.kept import keep_album
from ansible_collections.photoyard.immich.plugins.module_utils._archive_format.record import parse_album
from ansible_collections.photoyard.immich.plugins.module_utils._files.base import LARGEST_SIDECAR
from immich_emulator.testing import Emulator
from support.collection import (
    LONGEST_WRITTEN,
    AlbumRecord,
    ArchiveRecord,
    Metadata,
    album_file,
    archive_sidecar,
    keep_record,
    parse_line,
)
from support.examples import examples
from support.photos.libraries import Account, picture

from .conftest import METADATA, RECORDS, TEXTS, Archives, counts
from .test_way_back import bring_back

MANIFEST = "immich-archive/assets.jsonl"
ID = "00000000-0000-4000-8000-000000000000"
LONG = 'é"x' * 400_000
MANY = st.sampled_from([1, 1, 1, 60_000, 400_000])  # times a text comes
LISTS = st.tuples(st.lists(TEXTS, max_size=4), st.sampled_from([1, 1, 20_000]))


def test_line_whose_path_no_file_can_have_is_damaged(archives: Archives) -> None:
    archives.account.upload("a.jpg")
    archives()
    manifest = archives.dest / MANIFEST
    header, line = manifest.read_text().splitlines()
    manifest.write_text(f"{header}\n{json.dumps({**json.loads(line), 'path': '2024/\ud800.jpg'})}\n")
    result = archives()
    assert (counts(result), len(result["warnings"])) == ({"already_in_place": 1}, 1)
    assert not archives()["changed"]


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    RECORDS,
    MANY,
    MANY,
    METADATA,
    st.tuples(LISTS, LISTS, LISTS),
)
def test_record_of_long_values_reads_back_cut(
    record: ArchiveRecord, often: int, names: int, said: Metadata, lists: tuple[tuple[list[str], int], ...]
) -> None:
    tags, people, albums = (tuple(texts * times) for texts, times in lists)
    said = said._replace(description=(said.zone or "") * often, tags=tags, people=people, albums=albums)
    record = record._replace(name=record.name * names + ".jpg", metadata=said)
    found, cut = keep_record(record)
    unread: list[str] = []
    assert parse_line(found.line, unread) == found, "reads back"
    assert not unread
    assert len(found.line) <= LONGEST_WRITTEN
    assert bool(cut) == (found != record), "says what is cut"
    assert keep_record(found) == (found, []), "cuts nothing twice"
    assert found.name.endswith(".jpg")
    whole = ("id", "path", "checksum", "size", "server_checksum", "modified", "live", "stack")
    assert all(getattr(found, name) == getattr(record, name) for name in whole), "keeps the rest"
    assert (found.metadata.favorite, found.metadata.rating) == (said.favorite, said.rating)


def test_a_name_of_nothing_but_slashes_keeps_its_extension() -> None:
    found, cut = keep_record(ArchiveRecord(ID, "a.jpg", "0" * 40, 1, "/" * 100_000 + ".jpg"))
    assert found.name.endswith("/.jpg")
    assert cut == ["the end of its name"]


@pytest.mark.parametrize("text", ["&", "\u0080é", "😀", "<a>"])
def test_sidecar_is_never_too_large_to_be_sent(text: str) -> None:
    whole = ArchiveRecord(ID, "a.jpg", "0" * 40, 1, "a.jpg", metadata=Metadata(description=text * 1_000_000, tags=("&" * 25,) * 10_000))
    assert len(archive_sidecar(keep_record(whole).record.metadata)) < LARGEST_SIDECAR


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, TEXTS, MANY, st.lists(st.tuples(TEXTS, st.just("editor")), max_size=3), st.sampled_from([1, 20_000]))
def test_an_albums_file_can_be_read(name: str, description: str, often: int, users: list[tuple[str, str]], many: int) -> None:
    album = keep_album(AlbumRecord(ID, name * often, description * often, "asc", tuple(users * many)))
    assert parse_album(album_file(album, ["a/b.jpg"])) == (album, ("a/b.jpg",))


def odd(account: Account, name: str, exif: dict[str, Any] | None = None, **changes: Any) -> None:
    """From now on the server's lists say this of one photo, as a later or a strange Immich might."""
    asked = {"visibility": "timeline", "size": 1000, "withExif": True, "order": "desc"}
    answer = account.ask("POST", "/search/metadata", json=asked)
    (one,) = (item for item in answer["assets"]["items"] if item["originalFileName"] == name)
    one.update(changes)
    one["exifInfo"].update(exif or {})
    account.server.fault("POST", "/search/metadata", times=None, status=200, json=answer)


ODD: dict[str, tuple[dict[str, Any], str]] = {
    "visibility": ({"visibility": "private"}, "its visibility 'private', which this version of the collection does not know"),
    "position": ({"exif": {"latitude": 91.5, "longitude": 10.0}}, "its position, which is not on earth"),
    "people": ({"people": [{"id": str(uuid.UUID(int=number)), "name": f"p{number}"} for number in range(10_002)]}, "2 of its 10002 people"),
    "upper case": ({"id": ""}, ""),
}


@pytest.mark.parametrize("what", ODD)
def test_archive_warns_of_values_left_out(archives: Archives, what: str) -> None:
    account, (changes, words) = archives.account, ODD[what]
    for number in range(3):
        account.upload(f"{number}.jpg", minutes=number)
    account.change("1.jpg", description="of the odd one", isFavorite=True, rating=4)
    odd(account, "1.jpg", **({"id": account.ids["1.jpg"].upper()} if "id" in changes else changes))
    first = archives()
    assert counts(first) == {"archived": 3}
    warnings = first["warnings"]
    assert [warning.startswith("2024/2024-06/1.jpg: ") and words in warning for warning in warnings] == [True] * bool(words)
    before = archives.states()
    second = archives(check=True)
    third = archives(verify=True)
    for result in (second, third):
        assert (counts(result), result["changed"], result["warnings"]) == ({"unchanged": 3}, False, warnings)
    assert archives.states() == before
    line = next(one for one in archives.files()[MANIFEST].splitlines() if b'"1.jpg"' in one)
    found = parse_line(line)
    assert isinstance(found, ArchiveRecord)
    assert (found.metadata.description, found.metadata.favorite, found.metadata.rating) == ("of the odd one", True, 4)


def test_endless_description_affects_single_photo(archives: Archives, emulator: Callable[..., Emulator]) -> None:
    account = archives.account
    for number in range(3):
        account.upload(f"{number}.jpg", minutes=number)
    account.tag("Trip", "1.jpg")
    account.album("Rome", "1.jpg")
    account.change("1.jpg", description=LONG, isFavorite=True, rating=4)
    first = archives()
    assert counts(first) == {"archived": 3}
    assert ["1.jpg: the archive leaves out all but the first " in one for one in first["warnings"]] == [True]
    before = archives.states()
    again = archives()
    assert (counts(again), again["changed"]) == ({"unchanged": 3}, False)
    assert archives.states() == before
    target = Account(emulator(job_seconds=0.001))
    bring_back(target, archives.dest)
    target.server.wait_idle()
    (restored,) = (one for one in target.server.state()["assets"] if one["name"] == "1.jpg")
    shown = target.ask("GET", f"/assets/{restored['id']}")
    assert (shown["isFavorite"], shown["exifInfo"]["rating"], [tag["value"] for tag in shown["tags"]]) == (True, 4, ["Trip"])
    assert len(shown["exifInfo"]["description"]) > 300_000
    assert LONG.startswith(shown["exifInfo"]["description"])
    assert not bring_back(target, archives.dest)["changed"]


@pytest.mark.parametrize(
    "damage",
    [
        {"visibility": "private"},
        {"latitude": 91.5, "longitude": 10.0},
        {"description": LONG},
        {"tags": ["t"] * 10_002},
        {"id": "UPPER"},
        {"rating": 17},
    ],
)
def test_manifest_damaged_by_earlier_version_heals(archives: Archives, damage: dict[str, Any]) -> None:
    account = archives.account
    for number in range(3):
        account.upload(f"{number}.jpg", minutes=number)
    account.change("1.jpg", description="right", isFavorite=True)
    archives()
    path = archives.dest / MANIFEST
    lines = path.read_bytes().splitlines(keepends=True)
    (at,) = (number for number, line in enumerate(lines) if b'"1.jpg"' in line)
    good = lines[at]
    said = {**json.loads(good), **damage}
    said["id"] = said["id"].upper() if said["id"] != "UPPER" else json.loads(good)["id"].upper()
    lines[at] = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    archives.originals()
    predicted = archives(check=True)
    healed = archives()
    assert [predicted[key] for key in ("counts", "changed", "diff")] == [healed[key] for key in ("counts", "changed", "diff")]
    assert archives.originals() == 0
    assert last_lines(path)[b"1.jpg"] == good or "id" in damage
    again = archives()
    assert (counts(again), again["changed"], again["warnings"]) == ({"unchanged": 3}, False, [])


@pytest.mark.parametrize("damage", [{"visibility": "private"}, {"latitude": 91.5}, {"description": LONG}, {"rating": 17}])
def test_damaged_manifest_loses_only_its_damaged_lines(
    archives: Archives, emulator: Callable[..., Emulator], damage: dict[str, Any]
) -> None:
    archives.account.upload("1.jpg")
    archives.account.tag("Trip", "1.jpg")
    archives.account.change("1.jpg", isFavorite=True)
    archives()
    path = archives.dest / MANIFEST
    header, line = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + json.dumps({**json.loads(line), **damage}, ensure_ascii=False).encode() + b"\n")
    target = Account(emulator(job_seconds=0.001))
    result = bring_back(target, archives.dest)
    target.server.wait_idle()
    (restored,) = target.server.state()["assets"]
    shown = target.ask("GET", f"/assets/{restored['id']}")
    assert (shown["isFavorite"], [tag["value"] for tag in shown["tags"]]) == (True, ["Trip"])
    assert [f"1 lines of {path} " in warning for warning in result["warnings"]] == ([] if "description" in damage else [True])


def last_lines(path: Path) -> dict[bytes, bytes]:
    """The line about each photo that counts, by its name."""
    lines = path.read_bytes().splitlines(keepends=True)[1:]
    return {json.loads(line)["name"].encode(): line for line in lines}


@pytest.mark.parametrize("minutes", [0, 2])
def test_photo_named_like_a_sidecar_gets_its_own_place(archives: Archives, emulator: Callable[..., Emulator], minutes: int) -> None:
    account = archives.account
    account.upload("a.jpg", minutes=1)
    account.upload("b.jpg", minutes=minutes)
    account.change("a.jpg", description="of a")
    account.change("b.jpg", description="of b")
    odd(account, "b.jpg", originalFileName="a.jpg.xmp")
    assert counts(archives()) == {"archived": 2}
    assert counts(archives(verify=True)) == {"unchanged": 2}
    by_content = {content: path for path, content in archives.files().items() if not path.startswith("immich-archive/")}
    for name in ("a.jpg", "b.jpg"):
        assert f"of {name[0]}".encode() in archives.files()[by_content[picture(name)] + ".xmp"]
    assert len(by_content) == 4
    account.server.clear_faults()
    result = bring_back(Account(emulator(job_seconds=0.001)), archives.dest)
    assert (result["uploaded"], result["skip_reasons"], result["export"]["unused"]) == (1, {".xmp": 1}, 0)
