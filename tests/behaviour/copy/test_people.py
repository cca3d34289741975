# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""People and faces of one server on another: who is where in the end, whatever happened on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._people import write
from support.http.wire import writes
from support.photos.libraries import Account, picture
from support.photos.people import detect_all, let_detection_find, people_of, seen_faces, sized_photo
from support.waiting import wait_until

from .conftest import Copies, Result

LARGE, PREVIEW = (2000, 1600), (1800, 1440)
ANN = {"birthDate": "1990-02-28", "isFavorite": True, "color": "#aabbcc"}
RUN = """
import sys
from contextlib import closing
from ansible_collections.photoyard.immich.plugins.module_utils._client.api import Immich
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._copy.context import CopyOptions
from ansible_collections.photoyard.immich.plugins.module_utils._copy.run import copy
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import RunLines
from ansible_collections.photoyard.immich.plugins.module_utils._run.files_run import Hooks

source, target = (Immich(Connection(*pair)) for pair in ((sys.argv[1], ApiKey(sys.argv[2])), (sys.argv[3], ApiKey(sys.argv[4]))))
with closing(source), closing(target), Run("run") as signals:
    copy(source, target, CopyOptions(), Hooks(signals, RunLines()), check_mode=False)
"""


def fill(account: Account) -> None:
    """Two people of one name, one of them hidden, and a third, on photos that are large, turned and archived."""
    account.upload("large.jpg", sized_photo("large", LARGE))
    account.upload("turned.jpg", sized_photo("turned", (400, 300), orientation=6), minutes=1)
    account.upload("archived.jpg", sized_photo("archived", (300, 300)), minutes=2, visibility="archive")
    account.upload("empty.jpg", minutes=3)
    account.server.wait_idle()
    ann, hidden_ann, ben = account.person("Ann", **ANN), account.person("Ann", isHidden=True), account.person("Ben")
    account.face(ann, "large.jpg", 200, 160, 200, 320, size=LARGE)
    account.face(hidden_ann, "large.jpg", 900, 720, 180, 144, size=PREVIEW)
    account.face(ben, "turned.jpg", 30, 40, 60, 80, size=(300, 400))
    account.face(ann, "archived.jpg", 10, 10, 30, 30, size=(100, 100))
    account.face(hidden_ann, "archived.jpg", 60, 60, 30, 30, size=(100, 100))


def marks(result: Result) -> tuple[int, int, int]:
    """How many people were made, faces marked, and faces named."""
    people = result["people"]
    return people["created"], people["faces_added"], people["faces_named"]


def without_ids(account: Account) -> list[dict[str, Any]]:
    return sorted(people_of(account).values(), key=str)


def test_people_come_with_faces_and_second_run_is_unchanged(from_each: Copies) -> None:
    fill(from_each.source)
    check = from_each(check=True)
    assert writes(from_each.target.server) == []
    result = from_each()
    assert (marks(result), result["counts"]["failed"], result["warnings"]) == ((3, 5, 0), 0, [])
    assert [check[name] for name in ("people", "changed", "diff")] == [result[name] for name in ("people", "changed", "diff")]
    assert without_ids(from_each.target) == without_ids(from_each.source)
    expected = seen_faces(from_each.source)
    assert seen_faces(from_each.target) == expected
    assert expected["turned.jpg"] == [("Ben", None, 10, 10, 30, 30)]
    state = from_each.target.server.state()
    large = next(asset["id"] for asset in state["assets"] if asset["name"] == "large.jpg")
    assert {(face["image_width"], face["image_height"]) for face in state["faces"] if face["asset"] == large} == {PREVIEW}
    assert all(person["feature"] for person in state["people"])
    from_each.target.server.clear_requests()
    again = from_each()
    assert (again["changed"], marks(again)) == (False, (0, 0, 0))
    assert writes(from_each.target.server) == []
    assert from_each(check=True)["changed"] is False


def test_diff_names_people_and_their_faces(copies: Copies) -> None:
    fill(copies.source)
    lines = copies()["diff"]["after"].splitlines()
    assert sorted(line for line in lines if line.startswith("person ")) == [
        "person Ann: 2 faces (new)",
        "person Ann: 2 faces (new)",
        "person Ben: 1 faces (new)",
    ]


EDITS: dict[str, list[dict[str, Any]]] = {
    "cropped": [{"action": "crop", "parameters": {"x": 200, "y": 150, "width": 200, "height": 150}}],
    "turned": [{"action": "rotate", "parameters": {"angle": 90}}],
    "mirrored": [{"action": "mirror", "parameters": {"axis": "horizontal"}}],
    "all": [
        {"action": "crop", "parameters": {"x": 100, "y": 0, "width": 300, "height": 300}},
        {"action": "rotate", "parameters": {"angle": 270}},
        {"action": "mirror", "parameters": {"axis": "vertical"}},
    ],
}


