# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations of which one part needs what another one removes, or which name two objects with what only one can have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from behaviour.resources.conftest import Declaring
from support.collection import ImmichError, InvalidRequest
from support.http.answering import Reply, Seen
from support.http.forwarding import forwarding

WITH_SLUGS = ("2.7", "3.1")


def user(number: int, **options: Any) -> dict[str, Any]:
    return {"email": f"against{number}@x.org", "name": f"User {number}", "password": "pw", **options}


def absent(number: int) -> dict[str, Any]:
    return {"email": f"against{number}@x.org", "state": "absent"}


def refused(declare: Declaring, declared: Mapping[str, Any], message: str) -> None:
    """Both modes refuse it, and nothing is written."""
    for check in (True, False):
        last = max((one["n"] for one in declare.server.requests()), default=0)
        with pytest.raises(InvalidRequest, match=message):
            declare(declared, check=check)
        assert declare.server.requests(since=last, writes=True) == []


def tags(declare: Declaring) -> list[str]:
    return sorted(one["value"] for one in declare.api("GET", "/tags"))


def test_purge_keeps_parents_of_declared_tag(declare_alone: Declaring) -> None:
    declare_alone({"tags": [{"value": "Trip/Rome/Forum"}, {"value": "Trip/Oslo"}, {"value": "Old/Tag"}]})
    declared = {"tags": [{"value": "Trip/Rome/Forum"}]}
    checked = declare_alone(declared, purge=["tags"], check=True)
    assert declare_alone(declared, purge=["tags"])["diff"] == checked["diff"]
    assert tags(declare_alone) == ["Trip", "Trip/Rome", "Trip/Rome/Forum"]
    assert declare_alone(declared, purge=["tags"])["changed"] is False


def test_purge_refuses_contradictory_list(declare_alone: Declaring) -> None:
    """The list has the declared tag under the id of the other one, and the other way round."""
    declare_alone({"tags": [{"value": "Old"}, {"value": "Trip"}]})

    def swap(seen: Seen, reply: Reply) -> Reply:
        if (seen.method, seen.path) != ("GET", "/api/tags"):
            return reply
        found = json.loads(reply.body)
        ids = [tag["id"] for tag in reversed(found)]
        return Reply(200, json.dumps([{**tag, "id": tag_id} for tag, tag_id in zip(found, ids, strict=True)]).encode(), reply.headers)

    with forwarding(declare_alone.server.url, swap) as proxy:
        declare_alone.url = proxy.url
        with pytest.raises(ImmichError) as failed:
            declare_alone({"tags": [{"value": "Trip"}]}, purge=["tags"])
    assert failed.value.kind == "proxy"
    assert tags(declare_alone) == ["Old", "Trip"]


def test_absent_parent_of_declared_tag_is_refused(declare: Declaring) -> None:
    declare({"tags": [{"value": "Above/Below"}]})
    declared = {"tags": [{"value": "Above/Below"}, {"value": "Above", "state": "absent"}]}
    refused(declare, declared, "tag Above is to be removed, and tag Above/Below, which is declared, goes with it")
    assert "Above/Below" in tags(declare)
    declare({"tags": [{"value": "Above/Below", "state": "absent"}, {"value": "Above", "state": "absent"}]})
    assert "Above" not in tags(declare)


def test_absent_parent_of_new_tag_is_refused(declare: Declaring) -> None:
    """The first run would create it, and only the second one would see that it cannot be absent."""
    declared = {"tags": [{"value": "New/Above", "state": "absent"}, {"value": "New/Above/Below"}]}
    refused(declare, declared, "tag New/Above is to be removed, and tag New/Above/Below, which is declared, goes with it")
    assert not [one for one in tags(declare) if one.startswith("New")]


def test_user_who_is_removed_is_no_member(declare: Declaring) -> None:
    declare({"users": [user(1)]})
    declared = {"users": [absent(1)], "albums": [{"name": "Against", "users": [{"email": "AGAINST1@x.org"}]}]}
    refused(declare, declared, r"user against1@x\.org is to be removed, and album Against, which is declared, refers to it")
    declare({**declared, "albums": [{**declared["albums"][0], "state": "absent"}]})
    assert declare.users()["against1@x.org"]["status"] == "deleted"


