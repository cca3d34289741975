# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks of what the server has: which are made, which are completed, and which are left alone."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from support.collection import ApiKey, Connection, Immich, errors
from support.photos.shots import Shot, ask, send_shots, stacks_of
from support.stops import stop_when

from .conftest import Stacking

LIBRARY = (
    Shot("IMG_1.JPG"),
    Shot("IMG_1.DNG", 0.4),
    Shot("IMG_2.JPG", 60),
    Shot("IMG_2.DNG", 86_460),  # the number came round again
    Shot("IMG_3.HEIC", 120),
    Shot("IMG_3.JPG", 120),
    Shot("IMG_4.JPG", 180),
    Shot("IMG_4-edited.jpg", 180),
    Shot("20240601_120400_001.jpg", 240.1, "Galaxy"),
    Shot("20240601_120400_002.jpg", 240.2, "Galaxy"),
    Shot("20240601_120400_003.jpg", 240.3, "Galaxy"),
    Shot("IMG_20240601_120500_BURST001.jpg", 300, None),
    Shot("IMG_20240601_120500_BURST002_COVER.jpg", 301, None),
    Shot("DSC_7.JPG", 360.1),
    Shot("DSC_8.JPG", 360.4),
    Shot("DSC_9.JPG", 360.8),
    Shot("DSC_10.JPG", 362.0),
)
SCANS = tuple(Shot(f"{album} {number}.jpg", 600 + number / 4, "V600", dated=False) for album in ("Oma", "Opa") for number in range(4))
STACKS = [
    ["20240601_120400_001.jpg", "20240601_120400_002.jpg", "20240601_120400_003.jpg"],
    ["DSC_7.JPG", "DSC_8.JPG", "DSC_9.JPG"],
    ["IMG_1.JPG", "IMG_1.DNG"],
    ["IMG_20240601_120500_BURST002_COVER.jpg", "IMG_20240601_120500_BURST001.jpg"],
    ["IMG_3.HEIC", "IMG_3.JPG"],
    ["IMG_4-edited.jpg", "IMG_4.JPG"],
]


def totals(result: dict[str, Any]) -> dict[str, int]:
    """How many stacks met with what, of all kinds; without what none did."""
    found: dict[str, int] = {}
    for counts in result["counts"].values():
        for word, count in counts.items():
            found[word] = found.get(word, 0) + count
    return {word: count for word, count in found.items() if count}


def test_a_library_is_stacked_once(each_version: Stacking) -> None:
    server = each_version.server
    send_shots(server, *LIBRARY)
    server.clear_requests()
    predicted = each_version(check=True)
    assert server.requests(writes=True) == []
    assert stacks_of(server) == []
    done = each_version()
    assert stacks_of(server) == STACKS
    assert done["counts"] == predicted["counts"]
    assert done["diff"] == predicted["diff"]
    assert totals(done) == {"created": 6}
    assert (done["photos"], done["changed"], predicted["changed"]) == (len(LIBRARY), True, True)
    assert sorted(one["names"] for one in done["stacks"]) == STACKS
    server.clear_requests()
    again = each_version()
    assert server.requests(writes=True) == []
    assert (totals(again), again["changed"], again["stacks"]) == ({"unchanged": 6}, False, [])


def test_stacks_only_kinds_asked_for(stacking: Stacking) -> None:
    send_shots(stacking.server, *LIBRARY)
    assert totals(stacking(kinds=["heic_jpeg"])) == {"created": 1}
    assert stacks_of(stacking.server) == [["IMG_3.HEIC", "IMG_3.JPG"]]


