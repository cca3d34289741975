# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies from one server to another: what the target has in the end, and what was asked of both on the way."""

from __future__ import annotations

from typing import Any

from support.http.sharing import share_with_admin
from support.photos.jpegs import CAMERA_SIDECAR
from support.photos.libraries import Account, picture

from .conftest import Copies, Result

DESCRIPTION = "Rome\nat <night> & \N{LATIN SMALL LETTER E WITH ACUTE}"
ODD = "100% odd & 'it' \N{CAMERA} (1).jpg"
NAMES = ("a.jpg", "IMG 1.jpg", "IMG 1.jpg.jpg", ODD, "\u00fcmlaut.jpg", "d.mp4")


def fill(account: Account) -> None:
    """A library with all that is carried."""
    for minutes, name in enumerate(NAMES):
        account.upload(name, minutes=-minutes, visibility="archive" if name == "IMG 1.jpg" else "timeline")
    account.live("live.jpg", minutes=5, isFavorite="true")
    account.change("a.jpg", description=DESCRIPTION, rating=4, latitude=41.9, longitude=-12.5)
    account.change("IMG 1.jpg", rating=-1)
    account.change("d.mp4", dateTimeOriginal="1969-07-20T22:17:40.500+02:00")
    rome = account.album("Rome", "a.jpg", "IMG 1.jpg", "live.jpg", description="Spring", order="asc")
    share_with_admin(account.server, rome)
    account.album("Rome", "d.mp4")
    account.album("Empty")
    account.tag("Trip/Rome", "a.jpg", "live.jpg")
    account.tag("Trip", "a.jpg", "\u00fcmlaut.jpg")
    account.stack("\u00fcmlaut.jpg", ODD)


def seen(account: Account) -> dict[str, Any]:
    """The assets, albums, tags and stacks of a library, by names instead of ids."""
    account.server.wait_idle()
    state = account.server.state()
    names = {asset["id"]: asset["name"] for asset in state["assets"]}
    assets = {name: look(account, asset_id, names) for asset_id, name in names.items()}
    albums = sorted(
        (
            album["albumName"],
            album["description"],
            album["order"],
            sorted(names[one["id"]] for one in search(account, albumIds=[album["id"]])),
            sorted((one["user"]["email"], one["role"]) for one in album["albumUsers"] if one["role"] != "owner"),
        )
        for album in account.ask("GET", "/albums")
    )
    stacks = [[names[one] for one in stack["assets"]] for stack in state["stacks"]]
    return {"assets": assets, "albums": albums, "stacks": stacks, "tags": sorted(tag["value"] for tag in account.ask("GET", "/tags"))}


def look(account: Account, asset_id: str, names: dict[str, str]) -> dict[str, Any]:
    """The fields of an asset that a copy carries."""
    found = account.ask("GET", f"/assets/{asset_id}")
    about = {
        name: found[name] for name in ("checksum", "type", "fileCreatedAt", "localDateTime", "fileModifiedAt", "isFavorite", "visibility")
    }
    exif = found["exifInfo"]
    about.update({name: exif[name] for name in ("description", "rating", "latitude", "longitude")})
    about["tags"] = sorted(tag["value"] for tag in found["tags"])
    about["video"] = names.get(found["livePhotoVideoId"] or "")
    return about


def test_the_camera_of_a_scan_is_copied(copies: Copies) -> None:
    copies.source.upload("scan.jpg", sidecar=CAMERA_SIDECAR)
    assert cameras(copies.source) == [("Leica", "M3", "Elmar 50 & hood")]
    copies()
    assert cameras(copies.target) == cameras(copies.source)
    assert not copies()["changed"]


def cameras(account: Account) -> list[tuple[str, ...]]:
    account.server.wait_idle()
    found = (account.ask("GET", f"/assets/{asset['id']}")["exifInfo"] for asset in account.server.state()["assets"])
    return [(exif["make"], exif["model"], exif["lensModel"]) for exif in found]


def search(account: Account, **query: Any) -> list[dict[str, Any]]:
    """The assets that a search finds in the timeline and the archive."""
    found: list[dict[str, Any]] = []
    for visibility in ("timeline", "archive"):
        found += account.ask("POST", "/search/metadata", json={**query, "visibility": visibility})["assets"]["items"]
    return found


def originals(account: Account) -> list[str]:
    """The requests for originals."""
    return [one["path"] for one in account.server.requests() if one["path"].endswith("/original")]


