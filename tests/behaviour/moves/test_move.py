# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An external library moves: what the new assets have afterwards, what a second run does, and what is refused before anything happens."""

from __future__ import annotations

import hashlib
import os
import shutil

import pytest

from support.collection import errors
from support.photos.jpegs import sidecar_of

from .conftest import Moving, decorate

NAMES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg")
MOVE = "ansible_collections.photoyard.immich.plugins.module_utils._moves.run"
COMPARED = ("changed", "moved", "carried", "lost", "left_alone", "scanned", "action")


def test_all_of_photos_is_carried_over(on_each: Moving) -> None:
    on_each.fill(*NAMES)
    decorate(on_each)
    before, old = {name: on_each.about(name) for name in NAMES}, on_each.ids()
    assert [before["a.jpg"][key] != [] for key in ("albums", "tags", "shared-links", "memories", "stack", "faces")] == [True] * 6
    on_each.move_folder()
    on_each.server.clear_requests()
    predicted = on_each(check=True)
    assert (on_each.writes(), on_each.record.exists()) == ([], False)
    result = on_each()
    assert {key: result[key] for key in COMPARED} == {key: predicted[key] for key in COMPARED}
    assert (result["moved"], result["failures"], result["warnings"]) == (6, [], [])
    assert {name: on_each.about(name) for name in NAMES} == before
    new = on_each.ids()
    assert (set(new), new["up.jpg"]) == (set(old), old["up.jpg"])
    assert not {new[name] for name in NAMES} & set(old.values())
    assert len(on_each.server.state()["assets"]) == 7
    assert all((on_each.new / "2024" / name).exists() for name in NAMES)
    copies = [one["json"] for one in on_each.server.requests(writes=True) if one["path"] == "/assets/copy"]
    assert [(one["sidecar"], one["stack"]) for one in copies] == [(False, False)] * len(copies)
    on_each.server.clear_requests()
    again = on_each()
    assert (again["changed"], again["moved"], on_each.writes()) == (False, 0, [])


def test_values_in_moved_sidecar_are_not_written_again(moving: Moving) -> None:
    moving.fill("a.jpg")
    moving.account.tag("Trip", "a.jpg")
    moving.server.wait_idle()
    moving.move_folder()
    (moving.new / "2024" / "a.jpg.xmp").write_bytes(sidecar_of(tags=["Trip", "later"]))
    moving.server.clear_requests()
    assert moving()["moved"] == 1
    assert moving.about("a.jpg")["tags"] == ["Trip", "later"]
    assert [path for path in moving.writes() if "tags" in path] == []


def test_faces_found_by_immich_get_names(moving: Moving) -> None:
    moving.fill("a.jpg", "b.jpg")
    moving.account.person("Ann", "a.jpg", "b.jpg")
    before = [moving.about(name)["faces"] for name in ("a.jpg", "b.jpg")]
    checksum = hashlib.sha1(b"path:" + bytes(moving.new / "2024" / "a.jpg")).hexdigest()
    moving.server.control("POST", "detectable", {"checksum": checksum, "boxes": [[0.125, 0.125, 0.375, 0.375]]})
    moving.move_folder()
    moving.server.clear_requests()
    moving()
    assert [moving.about(name)["faces"] for name in ("a.jpg", "b.jpg")] == before
    assert len([path for path in moving.writes() if path.startswith("PUT /faces/")]) == 1
    assert len([path for path in moving.writes() if path == "POST /faces"]) == 1


@pytest.mark.check
def test_move_killed_after_each_call_is_finished(moving: Moving) -> None:
    moving.fill(*NAMES)
    decorate(moving)
    before = {name: moving.about(name) for name in NAMES}
    moving.move_folder()
    assert moving.finish_despite_deaths() > 15
    assert {name: moving.about(name) for name in NAMES} == before
    assert len(moving.server.state()["assets"]) == 7
    assert moving()["changed"] is False


def test_stack_stays_whole_if_move_dies_while_removing(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MOVE}._BATCH", 1)
    moving.fill(*NAMES)
    moving.account.stack("a.jpg", "b.jpg", "c.jpg")
    moving.account.stack("f.jpg", "e.jpg", "d.jpg")
    before = {name: moving.about(name)["stack"] for name in NAMES}
    moving.move_folder()
    moving.finish_despite_deaths()
    assert (moving.offline(), {name: moving.about(name)["stack"] for name in NAMES}) == ([], before)


