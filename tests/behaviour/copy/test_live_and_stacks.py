# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live photos and stacks of a copy, where not all of them can be as on the source."""

from __future__ import annotations

from typing import Any

import pytest

from support.photos.libraries import picture

from .conftest import Copies
from .test_copy import predicted, seen


def stacks_of(copies: Copies) -> list[list[str]]:
    """The names in each stack of the target, the cover first."""
    found: list[list[str]] = seen(copies.target)["stacks"]
    return sorted(found)


def video_of(copies: Copies, name: str) -> str | None:
    """The name of the video of a live photo on the target."""
    found: str | None = seen(copies.target)["assets"][name]["video"]
    return found


def test_copy_leaves_conflicting_stacks_alone(copies: Copies) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg"):
        copies.source.upload(name)
        copies.target.upload(name, picture(name))
    copies.source.stack("a.jpg", "b.jpg")
    copies.source.stack("e.jpg", "f.jpg")
    copies.target.stack("a.jpg", "c.jpg")
    copies.target.stack("b.jpg", "d.jpg")
    check = copies(check=True)
    result = copies()
    assert predicted(result) == predicted(check)
    assert result["stacks"] == {"created": 1, "completed": 0, "left_alone": 1}
    assert result["warnings"] == check["warnings"]
    (warning,) = result["warnings"]
    assert warning.startswith("a.jpg, b.jpg were not stacked")
    assert stacks_of(copies) == [["a.jpg", "c.jpg"], ["b.jpg", "d.jpg"], ["e.jpg", "f.jpg"]]
    again = copies()
    assert (again["changed"], again["stacks"]["left_alone"]) == (False, 1)


def test_an_archived_photo_is_left_out_of_its_stack(from_each: Copies) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        from_each.source.upload(name, visibility="archive" if name == "c.jpg" else "timeline")
    from_each.source.stack("a.jpg", "b.jpg", "c.jpg")
    check = from_each(check=True)
    result = from_each()
    assert predicted(result) == predicted(check)
    assert result["warnings"] == check["warnings"] == []
    assert result["stacks"] == {"created": 1, "completed": 0, "left_alone": 0}
    assert stacks_of(from_each) == [["a.jpg", "b.jpg"]]
    assert not from_each()["changed"]


def test_copy_ignores_stack_deleted_meanwhile(copies: Copies) -> None:
    for name in ("a.jpg", "b.jpg"):
        copies.source.upload(name)
    copies.source.stack("a.jpg", "b.jpg")
    copies.source.server.fault("GET", "^/stacks/[^/]+$", status=400, json={"message": "Not found or no stack.read access"})
    assert copies()["stacks"]["created"] == 0
    copies.source.server.fault("GET", "^/stacks/[^/]+$", status=400, json={"message": "not today"})
    assert "Immich refused GET /stacks/" in copies.failing().msg


def test_copy_joins_next_live_photo_after_refusal(copies: Copies) -> None:
    for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        copies.source.live(name, minutes=-minutes)
    copies.target.server.fault(method="PATCH", path="^/assets/[^/]*$", after=1, status=400, json={"message": "No"})
    error = copies.failing()
    assert (error.result["live_photos"], error.result["counts"]["failed"]) == (2, 1)
    (failure,) = error.result["failures"]
    name = failure["path"].split()[0]
    assert failure["msg"].startswith("It is not joined with its video: ")
    assert {one: video_of(copies, one) is not None for one in ("a.jpg", "b.jpg", "c.jpg")} == {
        one: one != name for one in ("a.jpg", "b.jpg", "c.jpg")
    }
    assert copies()["live_photos"] == 1
    assert video_of(copies, name) == name.replace(".jpg", ".mov")


def test_a_still_whose_video_could_not_be_copied(copies: Copies) -> None:
    copies.source.live("a.jpg")
    copies.source.live("b.jpg")
    copies.source.server.fault(path=f"/assets/{copies.source.ids['b.mov']}/original", status=200, body="wrong", times=None)
    error = copies.failing()
    assert (error.result["uploaded"], error.result["live_photos"], error.result["counts"]["failed"]) == (3, 1, 1)
    (warning,) = error.result["warnings"]
    assert warning.startswith("1 live photos ")
    assert video_of(copies, "b.jpg") is None
    copies.source.server.clear_faults()
    assert copies()["live_photos"] == 1
    assert video_of(copies, "b.jpg") == "b.mov"


def test_a_video_in_the_trash_of_the_target_is_not_promised(copies: Copies) -> None:
    copies.source.live("a.jpg")
    video = copies.target.upload("a.mov", b"video of a.jpg", visibility="hidden")
    copies.target.ask("DELETE", "/assets", json={"ids": [video]})
    check = copies(check=True)
    result = copies()
    assert predicted(result) == predicted(check)
    assert result["warnings"] == check["warnings"]
    assert (result["live_photos"], video_of(copies, "a.jpg")) == (0, None)


SELECTIONS: dict[str, dict[str, Any]] = {
    "favourites": {"favorite": True},
    "an album": {"albums": ("Rome",)},
    "a tag": {"tags": ("Trip",)},
    "photos": {"types": ("image",)},
    "a time": {"taken_after": "2024-06-01T12:00:30.000Z"},
}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_copy_in_check_mode_predicts_selection_only(from_each: Copies, selection: str) -> None:
    """Each stack has a photo, or two, that the selection leaves out."""
    source = from_each.source
    for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")):
        source.upload(name, minutes=minutes, isFavorite="true" if name in ("a.jpg", "c.jpg", "d.jpg") else "false")
    source.upload("clip.mp4", minutes=10)
    source.live("live.jpg", minutes=11, isFavorite="true")
    source.live("other.jpg", minutes=12)
    source.stack("a.jpg", "b.jpg")
    source.stack("c.jpg", "d.jpg", "e.jpg")
    source.stack("clip.mp4", "live.jpg")
    source.album("Rome", "b.jpg", "c.jpg", "live.jpg")
    source.tag("Trip", "a.jpg", "d.jpg", "e.jpg")
    from_each.target.upload("e.jpg", picture("e.jpg"))
    from_each.target.server.wait_idle()
    options: dict[str, Any] = {"selection": SELECTIONS[selection]}
    check = from_each(check=True, **options)
    result = from_each(**options)
    assert predicted(result) == predicted(check)
    assert result["warnings"] == check["warnings"]
    assert result["stacks"]["created"] == len(from_each.target.server.state()["stacks"])
    assert from_each(**options)["changed"] is False
    assert from_each(check=True, **options)["changed"] is False
