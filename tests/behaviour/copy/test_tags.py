# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of a copy: one that fails does not keep the others, and each file counts for the tags that it has itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from support.http.answering import Reply, Seen
from support.http.forwarding import forwarding
from support.photos.libraries import Account, picture

from .conftest import Copies
from .test_copy import predicted

NAMES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg")


def tags_of(account: Account) -> dict[str, list[str]]:
    """The tags of each file of a server."""
    account.server.wait_idle()
    return {asset["name"]: asset["tags"] for asset in account.server.state()["assets"]}


@pytest.fixture
def there(copies: Copies) -> Copies:
    """Copies where the target has all files, and no tags."""
    for name in NAMES:
        copies.source.upload(name)
        copies.target.upload(name)
    copies.target.server.wait_idle()
    return copies


def fill(copies: Copies) -> dict[str, list[str]]:
    """Tags that lie side by side and in each other. Those of each file."""
    copies.source.tag("Oslo", "a.jpg", "b.jpg")
    copies.source.tag("Paris", "c.jpg")
    copies.source.tag("Rome", "d.jpg")
    return {"a.jpg": ["Oslo"], "b.jpg": ["Oslo"], "c.jpg": ["Paris"], "d.jpg": ["Rome"]}


def test_copy_waits_until_immich_wrote_tags(there: Copies) -> None:
    """It shows the rest of the metadata before: a tag given then would be dropped with them, or drop them."""
    expected = fill(there)
    there()
    assert tags_of(there.target) == expected
    looks: list[str] = []

    def without_tags_at_first(request: Seen, answer: Reply) -> Reply:
        if request.path.endswith("/search/metadata") and b"tagIds" in request.body:
            return Reply(body=json.dumps({"assets": {"items": [], "nextPage": None}}).encode())
        if request.method == "GET" and re.search(r"/assets/[0-9a-f-]{36}$", request.path):
            looks.append(request.path)
            if looks.count(request.path) == 1:
                just_now = "2999-01-01T00:00:00.000Z"  # however long this machine takes to read the answer
                answer.body = json.dumps(json.loads(answer.body) | {"tags": [], "updatedAt": just_now}).encode()
        return answer

    with forwarding(there.target.server.url, without_tags_at_first) as proxy:
        assert not there(target_url=proxy.url)["changed"]
    assert sorted(looks.count(path) for path in set(looks)) == [2, 2, 2, 2]


@pytest.mark.parametrize("refused", [{"status": 400, "json": {"message": "No"}}, {"status": 500}])
def test_copy_gives_other_tags_after_refused_tag(there: Copies, refused: dict[str, Any]) -> None:
    expected = fill(there)
    there.target.server.fault(method="PUT", path="^/tags$", times=3 if refused["status"] == 500 else 1, **refused)
    error = there.failing()
    assert len(error.result["failures"]) in (1, 2)
    failed = {one["path"].split()[0] for one in error.result["failures"]}
    assert tags_of(there.target) == {name: [] if name in failed else tags for name, tags in expected.items()}
    assert error.result["counts"]["failed"] == len(failed)
    assert sum(tag["added"] for tag in error.result["tags"]) == 4 - len(failed)
    assert there()["counts"]["failed"] == 0
    assert tags_of(there.target) == expected
    assert there()["changed"] is False


@pytest.mark.parametrize("side", ["source", "target"])
def test_unreadable_asset_does_not_keep_others_from_their_tags(there: Copies, side: str) -> None:
    expected = fill(there)
    account: Account = getattr(there, side)
    account.server.fault(method="GET", path=f"^/assets/{account.ids['b.jpg']}$", times=None, status=500)
    error = there.failing()
    assert [(one["path"].split()[0], one["kind"]) for one in error.result["failures"]] == [("b.jpg", "server")]
    assert tags_of(there.target) == {**expected, "b.jpg": []}
    account.server.clear_faults()
    assert [(tag["name"], tag["added"]) for tag in there()["tags"]] == [("Oslo", 1)]
    assert tags_of(there.target) == expected


def test_copy_gives_other_tags_after_failed_list(there: Copies) -> None:
    expected = fill(there)
    there.target.tag("Oslo")
    there.target.server.fault(method="POST", path="^/search/metadata$", times=1, status=400, json={"message": "No"})
    error = there.failing(create_albums=False, create_stacks=False)
    assert [one["path"] for one in error.result["failures"]] == ["tag Oslo"]
    assert tags_of(there.target) == {**expected, "a.jpg": [], "b.jpg": []}
    there()
    assert tags_of(there.target) == expected


