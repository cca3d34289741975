# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the trash of the source: left out, or copied into the trash of the target, and nothing else put there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import values
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.assets import AssetCalls
from ansible_collections.photoyard.immich.plugins.module_utils._upload.item_tally import ItemTally
from support.collection import errors
from support.http.answering import Reply, Seen
from support.http.forwarding import forwarding
from support.http.wire import writes
from support.photos.libraries import Account

from .conftest import Copies
from .test_copy import originals, predicted, seen

KEEP: dict[str, Any] = {"selection": {"trashed": True}}
OUTSIDE = "1 files are in the trash of the source, and the target has them outside its trash, where they stay."


def throw_away(account: Account, *names: str) -> None:
    """Puts files into the trash."""
    account.ask("DELETE", "/assets", json={"ids": [account.ids[name] for name in names]})


def in_trash(account: Account) -> dict[str, bool]:
    """Name of each file on the server → whether it is in the trash."""
    return {asset["name"]: asset["trashed"] for asset in account.server.state()["assets"]}


def fill(account: Account) -> None:
    """A library of which a photo, an archived one and a live photo are in the trash."""
    for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        account.upload(name, minutes=minutes, visibility="archive" if name == "c.jpg" else "timeline")
    account.live("live.jpg", minutes=5, isFavorite="true")
    account.change("b.jpg", description="Not sharp", rating=2)
    account.album("Rome", "a.jpg", "b.jpg", "live.jpg")
    account.album("Only trash", "c.jpg")
    account.tag("Trip/Rome", "a.jpg", "b.jpg")
    throw_away(account, "b.jpg", "c.jpg", "live.jpg")


def restored(account: Account) -> dict[str, Any]:
    """Restores all of the trash, and returns the library as `seen` does."""
    account.server.wait_idle()
    account.ask("POST", "/trash/restore")
    return seen(account)


def test_trash_is_copied_into_the_trash(from_each: Copies) -> None:
    fill(from_each.source)
    check = from_each(check=True, **KEEP)
    assert check["warnings"] == []
    assert writes(from_each.target.server) == []
    result = from_each(**KEEP)
    assert {**predicted(result), "moved_to_trash": result["moved_to_trash"]} == {
        **predicted(check),
        "moved_to_trash": check["moved_to_trash"],
    }
    assert (result["uploaded"], result["moved_to_trash"], result["live_photos"], result["warnings"]) == (5, 3, 1, [])
    assert in_trash(from_each.target) == {"a.jpg": False, "b.jpg": True, "c.jpg": True, "live.jpg": True, "live.mov": False}
    from_each.target.server.clear_requests()
    from_each.source.server.clear_requests()
    again = from_each(**KEEP)
    assert (again["changed"], again["duplicates"], again["moved_to_trash"], again["warnings"]) == (False, 5, 0, [])
    assert (originals(from_each.source), writes(from_each.target.server)) == ([], [])
    assert from_each(check=True, **KEEP)["changed"] is False
    expected = restored(from_each.source)
    assert restored(from_each.target) == expected
    assert [(name, members) for name, _about, _order, members, _users in expected["albums"]] == [
        ("Only trash", ["c.jpg"]),
        ("Rome", ["a.jpg", "b.jpg", "live.jpg"]),
    ]
    assert expected["assets"]["live.jpg"]["video"] == "live.mov"


def test_copy_skips_trash_by_default(copies: Copies) -> None:
    fill(copies.source)
    video = copies.source.upload("shared.mov", b"a video of two photos", visibility="hidden")
    copies.source.upload("kept.jpg", livePhotoVideoId=video)
    copies.source.upload("thrown away.jpg", livePhotoVideoId=video)
    throw_away(copies.source, "thrown away.jpg")
    result = copies()
    assert (result["uploaded"], result["moved_to_trash"], result["warnings"]) == (3, 0, [])
    assert in_trash(copies.target) == {"a.jpg": False, "kept.jpg": False, "shared.mov": False}
    assert copies()["changed"] is False


def test_copy_leaves_assets_of_target_in_place(copies: Copies) -> None:
    for name in ("in both.jpg", "only there.jpg", "only here.jpg"):
        copies.source.upload(name)
        copies.target.upload(name)
    copies.source.album("Rome", *copies.source.ids)
    throw_away(copies.source, "in both.jpg", "only there.jpg")
    throw_away(copies.target, "in both.jpg", "only here.jpg")
    before = in_trash(copies.target)
    result = copies(**KEEP)
    assert (result["uploaded"], result["moved_to_trash"]) == (0, 0)
    source, target = sorted(result["warnings"])
    assert source.startswith("1 files are in the trash of the source")
    assert target.startswith("1 files are in the trash of the target")
    assert in_trash(copies.target) == before
    (album,) = copies.target.server.state()["albums"]
    assert album["assets"] == [copies.target.ids["in both.jpg"]]


