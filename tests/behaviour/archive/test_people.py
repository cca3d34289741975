# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""People and faces in an archive: in sidecars as programs read them, in the manifest, and on the server that they are brought back to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._archive.run import SCOPES
from ansible_collections.photoyard.immich.plugins.module_utils._people import write
from immich_emulator.testing import Emulator
from support.collection import errors
from support.http.wire import writes
from support.photos.libraries import Account
from support.photos.people import detect_all, let_detection_find, people_of, seen_faces, sized_photo
from support.tiers import newest_in_test

from .conftest import Archives, counts
from .test_way_back import bring_back

MANIFEST, PEOPLE = "immich-archive/assets.jsonl", "immich-archive/people.json"
SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
}
SHOWN = (300, 400)


def fill(account: Account) -> None:
    """Two people of one name, one of them hidden, and a third, on a plain and a turned photo and an archived one."""
    account.upload("plain.jpg", sized_photo("plain", (400, 300)))
    account.upload("turned.jpg", sized_photo("turned", (400, 300), orientation=6), minutes=1)
    account.upload("archived.jpg", sized_photo("archived", (300, 300)), minutes=2, visibility="archive")
    account.upload("empty.jpg", minutes=3)
    account.server.wait_idle()
    ann = account.person("Ann", birthDate="1990-02-28", isFavorite=True, color="#aabbcc")
    other_ann, ben = account.person("Ann", isHidden=True), account.person("Ben & <Co>")
    account.face(ann, "plain.jpg", 40, 30, 40, 60, size=(400, 300))
    account.face(other_ann, "plain.jpg", 200, 150, 40, 30, size=(400, 300))
    account.face(ben, "turned.jpg", 30, 40, 60, 80, size=SHOWN)
    account.face(ann, "archived.jpg", 10, 10, 30, 30, size=(100, 100))


