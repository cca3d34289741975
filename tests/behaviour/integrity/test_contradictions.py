# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong answers about a file that the report calls untracked and that is a photo's original by now: it is never deleted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from support.collection import ImmichError
from support.http.answering import Reply, Seen
from support.http.forwarding import forwarding
from support.photos.libraries import Account

from .conftest import Checking

Lie = Callable[[Checking, Seen, Any], Any]
"""Makes of an answer what the client gets to see."""


def no_users(_checking: Checking, seen: Seen, found: Any) -> Any:
    return [] if seen.path.startswith("/api/admin/users?") else found


def without_owner(checking: Checking, seen: Seen, found: Any) -> Any:
    if not seen.path.startswith("/api/admin/users?"):
        return found
    return [user for user in found if user["id"] != checking.users["user"]]


def without_owner_anywhere(checking: Checking, seen: Seen, found: Any) -> Any:
    if not seen.path.startswith("/api/admin/users?") and seen.path != "/api/users":
        return found
    return [user for user in found if user["id"] != checking.users["user"]]


def other_ids(_checking: Checking, seen: Seen, found: Any) -> Any:
    if not seen.path.startswith("/api/admin/users?"):
        return found
    return [{**user, "id": str(uuid.uuid4())} for user in found]


def administrator_twice(checking: Checking, seen: Seen, found: Any) -> Any:
    if not seen.path.startswith("/api/admin/users?"):
        return found
    return [user for user in found if user["id"] == checking.users["admin"]] * 2


def searches_find_nothing(_checking: Checking, seen: Seen, found: Any) -> Any:
    if seen.path != "/api/search/metadata":
        return found
    return {"albums": {}, "assets": {"items": [], "nextPage": None}}


def searches_find_others(checking: Checking, seen: Seen, found: Any) -> Any:
    if seen.path != "/api/search/metadata":
        return found
    other = {"id": str(uuid.uuid4()), "ownerId": checking.users["user"], "originalPath": "/data/upload/other.jpg"}
    return {"albums": {}, "assets": {"items": [other], "nextPage": None}}


def everybody_is_one(checking: Checking, seen: Seen, found: Any) -> Any:
    return {**found, "id": checking.users["admin"]} if seen.path == "/api/users/me" else found


def users_are_swapped(checking: Checking, seen: Seen, found: Any) -> Any:
    if seen.path != "/api/users/me":
        return found
    return {**found, "id": checking.users["admin" if found["id"] == checking.users["user"] else "user"]}


def timeline_is_empty(_checking: Checking, seen: Seen, found: Any) -> Any:
    if seen.path == "/api/search/metadata":
        return {"albums": {}, "assets": {"items": [], "nextPage": None}}
    return [] if seen.path == "/api/timeline/buckets" else found


LIES: tuple[Lie, ...] = (
    no_users,
    without_owner,
    without_owner_anywhere,
    other_ids,
    administrator_twice,
    searches_find_nothing,
    searches_find_others,
    everybody_is_one,
    users_are_swapped,
)


class Stale:
    """A stale entry of a photo's original, the photo's id, and another photo in view."""

    def __init__(self, checking: Checking) -> None:
        self.checking = checking
        Account(checking.server).upload("in view.jpg")
        self.path = checking.put("upload", f"{uuid.uuid4()}.jpg")
        checking.report_old(self.path)
        self.asset_id = checking.track(self.path)

    def is_untouched(self) -> bool:
        """Whether nothing was deleted, neither the file nor its entry."""
        self.checking.url = self.checking.server.url
        return self.checking.report() == {self.path} and self.checking.sent("DELETE") == 0


@pytest.fixture
def stale(checking: Checking) -> Stale:
    return Stale(checking)


def lying(checking: Checking, lie: Lie) -> Callable[[Seen, Reply], Reply]:
    def change(seen: Seen, reply: Reply) -> Reply:
        if reply.status != 200 or not reply.body.startswith((b"{", b"[")):
            return reply
        reply.body = json.dumps(lie(checking, seen, json.loads(reply.body))).encode()
        return reply

    return change


@pytest.mark.parametrize("lie", LIES, ids=[lie.__name__ for lie in LIES])
def test_wrong_answer_deletes_no_tracked_original(stale: Stale, lie: Lie) -> None:
    with forwarding(stale.checking.server.url, lying(stale.checking, lie)) as proxy:
        stale.checking.url = proxy.url
        with pytest.raises(ImmichError) as failed:
            stale.checking.delete(keys=() if lie is without_owner_anywhere else None)
    assert stale.is_untouched()
    assert failed.value.kind == ("validation" if lie is everybody_is_one else "proxy")


def test_user_without_a_photo_in_view_keeps_all(stale: Stale) -> None:
    with forwarding(stale.checking.server.url, lying(stale.checking, timeline_is_empty)) as proxy:
        stale.checking.url = proxy.url
        result = stale.checking.delete()
    assert stale.is_untouched()
    assert [kept["path"] for kept in result["kept"]] == [stale.path]


def test_cache_by_path_deletes_no_tracked_original(stale: Stale) -> None:
    """A proxy that keeps what it answered to whoever asked first."""
    kept: dict[tuple[str, str, bytes], Reply] = {}

    def change(seen: Seen, reply: Reply) -> Reply:
        reads = seen.method == "GET" or seen.path == "/api/search/metadata"
        return kept.setdefault((seen.method, seen.path, seen.body), reply) if reads else reply

    with forwarding(stale.checking.server.url, change) as proxy:
        stale.checking.url = proxy.url
        with pytest.raises(ImmichError, match="a proxy in front of Immich") as failed:
            stale.checking.delete()
    assert stale.is_untouched()
    assert "owner_api_keys" in failed.value.msg


def test_deletion_ends_when_searches_find_nothing(checking: Checking) -> None:
    """The first file goes; then searches find nothing any more, so that the second one stays."""
    Account(checking.server).upload("in view.jpg")
    paths = [checking.put("upload", f"{uuid.uuid4()}.jpg") for _number in range(2)]
    checking.report_old(*paths)

    def lie(one: Checking, seen: Seen, found: Any) -> Any:
        return searches_find_nothing(one, seen, found) if checking.sent("DELETE") else found

    with forwarding(checking.server.url, lying(checking, lie)) as proxy:
        checking.url = proxy.url
        with pytest.raises(ImmichError) as failed:
            checking.delete()
    assert checking.sent("DELETE") == 1
    assert (failed.value.kind, failed.value.result["deleted_count"]) == ("proxy", 1)
    assert checking.report() == set(paths) - set(failed.value.result["deleted"])