def predicted(result: Result) -> dict[str, Any]:
    """The parts of a result that check mode has to predict."""
    kept = {name: result[name] for name in ("changed", "uploaded", "duplicates", "counts", "live_photos", "stacks", "diff")}
    kept["albums"] = [(one["name"], one["created"], one["added"], one["shared_with"]) for one in result["albums"]]
    kept["tags"] = [(one["name"], one["created"], one["added"]) for one in result["tags"]]
    return kept


def test_copy_carries_all_and_second_run_is_unchanged(from_each: Copies) -> None:
    fill(from_each.source)
    check = from_each(check=True)
    assert from_each.target.server.requests(writes=True) == []
    assert originals(from_each.source) == []
    result = from_each()
    assert predicted(result) == predicted(check)
    assert (result["changed"], result["uploaded"], result["counts"]["failed"], result["warnings"]) == (True, 8, 0, [])
    assert sorted((one["name"], one["shared_with"]) for one in result["albums"]) == [("Empty", 0), ("Rome", 0), ("Rome", 1)]
    expected = seen(from_each.source)
    if from_each.target.ask("GET", "/server/version")["major"] >= 3:  # which has no rejected photos
        expected["assets"]["IMG 1.jpg"]["rating"] = None
    assert seen(from_each.target) == expected
    assert expected["assets"]["live.jpg"]["video"] == "live.mov"
    assert expected["assets"]["d.mp4"]["fileCreatedAt"] == "1969-07-20T20:17:40.500Z"
    assert expected["stacks"] == [["\u00fcmlaut.jpg", ODD]]
    assert len(originals(from_each.source)) == 8
    from_each.source.server.clear_requests()
    from_each.target.server.clear_requests()
    again = from_each()
    assert (again["changed"], again["uploaded"], again["duplicates"], again["albums"], again["tags"]) == (False, 0, 8, [], [])
    assert originals(from_each.source) == []
    assert from_each.source.server.requests(writes=True) == from_each.target.server.requests(writes=True) == []
    assert from_each(check=True)["changed"] is False


def test_nothing_is_written_to_the_source(copies: Copies) -> None:
    fill(copies.source)
    copies.source.server.clear_requests()
    copies()
    assert copies.source.server.requests(writes=True) == []


def test_selection_takes_its_live_videos_and_its_albums_only(copies: Copies) -> None:
    fill(copies.source)
    result = copies(selection={"favorite": True})
    assert result["uploaded"] == 2
    found = seen(copies.target)
    assert sorted(found["assets"]) == ["live.jpg", "live.mov"]
    assert [(name, members) for name, _text, _order, members, _users in found["albums"]] == [("Rome", ["live.jpg"])]
    assert found["assets"]["live.jpg"]["video"] == "live.mov"


def test_copy_completes_assets_of_target(copies: Copies) -> None:
    fill(copies.source)
    copies.target.upload("a.jpg", picture("a.jpg"))
    copies.target.upload("live.jpg", picture("live.jpg"))
    copies.target.upload("\u00fcmlaut.jpg", picture("\u00fcmlaut.jpg"))
    copies.target.album("Rome", "a.jpg", description="mine")
    copies.target.tag("Trip", "a.jpg")
    check = copies(check=True)
    result = copies()
    assert predicted(result) == predicted(check)
    assert (result["uploaded"], result["duplicates"]) == (5, 3)
    found, expected = seen(copies.target), seen(copies.source)
    for name in ("live.jpg", "a.jpg", "\u00fcmlaut.jpg"):
        assert (found["assets"][name]["tags"], found["assets"][name]["video"]) == (
            expected["assets"][name]["tags"],
            expected["assets"][name]["video"],
        )
    assert found["stacks"] == expected["stacks"]
    rome = [album for album in found["albums"] if len(album[3]) == 3]
    assert [(one[0], one[1]) for one in rome] == [("Rome", "mine")]
    assert copies()["changed"] is False


def test_copy_turns_people_into_tags_when_asked(copies: Copies) -> None:
    for name in ("new.jpg", "old.jpg", "none.jpg"):
        copies.source.upload(name)
    copies.source.person("Ann / Bee", "new.jpg", "old.jpg")
    copies.source.person("")
    copies.target.upload("old.jpg")
    copies.target.server.wait_idle()
    check = copies(check=True, people_as_tags=True)
    result = copies(people_as_tags=True)
    assert predicted(result) == predicted(check)
    assert [(tag["name"], tag["added"]) for tag in result["tags"]] == [("People/Ann - Bee", 2)]
    tags = {name: about["tags"] for name, about in seen(copies.target)["assets"].items()}
    assert tags == {"new.jpg": ["People/Ann - Bee"], "old.jpg": ["People/Ann - Bee"], "none.jpg": []}
    assert copies(people_as_tags=True)["changed"] is False