def test_purge_keeps_objects_referred_to(declare_alone: Declaring) -> None:
    declare_alone({"users": [user(2), user(3)], "albums": [{"name": "Kept"}, {"name": "Gone"}]})
    declared: dict[str, Any] = {
        "users": [{"email": "user@example.com"}],
        "partners": [{"partner": "against2@x.org"}],
        "albums": [],
        "shared_links": [{"album": "Kept"}],
    }
    result = declare_alone(declared, purge=["users", "albums"])
    user_kept, album_kept = result["warnings"]
    assert user_kept.startswith("user against2@x.org ")
    assert "partner against2@x.org (shared-by)" in user_kept
    assert album_kept.startswith("album Kept ")
    assert "shared link Kept" in album_kept
    assert {one["albumName"] for one in declare_alone.api("GET", "/albums")} == {"Kept"}
    assert {address: one["status"] for address, one in declare_alone.users().items() if "against" in address} == {
        "against2@x.org": "active",
        "against3@x.org": "deleted",
    }
    assert declare_alone(declared, purge=["users", "albums"])["changed"] is False


def test_label_for_two_users_is_refused(declare: Declaring) -> None:
    declared = {"users": [user(4, storage_label="one"), user(5, storage_label="one")]}
    refused(
        declare, declared, r"against4@x\.org and against5@x\.org are declared with the storage_label one, which only one of them can have"
    )


def test_file_for_the_secrets_of_two_keys_is_refused(declare: Declaring, tmp_path: Path) -> None:
    """The secret of the first, which Immich shows once, would be lost."""
    first, second = ({"name": name, "permissions": ["all"], "secret_file": str(tmp_path / "key")} for name in ("shares", "a file"))
    message = "shares and a file are declared with the secret_file .*/key, which only one of them can have"
    refused(declare, {"api_keys": [first, second]}, message)
    assert list(tmp_path.iterdir()) == []
    declare({"api_keys": [first, {"name": "a file", "state": "absent", "secret_file": second["secret_file"]}]})
    assert (tmp_path / "key").exists()


def test_name_of_renamed_album_is_taken(declare: Declaring) -> None:
    found = declare.one("albums", name="Before")
    refused(declare, {"albums": [{"id": found["id"], "name": "After"}, {"name": "After"}]}, "albums After is declared twice")


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ([{"role": "viewer"}], "an email or an id for each user"),
        ([{"email": "twice@x.org"}, {"email": "TWICE@x.org", "role": "viewer"}], r"has TWICE@x\.org twice"),
    ],
)
def test_wrong_users_of_album_are_refused(declare: Declaring, users: list[dict[str, str]], message: str) -> None:
    refused(declare, {"albums": [{"name": "Of wrong users", "users": users}]}, message)


def test_two_albums_may_have_a_name_by_their_ids(declare: Declaring) -> None:
    ids = [declare.api("POST", "/albums", {"albumName": name})["id"] for name in ("First of two", "Second of two")]
    declare({"albums": [{"id": one, "name": "Both of two"} for one in ids]})
    assert {declare.api("GET", f"/albums/{one}")["albumName"] for one in ids} == {"Both of two"}


@pytest.mark.parametrize("declare", WITH_SLUGS, indirect=True)
def test_shared_links_with_and_without_slug_differ(declare: Declaring) -> None:
    declare({"albums": [{"name": "Twice linked"}], "shared_links": [{"album": "Twice linked", "slug": "twice-linked"}]})
    declared: dict[str, Any] = {
        "shared_links": [{"album": "Twice linked"}, {"album": "Twice linked", "slug": "twice-linked", "allow_upload": True}]
    }
    assert [one["action"] for one in declare(declared)["results"]] == ["create", "update"]
    assert declare(declared)["changed"] is False
    declare.one("shared_links", album="Twice linked", show_metadata=False)
    found = [one for one in declare.api("GET", "/shared-links") if one["album"] and one["album"]["albumName"] == "Twice linked"]
    assert sorted((one["slug"] or "", one["allowUpload"], one["showMetadata"]) for one in found) == [
        ("", False, False),
        ("twice-linked", True, True),
    ]


@pytest.mark.parametrize("declare", WITH_SLUGS, indirect=True)
def test_slug_may_equal_name_of_album(declare: Declaring) -> None:
    declared: dict[str, Any] = {
        "albums": [{"name": "same-word"}, {"name": "Another word"}],
        "shared_links": [{"album": "same-word"}, {"album": "Another word", "slug": "same-word"}],
    }
    declare(declared)
    assert declare(declared)["changed"] is False