@pytest.mark.parametrize("edits", EDITS)
@pytest.mark.parametrize("orientation", [1, 6])
def test_faces_of_edited_photo_are_copied_to_the_original(copies: Copies, edits: str, orientation: int) -> None:
    size = (400, 300) if orientation == 1 else (300, 400)
    copies.source.upload("a.jpg", sized_photo("a", size, orientation))
    copies.source.server.wait_idle()
    copies.source.face(copies.source.person("Ann"), "a.jpg", 220, 180, 40, 60, size=(400, 300))
    before = seen_faces(copies.source)
    copies.source.ask("PUT", f"/assets/{copies.source.ids['a.jpg']}/edits", json={"edits": EDITS[edits]})
    assert seen_faces(copies.source) != before
    assert marks(copies()) == (1, 1, 0)
    (face,) = seen_faces(copies.target)["a.jpg"]
    assert face[0] == "Ann"
    assert face[2:] == pytest.approx(before["a.jpg"][0][2:], abs=1)
    assert copies()["changed"] is False


def test_face_cut_off_by_crop_stays_behind(copies: Copies) -> None:
    copies.source.upload("a.jpg", sized_photo("a", (400, 300)))
    copies.source.server.wait_idle()
    copies.source.face(copies.source.person("Ann"), "a.jpg", 0, 0, 40, 60, size=(400, 300))
    copies.source.face(copies.source.person("Ben"), "a.jpg", 300, 200, 40, 60, size=(400, 300))
    copies.source.ask("PUT", f"/assets/{copies.source.ids['a.jpg']}/edits", json={"edits": EDITS["cropped"]})
    copies()
    assert [face[0] for face in seen_faces(copies.target)["a.jpg"]] == ["Ben"]


def test_face_cut_in_part_by_crop_is_copied_whole(copies: Copies) -> None:
    copies.source.upload("a.jpg", sized_photo("a", (400, 300)))
    copies.source.server.wait_idle()
    copies.source.face(copies.source.person("Ann"), "a.jpg", 160, 200, 100, 60, size=(400, 300))
    copies.source.face(copies.source.person("Ben"), "a.jpg", 140, 150, 100, 40, size=(400, 300))  # the crop leaves less than half of it
    copies.source.ask("PUT", f"/assets/{copies.source.ids['a.jpg']}/edits", json={"edits": EDITS["cropped"]})
    assert marks(copies()) == (1, 1, 0)
    assert seen_faces(copies.target)["a.jpg"] == [("Ann", None, 40, 67, 65, 87)]
    assert copies()["changed"] is False


def test_photo_edited_on_target_keeps_its_faces(copies: Copies) -> None:
    fill(copies.source)
    copies.target.upload("large.jpg", sized_photo("large", LARGE))
    copies.target.server.wait_idle()
    copies.target.ask("PUT", f"/assets/{copies.target.ids['large.jpg']}/edits", json={"edits": EDITS["turned"]})
    check, result = copies(check=True), copies()
    for done in (check, result):
        assert (marks(done), len(done["warnings"])) == ((3, 3, 0), 1)
    assert "large.jpg" not in seen_faces(copies.target)
    assert copies()["changed"] is False


def test_detection_joins_copied_faces(copies: Copies) -> None:
    fill(copies.source)
    copies.target.server.pause("faceDetection")
    copies()
    let_detection_find(copies.target, "large.jpg", (0.1, 0.1, 0.2, 0.3), (0.5, 0.5, 0.6, 0.6))
    copies.target.server.resume("faceDetection")
    copies.target.server.wait_idle()
    assert len(seen_faces(copies.target)["large.jpg"]) == 2
    assert sum(face["joined"] for face in copies.target.server.state()["faces"]) == 2
    assert copies()["changed"] is False


@pytest.mark.parametrize(("with_people", "expected"), [("faces", (3, 3, 2)), ("names", (2, 0, 2)), ("none", (0, 0, 0))])
def test_faces_found_by_target_get_their_names(copies: Copies, with_people: str, expected: tuple[int, int, int]) -> None:
    fill(copies.source)
    copies.target.upload("large.jpg", sized_photo("large", LARGE))
    copies.target.server.wait_idle()
    let_detection_find(copies.target, "large.jpg", (0.1, 0.1, 0.2, 0.31), (0.5, 0.5, 0.6, 0.6), (0.8, 0.8, 0.9, 0.9))
    detect_all(copies.target)
    check, result = copies(check=True, with_people=with_people), copies(with_people=with_people)
    assert marks(check) == marks(result) == expected
    names = [face[0] for face in seen_faces(copies.target)["large.jpg"]]
    assert names == [None, None, None] if with_people == "none" else ["Ann", "Ann", None]
    assert copies(with_people=with_people)["changed"] is False


