# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upload asks of stacks, by the groups that it found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._stacks.planning import carry_out, make_plan
from support.collection import ApiKey, Connection, Immich, Picture, PictureGroup
from support.photos.shots import NOON, Shot, ask, send_shots, stacks_of

from .conftest import Stacking

NAMES = ("A.JPG", "A.DNG", "A.HEIC")


@pytest.fixture
def client(each_version: Stacking) -> Iterator[Immich]:
    """A client of a server of each version."""
    with closing(Immich(Connection(each_version.server.url, ApiKey(each_version.server.api_key), timeout=5.0))) as client:
        client.version  # noqa: B018  # asked for once, by whatever comes before the plan
        yield client


def group(ids: dict[str, str], *, taken: float | None = NOON.timestamp()) -> PictureGroup:
    """All of them as one stack, in this order."""
    return PictureGroup("raw_jpeg", tuple(Picture(asset_id, "f", name, taken) for name, asset_id in ids.items()))


def test_plan_for_new_assets_sends_no_request(each_version: Stacking, client: Immich) -> None:
    server = each_version.server
    ids = send_shots(server, *map(Shot, NAMES))
    server.clear_requests()
    plan = make_plan(client, [group(ids)], new=set(ids.values()))
    assert server.requests() == []
    assert [outcome.error for outcome in carry_out(client, plan)] == [None]
    assert stacks_of(server) == [["A.JPG", "A.DNG", "A.HEIC"]]


def test_plan_completes_stack_with_predicted_uploads(each_version: Stacking, client: Immich) -> None:
    ids = send_shots(each_version.server, Shot("A.JPG"), Shot("A.DNG"))
    ask(each_version.server, "POST", "/stacks", json={"assetIds": [ids["A.DNG"], ids["A.JPG"]]})
    plan = make_plan(client, [group({**ids, "A.HEIC": "new 1", "B.HEIC": "new 2"})], new=["new 1", "new 2"])
    (change,) = plan.changes
    assert (change.action, change.before, change.after) == ("completed", ("A.DNG", "A.JPG"), ("A.DNG", "A.JPG", "A.HEIC", "B.HEIC"))


@pytest.mark.parametrize("taken", [None, NOON.timestamp(), NOON.timestamp() - 86_400 * 365, 1e18])
def test_the_timeline_is_only_a_short_cut(each_version: Stacking, client: Immich, taken: float | None) -> None:
    """Whatever a file's time is taken for, what is in which stack comes from the server."""
    ids = send_shots(each_version.server, *map(Shot, NAMES))
    first = group(ids, taken=taken)
    (made,) = carry_out(client, make_plan(client, [first]))
    assert (made.change.action, made.error) == ("created", None)
    plan = make_plan(client, [first])
    assert (plan.changes, plan.left_alone, plan.unchanged["raw_jpeg"]) == ([], [], 1)


def test_a_group_of_which_little_is_left(each_version: Stacking, client: Immich) -> None:
    ids = send_shots(each_version.server, Shot("A.JPG"), Shot("A.DNG", visibility="archive"), Shot("A.HEIC", visibility="hidden"))
    plan = make_plan(client, [group({**ids, "B.JPG": "6b6b6c1e-9c3f-4c37-8a55-0f1f6d3f5c11"})])
    assert (plan.changes, plan.left_alone, sum(plan.unchanged.values())) == ([], [], 0)
