# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which assets are selected, and what is refused because it would select everything."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import asset_lists
from support.collection import Asset
from support.photos.shots import Shot, ask, send_shots

from .conftest import Changing

SHOTS = (
    Shot("Screenshot_1.png"),
    Shot("IMG_1.jpg", 60),
    Shot("IMG_2.jpg", 86400, "Box 2"),
    Shot("scan_1.jpg", 120, None, "archive"),
)


def prepare(changing: Changing) -> dict[str, str]:
    """A library whose photos differ in all that can be selected by."""
    ids = send_shots(changing.server, *SHOTS)
    changing({"names": ["IMG_1*"]}, rating=5, description="x", position={"latitude": 41.9, "longitude": 12.5}, add_tags=["a/b"])
    changing({"names": ["IMG_2*"]}, favorite=True, add_to_albums=["One"], add_tags=["a"])
    library = "0b0f2c1e-7d5f-4a44-9a3e-2f1d8a6f1c11"
    changing.server.control("POST", "library", {"assets": [ids["scan_1.jpg"]], "library": library, "folder": "/mnt/photos/scans"})
    changing.server.wait_idle()
    return ids


SELECTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"names": ["screenshot*"]}, ["Screenshot_1.png"]),
    ({"names": ["IMG_?.jpg", "scan*"]}, ["IMG_1.jpg", "IMG_2.jpg", "scan_1.jpg"]),
    ({"visibility": ["archive"]}, ["scan_1.jpg"]),
    ({"folders": ["/mnt/photos"]}, ["scan_1.jpg"]),
    ({"folders": ["/mnt/photos/sc"]}, []),
    ({"albums": ["One"]}, ["IMG_2.jpg"]),
    ({"not_in_album": True, "names": ["IMG*"]}, ["IMG_1.jpg"]),
    ({"tags": ["a"]}, ["IMG_1.jpg", "IMG_2.jpg"]),
    ({"tags": ["a/b"]}, ["IMG_1.jpg"]),
    ({"favorite": True}, ["IMG_2.jpg"]),
    ({"favorite": False, "names": ["IMG*"]}, ["IMG_1.jpg"]),
    ({"min_rating": 4}, ["IMG_1.jpg"]),
    ({"camera_models": ["Box 2"]}, ["IMG_2.jpg"]),
    ({"taken_after": "2024-06-02"}, ["IMG_2.jpg"]),
    ({"taken_before": "2024-06-01", "extensions": ["PNG"]}, ["Screenshot_1.png"]),
    ({"added_before": "2001-01-01"}, []),
    ({"added_after": "2001-01-01", "exclude_extensions": ["jpg"]}, ["Screenshot_1.png"]),
    ({"lacks": ["rating", "description", "position", "tags"]}, ["Screenshot_1.png", "scan_1.jpg"]),
    ({"lacks": ["tags"], "types": ["image"]}, ["Screenshot_1.png", "scan_1.jpg"]),
    ({"types": ["video"]}, []),
]


def test_selections_find_matching_photos(on_each: Changing) -> None:
    ids = prepare(on_each)
    names = {asset_id: name for name, asset_id in ids.items()}
    for select, expected in SELECTIONS:
        result = on_each(select, check=True, description="another")
        assert sorted(names[asset["id"]] for asset in result["assets"]) == sorted(expected), select
        assert result["selected"] == len(expected)


@pytest.mark.parametrize(
    "select",
    [{}, {"tags": []}, {"albums": [""]}, {"taken_after": ""}, {"not_in_album": False}, {"names": None}],
)
def test_empty_selection_is_refused(changing: Changing, select: dict[str, Any]) -> None:
    send_shots(changing.server, SHOTS[0])
    changing.server.clear_requests()
    failure = changing.failure(select, rating=1)
    assert (failure.kind, failure.msg.startswith("select")) == ("validation", True)
    assert changing.server.requests(writes=True) == []


def test_albums_with_not_in_album_are_refused(changing: Changing) -> None:
    ids = send_shots(changing.server, SHOTS[0])
    ask(changing.server, "POST", "/albums", json={"albumName": "Rome", "assetIds": list(ids.values())})
    changing.server.clear_requests()
    failure = changing.failure({"albums": ["Rome"], "not_in_album": True}, rating=1)
    assert (failure.kind, failure.options) == ("validation", ("select.albums", "select.not_in_album"))
    assert changing.server.requests(writes=True) == []