def test_stack_of_archived_photos_is_carried_over(on_each: Moving) -> None:
    on_each.fill("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    on_each.account.stack("a.jpg", "b.jpg")
    on_each.account.stack("c.jpg", "d.jpg")
    for name in ("a.jpg", "b.jpg", "d.jpg"):
        on_each.account.change(name, visibility="archive")
    on_each.server.wait_idle()
    on_each.move_folder()
    assert on_each()["carried"]["stack"] == 4
    names = {asset_id: name for name, asset_id in on_each.ids().items()}
    stacks = [[names[asset_id] for asset_id in stack["assets"]] for stack in on_each.server.state()["stacks"]]
    assert (sorted(stacks), on_each.offline()) == ([["a.jpg", "b.jpg"], ["c.jpg", "d.jpg"]], [])
    assert on_each()["changed"] is False


def test_archived_stack_stays_without_its_cover(on_each: Moving) -> None:
    on_each.fill("a.jpg", "b.jpg", "c.jpg")
    on_each.account.stack("a.jpg", "b.jpg", "c.jpg")
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        on_each.account.change(name, visibility="archive")
    on_each.move_folder()
    (on_each.new / "2024" / "a.jpg").unlink()
    assert (on_each()["moved"], on_each.offline()) == (2, ["a.jpg"])
    ids = on_each.ids()
    assert {ids["b.jpg"], ids["c.jpg"]} in [set(stack["assets"]) for stack in on_each.server.state()["stacks"]]


def test_hidden_photo_stays_hidden(on_each: Moving) -> None:
    on_each.fill("a.jpg")
    on_each.account.change("a.jpg", visibility="hidden")
    on_each.move_folder()
    assert (on_each()["moved"], on_each.about("a.jpg")["visibility"]) == (1, "hidden")


def test_asset_kept_by_immich_is_not_counted(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MOVE}._TIME_TO_REMOVE", 0.2)
    moving.fill("a.jpg")
    moving.move_folder()
    moving.server.pause("backgroundTask")
    result = moving()
    assert (result["moved"], [one["path"] for one in result["left_alone"]]) == (0, [str(moving.old / "2024" / "a.jpg")])
    moving.server.resume("backgroundTask")
    moving.server.wait_idle()
    assert (moving.offline(), moving()["changed"]) == ([], False)


def test_cover_of_anothers_album_is_carried_over(on_each: Moving) -> None:
    on_each.fill("a.jpg", "b.jpg")
    account = on_each.account
    editor = {"userId": account.ask("GET", "/users/me")["id"], "role": "editor"}
    album = on_each.admin.ask("POST", "/albums", json={"albumName": "Ours", "albumUsers": [editor]})["id"]
    account.ask("PUT", f"/albums/{album}/assets", json={"ids": [account.ids["b.jpg"], account.ids["a.jpg"]]})
    on_each.admin.ask("PATCH", f"/albums/{album}", json={"albumThumbnailAssetId": account.ids["a.jpg"]})
    on_each.move_folder()
    predicted, result = on_each(check=True), on_each()
    assert {key: predicted[key] for key in COMPARED} == {key: result[key] for key in COMPARED}
    cover = on_each.admin.ask("GET", f"/albums/{album}")["albumThumbnailAssetId"]
    # With 1.135, only the owner may set it.
    assert (cover == on_each.ids()["a.jpg"]) == (on_each.account.ask("GET", "/server/version")["major"] > 1)


def test_photo_of_hidden_person_stays_in_memory(on_each: Moving) -> None:
    on_each.fill("a.jpg", "b.jpg")
    account = on_each.account
    memory = {"type": "on_this_day", "memoryAt": "2024-06-01T00:00:00.000Z", "data": {"year": 2024}}
    made = account.ask("POST", "/memories", json={**memory, "assetIds": [account.ids["a.jpg"], account.ids["b.jpg"]]})
    account.person("Ann", "a.jpg", isHidden=True)
    on_each.move_folder()
    on_each()
    assert {one["id"] for one in account.ask("GET", f"/memories/{made['id']}")["assets"]} == set(on_each.ids().values())


def test_others_of_a_stack_wait_for_a_failed_one(moving: Moving) -> None:
    moving.fill("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    moving.account.stack("a.jpg", "b.jpg", "c.jpg")
    moving.account.change("b.jpg", rating=3)
    before = moving.about("b.jpg")["stack"]
    moving.move_folder()
    moving.server.fault(method="PATCH", path="^/assets/[0-9a-f-]+$", times=None, status=400, json={"message": "odd"})
    failure = moving.failure()
    assert (failure.result["moved"], moving.offline(), len(failure.result["failures"])) == (1, ["a.jpg", "b.jpg", "c.jpg"], 3)
    moving.server.clear_faults()
    assert (moving()["moved"], moving.about("b.jpg")["stack"], moving.offline()) == (3, before, [])


def test_video_waits_for_its_live_photo(moving: Moving) -> None:
    moving.fill("live.jpg", "live.mov")
    moving.account.change("live.jpg", livePhotoVideoId=moving.account.ids["live.mov"], rating=3)
    moving.move_folder()
    moving.server.fault(method="PATCH", path="^/assets/[0-9a-f-]+$", times=None, status=400, json={"message": "odd"})
    assert moving.failure().result["moved"] == 0
    moving.server.clear_faults()
    assert moving()["moved"] == 2
    ids = moving.ids()
    assert moving.account.ask("GET", f"/assets/{ids['live.jpg']}")["livePhotoVideoId"] == ids["live.mov"]


def test_watched_library_is_refused(moving: Moving) -> None:
    moving.fill("a.jpg")
    moving.configure(watch={"enabled": True})
    moving.move_folder()
    moving.server.clear_requests()
    failures = [moving.failure(check=check) for check in (True, False)]
    assert [(failure.kind, failure.details) for failure in failures] == [("validation", {"option": "library.watch.enabled"})] * 2
    assert (moving.writes(), moving.record.exists()) == ([], False)


def test_new_folder_out_of_sight_is_refused(moving: Moving) -> None:
    moving.fill("a.jpg")
    moving.server.clear_requests()
    failures = [moving.failure(check=check) for check in (True, False)]
    assert [(failure.kind, list(failure.details["paths"])) for failure in failures] == [("validation", [str(moving.new)])] * 2
    assert (moving.writes(), moving.record.exists(), moving.offline()) == ([], False, [])


def test_files_left_at_old_place_are_not_deleted(on_each: Moving) -> None:
    on_each.fill("a.jpg", "b.jpg")
    shutil.copytree(on_each.old, on_each.new)
    before = sorted(on_each.old.rglob("*"))
    if on_each.account.ask("GET", "/server/version")["major"] == 1:  # it would delete them
        on_each.server.clear_requests()
        failures = [on_each.failure(check=check) for check in (True, False)]
        assert [(failure.kind, failure.options) for failure in failures] == [("validation", ("moved_from",))] * 2
        assert (on_each.writes(), on_each.record.exists()) == ([], False)
        shutil.move(on_each.old, on_each.old.with_name("elsewhere"))
        before = []
    assert (on_each()["moved"], sorted(on_each.old.rglob("*"))) == (2, before)


def test_old_folder_back_before_removal_keeps_its_files(on_each: Moving) -> None:
    on_each.fill("a.jpg")
    on_each.move_folder()

    def copy_back(method: str, _path: str) -> None:
        if method == "GET" and not on_each.old.exists() and on_each.offline():
            shutil.copytree(on_each.new, on_each.old)

    try:
        on_each(before_calls=copy_back)
    except errors.ImmichError:
        assert on_each.offline() == ["a.jpg"]
    assert (on_each.old / "2024" / "a.jpg").exists()


@pytest.mark.parametrize("paths", [["."], [".."], []], ids=["itself", "folder above", "none"])
def test_old_folder_in_import_paths_is_refused(moving: Moving, paths: list[str]) -> None:
    moving.fill("a.jpg")
    moving.server.clear_requests()
    failure = moving.failure(import_paths=[os.path.normpath(moving.old / path) for path in paths])
    assert (failure.kind, moving.writes()) == ("validation", [])


def test_comments_need_acceptance(on_each: Moving) -> None:
    on_each.fill("a.jpg", "b.jpg")
    album = on_each.account.album("Rome", "a.jpg", "b.jpg")
    for kind in ({"type": "comment", "comment": "Lovely"}, {"type": "like"}):
        on_each.account.ask("POST", "/activities", json={"albumId": album, "assetId": on_each.account.ids["a.jpg"], **kind})
    on_each.move_folder()
    on_each.server.clear_requests()
    for accepted in ((), ("edits", "unseen")):
        for check in (True, False):
            failure = on_each.failure(check=check, accept_loss=accepted)
            assert (failure.kind, failure.details["comments"]) == ("validation", 2)
            assert failure.details["assets"] == [str(on_each.old / "2024" / "a.jpg")]
    assert (on_each.writes(), on_each.record.exists()) == ([], False)
    result = on_each(accept_loss=("comments",))
    assert (result["moved"], result["lost"]) == (2, {"comments": 2, "edits": 0, "unseen": 0})


def test_edits_need_acceptance(moving: Moving) -> None:
    moving.fill("a.jpg")
    edits = [{"action": "rotate", "parameters": {"angle": 90}}]
    moving.account.ask("PUT", f"/assets/{moving.account.ids['a.jpg']}/edits", json={"edits": edits})
    moving.account.person("Ann", "a.jpg")
    moving.move_folder()
    assert moving.failure().details["edits"] == 1
    predicted, result = (moving(check=check, accept_loss=("edits",)) for check in (True, False))
    assert (result["moved"], moving.about("a.jpg")["faces"]) == (1, [])
    assert result["carried"] == predicted["carried"] == {"position": 1}


def test_library_offline_already_needs_acceptance(on_each: Moving) -> None:
    on_each.fill("a.jpg")
    on_each.account.album("Rome", "a.jpg")
    on_each.account.tag("Trip", "a.jpg")
    on_each.account.person("Ann", "a.jpg")
    on_each.server.wait_idle()
    on_each.move_folder()
    on_each.scan()
    on_each.server.clear_requests()
    assert on_each.failure().details["unseen"] == 1
    assert on_each.writes() == []
    predicted = on_each(check=True, accept_loss=("unseen",))
    result = on_each(accept_loss=("unseen",))
    assert {key: result[key] for key in COMPARED} == {key: predicted[key] for key in COMPARED}
    assert (result["moved"], result["lost"]["unseen"]) == (1, 1)
    found = on_each.about("a.jpg")
    assert (found["tags"], found["albums"][0][0], [face[0] for face in found["faces"]]) == (["Trip"], "Rome", ["Ann"])


@pytest.mark.parametrize("change", ["time", "size", "gone"])
def test_other_file_at_new_place_is_left_alone(moving: Moving, change: str) -> None:
    moving.fill("a.jpg", "b.jpg")
    moving.account.tag("Trip", "a.jpg", "b.jpg")
    moving.server.wait_idle()
    moving.move_folder()
    file = moving.new / "2024" / "a.jpg"
    about = file.stat()
    if change == "gone":
        file.unlink()
    elif change == "time":
        os.utime(file, (about.st_mtime + 60, about.st_mtime + 60))
    else:
        file.write_bytes(file.read_bytes() + b"more")
        os.utime(file, (about.st_mtime, about.st_mtime))
    result = moving()
    assert (result["moved"], [one["path"] for one in result["left_alone"]]) == (1, [str(moving.old / "2024" / "a.jpg")])
    assert (moving.offline(), len(result["warnings"])) == (["a.jpg"], 1)
    assert moving.about("b.jpg")["tags"] == ["Trip"]
    assert moving()["changed"] is False


def test_key_of_another_user_is_refused(moving: Moving) -> None:
    moving.fill("a.jpg")
    moving.move_folder()
    moving.server.clear_requests()
    failure = moving.failure(api_key=moving.server.admin_api_key)
    assert (failure.kind, "user_api_key" in failure.msg, moving.writes()) == ("validation", True, [])


def test_key_without_scopes_is_refused_first(moving: Moving) -> None:
    moving.fill("a.jpg")
    moving.move_folder()
    moving.server.clear_requests()
    failure = moving.failure(api_key=moving.server.make_key(permissions=["asset.read", "user.read"]))
    assert (failure.kind, {"face.create", "asset.copy", "memory.read"} <= set(failure.details["scopes"])) == ("permission", True)
    assert moving.writes() == []


@pytest.mark.parametrize("queue", ["library", "metadataExtraction"])
def test_paused_queue_stops_move_before_removal(moving: Moving, queue: str) -> None:
    moving.fill("a.jpg")
    moving.account.tag("Trip", "a.jpg")
    moving.server.wait_idle()
    moving.move_folder()
    moving.server.pause(queue)
    failure = moving.failure()
    assert (failure.kind, queue in failure.msg) == ("validation", True)
    moving.server.resume(queue)
    moving.server.wait_idle()
    assert (moving()["moved"], moving.about("a.jpg")["tags"], moving.offline()) == (1, ["Trip"], [])


def test_asset_back_at_old_place_is_not_removed(moving: Moving) -> None:
    moving.fill("a.jpg")
    old = moving.account.ids["a.jpg"]
    found = moving.account.ask("GET", f"/assets/{old}")
    moving.move_folder()
    moving.server.fault(method="GET", path=f"^/assets/{old}$", after=1, times=None, json=found)  # as one that is back
    failure = moving.failure()
    assert (failure.kind, moving.offline()) == ("proxy", ["a.jpg"])
    moving.server.clear_faults()
    assert moving()["moved"] == 1


def test_refused_value_keeps_old_asset(moving: Moving) -> None:
    moving.fill("a.jpg", "b.jpg")
    moving.account.change("a.jpg", rating=3)
    moving.move_folder()
    moving.server.fault(method="PATCH", path="^/assets/[0-9a-f-]+$", times=None, status=400, json={"message": "odd"})
    failure = moving.failure()
    assert [one["path"] for one in failure.result["failures"]] == [str(moving.old / "2024" / "a.jpg")]
    assert (failure.result["moved"], moving.offline(), failure.result["changed"]) == (1, ["a.jpg"], True)
    moving.server.clear_faults()
    assert (moving()["moved"], moving.about("a.jpg")["rating"]) == (1, 3)


IGNORED: list[tuple[str, str, object]] = [
    ("PUT", "^/albums/[^/]+/assets$", []),
    ("PATCH", "^/albums/[^/]+$", {"id": "", "albumName": ""}),
    ("PUT", "^/memories/[^/]+/assets$", []),
    ("PUT", "^/shared-links/[^/]+/assets$", []),
    ("PUT", "^/tags/assets$", {"count": 1}),
    ("POST", "^/faces$", {}),
]
"""Calls of a move, and what Immich answers to them with success without doing anything."""


REFUSED: list[tuple[str, str]] = [("PUT", "^/albums/[^/]+/assets$"), ("POST", "^/stacks$"), ("POST", "^/faces$")]
"""Calls of a move, each by another function."""


def assert_stays_until_complete(moving: Moving, method: str, path: str, status: int, answer: object) -> None:
    """Moves decorated photos while Immich answers a call so: those that lack something stay, and the next run completes them."""
    moving.fill(*NAMES)
    decorate(moving)
    before = {name: moving.about(name) for name in NAMES}
    moving.move_folder()
    moving.server.fault(method=method, path=path, times=None, status=status, json=answer)
    failure = moving.failure(wait_timeout=2.0)
    failed = sorted(os.path.basename(one["path"]) for one in failure.result["failures"])
    assert (failed, bool(failed)) == (moving.offline(), True)
    moving.server.clear_faults()
    assert moving()["moved"] == len(failed)
    assert {name: moving.about(name) for name in NAMES} == before


@pytest.mark.parametrize(
    ("method", "path", "answer"), [IGNORED[0], *(pytest.param(*call, marks=pytest.mark.check) for call in IGNORED[1:])]
)
def test_old_asset_stays_where_success_did_nothing(moving: Moving, method: str, path: str, answer: object) -> None:
    assert_stays_until_complete(moving, method, path, 200, answer)


@pytest.mark.parametrize(("method", "path"), [REFUSED[0], *(pytest.param(*call, marks=pytest.mark.check) for call in REFUSED[1:])])
def test_old_asset_stays_where_call_is_refused(moving: Moving, method: str, path: str) -> None:
    assert_stays_until_complete(moving, method, path, 400, {"message": "odd"})


@pytest.mark.parametrize("content", ["notes", '{"format": "photoyard.immich move", "version": 1, "assets": {}}'])
def test_foreign_record_is_not_replaced(moving: Moving, content: str) -> None:
    moving.fill("a.jpg")
    moving.move_folder()
    moving.record.write_text(content)
    failure = moving.failure()
    assert (failure.kind, moving.record.read_text()) == ("local", content)


def test_record_of_another_move_is_refused(moving: Moving) -> None:
    moving.fill("a.jpg")
    moving.move_folder()
    moving()
    failure = moving.failure(moved_from="/mnt/other")
    assert (failure.kind, "move_record" in failure.msg) == ("validation", True)


def test_library_yet_to_be_made_is_declared(moving: Moving) -> None:
    moving.new.mkdir(parents=True)
    result = moving()
    assert (result["action"], result["moved"]) == ("create", 0)


def test_live_photo_is_joined_again(moving: Moving) -> None:
    moving.fill("live.jpg", "live.mov")
    moving.account.change("live.jpg", livePhotoVideoId=moving.account.ids["live.mov"])
    moving.move_folder()
    assert moving()["moved"] == 2
    ids = moving.ids()
    found = moving.account.ask("GET", f"/assets/{ids['live.jpg']}")
    assert found["livePhotoVideoId"] == ids["live.mov"] != moving.account.ids["live.mov"]


def test_old_asset_gone_in_this_moment_is_no_failure(moving: Moving) -> None:
    moving.fill("a.jpg")
    old = moving.account.ids["a.jpg"]
    moving.move_folder()
    # as 1.135.3 says it of one that its background job has just removed
    moving.server.fault(method="GET", path=f"^/assets/{old}$", after=2, times=1, status=400, json={"message": "Asset not found"})
    assert (moving()["moved"], moving.server.struck()) == (1, 1)