def regions(archives: Archives, path: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The size of the picture in a sidecar, and name, kind, middle, size and unit of each of its regions."""
    root = ET.fromstring(archives.files()[f"2024/2024-06/{path}.xmp"])
    (found,) = root.iterfind(".//mwg-rs:Regions", SPACES)
    size = tuple(found.findtext(f"mwg-rs:AppliedToDimensions/stDim:{name}", "", SPACES) for name in ("w", "h", "unit"))
    areas = []
    for region in found.iterfind("mwg-rs:RegionList/rdf:Bag/rdf:li", SPACES):
        about = [region.findtext(f"mwg-rs:{name}", "", SPACES) for name in ("Name", "Type")]
        areas.append((*about, *(region.findtext(f"mwg-rs:Area/stArea:{name}", "", SPACES) for name in ("x", "y", "w", "h", "unit"))))
    return size, areas


def test_sidecars_have_regions_and_second_run_is_unchanged(each_version: Archives) -> None:
    fill(each_version.account)
    check = each_version(check=True)
    result = each_version()
    for name in ("counts", "archive_files", "changed"):
        assert result[name] == check[name]
    assert PEOPLE in result["archive_files"]
    assert regions(each_version, "plain.jpg") == (
        ("400", "300", "pixel"),
        [
            ("Ann", "Face", "0.150000", "0.200000", "0.100000", "0.200000", "normalized"),
            ("Ann", "Face", "0.550000", "0.550000", "0.100000", "0.100000", "normalized"),
        ],
    )
    before = each_version.states()
    each_version.server.clear_requests()
    again = each_version()
    assert (again["changed"], counts(again), each_version.states()) == (False, {"unchanged": 4}, before)
    assert writes(each_version.server) == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_region_is_where_the_face_is_in_the_stored_picture(archives: Archives, orientation: int) -> None:
    """As Immich reads them: of orientation 6, 0.1 and 0.2 of the stored picture are 0.8 and 0.1 of the one that is shown."""
    stored, shown = ((400, 300), (400, 300)) if orientation < 5 else ((400, 300), (300, 400))
    archives.account.upload("a.jpg", sized_photo("a", stored, orientation))
    archives.server.wait_idle()
    box = (round(0.7 * shown[0]), round(0.05 * shown[1]), round(0.2 * shown[0]), round(0.1 * shown[1]))
    archives.account.face(archives.account.person("Ann"), "a.jpg", *box, size=shown)
    archives()
    middles = {1: (0.8, 0.1), 2: (0.2, 0.1), 3: (0.2, 0.9), 4: (0.8, 0.9), 5: (0.1, 0.8), 6: (0.1, 0.2), 7: (0.9, 0.2), 8: (0.9, 0.8)}
    size, ((name, _kind, x, y, width, height, _unit),) = regions(archives, "a.jpg")
    assert (size, name) == (("400", "300", "pixel"), "Ann")
    assert (float(x), float(y)) == pytest.approx(middles[orientation])
    assert (float(width), float(height)) == pytest.approx((0.2, 0.1) if orientation < 5 else (0.1, 0.2))


def test_people_have_a_file_and_lines_name_them_by_id(archives: Archives) -> None:
    fill(archives.account)
    archives()
    people = {one["id"]: one for one in json.loads(archives.files()[PEOPLE])["people"]}
    expected = people_of(archives.account)
    assert {person: (one["name"], one["birth_date"], one["hidden"], one["favorite"], one["color"]) for person, one in people.items()} == {
        person: (one["name"], one["birth"], bool(one["hidden"]), bool(one["favorite"]), one["color"]) for person, one in expected.items()
    }
    lines = [json.loads(line) for line in archives.files()[MANIFEST].splitlines()[1:]]
    plain = next(line for line in lines if line["name"] == "plain.jpg")
    assert plain["faces"]["picture"] == [400, 300, 1]
    assert {face["person"] for face in plain["faces"]["of"]} == {person for person, one in expected.items() if one["name"] == "Ann"}


def test_changed_faces_and_people_are_updated(archives: Archives) -> None:
    fill(archives.account)
    archives()
    state = archives.server.state()
    ben = next(one["id"] for one in state["people"] if one["name"].startswith("Ben"))
    archives.account.ask("PUT", f"/people/{ben}", json={"birthDate": "2000-01-01"})
    result = archives()
    assert (counts(result), result["archive_files"]) == ({"unchanged": 4}, [PEOPLE])
    archives.account.face(ben, "plain.jpg", 300, 200, 50, 50, size=(400, 300))
    result = archives()
    assert (counts(result), result["archive_files"], archives.originals()) == ({"updated": 1, "unchanged": 3}, [], 4)
    assert [area[0] for area in regions(archives, "plain.jpg")[1]] == ["Ann", "Ann", "Ben & <Co>"]
    assert not archives()["changed"]


def test_faces_of_edited_photo_are_those_of_the_original(archives: Archives) -> None:
    fill(archives.account)
    archives()
    turn = [{"action": "rotate", "parameters": {"angle": 90}}]
    archives.account.ask("PUT", f"/assets/{archives.account.ids['plain.jpg']}/edits", json={"edits": turn})
    assert not archives()["changed"]


@pytest.mark.parametrize(("with_people", "named"), [("names", True), ("none", False)])
def test_less_of_people_asks_for_no_faces(archives: Archives, with_people: str, named: bool) -> None:
    fill(archives.account)
    archives.server.clear_requests()
    archives(with_people=with_people)
    assert not [one for one in archives.server.requests() if one["path"].startswith("/faces")]
    assert PEOPLE not in archives.files()
    sidecar = archives.files()["2024/2024-06/plain.jpg.xmp"]
    assert (b"PersonInImage" in sidecar, b"Regions" in sidecar) == (named, False)


def test_key_without_face_scope_archives_names_only(archives: Archives) -> None:
    fill(archives.account)
    key = archives.server.make_key(permissions=[*SCOPES])
    error = archives.failing(key=key)
    assert (error.kind, "face.read" in error.msg, archives.dest.exists()) == ("permission", True, False)
    assert counts(archives(key=key, with_people="names")) == {"archived": 4}


def test_damaged_people_file_is_written_again(archives: Archives) -> None:
    fill(archives.account)
    archives()
    whole = archives.files()[PEOPLE]
    (archives.dest / PEOPLE).write_bytes(b'{"people": [')
    assert archives()["archive_files"] == [PEOPLE]
    assert archives.files()[PEOPLE] == whole


@pytest.mark.parametrize("version", newest_in_test("1.135", "2.7", "3.1"))
def test_faces_come_back_and_second_upload_is_unchanged(archives: Archives, emulator: Callable[..., Emulator], version: str) -> None:
    fill(archives.account)
    archives()
    target = Account(emulator(version=version, job_seconds=0.001))
    check, result = bring_back(target, archives.dest, check=True), bring_back(target, archives.dest)
    assert result["people"] == check["people"] == {"created": 3, "faces_added": 4, "faces_named": 0}
    assert result["diff"] == check["diff"]
    assert result["warnings"] == []
    assert sorted(people_of(target).values(), key=str) == sorted(people_of(archives.account).values(), key=str)
    assert seen_faces(target) == seen_faces(archives.account)
    again = bring_back(target, archives.dest)
    assert (again["changed"], again["people"]["faces_added"]) == (False, 0)


def test_lost_people_file_leaves_names_and_faces(archives: Archives, emulator: Callable[..., Emulator]) -> None:
    fill(archives.account)
    archives()
    (archives.dest / PEOPLE).unlink()
    target = Account(emulator(job_seconds=0.001))
    bring_back(target, archives.dest)

    def names(account: Account) -> dict[str, list[tuple[Any, ...]]]:
        return {name: sorted((face[0], *face[2:]) for face in faces) for name, faces in seen_faces(account).items()}

    assert names(target) == names(archives.account)
    assert len(people_of(target)) == 3


def photos_in(archives: Archives) -> list[str]:
    """The names of the photos that an archive still has."""
    return sorted(path.name for path in archives.dest.rglob("*.jpg"))


@pytest.mark.parametrize("after_upload", ["delete", "move"])
def test_photos_stay_until_their_faces_are_marked(
    archives: Archives, emulator: Callable[..., Emulator], monkeypatch: pytest.MonkeyPatch, after_upload: str
) -> None:
    monkeypatch.setattr(write, "_MOST_LOOKS", 3)
    fill(archives.account)
    archives()
    target = Account(emulator(job_seconds=0.001))
    target.server.pause("thumbnailGeneration")
    options: dict[str, Any] = {"after_upload": after_upload}
    if after_upload == "move":
        options["move_to"] = str(archives.dest.parent / "done")
    result = bring_back(target, archives.dest, **options)
    gone = "deleted_local" if after_upload == "delete" else "moved_local"
    assert (result["uploaded"], result["counts"][gone], result["kept_for_people"], result["people"]["faces_added"]) == (4, 1, 3, 0)
    assert photos_in(archives) == ["archived.jpg", "plain.jpg", "turned.jpg"]
    target.server.resume("thumbnailGeneration")
    target.server.wait_idle()
    result = bring_back(target, archives.dest, **options)
    assert (result["uploaded"], result["counts"][gone], result["kept_for_people"], result["people"]["faces_added"]) == (0, 3, 0, 4)
    assert photos_in(archives) == []
    assert seen_faces(target) == seen_faces(archives.account)


def test_photo_stays_whose_faces_could_not_be_marked(archives: Archives, emulator: Callable[..., Emulator]) -> None:
    fill(archives.account)
    archives()
    target = Account(emulator(job_seconds=0.001))
    target.server.fault("POST", "/faces$", status=400, json={"message": "No"})
    with pytest.raises(errors.ImmichError) as caught:
        bring_back(target, archives.dest, after_upload="delete")
    result = caught.value.result
    assert (result["counts"]["failed"], result["counts"]["deleted_local"], result["kept_for_people"]) == (1, 3, 1)
    assert len(photos_in(archives)) == 1
    result = bring_back(target, archives.dest, after_upload="delete")
    assert (result["counts"]["deleted_local"], result["kept_for_people"]) == (1, 0)
    assert seen_faces(target) == seen_faces(archives.account)


def test_photos_stay_when_people_cannot_be_looked_up(archives: Archives, emulator: Callable[..., Emulator]) -> None:
    fill(archives.account)
    archives()
    target = Account(emulator(job_seconds=0.001))
    target.server.fault("GET", "/search/person", times=None, status=400, json={"message": "No"})
    with pytest.raises(errors.ImmichError) as caught:
        bring_back(target, archives.dest, after_upload="delete")
    assert (caught.value.result["counts"]["deleted_local"], caught.value.result["kept_for_people"]) == (1, 3)
    assert len(photos_in(archives)) == 3


def test_photos_stay_until_detection_has_found_a_face_to_name(archives: Archives, emulator: Callable[..., Emulator]) -> None:
    fill(archives.account)
    archives()
    target = Account(emulator(job_seconds=0.001))
    options: dict[str, Any] = {"after_upload": "delete", "with_people": "names"}
    check, result = bring_back(target, archives.dest, check=True, **options), bring_back(target, archives.dest, **options)
    for name in ("counts", "kept_for_people", "people", "diff"):
        assert result[name] == check[name]
    assert (result["counts"]["deleted_local"], result["kept_for_people"]) == (1, 3)
    target.server.wait_idle()
    let_detection_find(target, "plain.jpg", (0.1, 0.1, 0.2, 0.3))
    detect_all(target)
    result = bring_back(target, archives.dest, **options)
    assert (result["counts"]["deleted_local"], result["kept_for_people"], result["people"]["faces_named"]) == (1, 2, 1)
    assert photos_in(archives) == ["archived.jpg", "turned.jpg"]
    assert bring_back(target, archives.dest, **options)["changed"] is False
    assert bring_back(target, archives.dest, after_upload="delete", with_people="none")["counts"]["deleted_local"] == 2


@pytest.mark.parametrize("with_people", ["names", "none"])
def test_upload_of_archive_without_faces_marks_none(archives: Archives, emulator: Callable[..., Emulator], with_people: str) -> None:
    fill(archives.account)
    archives()
    target = Account(emulator(job_seconds=0.001))
    assert bring_back(target, archives.dest, with_people=with_people)["uploaded"] == 4
    assert target.server.state()["people"] == []


def test_upload_of_archive_names_missing_scopes_for_people(archives: Archives, emulator: Callable[..., Emulator]) -> None:
    fill(archives.account)
    archives()
    target = Account(emulator())
    target.server.api_key = target.server.make_key(permissions=["asset.upload"])
    with pytest.raises(errors.RunFailed) as caught:
        bring_back(target, archives.dest)
    assert caught.value.kind == "permission"
    assert "face.create" in caught.value.details["scopes"]
    assert target.server.state()["assets"] == []


def test_odd_faces_in_manifest_are_left_out(archives: Archives, emulator: Callable[..., Emulator]) -> None:
    fill(archives.account)
    archives()
    path = archives.dest / MANIFEST
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        about = json.loads(line)
        if about.get("name") == "plain.jpg":
            about["faces"]["of"][0]["box"] = [0.5, 0.5, 0.4, 2]
        lines.append(json.dumps(about))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    target = Account(emulator(job_seconds=0.001))
    result = bring_back(target, archives.dest)
    assert (result["uploaded"], result["people"]["faces_added"], len(result["warnings"])) == (4, 2, 1)
