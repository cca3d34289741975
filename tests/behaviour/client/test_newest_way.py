# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Immich deprecates a call, a server that has the newer one gets that, and both come to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.integrity import OwnerCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.values import Search
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.state import PurgeOptions, apply_state
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
from support.photos.libraries import Account

VERSIONS = ("3.1", "3.3")


class Library:
    """A user's photos, some of them with a partner, in the trash, archived or hidden."""

    def __init__(self, server: Emulator) -> None:
        self.server, self.account = server, Account(server)
        for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e_%.jpg")):
            self.account.upload(name, minutes=minutes)
        self.account.live("live.jpg", minutes=9)
        self.album = self.account.album("Rome", "a.jpg", "b.jpg", "live.jpg")
        self.account.tag("Trip/Rome", "b.jpg", "c.jpg")
        self.account.tag("Trip", "d.jpg")
        self.account.person("Ann", "b.jpg")
        self.account.change("b.jpg", isFavorite=True)
        self.account.change("c.jpg", visibility="archive")
        self.account.ask("DELETE", "/assets", json={"ids": [self.account.ids["d.jpg"]]})
        server.wait_idle()

    def client(self, api_key: str = "") -> Immich:
        return Immich(Connection(self.server.url, ApiKey(api_key or self.server.api_key), timeout=20.0, retries=0))

    def names(self, wanted: Search) -> list[str]:
        """The names that a search finds, newest first."""
        with closing(self.client()) as client:
            return [one.name for page in client.assets.search(wanted, owners=()) for one in page]

    def sent(self, path: str) -> list[dict[str, Any]]:
        return [one for one in self.server.requests() if one["path"].startswith(path) and one["key"] != "tester"]


@pytest.fixture(scope="module")
def libraries() -> Iterator[dict[str, Library]]:
    """The same library on Immich 3.1, which lacks the new search filters, and on 3.3, which has them."""
    with Emulator("3.1") as older, Emulator("3.3") as newer:
        yield {"3.1": Library(older), "3.3": Library(newer)}


