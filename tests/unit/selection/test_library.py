# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a library from a server, in each version: which assets come, what is known of them, and their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import asset_lists
from ansible_collections.photoyard.immich.plugins.module_utils._selection.library import Library, Pages
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Asset, Connection, Immich, Metadata, Selection, errors
from support.http.sharing import share_with_admin
from support.photos.libraries import NOON, Account, picture, sha1_of
from support.tiers import newest_in_test

Read = Callable[..., Library]
RDF, TIFF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://ns.adobe.com/tiff/1.0/"


@pytest.fixture(params=newest_in_test("1.135", "2.7", "3.1"))
def account(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Account:
    """A user of a server of each version in turn."""
    return Account(emulator(version=request.param, job_seconds=0.001))


@pytest.fixture
def read(account: Account) -> Iterator[Read]:
    """The account's library with a selection."""
    with ExitStack() as clients:

        def build(**selection: Any) -> Library:
            client = Immich(Connection(account.server.url, ApiKey(account.server.api_key), timeout=5.0, retries=0), read_only=True)
            clients.callback(client.close)
            return Library(client, Selection(**selection))

        yield build


def names(pages: Pages) -> list[str]:
    return [asset.name for page in pages for asset in page]


def test_a_whole_library_comes_page_by_page(account: Account, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        account.upload(f"{number}.jpg", minutes=number // 3)  # several of one time
    account.upload("old.jpg", minutes=-9, visibility="archive")
    account.live("live.jpg", minutes=-5)
    account.upload("locked.jpg", visibility="locked")
    account.upload("bin.jpg")
    account.ask("DELETE", "/assets", json={"ids": [account.ids["bin.jpg"]]})
    monkeypatch.setattr(asset_lists, "PAGE", 2)
    pages = list(read().assets())
    found = names(iter(pages))
    assert sorted(found) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg", "live.jpg", "live.mov", "old.jpg"]
    assert max(map(len, pages)) == 2
    assert found == names(read().assets())
    assert sorted(names(read(trashed=True).assets())) == sorted([*found, "bin.jpg"])


def test_asset_has_all_fields_of_answer(account: Account, read: Read) -> None:
    video = account.upload("live.mov", b"moving", visibility="hidden")
    account.upload("live.jpg", livePhotoVideoId=video, isFavorite="true", minutes=1.5)
    account.change("live.jpg", description="Rome\nat night", rating=4, latitude=41.9, longitude=-12.5)
    account.tag("Trip/Rome", "live.jpg")
    library = read()
    still, moving = sorted((asset for page in library.assets() for asset in page), key=lambda one: one.name)
    assert (still.id, still.live_video, still.owner) == (account.ids["live.jpg"], video, library.owner)
    assert (still.sha1, still.size, still.kind) == (sha1_of("live.jpg"), len(picture("live.jpg")), "image")
    assert (still.taken, still.local, still.modified) == (NOON.timestamp() + 90,) * 3
    assert (still.trashed, still.external) == (False, False)
    said = still.metadata
    assert (said.visibility, said.favorite) == ("timeline", True)
    assert (said.description, said.rating, said.position) == ("Rome\nat night", 4, (41.9, -12.5))
    assert (moving.kind, moving.metadata) == ("video", Metadata(moving.metadata.taken, moving.metadata.zone, visibility="hidden"))
    account.person("Ann / Bee", "live.jpg")
    assert [asset.metadata.people for page in library.assets(people=True) for asset in page if asset.id == still.id] == [("Ann / Bee",)]
    alone = library.asset(still.id)
    assert alone is not None
    assert (alone.metadata.tags, alone.sha1, alone.metadata.description) == (("Trip/Rome",), still.sha1, said.description)
    assert alone.metadata.people == ("Ann / Bee",)
    account.change("live.jpg", description="else")
    again = library.asset(still.id)
    assert again is not None
    assert again.changed > still.changed


SELECTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"albums": ("Rome",)}, ["a.jpg", "live.jpg", "live.mov"]),
    ({"albums": ("Rome", "Oslo")}, ["a.jpg", "b.jpg", "live.jpg", "live.mov"]),
    ({"albums": ("Rome",), "tags": ("Trip",)}, ["a.jpg"]),
    ({"tags": ("Trip",)}, ["a.jpg", "b.jpg"]),
    ({"tags": ("Trip/Rome", "Trip")}, ["a.jpg", "b.jpg"]),
    ({"tags": ("Trip/Rome",)}, ["a.jpg"]),
    ({"favorite": True}, ["live.jpg", "live.mov"]),
    ({"favorite": False, "visibility": ("archive",)}, ["c.jpg"]),
    ({"visibility": ("timeline",)}, ["a.jpg", "b.jpg", "d.mp4", "live.jpg", "live.mov"]),
    ({"visibility": ("hidden", "timeline"), "types": ("video",)}, ["d.mp4", "live.mov"]),
    ({"types": ("video",)}, ["d.mp4"]),
    ({"taken_after": "2024-06-01T12:05:00.000Z"}, ["b.jpg", "c.jpg"]),
    ({"taken_before": "2024-06-01T12:00:00.000Z"}, ["a.jpg", "d.mp4"]),
    ({"min_rating": 3}, ["b.jpg"]),
    ({"people": ("Ann",)}, ["a.jpg"]),
    ({"people": ("Ann", "Ben")}, ["a.jpg", "live.jpg", "live.mov"]),
]