@pytest.mark.parametrize(
    ("preferences", "message"),
    [
        ({"folders": {"colour": 1}}, r"user against6@x\.org: This version of Immich has no setting folders\.colour in preferences"),
        ({"folders": {"enabled": "perhaps"}}, r"user against6@x\.org: folders\.enabled must be true or false, not 'perhaps'"),
    ],
)
def test_wrong_preference_of_a_new_user_creates_nobody(declare: Declaring, preferences: dict[str, Any], message: str) -> None:
    refused(declare, {"users": [user(6, preferences=preferences)]}, message)
    assert "against6@x.org" not in declare.users()


def test_preferences_of_new_users_are_predicted(declare: Declaring) -> None:
    new = [
        user(number, strict=False, preferences={"folders": {"enabled": "true"}, "download": {"archiveSize": "5"}, "no": {"such": 1}})
        for number in (7, 8)
    ]
    checked = declare({"users": new}, check=True)
    real = declare({"users": new})
    assert checked["diff"] == real["diff"]
    assert "preferences.folders.enabled: true, preferences.download.archiveSize: 5" in real["diff"]["after"]
    (warning,) = real["warnings"]
    assert "no.such in preferences" in warning
    assert declare({"users": new})["changed"] is False


@pytest.mark.parametrize(
    "declared",
    [
        {"albums": [{"name": "a\0b"}]},
        {"tags": [{"value": "a\0b"}]},
        {"users": [user(9, name="a\0b")]},
        {"shared_links": [{"album": "a", "description": "a\0b"}]},
        {"config": [{"config": {"server": {"loginPageMessage": "a\0b"}}}]},
        {"config": [{"config": {"machineLearning": {"urls": ["a\0b"]}}}]},
    ],
)
def test_null_characters_are_refused(declare: Declaring, declared: dict[str, Any]) -> None:
    refused(declare, declared, "a null character")


def test_partner_who_is_not_declared_is_purged(declare_alone: Declaring) -> None:
    declare_alone({"users": [user(10)], "partners": [{"partner": "against10@x.org"}]})
    checked = declare_alone({"partners": []}, purge=["partners"], check=True)
    assert declare_alone({"partners": []}, purge=["partners"])["diff"] == checked["diff"]
    assert declare_alone.api("GET", "/partners?direction=shared-by") == []


def test_odd_ids_of_one_name_are_shown_without_controls(declare_alone: Declaring) -> None:
    for _number in range(2):
        declare_alone.api("POST", "/albums", {"albumName": "Rome"})

    def change(seen: Seen, reply: Reply) -> Reply:
        if seen.path.startswith("/api/albums"):
            albums = json.loads(reply.body)
            reply.body = json.dumps([{**album, "id": album["id"] + "\x1b[2J\u009b\u202e"} for album in albums]).encode()
        return reply

    with forwarding(declare_alone.server.url, change) as proxy:
        declare_alone.url = proxy.url
        with pytest.raises(ImmichError, match="2 albums are called Rome") as failed:
            declare_alone.one("albums", name="Rome", description="new")
    assert failed.value.msg.isprintable()


def test_removal_without_effect_fails(declare: Declaring) -> None:
    """The server, or a proxy before it, answers with success and removes nothing."""
    declare({"tags": [{"value": "Stays"}]})
    declare.server.fault(method="DELETE", path="^/tags/", status=204)
    with pytest.raises(ImmichError) as failed:
        declare({"tags": [{"value": "Stays", "state": "absent"}]})
    assert failed.value.kind == "server"
    assert "Stays" in tags(declare)
    assert declare({"tags": [{"value": "Stays", "state": "absent"}]})["changed"]
    assert "Stays" not in tags(declare)


def test_nonsense_about_an_object_fails_as_proxy_answer(declare_alone: Declaring) -> None:
    declared: dict[str, Any] = {"albums": [{"name": "Rome"}], "shared_links": [{"album": "Rome"}]}
    declare_alone.server.fault("GET", "/shared-links/[^/]+$", status=200, json={"nonsense": [None]})
    with pytest.raises(ImmichError) as caught:
        declare_alone(declared)
    assert caught.value.kind == "proxy"
    declare_alone(declared)
    assert len(declare_alone.api("GET", "/shared-links")) == 1
    assert declare_alone(declared)["changed"] is False