def test_stacks_omit_assets_outside_timeline(each_version: Stacking) -> None:
    server = each_version.server
    ids = send_shots(
        server,
        Shot("A.JPG"),
        Shot("A.DNG", visibility="archive"),
        Shot("B.JPG", 60),
        Shot("B.DNG", 60),
        Shot("C.JPG", 120, visibility="hidden"),
        Shot("C.DNG", 120),
    )
    send_shots(server, Shot("D.JPG", 180), api_key=server.admin_api_key)
    send_shots(server, Shot("D.DNG", 180))
    ask(server, "DELETE", "/assets", json={"ids": [ids["B.DNG"]]})
    assert totals(each_version()) == {}
    assert stacks_of(server) == []


def test_an_existing_stack_is_completed_and_keeps_its_cover(each_version: Stacking) -> None:
    server = each_version.server
    ids = send_shots(
        server, Shot("IMG_1.JPG"), Shot("IMG_1.HEIC"), Shot("Rome.jpg", 9000), Shot("DSC_7.JPG", 60.1), Shot("DSC_8.JPG", 60.4)
    )
    ask(server, "POST", "/stacks", json={"assetIds": [ids["Rome.jpg"], ids["IMG_1.JPG"]]})
    ask(server, "POST", "/stacks", json={"assetIds": [ids["DSC_8.JPG"], ids["DSC_7.JPG"]]})
    send_shots(server, Shot("DSC_9.JPG", 60.8), Shot("IMG_1.DNG"))
    predicted, done = each_version(check=True), each_version()
    assert stacks_of(server) == [["DSC_8.JPG", "DSC_7.JPG", "DSC_9.JPG"], ["Rome.jpg", "IMG_1.DNG", "IMG_1.HEIC", "IMG_1.JPG"]]
    assert totals(done) == totals(predicted) == {"completed": 2}
    assert done["diff"] == predicted["diff"]
    assert sorted(done["diff"]["before"].splitlines()) == ["burst: DSC_8.JPG, DSC_7.JPG", "raw_jpeg: Rome.jpg, IMG_1.JPG"]
    assert "burst: DSC_8.JPG, DSC_7.JPG, DSC_9.JPG" in done["diff"]["after"].splitlines()
    server.clear_requests()
    assert totals(each_version()) == {"unchanged": 2}
    assert server.requests(writes=True) == []


def test_stack_deleted_meanwhile_is_no_refusal(stacking: Stacking) -> None:
    server = stacking.server
    ids = send_shots(server, Shot("IMG_1.JPG"), Shot("IMG_1.HEIC"))
    ask(server, "POST", "/stacks", json={"assetIds": [ids["IMG_1.JPG"], ids["IMG_1.HEIC"]]})
    send_shots(server, Shot("IMG_1.DNG"))
    server.fault("GET", "^/stacks/[^/]+$", status=400, json={"message": "Not found or no stack.read access"})
    assert totals(stacking(check=True)) == {"left_alone": 1}
    server.fault("GET", "^/stacks/[^/]+$", status=400, json={"message": ["id must be a UUID"]})
    with pytest.raises(errors.InvalidRequest, match="id must be a UUID"):
        stacking(check=True)


def test_stack_left_by_delete_is_an_error(stacking: Stacking) -> None:
    """Immich says the same of one that is gone, and of one that the key may read and not delete."""
    server = stacking.server
    ids = send_shots(server, Shot("IMG_1.JPG"), Shot("IMG_1.HEIC"))
    stack_id = ask(server, "POST", "/stacks", json={"assetIds": [ids["IMG_1.JPG"], ids["IMG_1.HEIC"]]})["id"]
    server.fault("DELETE", "^/stacks/", status=400, json={"message": "Not found or no stack.delete access"})
    with closing(Immich(Connection(server.url, ApiKey(server.api_key)))) as client:
        with pytest.raises(errors.NotFound):
            client.stacks.delete(stack_id)
        client.stacks.delete(stack_id)
        assert stacks_of(server) == []
        client.stacks.delete(stack_id)


