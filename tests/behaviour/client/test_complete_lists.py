# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of assets that share a moment, of which pages lose some: each is complete, or fails."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import asset_lists, errors
from ansible_collections.photoyard.immich.plugins.module_utils._client.transport import Transport
from ansible_collections.photoyard.immich.plugins.module_utils._client.values import Search
from immich_emulator.testing import Emulator
from support.collection import Immich
from support.photos.libraries import Account

from .conftest import Connect

SAME = [f"same{number}.jpg" for number in range(23)]
OTHERS = ["early.jpg", "late.jpg"]
VERSIONS = ["1.135", "2.7", "3.1", "3.3"]
EVERYTHING = Search(visibility=None)


class Listing:
    """A server with 23 photos of one moment and one before and after it, whose pages have four, and a client for it."""

    def __init__(self, server: Emulator, client: Immich, folder: Path) -> None:
        self.server, self.client, self.folder = server, client, folder
        self.account = Account(server)
        for name in SAME:
            self.account.upload(name)
        self.account.upload("early.jpg", minutes=-5)
        self.account.upload("late.jpg", minutes=5)
        server.wait_idle()
        server.clear_requests()

    def names(self, wanted: Search = EVERYTHING) -> list[str]:
        return [one.name for page in self.client.assets.search(wanted, owners=()) for one in page]

    def asked(self) -> list[dict[str, Any]]:
        """The searches since the server began, or was asked for them."""
        return [one["json"] for one in self.server.requests() if one["path"] == "/search/metadata"]

    def write(self, sql: str) -> None:
        """Changes the database behind the server's back."""
        with closing(sqlite3.connect(self.folder / "immich.sqlite", timeout=20.0)) as database, database:
            database.execute(sql)


@pytest.fixture
def listing_of(
    emulator: Callable[..., Emulator], connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Listing]:
    """Makes one of a version."""
    monkeypatch.setattr(asset_lists, "PAGE", 4)

    def make(version: str = "2.7") -> Listing:
        server = emulator(version=version, job_seconds=0.001, data=tmp_path)
        return Listing(server, connect(server.url, server.api_key, timeout=20.0), tmp_path)

    return make


