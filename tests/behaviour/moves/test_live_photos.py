# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live photos of an external library that moves. With the last photo that has it, Immich deletes a video, and its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.photos.jpegs import live_sidecar, write_photo

from .conftest import Moving

MOVE = "ansible_collections.photoyard.immich.plugins.module_utils._moves.run"


def video_of(moving: Moving, still: str) -> str | None:
    """The name of the video that a photo has, if Immich finds its file."""
    ids = moving.ids()
    video = moving.account.ask("GET", f"/assets/{ids[still]}")["livePhotoVideoId"]
    return next((name for name, asset_id in ids.items() if asset_id == video), None)


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def take_live_photos(moving: Moving, *names: str) -> None:
    """Live photos of the library, as a phone takes them: Immich finds out what belongs together."""
    for name in names:
        for half in (f"{name}.jpg", f"{name}.mov"):
            (moving.old / "2024").mkdir(parents=True, exist_ok=True)
            (moving.old / "2024" / f"{half}.xmp").write_bytes(live_sidecar(name))
    moving.fill(*(f"{name}.{ending}" for name in names for ending in ("jpg", "mov")))


def test_live_photos_of_a_phone_keep_their_videos(on_each: Moving) -> None:
    take_live_photos(on_each, "a", "b")
    on_each.account.change("a.jpg", rating=4)
    assert [video_of(on_each, name) for name in ("a.jpg", "b.jpg")] == ["a.mov", "b.mov"]
    on_each.move_folder()
    files = files_below(on_each.new)
    assert on_each()["moved"] == 4
    on_each.server.wait_idle()
    assert ([video_of(on_each, name) for name in ("a.jpg", "b.jpg")], files_below(on_each.new)) == (["a.mov", "b.mov"], files)
    assert on_each()["changed"] is False


def test_video_of_another_copy_of_a_live_photo_stays(moving: Moving) -> None:
    take_live_photos(moving, "a")
    for half in ("a.jpg", "a.mov"):  # the same live photo twice: Immich joins any of its halves
        copy = write_photo(moving.old / "2024" / f"copy of {half}", 7)
        copy.with_name(copy.name + ".xmp").write_bytes(live_sidecar("a"))
    moving.scan()
    joined = [video_of(moving, name) for name in ("a.jpg", "copy of a.jpg")]
    moving.move_folder()
    files = files_below(moving.new)
    assert moving()["moved"] == 4
    moving.server.wait_idle()
    assert ([video_of(moving, name) for name in ("a.jpg", "copy of a.jpg")], files_below(moving.new)) == (joined, files)


def test_live_photo_outlives_death_while_removing(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MOVE}._BATCH", 1)
    take_live_photos(moving, "a", "b")
    moving.move_folder()
    files = files_below(moving.new)
    moving.finish_despite_deaths()
    moving.server.wait_idle()
    assert ([video_of(moving, name) for name in ("a.jpg", "b.jpg")], files_below(moving.new)) == (["a.mov", "b.mov"], files)


def test_video_outside_of_moved_folder_stays(on_each: Moving) -> None:
    on_each.fill("live.jpg")
    video = on_each.account.upload("live.mov")
    on_each.account.change("live.jpg", livePhotoVideoId=video)
    on_each.move_folder()
    assert on_each()["moved"] == 1
    on_each.server.wait_idle()
    assert (video_of(on_each, "live.jpg"), on_each.ids()["live.mov"]) == ("live.mov", video)


def test_photo_outside_keeps_its_moved_video(on_each: Moving) -> None:
    on_each.fill("live.mov")
    on_each.account.upload("live.jpg")
    on_each.account.change("live.jpg", livePhotoVideoId=on_each.account.ids["live.mov"])
    on_each.move_folder()
    assert on_each()["moved"] == 1
    on_each.server.wait_idle()
    assert video_of(on_each, "live.jpg") == "live.mov"
    assert on_each.account.ask("GET", f"/assets/{on_each.ids()['live.mov']}")["visibility"] == "hidden"


def test_video_without_counterpart_stays(moving: Moving) -> None:
    moving.fill("live.jpg", "live.mov")
    video = moving.account.ids["live.mov"]
    moving.account.change("live.jpg", livePhotoVideoId=video)
    moving.move_folder()
    (moving.new / "2024" / "live.mov").unlink()
    assert (moving()["moved"], moving.offline()) == (1, ["live.mov"])
    moving.server.wait_idle()
    assert (moving.offline(), moving.account.ask("GET", f"/assets/{moving.ids()['live.jpg']}")["livePhotoVideoId"]) == (["live.mov"], video)


def test_video_joined_in_this_moment_stops_removal(moving: Moving) -> None:
    moving.fill("a.jpg", "b.mov")
    old = moving.account.ids["a.jpg"]
    moving.move_folder()

    def join(method: str, path: str) -> None:
        if (method, path) == ("GET", f"/assets/{old}") and moving.offline():
            moving.account.ask("PUT", f"/assets/{old}", json={"livePhotoVideoId": moving.ids()["b.mov"]})

    failure = moving.failure(before_calls=join)
    moving.server.wait_idle()
    assert (failure.kind, "b.mov" in failure.msg, files_below(moving.new)) == ("proxy", True, ["a.jpg", "b.mov"])
    assert moving()["moved"] > 0