def test_duplicate_found_while_uploading_counts_for_no_tag(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another client brought the file after the target was asked for it."""
    copies.source.upload("a.jpg")
    copies.source.tag("Oslo", "a.jpg")
    throw_away(copies.source, "a.jpg")
    copies.target.upload("a.jpg")
    real, first = AssetCalls.check, [dict[str, values.KnownAsset]()]
    monkeypatch.setattr(AssetCalls, "check", lambda calls, sha1s: first.pop() if first else real(calls, sha1s))

    result = copies(**KEEP)

    assert first == []
    assert (result["uploaded"], result["duplicates"]) == (0, 1)
    assert (result["tags"], result["warnings"]) == ([], [OUTSIDE])


def test_uncertain_upload_is_not_put_into_the_trash(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    throw_away(copies.source, "a.jpg")
    copies.target.server.fault(method="POST", path="/assets$", cut="response")  # after it was stored
    result = copies(**KEEP)
    assert (result["uploaded"], result["moved_to_trash"], result["warnings"]) == (1, 0, [OUTSIDE])
    assert in_trash(copies.target) == {"a.jpg": False}
    again = copies(**KEEP)
    assert (again["changed"], again["warnings"]) == (False, [OUTSIDE])


def test_copy_fails_for_file_not_moved_to_trash(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    throw_away(copies.source, "a.jpg")
    copies.target.server.fault(method="DELETE", path="/assets$", times=None, status=400, json={"message": "Not today"})
    error = copies.failing(**KEEP)
    assert [one["path"].split()[0] for one in error.result["failures"]] == ["a.jpg"]
    assert (error.result["uploaded"], error.result["moved_to_trash"], error.result["counts"]["failed"]) == (1, 0, 1)


def test_file_not_moved_to_trash_is_done_once(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[int, int]] = []
    real = ItemTally.result

    def result(tally: ItemTally, *results: Any) -> dict[str, Any]:
        done.append((tally.files_seen, tally.files_done))
        return real(tally, *results)

    monkeypatch.setattr(ItemTally, "result", result)
    copies.source.upload("a.jpg")
    throw_away(copies.source, "a.jpg")
    copies.target.server.fault(method="DELETE", path="/assets$", times=None, status=400, json={"message": "Not today"})
    copies.failing(**KEEP)
    assert done == [(1, 1)]


def test_copy_of_trash_requires_delete_scope(copies: Copies) -> None:
    scopes = ["user.read", "asset.upload", "asset.read", "asset.update", "tag.read"]
    options: dict[str, Any] = {**KEEP, **dict.fromkeys(("create_albums", "tag_existing", "create_stacks"), False), "with_people": "none"}
    copies.source.upload("a.jpg")
    throw_away(copies.source, "a.jpg")
    copies.target.api_key = copies.target.server.make_key(permissions=scopes)
    error = copies.failing(**options)
    assert isinstance(error, errors.PermissionDenied)
    assert "the scope asset.delete" in error.msg
    assert originals(copies.source) == []
    copies.target.api_key = copies.target.server.make_key(permissions=[*scopes, "asset.delete"])
    assert copies(**options)["moved_to_trash"] == 1


@pytest.mark.parametrize("check", [True, False])
def test_a_target_without_a_trash_is_refused(copies: Copies, check: bool) -> None:
    copies.source.upload("a.jpg")
    features = {**copies.target.ask("GET", "/server/features"), "trash": False}
    copies.target.server.fault(path="/server/features", json=features, status=200, times=None)
    assert "The trash of the target is switched off" in copies.failing(check=check, **KEEP).msg
    assert writes(copies.target.server) == []
    assert copies()["uploaded"] == 1


@pytest.mark.parametrize("path", ["/assets", "/assets/bulk-upload-check"])
def test_answer_naming_another_photo_trashes_nothing(copies: Copies, path: str) -> None:
    """Something in front of the target gives the ids of old photos as those of new ones."""
    old = [copies.target.upload(name) for name in ("1.jpg", "2.jpg", "3.jpg")]
    left = list(old)
    for name in ("a.jpg", "b.jpg"):
        copies.source.upload(name)
    throw_away(copies.source, "a.jpg", "b.jpg")
    copies.source.upload("c.jpg")

    def change(request: Seen, answer: Reply) -> Reply:
        if request.method != "POST" or not request.path.endswith(path) or answer.status >= 300:
            return answer
        found = json.loads(answer.body)
        if "results" in found:
            found["results"] = [{**one, "assetId": old[0]} if one["action"] == "reject" else one for one in found["results"]]
        else:
            found["id"] = left.pop()
        return Reply(answer.status, json.dumps(found).encode(), answer.headers)

    with forwarding(copies.target.server.url, change) as proxy:
        error = copies.failing(target_url=proxy.url, concurrency=1, create_albums=False, tag_existing=False, create_stacks=False, **KEEP)
    assert not any(in_trash(copies.target).values())
    assert (error.kind, error.result["moved_to_trash"]) == ("proxy", 0)
    assert len(error.result["failures"]) == 1  # the run ends with the first
    assert {"1.jpg", "2.jpg", "3.jpg"} < in_trash(copies.target).keys()


def test_asset_trashed_by_another_client_counts_as_trashed(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    copies.source.upload("a.jpg")
    throw_away(copies.source, "a.jpg")
    real = AssetCalls.upload

    def upload(*arguments: Any) -> values.UploadAnswer:
        stored = real(*arguments)
        copies.target.ask("DELETE", "/assets", json={"ids": [stored.asset_id]})
        return stored

    monkeypatch.setattr(AssetCalls, "upload", upload)
    result = copies(**KEEP)
    assert (result["moved_to_trash"], result["warnings"], in_trash(copies.target)) == (1, [], {"a.jpg": True})