@pytest.mark.parametrize("version", VERSIONS)
def test_assets_of_same_moment_are_listed_once(listing_of: Callable[..., Listing], version: str) -> None:
    listing = listing_of(version)
    album = listing.account.album("Scans", *SAME)
    assert sorted(listing.names()) == sorted([*SAME, *OTHERS])
    assert sorted(listing.names(Search(album_id=album))) == sorted(SAME)
    ids = list(listing.client.assets.ids_where(album_id=album))
    assert sorted(ids) == sorted(listing.account.ids[name] for name in SAME)
    owner = listing.client.server.me().id
    photos = [one.id for page in listing.client.assets.search(Search(), owners=(owner,)) for one in page]
    assert sorted(photos) == sorted(listing.account.ids.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_trashed_assets_of_same_moment_are_listed(listing_of: Callable[..., Listing], version: str) -> None:
    listing = listing_of(version)
    listing.account.ask("DELETE", "/assets", json={"ids": [listing.account.ids[name] for name in SAME]})
    assert sorted(listing.names()) == sorted(OTHERS)
    assert sorted(listing.names(Search(visibility=None, trashed=True))) == sorted(SAME)


def test_list_keeps_asset_whose_time_changes(listing_of: Callable[..., Listing]) -> None:
    """An asset whose metadata is read moves to where the list has been already."""
    listing = listing_of()
    found: list[str] = []
    for page in listing.client.assets.search(Search(), owners=()):
        if not found:
            listing.write("UPDATE assets SET file_created = '2030-01-01T00:00:00.000Z' WHERE name = 'early.jpg'")
        found += [one.name for one in page]
    assert sorted(found) == sorted([*SAME, *OTHERS])


@pytest.mark.parametrize("version", VERSIONS)
def test_unread_assets_of_same_moment_are_found(listing_of: Callable[..., Listing], version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose metadata is read while the others are listed is left out, and nothing is listed again because of it."""
    listing = listing_of(version)
    listing.write("UPDATE assets SET exif = json_remove(exif, '$.modifyDate') WHERE name != 'late.jpg'")
    call, searches = Transport.call, iter(range(10_000))

    def call_as_one_is_read(self: Transport, method: str, path: str, **options: Any) -> Any:
        answer = call(self, method, path, **options)
        if path == "/search/metadata" and next(searches) == 0:
            listing.write("UPDATE assets SET file_created = '2030-01-01T00:00:00.000Z' WHERE name = 'early.jpg'")
        return answer

    monkeypatch.setattr(Transport, "call", call_as_one_is_read)
    unread = listing.client.assets.unread_ids(20)
    assert unread == {listing.account.ids[name] for name in SAME}
    assert not [one for one in listing.asked() if one.get("page", 1) > asset_lists.PAGE + 1]


@pytest.mark.parametrize("version", VERSIONS)
def test_list_does_not_search_the_far_future(listing_of: Callable[..., Listing], version: str) -> None:
    listing = listing_of(version)
    listing.write("UPDATE assets SET uploaded = strftime('%Y-%m-%dT%H:%M:%fZ', '2024-06-01', seq || ' seconds')")
    assert sorted(listing.names()) == sorted([*SAME, *OTHERS])
    assert not [one for one in listing.asked() if re.search(r"20[3-9]\d-", json.dumps(one))]


def test_list_ends_while_assets_are_added(listing_of: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    """They are later than the list. All that were there when it began are in it."""
    listing = listing_of()
    listing.write("UPDATE assets SET uploaded = '2024-06-01T12:00:00.000Z'")
    call, number = Transport.call, iter(range(10_000))

    def call_as_another_uploads(self: Transport, method: str, path: str, **options: Any) -> Any:
        if path == "/search/metadata" and "withExif" in options["json"]:
            listing.account.upload(f"new{next(number)}.jpg", minutes=10)
        return call(self, method, path, **options)

    monkeypatch.setattr(Transport, "call", call_as_another_uploads)
    found = listing.names()
    assert set(found) >= {*SAME, *OTHERS}
    assert len(found) == len(set(found))


def test_list_of_growing_album_ends(listing_of: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    """As the photos with a tag do, while Immich reads in their sidecars that they have it. Those from the beginning are listed."""
    listing = listing_of()
    listing.write("UPDATE assets SET uploaded = strftime('%Y-%m-%dT%H:%M:%S.000Z', '2024-06-01', seq || ' minutes')")
    first, later = SAME[:12], iter(SAME[12:])
    album = listing.account.album("Scans", *first)
    in_windows = asset_lists.AssetLists._in_windows

    def and_one_more(*given: Any) -> Iterator[Any]:
        yield from in_windows(*given)
        listing.account.ask("PUT", f"/albums/{album}/assets", json={"ids": [listing.account.ids[next(later)]]})

    monkeypatch.setattr(asset_lists.AssetLists, "_in_windows", and_one_more)
    found = listing.names(Search(album_id=album))
    assert set(found) >= set(first)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    "equal",
    ["uploaded", "uploaded, file_created", pytest.param("uploaded, file_created, updated", marks=pytest.mark.check)],
    ids=["created", "created and taken", "all"],
)
def test_assets_added_in_same_moment_are_listed(listing_of: Callable[..., Listing], equal: str) -> None:
    """As those of an external library do."""
    listing = listing_of()
    listing.write("UPDATE assets SET " + ", ".join(f"{column} = '2024-06-01T12:00:00.000Z'" for column in equal.split(", ")))
    try:
        found = listing.names()
    except errors.IncompleteList as exc:  # no time tells them apart: then chance decides, and what is missing is counted
        assert equal.endswith("updated")
        assert exc.details["missing"] > 0
    else:
        assert sorted(found) == sorted([*SAME, *OTHERS])


@pytest.mark.parametrize("version", ["2.7", "3.3"])
def test_asset_without_metadata_is_listed(listing_of: Callable[..., Listing], version: str) -> None:
    """Immich leaves out of a search with `withExif` what it has read nothing of."""
    listing = listing_of(version)
    listing.write("UPDATE assets SET exif = NULL WHERE name IN ('early.jpg', 'same7.jpg')")
    assert sorted(listing.names()) == sorted([*SAME, *OTHERS])


def without(name: str) -> Callable[..., Any]:
    """`Transport.call` to a server whose lists lack an asset that it counts."""
    call = Transport.call

    def lacking(self: Transport, method: str, path: str, **options: Any) -> Any:
        if path == "/search/metadata" and options["json"]["size"] > 1:
            parse = options["parse"]

            def parse_without(found: Any) -> Any:
                found["assets"]["items"] = [one for one in found["assets"]["items"] if one["originalFileName"] != name]
                return parse(found)

            options["parse"] = parse_without
        return call(self, method, path, **options)

    return lacking


@pytest.mark.parametrize("version", VERSIONS)
def test_list_without_counted_asset_is_incomplete(
    listing_of: Callable[..., Listing], version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = listing_of(version)
    monkeypatch.setattr(Transport, "call", without("same7.jpg"))
    with pytest.raises(errors.IncompleteList) as caught:
        listing.names()
    assert caught.value.kind == "incomplete"
    assert caught.value.details == {"missing": 1, "listed": 24}
    assert caught.value.transient is False


def test_list_of_endless_server_ends(listing_of: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    listing = listing_of()
    answer = asset_lists.AssetLists._answer

    def endless(self: Any, asked: Any, parse: Any) -> Any:
        return answer(self, {**asked, "page": 1}, parse)[0], "2"

    monkeypatch.setattr(asset_lists.AssetLists, "_answer", endless)
    monkeypatch.setattr(asset_lists, "_MOST_COUNTED", 2**10)
    monkeypatch.setattr(asset_lists, "_MOST_EMPTY", 20)
    with pytest.raises(errors.IncompleteList):
        listing.names(Search())


def test_small_list_takes_two_requests(listing_of: Callable[..., Listing]) -> None:
    """To see that nothing lacks metadata; without metadata, one answer is enough."""
    listing = listing_of()
    album = listing.account.album("Few", *OTHERS)
    listing.server.clear_requests()
    assert sorted(listing.names(Search(album_id=album))) == sorted(OTHERS)
    assert [one["size"] for one in listing.asked()] == [4, 1]
    listing.server.clear_requests()
    assert len(list(listing.client.assets.ids_where(album_id=album, visibility="timeline"))) == 2
    assert [one["size"] for one in listing.asked()] == [4]


def test_long_list_counts_once(listing_of: Callable[..., Listing]) -> None:
    listing = listing_of()
    listing.write("UPDATE assets SET file_created = strftime('%Y-%m-%dT%H:%M:%S.000Z', '2024-06-01', seq || ' minutes')")
    assert len(listing.names(Search())) == 25
    asked = listing.asked()
    assert [one["size"] for one in asked[-2:]] == [4, 1]
    assert sum(one["size"] == 1 for one in asked) == 1


def test_key_without_other_scopes_can_list(listing_of: Callable[..., Listing], connect: Connect) -> None:
    listing = listing_of()
    listing.client = connect(listing.server.url, listing.server.make_key(permissions=["asset.read"]), timeout=20.0)
    assert sorted(listing.names(Search())) == sorted([*SAME, *OTHERS])
