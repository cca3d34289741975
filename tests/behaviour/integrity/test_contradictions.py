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


def entries_of_other_paths(checking: Checking, seen: Seen, found: Any) -> Any:
    """Each entry seems to be of a file that nobody has, in the list of all entries alone."""
    if not seen.path.startswith("/api/admin/integrity/report?"):
        return found
    other = f"/data/upload/{checking.users['user']}/aa/bb/other.jpg"
    return {**found, "items": [{**entry, "path": other} for entry in found["items"]]}


def entries_of_escaped_paths(_checking: Checking, seen: Seen, found: Any) -> Any:
    if not seen.path.startswith("/api/admin/integrity/report?"):
        return found
    return {**found, "items": [{**entry, "path": entry["path"] + "\x1b[2J.jpg"} for entry in found["items"]]}


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
    entries_of_other_paths,
    entries_of_escaped_paths,
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


def with_report(paths: dict[str, str], *, csv: bool = False, name: Callable[[str], str | None] = lambda name: name) -> Callable[..., Reply]:
    """Answers with other paths in the report, in its form as CSV too if asked for, and another name of the file."""

    def change(seen: Seen, reply: Reply) -> Reply:
        if seen.path.startswith("/api/admin/integrity/report?") or (csv and seen.path.endswith("/csv")):
            for path, other in paths.items():
                reply.body = reply.body.replace(path.encode(), other.encode())
        headers = {key.lower(): value for key, value in reply.headers.items()}
        if seen.path.endswith("/file") and "content-disposition" in headers:
            shown = name(headers.pop("content-disposition"))
            reply.headers = headers if shown is None else {**headers, "content-disposition": shown}
        return reply

    return change


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_path_of_equal_name_is_refused_by_the_csv(stale: Stale, check: bool) -> None:
    """The report has the folder of another user for the entry of a photo's original."""
    users = stale.checking.users
    other = stale.path.replace(users["user"], users["admin"])
    with forwarding(stale.checking.server.url, with_report({stale.path: other})) as proxy:
        stale.checking.url = proxy.url
        with pytest.raises(ImmichError, match="as CSV") as failed:
            stale.checking.delete(check=check)
    assert stale.is_untouched()
    assert failed.value.kind == "proxy"


def test_path_is_refused_by_the_name_of_the_file(stale: Stale) -> None:
    other = stale.path.rpartition("/")[0] + "/other.jpg"
    with forwarding(stale.checking.server.url, with_report({stale.path: other}, csv=True)) as proxy:
        stale.checking.url = proxy.url
        with pytest.raises(ImmichError) as failed:
            stale.checking.delete()
    assert stale.is_untouched()
    assert "other.jpg" in failed.value.msg
    assert stale.path.rpartition("/")[2] in failed.value.msg


@pytest.mark.parametrize(
    "name", [None, "attachment", "inline; filename*=UTF-8''%FF.jpg"], ids=["missing", "another_form", "invalid_encoding"]
)
def test_file_without_a_name_is_not_deleted(checking: Checking, name: str | None) -> None:
    Account(checking.server).upload("in view.jpg")
    path = checking.put("upload", f"{uuid.uuid4()}.jpg")
    checking.report_old(path)
    with forwarding(checking.server.url, with_report({}, name=lambda _shown: name)) as proxy:
        checking.url = proxy.url
        with pytest.raises(ImmichError) as failed:
            checking.delete()
    assert failed.value.kind == "proxy"
    assert checking.sent("DELETE") == 0


CSV_BODIES = {
    "page": b"<html>",
    "empty": b"",
    "other_columns": b"id,path\n",
    "no_id": b'id,type,assetId,fileAssetId,path\nx,untracked_file,null,null,"/data"\n',
    "short_line": b"id,type,assetId,fileAssetId,path\nx\n",
    "open_quote": b'id,type,assetId,fileAssetId,path\n"x',
    "long_line": b"id,type,assetId,fileAssetId,path\n" + b"x" * 70_000,
    "not_utf8": b"id,type,assetId,fileAssetId,path\n\xff\n",
}


@pytest.mark.parametrize("body", CSV_BODIES.values(), ids=CSV_BODIES)
def test_csv_of_another_form_deletes_nothing(checking: Checking, body: bytes) -> None:
    Account(checking.server).upload("in view.jpg")
    checking.report_old(checking.put("upload", f"{uuid.uuid4()}.jpg"))

    def change(seen: Seen, reply: Reply) -> Reply:
        return Reply(200, body, {"Content-Type": "text/csv"}) if seen.path.endswith("/csv") else reply

    with forwarding(checking.server.url, change) as proxy:
        checking.url = proxy.url
        with pytest.raises(ImmichError) as failed:
            checking.delete()
    assert failed.value.kind == "proxy"
    assert checking.sent("DELETE") == 0


def test_odd_names_agree_with_csv_and_file(checking: Checking) -> None:
    Account(checking.server).upload("in view.jpg")
    paths = [checking.put("upload", f"{uuid.uuid4()}{odd}.jpg") for odd in ('"', "\n", "ä%2F", ",;", " (1)'*")]
    checking.report_old(*paths)
    assert checking.delete()["deleted_count"] == len(paths)
    assert checking.report() == set()