def test_no_stack_is_taken_apart(each_version: Stacking) -> None:
    server = each_version.server
    ids = send_shots(
        server,
        *(Shot(name) for name in ("A.JPG", "A.DNG", "A.HEIC")),
        *(Shot(name, 60) for name in ("B.JPG", "B.DNG")),
        *(Shot(name, 120) for name in ("C.JPG", "C.DNG", "C.HEIC")),
        Shot("Rome.jpg", 9000),
        Shot("Oslo.jpg", 9100),
        Shot("Bern.jpg", 9200),
    )
    ask(server, "POST", "/stacks", json={"assetIds": [ids["Rome.jpg"], ids["A.JPG"], ids["B.JPG"]]})
    ask(server, "POST", "/stacks", json={"assetIds": [ids["Oslo.jpg"], ids["A.DNG"], ids["B.DNG"], ids["C.DNG"], ids["C.HEIC"]]})
    ask(server, "POST", "/stacks", json={"assetIds": [ids["C.JPG"], ids["Bern.jpg"]]})
    before = stacks_of(server)
    server.clear_requests()
    done = each_version()
    assert totals(done) == {"left_alone": 3}
    assert ["in different stacks" in group["reason"] for group in done["left_alone"]] == [True] * 3
    assert server.requests(writes=True) == []
    assert stacks_of(server) == before


def test_a_stack_whose_cover_is_in_the_trash_is_left_alone(each_version: Stacking) -> None:
    server = each_version.server
    ids = send_shots(server, Shot("A.JPG"), Shot("A.DNG"), Shot("A.HEIC"), Shot("Rome.jpg", 9000))
    ask(server, "POST", "/stacks", json={"assetIds": [ids["Rome.jpg"], ids["A.JPG"], ids["A.DNG"]]})
    ask(server, "DELETE", "/assets", json={"ids": [ids["Rome.jpg"]]})
    before = stacks_of(server)
    done = each_version()
    assert totals(done) == {"left_alone": 1}
    assert "whose cover is in the trash" in done["left_alone"][0]["reason"]
    assert stacks_of(server) == before


def test_stack_cover_changes_covers(each_version: Stacking) -> None:
    server = each_version.server
    send_shots(server, *LIBRARY)
    each_version()
    wanted: dict[str, Any] = {"stack_cover": {"raw_jpeg": "raw", "edited": "original"}}
    predicted, done = each_version(check=True, **wanted), each_version(**wanted)
    assert totals(done) == totals(predicted) == {"cover_changed": 2, "unchanged": 4}
    assert done["diff"]["before"].splitlines() == ["edited: IMG_4-edited.jpg, IMG_4.JPG", "raw_jpeg: IMG_1.JPG, IMG_1.DNG"]
    assert done["diff"]["after"].splitlines() == ["edited: IMG_4.JPG, IMG_4-edited.jpg", "raw_jpeg: IMG_1.DNG, IMG_1.JPG"]
    assert [one for one in stacks_of(server) if one not in STACKS] == [["IMG_1.DNG", "IMG_1.JPG"], ["IMG_4.JPG", "IMG_4-edited.jpg"]]
    assert totals(each_version(**wanted)) == {"unchanged": 6}
    assert totals(each_version()) == {"unchanged": 6}  # what is not asked for is left as it is


def test_a_stack_is_completed_with_another_cover(stacking: Stacking) -> None:
    server = stacking.server
    ids = send_shots(server, Shot("A.JPG"), Shot("A.HEIC"))
    ask(server, "POST", "/stacks", json={"assetIds": [ids["A.JPG"], ids["A.HEIC"]]})
    send_shots(server, Shot("A.DNG"))
    assert totals(stacking(stack_cover={"raw_jpeg": "raw"})) == {"completed": 1}
    assert stacks_of(server) == [["A.DNG", "A.HEIC", "A.JPG"]]