def searches(library: Library) -> dict[str, tuple[Search, list[str]]]:
    """Name of a case → the search, and the names that it has to find."""
    account = library.account
    tags = {one["value"]: one["id"] for one in account.ask("GET", "/tags")}
    (person,) = account.ask("GET", "/people")["people"]
    at = account.ask("GET", f"/assets/{account.ids['b.jpg']}")["fileCreatedAt"]
    timeline = ["live.jpg", "e_%.jpg", "b.jpg", "a.jpg"]
    return {
        "timeline": (Search(), timeline),
        "everything": (Search(visibility=None), ["live.jpg", "live.mov", "e_%.jpg", "c.jpg", "b.jpg", "a.jpg"]),
        "archive": (Search(visibility="archive"), ["c.jpg"]),
        "trash": (Search(trashed=True), ["d.jpg"]),
        "album": (Search(album_id=library.album), ["live.jpg", "b.jpg", "a.jpg"]),
        "tag": (Search(tag_ids=(tags["Trip"],)), ["b.jpg"]),
        "tag in the trash": (Search(tag_ids=(tags["Trip"],), trashed=True), ["d.jpg"]),
        "two tags": (Search(visibility=None, tag_ids=(tags["Trip"], tags["Trip/Rome"])), ["c.jpg", "b.jpg"]),
        "person": (Search(person_id=person["id"]), ["b.jpg"]),
        "favourite": (Search(favorite=True), ["b.jpg"]),
        "no favourite": (Search(favorite=False), ["live.jpg", "e_%.jpg", "a.jpg"]),
        "video": (Search(visibility=None, kind="video"), ["live.mov"]),
        "until": (Search(taken_before=at), ["b.jpg", "a.jpg"]),
        "from": (Search(taken_after=at), ["live.jpg", "e_%.jpg", "b.jpg"]),
        "live": (Search(live=True), ["live.jpg"]),
        "not live": (Search(live=False), ["e_%.jpg", "b.jpg", "a.jpg"]),
        "in no album": (Search(not_in_album=True), ["e_%.jpg"]),
        "camera": (Search(exif=(("make", "Nikon"),)), []),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_searches_find_the_same_by_both_ways(libraries: dict[str, Library], version: str) -> None:
    library = libraries[version]
    for name, (wanted, found) in searches(library).items():
        assert sorted(library.names(wanted)) == sorted(found), name
    bodies = [one["json"] for one in library.sent("/search/metadata") if one["json"]["size"] > 1]  # without those that count
    assert {"filter" in body for body in bodies} == {version == "3.3"}
    assert {"visibility" in body or "order" in body for body in bodies} == {version == "3.1"}


@pytest.mark.parametrize("version", VERSIONS)
def test_samples_come_from_the_timeline_alone(libraries: dict[str, Library], version: str) -> None:
    with closing(libraries[version].client()) as client:
        assert {one.name for one in client.assets.random(1000)} == {"live.jpg", "e_%.jpg", "b.jpg", "a.jpg"}


@pytest.mark.parametrize("version", VERSIONS)
def test_originals_are_found_in_the_trash_too(libraries: dict[str, Library], version: str) -> None:
    with closing(libraries[version].client()) as client:
        owner = OwnerCalls(client)
        trashed = libraries[version].account.ask("GET", f"/assets/{libraries[version].account.ids['d.jpg']}")["originalPath"]
        assert owner.originals(trashed.rpartition("/")[2]) == [trashed]
        assert owner.originals("no such part") == []


def test_server_refuses_unknown_search_filters(libraries: dict[str, Library]) -> None:
    """A condition that was dropped without a word would find too much."""
    account = libraries["3.3"].account
    answer = account.ask("POST", "/search/metadata", json={"filter": {"trashedAt": {"eq": None}}})
    assert len(answer["assets"]["items"]) == 6
    wrongs: list[dict[str, Any]] = [{"filter": {"inAlbum": {"eq": True}}}, {"filter": {"type": {}}}, {"filter": {}, "type": "IMAGE"}]
    for wrong in wrongs:
        with pytest.raises(Exception, match="400 Client Error"):
            account.ask("POST", "/search/metadata", json=wrong)


@pytest.mark.parametrize(
    ("scopes", "path"),
    [
        (["all"], "/admin/config"),
        (["adminConfig.read", "adminConfig.update"], "/admin/config"),
        (["systemConfig.read", "systemConfig.update"], "/system-config"),
    ],
)
def test_configuration_is_reached_by_the_scopes_of_a_key(emulator: Callable[..., Emulator], scopes: list[str], path: str) -> None:
    server = emulator("3.3")
    key = server.make_key("admin", scopes)
    declared = {"config": [{"config": {"trash": {"days": 12}}}]}
    with closing(Immich(Connection(server.url, ApiKey(key), timeout=20.0, retries=0))) as client:
        assert apply_state(client, KINDS, declared, False, PurgeOptions((), 10))["changed"] is True
        assert apply_state(client, KINDS, declared, False, PurgeOptions((), 10))["changed"] is False
    seen = [(one["method"], one["path"]) for one in server.requests() if "config" in one["path"] and "/server/" not in one["path"]]
    assert {("GET", path), ("PUT", path)} <= set(seen)
    assert {one.removesuffix("/defaults") for _method, one in seen} == {path}
    assert Account(server, server.admin_api_key).ask("GET", "/system-config")["trash"]["days"] == 12


@pytest.mark.parametrize("version", ["2.7", *VERSIONS])
def test_objects_are_changed_by_patch_where_put_is_to_go(emulator: Callable[..., Emulator], version: str) -> None:
    server = emulator(version)
    account = Account(server)
    for name in ("a.jpg", "b.jpg"):
        account.upload(name)
    account.stack("a.jpg", "b.jpg")
    with closing(Immich(Connection(server.url, ApiKey(server.api_key), timeout=20.0, retries=0))) as client:
        client.assets.describe(account.ids["a.jpg"], {"description": "Rome"})
        stack = client.assets.get(account.ids["a.jpg"])
        assert stack is not None
        client.stacks.set_cover(str(stack.stack_id), account.ids["b.jpg"])
    changes = [one["method"] for one in server.requests(writes=True) if one["path"].startswith(("/assets/", "/stacks/"))]
    assert changes == ["PUT" if version == "2.7" else "PATCH"] * 2
    assert account.ask("GET", f"/assets/{account.ids['a.jpg']}")["exifInfo"]["description"] == "Rome"
    assert account.ask("GET", f"/stacks/{stack.stack_id}")["primaryAssetId"] == account.ids["b.jpg"]


@pytest.mark.parametrize("version", ["1.135", "2.7", *VERSIONS])
def test_partners_are_named_in_the_body_from_3_on(emulator: Callable[..., Emulator], version: str) -> None:
    server = emulator(version)
    with closing(Immich(Connection(server.url, ApiKey(server.admin_api_key), timeout=20.0, retries=0))) as client:
        declared = {"partners": [{"partner": "user@example.com"}]}
        assert apply_state(client, KINDS, declared, False, PurgeOptions((), 10))["changed"] is True
        assert apply_state(client, KINDS, declared, False, PurgeOptions((), 10))["changed"] is False
    (share,) = [one for one in server.requests(writes=True) if one["path"].startswith("/partners")]
    assert (share["path"] == "/partners") == version.startswith("3.")
    assert Account(server).ask("GET", "/partners?direction=shared-with")[0]["email"] == "admin@example.com"