def test_person_renamed_on_target_keeps_the_name(copies: Copies) -> None:
    fill(copies.source)
    copies()
    ben = next(person for person, about in people_of(copies.target).items() if about["name"] == "Ben")
    copies.target.ask("PUT", f"/people/{ben}", json={"name": "Benjamin"})
    assert copies()["changed"] is False
    copies.source.upload("later.jpg", sized_photo("later", (100, 100)), minutes=9)
    state = copies.source.server.state()
    copies.source.face(next(one["id"] for one in state["people"] if one["name"] == "Ben"), "later.jpg", 5, 5, 20, 20, size=(100, 100))
    assert marks(copies()) == (0, 1, 0)
    assert seen_faces(copies.target)["later.jpg"] == [("Benjamin", None, 5, 5, 25, 25)]


def test_face_given_to_another_by_user_is_left_alone(copies: Copies) -> None:
    fill(copies.source)
    copies()
    state = copies.target.server.state()
    face, ben = state["faces"][0], next(one["id"] for one in state["people"] if one["name"] == "Ben")
    copies.target.ask("PUT", f"/faces/{ben}", json={"id": face["id"]})
    assert copies()["changed"] is False


def test_person_of_same_name_on_target_gets_the_faces(copies: Copies) -> None:
    fill(copies.source)
    copies.target.person("Ben", birthDate="2001-01-01")
    copies.target.person("Ann", birthDate="1950-01-01")
    assert marks(copies()) == (1, 5, 0)
    assert sorted((one["name"], one["birth"]) for one in people_of(copies.target).values() if one["birth"]) == [
        ("Ann", "1950-01-01"),
        ("Ann", "1990-02-28"),
        ("Ben", "2001-01-01"),
    ]