PARTS: list[tuple[dict[str, str], list[str]]] = [
    ({"album": "Iceland"}, ["IMG_1.JPG"]),
    ({"tag": "Trip"}, ["IMG_3.HEIC"]),
    ({"tag": "Trip/Rome"}, ["IMG_3.HEIC"]),
    ({"taken_after": "2024-06-01T12:06:00Z"}, ["DSC_7.JPG"]),
    ({"taken_before": "2024-06-01T14:01:00+02:00"}, ["IMG_1.JPG"]),
    ({"taken_after": "2024-06-01", "taken_before": "2024-06-01"}, [one[0] for one in STACKS]),
    ({"taken_before": "2024-05-31"}, []),
    ({"taken_after": "2024-06-02"}, []),
]


def test_a_part_of_the_library(each_version: Stacking) -> None:
    server = each_version.server
    ids = send_shots(server, *LIBRARY)
    album = ask(server, "POST", "/albums", json={"albumName": "Iceland"})["id"]
    ask(server, "PUT", f"/albums/{album}/assets", json={"ids": [ids["IMG_1.JPG"], ids["IMG_1.DNG"], ids["IMG_3.JPG"]]})
    tag = ask(server, "PUT", "/tags", json={"tags": ["Trip/Rome"]})[0]["id"]
    ask(server, "PUT", "/tags/assets", json={"tagIds": [tag], "assetIds": [ids["IMG_3.JPG"], ids["IMG_3.HEIC"], ids["IMG_1.JPG"]]})
    server.wait_idle()
    for options, found in [*PARTS, ({"album_id": album}, ["IMG_1.JPG"])]:
        done = each_version(check=True, **options)
        assert sorted(one["names"][0] for one in done["stacks"]) == found, options


def test_photos_of_others_in_a_shared_album_are_left_out(each_version: Stacking) -> None:
    server = each_version.server
    ids = send_shots(server, Shot("A.JPG"), Shot("B.JPG", 60), Shot("B.DNG", 60))
    ids.update(send_shots(server, Shot("A.DNG"), api_key=server.admin_api_key))
    album = ask(server, "POST", "/albums", json={"albumName": "Iceland"})["id"]
    admin = next(user["id"] for user in server.state()["users"] if user["is_admin"])
    ask(server, "PUT", f"/albums/{album}/users", json={"albumUsers": [{"userId": admin, "role": "editor"}]})
    ask(server, "PUT", f"/albums/{album}/assets", json={"ids": [ids["A.JPG"], ids["B.JPG"], ids["B.DNG"]]})
    ask(server, "PUT", f"/albums/{album}/assets", json={"ids": [ids["A.DNG"]]}, api_key=server.admin_api_key)
    assert each_version(album_id=album)["photos"] == 3
    assert stacks_of(server) == [["B.JPG", "B.DNG"]]


@pytest.mark.parametrize(
    ("options", "kind", "to_change", "words"),
    [
        ({"album": "Nowhere"}, "not_found", "album", "no album named 'Nowhere'"),
        ({"album": "Twice"}, "validation", "album_id", "2 albums named 'Twice'"),
        ({"tag": "trip"}, "not_found", "tag", "no tag 'trip'"),
        ({"taken_after": "yesterday"}, "validation", "taken_after", "must be a date"),
        ({"taken_before": "2024-13-01"}, "validation", "taken_before", "must be a date"),
        ({"kinds": []}, "validation", "kinds", "is empty"),
    ],
)
def test_stacking_refuses_unknown_album_or_tag(stacking: Stacking, options: dict[str, Any], kind: str, to_change: str, words: str) -> None:
    for _number in range(2):
        ask(stacking.server, "POST", "/albums", json={"albumName": "Twice"})
    with pytest.raises(errors.ImmichError) as caught:
        stacking(**options)
    assert (caught.value.kind, caught.value.options) == (kind, (to_change,))
    assert words in caught.value.msg


def test_stacking_names_missing_scopes_before_writing(stacking: Stacking) -> None:
    key = stacking.server.make_key(permissions=["asset.read", "stack.read"])
    send_shots(stacking.server, *LIBRARY)
    stacking.server.clear_requests()
    with pytest.raises(errors.PermissionDenied) as caught:
        stacking(api_key=key, stack_cover={"burst": "first"}, tag="Trip", album="Iceland")
    assert caught.value.details == {"scopes": ["album.read", "stack.create", "stack.update", "tag.read", "user.read"]}
    assert {one["path"] for one in stacking.server.requests()} == {"/api-keys/me"}