def test_library_selects_assets_as_asked(account: Account, read: Read) -> None:
    for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        account.upload(name, minutes=5 * minutes, visibility="archive" if name == "c.jpg" else "timeline")
    account.upload("d.mp4", b"film")
    account.live("live.jpg", minutes=1, isFavorite="true")
    account.ask("PUT", f"/assets/{account.ids['live.mov']}", json={"isFavorite": False})
    account.album("Rome", "a.jpg", "live.jpg")
    account.album("Oslo", "a.jpg", "b.jpg")
    account.tag("Trip/Rome", "a.jpg")
    account.tag("Trip", "b.jpg")
    account.change("b.jpg", rating=3)
    account.change("a.jpg", rating=2)
    account.person("Ann", "a.jpg")
    account.person("Ben", "live.jpg", "a.jpg")
    for selection, expected in SELECTIONS:
        assert (selection, sorted(names(read(**selection).assets()))) == (selection, expected)


PLACES: list[tuple[dict[str, Any], list[str]]] = [
    ({"camera_makes": ("Canon",)}, ["a.jpg", "b.heic"]),
    ({"camera_makes": ("Canon", "Apple"), "camera_models": ("R5", "iPhone")}, ["a.jpg", "live.jpg", "live.mov"]),
    ({"camera_makes": ("canon",)}, []),
    ({"countries": ("Italy",), "cities": ("Rome", "Milan")}, ["a.jpg", "b.heic"]),
    ({"states": ("Latium",)}, ["a.jpg"]),
    ({"not_in_album": True}, ["b.heic", "live.jpg", "live.mov"]),
    ({"extensions": (".heic", ".jpg"), "exclude_extensions": (".heic",)}, ["a.jpg", "live.jpg", "live.mov"]),
]


def test_filters_by_camera_place_album_and_extension(account: Account, read: Read) -> None:
    for name, make, model in (("a.jpg", "Canon", "R5"), ("b.heic", "Canon", "R6"), ("live.jpg", "Apple", "iPhone")):
        said = f'<x xmlns:r="{RDF}"><r:Description xmlns:t="{TIFF}" t:Make="{make}" t:Model="{model}"/></x>'.encode()
        account.live(name, sidecar=said) if name == "live.jpg" else account.upload(name, sidecar=said)
    account.album("Rome", "a.jpg")
    account.server.wait_idle()
    for name, city, state in (("a.jpg", "Rome", "Latium"), ("b.heic", "Milan", "Lombardy")):
        place = {"asset": account.ids[name], "city": city, "state": state, "country": "Italy"}
        account.server.control("POST", "place", place)
    for selection, expected in PLACES:
        assert (selection, sorted(names(read(**selection).assets()))) == (selection, expected)


def test_partners_assets_are_listed_only_when_asked(account: Account, read: Read) -> None:
    account.upload("mine.jpg")
    partner = Account(account.server, account.server.admin_api_key)
    partner.live("theirs.jpg", minutes=1)
    partner.upload("theirs, archived.jpg", visibility="archive")
    partner.ask("POST", f"/partners/{account.ask('GET', '/users/me')['id']}")
    assert names(read(partners=True).assets()) == ["mine.jpg"]  # not in the user's timeline
    account.ask("PUT", f"/partners/{partner.ask('GET', '/users/me')['id']}", json={"inTimeline": True})
    assert names(read().assets()) == ["mine.jpg"]
    library = read(partners=True)
    assert sorted(names(library.assets())) == ["mine.jpg", "theirs.jpg", "theirs.mov"]
    assert sorted(names(read(partners=True, types=("image",)).assets())) == ["mine.jpg", "theirs.jpg", "theirs.mov"]
    with library.open(partner.ids["theirs.mov"]) as stream:
        assert stream.read() == b"video of theirs.jpg"