@pytest.mark.parametrize("select", [{"tags": ["nowhere"]}, {"albums": ["nowhere"]}, {"people": ["nobody"]}])
def test_unknown_name_is_refused(changing: Changing, select: dict[str, Any]) -> None:
    send_shots(changing.server, SHOTS[0])
    assert changing.failure(select, rating=1).kind == "not_found"


@pytest.mark.parametrize(
    "wanted",
    [
        {"shift": {"by": "soon", "record": "/tmp/x"}},
        {"shift": {"by": "0s", "record": "/tmp/x"}},
        {"shift": {"by": "1h", "record": "x"}},
        {"date": "yesterday"},
        {"date": "0001-01-01"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "+19:00"},
        {"position": {"latitude": 91.0, "longitude": 0.0}},
        {"description": "null"},
        {"add_tags": ["a"], "remove_tags": ["a"]},
        {"add_tags": [" "]},
        {"rating": None},
    ],
)
def test_impossible_value_is_refused_before_any_request(changing: Changing, wanted: dict[str, Any]) -> None:
    changing.server.clear_requests()
    failure = changing.failure({"types": ["image"]}, **wanted)
    assert (failure.kind, failure.msg.count("set") > 0 or failure.msg.startswith("Immich cannot keep")) == ("validation", True)
    assert changing.server.requests() == []


def test_all_of_one_moment_are_selected(on_each: Changing) -> None:
    send_shots(on_each.server, *(Shot(f"{number}.jpg") for number in range(30)))
    assert on_each({"types": ["image"]}, favorite=True)["counts"]["changed"] == 30
    assert on_each({"favorite": True}, rating=3)["counts"]["changed"] == 30
    on_each.server.wait_idle()
    assert on_each({"min_rating": 3}, rating=3)["selected"] == 30


def test_assets_without_changes_are_not_kept(changing: Changing, monkeypatch: pytest.MonkeyPatch) -> None:
    send_shots(changing.server, *(Shot(f"{number}.jpg", number) for number in range(20)))
    monkeypatch.setattr(asset_lists, "PAGE", 3)
    kept: list[int] = []

    def count_assets() -> None:
        kept.append(sum(type(one) is Asset for one in gc.get_objects()))

    count_assets()
    result = changing({"types": ["image"]}, favorite=False, check_stop=count_assets)
    assert (result["changed"], result["selected"]) == (False, 20)
    assert max(kept) - kept[0] <= 3 * asset_lists.PAGE


def test_trashed_state_trashes_selected_photos(on_each: Changing) -> None:
    ids = prepare(on_each)
    assert on_each({"names": ["IMG*"]}, state="trashed", check=True)["counts"]["changed"] == 2
    result = on_each({"names": ["IMG*"]}, state="trashed")
    assert sorted(asset["id"] for asset in result["assets"]) == sorted([ids["IMG_1.jpg"], ids["IMG_2.jpg"]])
    assert sorted(asset["name"] for asset in on_each.server.state()["assets"] if asset["trashed"]) == ["IMG_1.jpg", "IMG_2.jpg"]
    assert on_each({"names": ["IMG*"]}, state="trashed")["changed"] is False


def test_trashing_needs_two_lists_with_the_same(changing: Changing) -> None:
    ids = send_shots(changing.server, *SHOTS[:2])
    looks: list[int] = []

    def archive_one_after_the_first_list() -> None:
        looks.append(1)
        if len(looks) == 1:
            ask(changing.server, "PUT", "/assets", json={"ids": [ids["IMG_1.jpg"]], "visibility": "archive"})

    result = changing({"visibility": ["timeline"]}, state="trashed", check_stop=archive_one_after_the_first_list)
    assert [asset["id"] for asset in result["assets"]] == [ids["Screenshot_1.png"]]
    assert [asset["id"] for asset in result["left_alone"]] == [ids["IMG_1.jpg"]]


def test_trashing_more_than_allowed_trashes_nothing(changing: Changing) -> None:
    send_shots(changing.server, *SHOTS[:2])
    failure = changing.failure({"types": ["image"]}, state="trashed", max_changes=1)
    assert failure.kind == "validation"
    assert not any(asset["trashed"] for asset in changing.server.state()["assets"])