def test_named_scopes_suffice_for_stacking(each_version: Stacking) -> None:
    server = each_version.server
    send_shots(server, *LIBRARY)
    scopes = ["user.read", "asset.read", "stack.read", "stack.create"]
    known = [scope for scope in scopes if server.version != "1.135" or scope != "user.read"]
    assert totals(each_version(api_key=server.make_key(permissions=known))) == {"created": 6}
    wanted: dict[str, Any] = {"stack_cover": {"raw_jpeg": "raw"}}
    assert totals(each_version(api_key=server.make_key(permissions=[*known, "stack.update"]), **wanted)) == {
        "cover_changed": 1,
        "unchanged": 5,
    }


def test_stacking_continues_after_failed_stack(stacking: Stacking) -> None:
    server = stacking.server
    send_shots(server, *LIBRARY)
    server.fault("POST", "^/stacks$", after=1, times=2, status=500)
    with pytest.raises(errors.RunFailed) as caught:
        stacking()
    assert isinstance(caught.value.cause, errors.ServerFailure)
    assert totals(caught.value.result) == {"created": 5, "failed": 1}
    assert caught.value.result["changed"]
    assert len(caught.value.result["failures"]) == 1
    assert totals(stacking()) == {"created": 1, "unchanged": 5}
    assert stacks_of(server) == STACKS


def test_stacking_stops_when_key_is_withdrawn(stacking: Stacking) -> None:
    server = stacking.server
    send_shots(server, *LIBRARY)
    server.fault("POST", "^/stacks$", after=2, times=None, status=401)
    with pytest.raises(errors.RunFailed) as caught:
        stacking()
    assert isinstance(caught.value.cause, errors.AuthError)
    assert totals(caught.value.result) == {"created": 2}
    assert len(server.requests(writes=True)) == len(LIBRARY) + 3


def test_lost_answer_to_new_stack_is_harmless(stacking: Stacking) -> None:
    send_shots(stacking.server, *LIBRARY)
    stacking.server.fault("POST", "^/stacks$", times=1, cut="response")
    assert totals(stacking()) == {"created": 6}
    assert stacks_of(stacking.server) == STACKS