def test_unknown_album_person_or_tag_is_not_found(account: Account, read: Read) -> None:
    account.upload("a.jpg")
    account.album("Rome", "a.jpg")
    account.tag("Trip", "a.jpg")
    with pytest.raises(errors.NotFound, match="no album named 'Rom'"):
        list(read(albums=("Rom",)).assets())
    with pytest.raises(errors.NotFound, match="Nobody is named 'ann'"):
        list(read(people=("ann",)).assets())
    with pytest.raises(errors.NotFound, match="no tag 'trip'"):
        list(read(tags=("trip",)).assets())


def test_albums_tags_and_stacks_with_their_assets(account: Account, read: Read) -> None:
    for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg", "d.jpg")):
        account.upload(name, minutes=minutes, visibility="archive" if name == "c.jpg" else "timeline")
    account.live("live.jpg", minutes=60 * 24 * 40)
    rome = account.album("Rome", "a.jpg", "c.jpg", description="Spring", order="asc")
    account.album("Empty")
    account.tag("Trip/Rome", "a.jpg")
    account.tag("Trip", "b.jpg")
    account.stack("b.jpg", "a.jpg")
    share_with_admin(account.server, rome)
    library = read()
    found = {album.name: album for album in library.albums()}
    assert list(found) == ["Rome", "Empty"]
    assert (found["Rome"].description, found["Rome"].order, found["Empty"].order) == ("Spring", "asc", "desc")
    assert [(user.email, user.role) for user in found["Rome"].users] == [("admin@example.com", "editor")]
    assert sorted(names(library.members(rome))) == ["a.jpg", "c.jpg"]
    assert names(library.members(found["Empty"].id)) == []
    tags = library.tags()
    assert {value: sorted(names(library.tagged(tag_id))) for value, tag_id in tags.items()} == {
        "Trip": ["a.jpg", "b.jpg"],
        "Trip/Rome": ["a.jpg"],
    }
    assert names(library.stacks()) == ["b.jpg", "a.jpg"]
    assert names(library.live_stills()) == ["live.jpg"]
    assert names(read(tags=("Trip/Rome",)).members(rome)) == ["a.jpg"]
    assert [album.name for album in read(albums=(rome,)).albums()] == ["Rome"]


def test_shared_albums_give_own_assets_only(account: Account, read: Read) -> None:
    account.upload("mine.jpg")
    album = account.album("Shared", "mine.jpg")
    share_with_admin(account.server, album)
    admin = Account(account.server, account.server.admin_api_key)
    admin.upload("theirs.jpg")
    admin.ask("PUT", f"/albums/{album}/assets", json={"ids": [admin.ids["theirs.jpg"]]})
    assert names(read().members(album)) == ["mine.jpg"]
    assert names(read().assets()) == ["mine.jpg"]


def first(library: Library) -> Asset:
    return next(asset for page in library.assets() for asset in page)


def test_an_original_is_read_as_a_stream(account: Account, read: Read) -> None:
    content = bytes(range(256)) * 20_000
    account.upload("a.jpg", content)
    library = read()
    asset = first(library)
    with library.open(asset.id) as stream:
        assert stream.size == asset.size == len(content)
        head = stream.read(100)
        rest = bytearray(3_000_000)
        assert stream.readinto(rest) == len(rest)
        assert head + rest + stream.read() == content
        assert stream.read(1) == b""
    with library.open(asset.id) as stream:
        assert stream.read(10) == content[:10]  # the rest is left
    with library.open(asset.id) as stream:
        assert hashlib.sha1(stream.read()).hexdigest() == asset.sha1


def test_cut_original_raises_connection_cut(account: Account, read: Read) -> None:
    account.upload("a.jpg", b"x" * 5_000_000)
    library = read()
    asset = first(library)
    account.server.fault(path="/original", cut="response")
    with pytest.raises(errors.ConnectionCut):
        library.open(asset.id)
    account.server.fault(path="/original", cut="response", cut_after=1_000_000)
    with library.open(asset.id) as stream, pytest.raises(errors.ConnectionCut) as caught:
        stream.read()
    assert caught.value.transient
    with library.open(asset.id) as stream:
        assert len(stream.read()) == 5_000_000


def test_deleted_original_fails_for_good(account: Account, read: Read) -> None:
    account.upload("a.jpg")
    library = read()
    asset = first(library)
    account.ask("DELETE", "/assets", json={"ids": [asset.id], "force": True})
    account.server.wait_idle()
    with pytest.raises(errors.ImmichError) as caught:
        library.open(asset.id)
    assert not caught.value.transient
