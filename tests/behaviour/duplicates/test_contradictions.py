# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are not true, of a server or a proxy: no group is left without a photo in view, and no further one is touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from support.collection import errors
from support.http.answering import Reply, Seen, answering
from support.http.forwarding import ask

from .conftest import Duplicates
from .test_run import large

Answer = Callable[[Seen], Reply | None]
"""What a request is answered in place of the server's own answer; None for that."""


@contextmanager
def behind(duplicates: Duplicates, *answers: Answer) -> Iterator[None]:
    """Runs go through a proxy that asks these, in this order, before the server."""

    def reply(seen: Seen) -> Reply:
        given = (answer(seen) for answer in answers)
        return next((said for said in given if said is not None), None) or ask(duplicates.server.url, seen)

    with answering(reply) as proxy:
        duplicates.url = proxy.url
        yield
    duplicates.url = duplicates.server.url


def says(method: str, path: str, status: int, body: Any = None) -> Answer:
    """Answers without asking the server."""

    def answer(seen: Seen) -> Reply | None:
        return Reply(status, json.dumps(body).encode()) if (seen.method, seen.path) == (method, path) else None

    return answer


def trash_takes(duplicates: Duplicates, name: str) -> Answer:
    """A photo that goes with the first others that are put into the trash."""

    def answer(seen: Seen) -> Reply | None:
        if (seen.method, seen.path) == ("DELETE", "/api/assets"):
            duplicates.ask("DELETE", "/assets", json={"ids": [duplicates.ids[name]]})
        return None

    return answer


def fill(duplicates: Duplicates) -> list[str]:
    """Two groups: all their names."""
    duplicates.group("a.jpg", "b.jpg", content=large)
    duplicates.group("c.jpg", "d.jpg", content=large)
    return ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def first_group(duplicates: Duplicates) -> list[str]:
    """The names of the group that comes first, which are in the order of its ids; the one that stays comes last."""
    groups = [["a.jpg", "b.jpg"], ["c.jpg", "d.jpg"]]
    return min(groups, key=lambda names: sorted(duplicates.ids[name] for name in names))


@pytest.mark.parametrize("status", [200, 500])
def test_failed_restore_ends_the_run(newest: Duplicates, status: int) -> None:
    names = fill(newest)
    goes, stays = first_group(newest)
    with (
        behind(newest, trash_takes(newest, stays), says("POST", "/api/trash/restore/assets", status, {"count": 1})),
        pytest.raises(errors.RunFailed) as failed,
    ):
        newest.run()
    assert newest.in_view() == sorted(set(names) - {goes, stays})
    assert newest.ids[goes] in failed.value.msg
    assert failed.value.kind == ("proxy" if status == 200 else "server")
    assert failed.value.result["counts"]["restored"] == 0
    assert [group["status"] for group in failed.value.result["groups"]] == ["failed"]


def test_untrue_answer_to_trash_keeps_the_group(duplicates: Duplicates) -> None:
    names = fill(duplicates)
    with behind(duplicates, says("DELETE", "/api/assets", 200, {"nonsense": [None]})), pytest.raises(errors.RunFailed) as failed:
        duplicates.run()
    assert failed.value.kind == "proxy"
    assert failed.value.result["counts"]["trashed"] == 0
    assert duplicates.in_view() == names
    assert len(duplicates.listed()) == 2
    assert duplicates.run()["counts"]["trashed"] == 2


def test_search_without_the_keeper_trashes_nothing(duplicates: Duplicates) -> None:
    """By itself the photo is in view, and a search does not find it: one of the two answers is not true."""
    names = fill(duplicates)
    nothing: dict[str, Any] = {"albums": {}, "assets": {"items": [], "nextPage": None}}
    with behind(duplicates, says("POST", "/api/search/metadata", 200, nothing)), pytest.raises(errors.RunFailed) as failed:
        duplicates.run()
    assert duplicates.in_view() == names
    assert failed.value.kind == "proxy"
    assert len(duplicates.listed()) == 2


@pytest.mark.parametrize(("status", "message"), [(404, "Not Found"), (400, "Not found or no asset.delete access")])
def test_not_found_for_existing_photos_fails(newest: Duplicates, status: int, message: str) -> None:
    names = fill(newest)
    goes, _stays = first_group(newest)

    def answer(seen: Seen) -> Reply | None:
        if (seen.method, seen.path) != ("DELETE", "/api/assets"):
            return None
        ask(newest.server.url, seen)
        return Reply(status, json.dumps({"message": message}).encode())

    with behind(newest, answer), pytest.raises(errors.RunFailed) as failed:
        newest.run()
    assert newest.in_view() == sorted(set(names) - {goes})
    assert failed.value.kind == "proxy"
    assert newest.ids[goes] in failed.value.msg


@pytest.mark.parametrize("answered", [[], [{"success": True}], [{"success": False, "error": "duplicate"}]])
def test_album_without_the_keeper_trashes_nothing(newest: Duplicates, answered: list[dict[str, Any]]) -> None:
    newest.group("a.jpg", "z.jpg", content=large)
    album_id = newest.album("Rome", "a.jpg")
    said = [{"id": newest.ids["z.jpg"], **one} for one in answered]
    with behind(newest, says("PUT", f"/api/albums/{album_id}/assets", 200, said)), pytest.raises(errors.RunFailed) as failed:
        newest.run()
    assert newest.in_view() == ["a.jpg", "z.jpg"]
    assert "albums" in failed.value.msg
    assert newest.run()["counts"]["resolved"] == 1
    assert newest.has("z.jpg")["albums"] == ["Rome"]


def test_link_without_the_keeper_trashes_nothing(newest: Duplicates) -> None:
    newest.group("a.jpg", "z.jpg", content=large)
    newest.link("a.jpg")
    with behind(newest, says("PUT", "/api/assets/copy", 200)), pytest.raises(errors.RunFailed) as failed:
        newest.run()
    assert newest.in_view() == ["a.jpg", "z.jpg"]
    assert "shared_links" in failed.value.msg


def listed_as(duplicates: Duplicates, change: Callable[[list[Any]], list[Any]]) -> Answer:
    """Changes the members of each group in the list."""

    def answer(seen: Seen) -> Reply | None:
        if (seen.method, seen.path) != ("GET", "/api/duplicates"):
            return None
        found = json.loads(ask(duplicates.server.url, seen).body)
        return Reply(200, json.dumps([{**group, "assets": change(group["assets"])} for group in found]).encode())

    return answer


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize("action", ["trash", "dismiss", "stack", "none"])
def test_group_of_fewer_than_two_is_left_alone(newest: Duplicates, action: str, left: int) -> None:
    newest.group("a.jpg", "b.jpg", content=large)
    with behind(newest, listed_as(newest, lambda members: members[:left])):
        done = newest.run(action)
    assert (done["counts"]["skipped"], done["changed"]) == (1, False)
    assert newest.listed() == [["a.jpg", "b.jpg"]]


def test_member_listed_twice_counts_once(newest: Duplicates) -> None:
    newest.group("a.jpg", "b.jpg", content=large)
    with behind(newest, listed_as(newest, lambda members: members * 2)):
        done = newest.run()
    assert (done["counts"]["trashed"], newest.in_view()) == (1, ["b.jpg"])