def test_stacks_are_found_across_pages_of_same_moment(stacking: Stacking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times as many photos as a page has, most of them of one moment."""
    monkeypatch.setattr("ansible_collections.photoyard.immich.plugins.module_utils._client.asset_lists.PAGE", 4)
    same = [Shot(f"S_{number}.jpg", 500) for number in range(20)]
    send_shots(stacking.server, *LIBRARY, *same, Shot("S_3.dng", 500))
    done = stacking()
    assert done["photos"] == len(LIBRARY) + 21
    assert stacks_of(stacking.server) == sorted([*STACKS, ["S_3.jpg", "S_3.dng"]])


def test_scans_of_two_albums_are_no_burst(each_version: Stacking) -> None:
    """They have a camera's name and no time of their own: Immich shows that of their files, down to fractions of a second."""
    server = each_version.server
    ids = send_shots(server, *SCANS, *LIBRARY)
    for album in ("Oma", "Opa"):
        names = [shot.name for shot in SCANS if shot.name.startswith(album)]
        made = ask(server, "POST", "/albums", json={"albumName": album, "assetIds": [ids[name] for name in names]})
        assert each_version(kinds=["burst"], album_id=made["id"])["changed"] is False
    assert totals(each_version()) == {"created": 6}
    assert stacks_of(server) == STACKS


ABSENT: dict[str, Any] = {"state": "absent"}


def test_state_absent_undoes_made_stacks_only(each_version: Stacking) -> None:
    server = each_version.server
    ids = send_shots(server, *LIBRARY, Shot("Rome.jpg", 9000), Shot("Oslo.jpg", 9100))
    ask(server, "POST", "/stacks", json={"assetIds": [ids["Rome.jpg"], ids["Oslo.jpg"]]})
    mine = stacks_of(server)
    assert totals(each_version(check=True, **ABSENT)) == {"unchanged": 6}
    each_version()
    server.clear_requests()

    predicted = each_version(check=True, **ABSENT)
    assert server.requests(writes=True) == []
    done = each_version(**ABSENT)

    assert stacks_of(server) == mine
    assert totals(done) == totals(predicted) == {"removed": 6}
    assert (done["changed"], predicted["changed"]) == (True, True)
    assert done["stacks"] == predicted["stacks"]
    assert sorted(one["names"] for one in done["stacks"]) == STACKS
    assert {one["action"] for one in done["stacks"]} == {"removed"}
    assert done["diff"] == predicted["diff"]
    assert (len(done["diff"]["before"].splitlines()), done["diff"]["after"]) == (6, "")
    server.clear_requests()
    again = each_version(**ABSENT)
    assert server.requests(writes=True) == []
    assert (totals(again), again["changed"]) == ({"unchanged": 6}, False)
    assert totals(each_version()) == {"created": 6}  # and forth again


def test_the_way_back_knows_kinds_and_filters(stacking: Stacking) -> None:
    server = stacking.server
    send_shots(server, *LIBRARY)
    stacking()
    assert totals(stacking(kinds=["raw_jpeg"], **ABSENT)) == {"removed": 1}
    assert totals(stacking(taken_after="2024-06-01T12:06:00Z", **ABSENT)) == {"removed": 1}
    assert stacks_of(server) == [one for one in STACKS if one[0] not in ("DSC_7.JPG", "IMG_1.JPG")]


def test_state_absent_keeps_other_stacks(each_version: Stacking) -> None:
    """Stacks with something else in them, with a part only, and those that share the photos among each other."""
    server = each_version.server
    ids = send_shots(
        server,
        *(Shot(name) for name in ("A.JPG", "A.DNG")),
        *(Shot(name, 60) for name in ("B.JPG", "B.DNG", "B.HEIC")),
        *(Shot(name, 120) for name in ("C.JPG", "C.DNG", "C.HEIC")),
        *(Shot(name, 180) for name in ("D.JPG", "D.DNG")),
        *(Shot(name, 9000 + number * 60) for number, name in enumerate(("Rome.jpg", "Oslo.jpg", "Bern.jpg"))),
    )
    for names in (
        ["A.JPG", "A.DNG", "Rome.jpg"],
        ["B.DNG", "B.JPG"],
        ["C.JPG", "Oslo.jpg"],
        ["C.DNG", "C.HEIC"],
        ["Bern.jpg", "D.JPG", "D.DNG"],
    ):
        ask(server, "POST", "/stacks", json={"assetIds": [ids[name] for name in names]})
    before = stacks_of(server)
    server.clear_requests()
    done = each_version(**ABSENT)
    assert totals(done) == {"left_alone": 4}
    assert len(done["left_alone"]) == 4
    assert server.requests(writes=True) == []
    assert stacks_of(server) == before


def test_the_way_back_reaches_bursts_of_file_times(each_version: Stacking) -> None:
    """Others make such stacks; whatever made them, they are not bursts."""
    server = each_version.server
    ids = send_shots(server, *SCANS)
    ask(server, "POST", "/stacks", json={"assetIds": [ids[shot.name] for shot in SCANS]})
    assert totals(each_version(kinds=["burst"], **ABSENT)) == {"removed": 1}
    assert stacks_of(server) == []


def test_the_scopes_of_the_way_back(stacking: Stacking) -> None:
    server = stacking.server
    send_shots(server, *LIBRARY)
    stacking()
    scopes = ["user.read", "asset.read", "stack.read", "stack.delete"]
    with pytest.raises(errors.PermissionDenied) as caught:
        stacking(api_key=server.make_key(permissions=scopes[:-1]), **ABSENT)
    assert caught.value.details == {"scopes": ["stack.delete"]}
    assert totals(stacking(api_key=server.make_key(permissions=scopes), **ABSENT)) == {"removed": 6}


def test_state_absent_keeps_stack_changed_meanwhile(stacking: Stacking) -> None:
    server = stacking.server
    send_shots(server, *LIBRARY[:2])
    stacking()
    (found,) = ask(server, "GET", "/stacks")
    server.fault("GET", "^/stacks/[^/]+$", after=1, status=200, json={**found, "assets": found["assets"][:1]})
    with pytest.raises(errors.ImmichError) as caught:
        stacking(**ABSENT)
    assert caught.value.kind == "proxy"
    assert len(stacks_of(server)) == 1


def test_failed_removal_of_a_stack_does_not_stop_the_others(stacking: Stacking) -> None:
    server = stacking.server
    send_shots(server, *LIBRARY)
    stacking()
    server.fault("DELETE", "^/stacks/", times=1, status=400)
    with pytest.raises(errors.ImmichError) as caught:
        stacking(**ABSENT)
    assert totals(caught.value.result) == {"removed": 5, "failed": 1}
    assert [one["names"] for one in caught.value.result["failures"]] == stacks_of(server)
    assert totals(stacking(**ABSENT)) == {"removed": 1, "unchanged": 5}


def test_lost_answer_to_removed_stack_is_harmless(each_version: Stacking) -> None:
    server = each_version.server
    send_shots(server, *LIBRARY)
    each_version()
    server.fault("DELETE", "^/stacks/", times=1, cut="response")
    assert totals(each_version(**ABSENT)) == {"removed": 6}
    assert stacks_of(server) == []


def test_result_has_stack_ids_of_server(stacking: Stacking) -> None:
    """So a playbook can go on with them."""
    server = stacking.server
    send_shots(server, Shot("A.JPG"), Shot("A.DNG"))
    predicted = stacking(check=True)
    done = stacking()
    there = ask(server, "GET", "/stacks")
    assert [one["id"] for one in predicted["stacks"]] == [None]
    assert [one["id"] for one in done["stacks"]] == [one["id"] for one in there]
    again = stacking(stack_cover={"raw_jpeg": "raw"})
    assert [(one["id"], one["action"]) for one in again["stacks"]] == [(there[0]["id"], "cover_changed")]
    send_shots(server, Shot("A.HEIC"))
    completed_of, completed = stacking(check=True), stacking()
    assert [one["id"] for one in completed_of["stacks"]] == [there[0]["id"]]
    assert [one["id"] for one in completed["stacks"]] == [one["id"] for one in ask(server, "GET", "/stacks")]
    removed_of, removed = stacking(check=True, **ABSENT), stacking(**ABSENT)
    assert (
        [one["id"] for one in removed_of["stacks"]]
        == [one["id"] for one in removed["stacks"]]
        == [one["id"] for one in completed["stacks"]]
    )


def test_stacking_stopped_between_stacks_is_resumed(stacking: Stacking) -> None:
    send_shots(stacking.server, *(Shot(f"IMG_{number}.{kind}", 60 * number) for number in range(4) for kind in ("JPG", "DNG")))
    with pytest.raises(errors.RunFailed) as failed:
        stacking(check_stop=stop_when(lambda: len(stacks_of(stacking.server)) == 2))
    assert failed.value.msg.endswith(": 2 of 4 stacks.")
    assert (failed.value.result["changed"], failed.value.result["counts"]["raw_jpeg"]["created"]) == (True, 2)
    assert len(stacks_of(stacking.server)) == 2
    assert stacking()["counts"]["raw_jpeg"]["created"] == 2
    assert stacking()["changed"] is False