def test_people_without_a_name_stay_behind(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    copies.source.person("", "a.jpg")
    assert marks(copies()) == (0, 0, 0)
    assert copies.target.server.state()["people"] == []


def test_faces_of_absurd_boxes_are_left_out(copies: Copies) -> None:
    copies.source.upload("a.jpg", sized_photo("a", (100, 100)))
    ann = copies.source.person("Ann")
    for box in ((-50, -50, 20, 20), (10, 10, 0, 20), (50, 50, 900, 9)):
        copies.source.face(ann, "a.jpg", *box, size=(100, 100))
    copies.source.face(ann, "a.jpg", 1, 1, 5, 5, size=(0, 0))
    assert marks(copies()) == (1, 1, 0)
    assert seen_faces(copies.target)["a.jpg"] == [("Ann", None, 50, 50, 100, 59)]
    assert copies()["changed"] is False


def test_people_in_trash_follow_into_the_trash(copies: Copies) -> None:
    fill(copies.source)
    copies.source.ask("DELETE", "/assets", json={"ids": [copies.source.ids["large.jpg"]]})
    options: dict[str, Any] = {"selection": {"trashed": True}}
    check, result = copies(check=True, **options), copies(**options)
    assert marks(check) == marks(result) == (3, 5, 0)
    assert copies(**options)["changed"] is False


def test_partners_faces_are_not_copied(copies: Copies) -> None:
    admin = Account(copies.source.server, copies.source.server.admin_api_key)
    admin.upload("theirs.jpg")
    admin.person("Eve", "theirs.jpg")
    user = next(one["id"] for one in copies.source.server.state()["users"] if one["label"] == "user")
    sharer = next(one["id"] for one in copies.source.server.state()["users"] if one["label"] == "admin")
    admin.ask("POST", f"/partners/{user}")
    copies.source.ask("PUT", f"/partners/{sharer}", json={"inTimeline": True})
    copies.source.server.wait_idle()
    result = copies(selection={"partners": True})
    assert (result["uploaded"], marks(result)) == (1, (0, 0, 0))


@pytest.mark.parametrize("path", ["/people$", "/faces$"])
def test_lost_answer_makes_nobody_and_no_face_twice(copies: Copies, path: str) -> None:
    fill(copies.source)
    copies.target.server.fault("POST", path, after=1, cut="response")
    assert marks(copies()) == (3, 5, 0)
    assert copies.target.server.struck() == 1
    assert without_ids(copies.target) == without_ids(copies.source)
    assert seen_faces(copies.target) == seen_faces(copies.source)


def test_failed_photo_does_not_stop_the_others(copies: Copies) -> None:
    fill(copies.source)
    copies.target.server.fault("POST", "/faces$", after=1, status=400, json={"message": "No"})
    error = copies.failing()
    assert (error.kind, error.result["counts"]["failed"], marks(error.result)[1]) == ("validation", 1, 3)
    assert marks(copies()) == (0, 2, 0)
    assert seen_faces(copies.target) == seen_faces(copies.source)


def test_faces_wait_for_previews(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "_MOST_LOOKS", 3)
    fill(copies.source)
    copies.target.server.pause("thumbnailGeneration")
    result = copies()
    assert (marks(result), len(result["warnings"])) == ((0, 0, 0), 1)
    assert copies.target.server.state()["people"] == []
    copies.target.server.resume("thumbnailGeneration")
    copies.target.server.wait_idle()
    result = copies()
    assert (marks(result), result["warnings"]) == ((3, 5, 0), [])
    assert seen_faces(copies.target) == seen_faces(copies.source)


def test_previews_are_waited_for_once_ordered(copies: Copies) -> None:
    fill(copies.source)
    copies.target.server.pause("thumbnailGeneration")

    def order(_check_cancelled: Callable[[], None]) -> None:
        copies.target.server.resume("thumbnailGeneration")

    assert marks(copies(resume_previews=order)) == (3, 5, 0)


def test_face_found_during_wait_for_previews_gets_its_name(copies: Copies) -> None:
    fill(copies.source)
    copies.target.server.pause("thumbnailGeneration")
    large = next(asset["checksum"] for asset in copies.source.server.state()["assets"] if asset["name"] == "large.jpg")
    copies.target.server.control("POST", "detectable", {"checksum": large, "boxes": [[0.1, 0.1, 0.2, 0.3]]})

    def order(_check_cancelled: Callable[[], None]) -> None:
        copies.target.server.resume("thumbnailGeneration")
        copies.target.server.wait_idle()

    assert marks(copies(resume_previews=order)) == (3, 4, 1)
    assert [face[0] for face in seen_faces(copies.target)["large.jpg"]] == ["Ann", "Ann"]
    assert copies()["changed"] is False


def test_copy_after_kill_before_first_face_of_namesake(copies: Copies) -> None:
    fill(copies.source)
    copies.target.person("Ann", isHidden=True)  # as a run leaves behind that was killed then
    assert marks(copies()) == (2, 5, 0)
    assert without_ids(copies.target) == without_ids(copies.source)
    assert seen_faces(copies.target) == seen_faces(copies.source)


def test_copy_after_kill_marks_missing_faces_only(copies: Copies) -> None:
    fill(copies.source)
    copies.target.server.fault("POST", "/faces$", after=2, times=None, hang=True)
    keys = [copies.source.server.url, copies.source.api_key, copies.target.server.url, copies.target.api_key]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", RUN, *keys], env=environment) as process:
        try:
            wait_until(lambda: copies.target.server.struck() == 1)
        finally:
            process.send_signal(signal.SIGKILL)
    copies.target.server.clear_faults()
    before = len(copies.target.server.state()["faces"])
    assert before == 2
    result = copies()
    assert result["people"]["faces_added"] == 5 - before
    assert without_ids(copies.target) == without_ids(copies.source)
    assert seen_faces(copies.target) == seen_faces(copies.source)
    assert copies()["changed"] is False


def test_selection_copies_its_people_only(copies: Copies) -> None:
    fill(copies.source)
    copies.source.album("Rome", "turned.jpg")
    copies.source.album("Oslo", "turned.jpg")
    result = copies(selection={"albums": ("Rome", "Oslo")})
    assert (result["uploaded"], marks(result)) == (1, (1, 1, 0))
    assert [one["name"] for one in people_of(copies.target).values()] == ["Ben"]


@pytest.mark.parametrize("with_people", ["names", "none"])
def test_less_of_people_needs_fewer_scopes(copies: Copies, with_people: str) -> None:
    copies.source.upload("a.jpg", picture("a.jpg"))
    scopes = ["user.read", "asset.upload", "asset.read", "asset.update", "tag.read"]
    naming = ["face.read", "face.update", "person.read", "person.create", "person.update"]
    copies.target.api_key = copies.target.server.make_key(permissions=scopes + naming * (with_people == "names"))
    without: dict[str, Any] = {"create_albums": False, "tag_existing": False, "create_stacks": False}
    assert copies(with_people=with_people, **without)["uploaded"] == 1
    error = copies.failing(**without)
    assert error.kind == "permission"
    assert {"face.create", "asset.view"} <= set(error.details["scopes"])