def test_copy_stops_asking_lost_target(copies: Copies, tmp_path: Path) -> None:
    names = [f"{number}.jpg" for number in range(40)]
    for name in names:
        copies.source.upload(name)
        copies.target.upload(name)
    copies.source.tag("Oslo", *names)
    copies.source.stack("0.jpg", "1.jpg")
    copies.target.server.wait_idle()
    copies.target.server.fault(method="GET", path="^/assets/[^/]*$", times=None, status=500)
    error = copies.failing()
    assert 3 <= error.result["counts"]["failed"] <= 10
    assert "in a row failed at the server" in error.result["failures"][-1]["msg"]
    assert len(copies.target.server.state()["stacks"]) == 1


def test_copy_ends_when_key_is_withdrawn(there: Copies) -> None:
    fill(there)
    there.target.server.fault(method="PUT", path="^/tags$", times=None, status=401, json={"message": "Invalid API key"})
    assert there.failing().kind == "auth"


@pytest.mark.parametrize("known", [(), ("a.jpg",), NAMES])
def test_copy_counts_file_for_own_tags_only(from_each: Copies, known: tuple[str, ...]) -> None:
    """Whether the copy brings it, in check mode too."""
    for name in NAMES:
        from_each.source.upload(name, visibility="archive" if name == "b.jpg" else "timeline")
    from_each.source.live("live.jpg")
    for name in known:
        from_each.target.upload(name, picture(name))
    from_each.source.tag("Trip/Italy/Rome", "a.jpg", "b.jpg", "live.jpg")
    from_each.source.tag("Trip/Italy", "b.jpg", "c.jpg")
    from_each.source.tag("Trip/Norway", "b.jpg", "d.jpg")
    from_each.source.tag("Trip", "d.jpg")
    from_each.target.server.wait_idle()
    check = from_each(check=True)
    result = from_each()
    assert predicted(result) == predicted(check)
    assert {tag["name"]: tag["added"] for tag in result["tags"]} == {"Trip": 1, "Trip/Italy": 2, "Trip/Italy/Rome": 3, "Trip/Norway": 2}
    assert tags_of(from_each.target)["b.jpg"] == ["Trip/Italy", "Trip/Italy/Rome", "Trip/Norway"]
    assert from_each()["changed"] is False


def test_person_and_tag_of_same_name_share_tag(copies: Copies) -> None:
    for name in ("new.jpg", "old.jpg"):
        copies.source.upload(name)
    copies.target.upload("old.jpg")
    copies.source.person("Ann", "new.jpg", "old.jpg")
    copies.source.person("Ann", "new.jpg")
    copies.source.tag("People/Ann", "new.jpg")
    copies.target.server.wait_idle()
    check = copies(check=True, people_as_tags=True)
    result = copies(people_as_tags=True)
    assert predicted(result) == predicted(check)
    assert [(tag["name"], tag["added"]) for tag in result["tags"]] == [("People/Ann", 2)]
    assert tags_of(copies.target) == {"new.jpg": ["People/Ann"], "old.jpg": ["People/Ann"]}


def test_without_tags_people_become_tags_all_the_same(there: Copies) -> None:
    there.source.upload("new.jpg")
    there.source.person("Ann", "a.jpg", "new.jpg")
    there.source.tag("Oslo", "a.jpg")
    check = there(check=True, tag_existing=False, people_as_tags=True)
    result = there(tag_existing=False, people_as_tags=True)
    assert predicted(result) == predicted(check)
    assert [(tag["name"], tag["added"]) for tag in result["tags"]] == [("People/Ann", 2)]
    assert tags_of(there.target)["a.jpg"] == ["People/Ann"]


@pytest.mark.parametrize("trashed", [False, True])
def test_trashed_asset_of_the_target_is_not_tagged(there: Copies, trashed: bool) -> None:
    fill(there)
    there.target.ask("DELETE", "/assets", json={"ids": [there.target.ids["c.jpg"]]})
    options: dict[str, Any] = {"selection": {"trashed": trashed}}
    check = there(check=True, **options)
    result = there(**options)
    assert predicted(result) == predicted(check)
    assert [(tag["name"], tag["added"]) for tag in result["tags"]] == [("Oslo", 2), ("Rome", 1)]
    assert tags_of(there.target)["c.jpg"] == []
    there.target.ask("POST", "/trash/restore")
    assert [(tag["name"], tag["added"]) for tag in there(**options)["tags"]] == [("Paris", 1)]
