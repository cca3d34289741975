# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Albums of the folders in which originals lie."""

from __future__ import annotations

from typing import Any

import pytest

from support.collection import errors
from support.photos.shots import Shot, ask, send_shots

from .conftest import Changing

BELOW = {"below": ["/mnt/photos"]}
#: name → the folder in which it lies
FOLDERS = {"a.jpg": "/mnt/photos/2024/Rome", "b.jpg": "/mnt/photos/2024", "c.jpg": "/mnt/photos", "d.jpg": "/mnt/photos-old/x"}


@pytest.fixture
def library(on_each: Changing) -> Changing:
    """A server of each version, with a library of four photos."""
    ids = send_shots(on_each.server, *(Shot(name, number * 60.0) for number, name in enumerate(FOLDERS)))
    for name, folder in FOLDERS.items():
        asked = {"assets": [ids[name]], "library": "0b0f2c1e-7d5f-4a44-9a3e-2f1d8a6f1c11", "folder": folder}
        on_each.server.control("POST", "library", asked)
    on_each.server.clear_requests()
    return on_each


def albums(changing: Changing) -> dict[str, list[str]]:
    """The names of the photos in each album."""
    found: dict[str, list[str]] = {}
    for asset in changing.server.state()["assets"]:
        for album in asset["albums"]:
            found.setdefault(album, []).append(asset["name"])
    return {name: sorted(members) for name, members in found.items()}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, {"2024 / Rome": ["a.jpg"], "2024": ["b.jpg"]}),
        ({"levels": 1}, {"2024": ["a.jpg", "b.jpg"]}),
        ({"levels": -1, "name": "Photos: {folder}"}, {"Photos: Rome": ["a.jpg"], "Photos: 2024": ["b.jpg"]}),
        ({"below": ["/mnt/", "/mnt/photos/2024"], "joiner": "-"}, {"Rome": ["a.jpg"], "photos": ["c.jpg"], "photos-old-x": ["d.jpg"]}),
    ],
)
def test_each_folder_becomes_an_album_once(library: Changing, wanted: dict[str, Any], expected: dict[str, list[str]]) -> None:
    select = {"types": ["image"]}
    predicted = library(select, check=True, folder_albums={**BELOW, **wanted})
    assert library.server.requests(writes=True) == []
    result = library(select, folder_albums={**BELOW, **wanted})
    assert {**predicted, "warnings": []} == {**result, "warnings": []}
    assert albums(library) == expected
    assert result["folder_albums"] == sorted(expected)
    library.server.clear_requests()
    again = library(select, folder_albums={**BELOW, **wanted})
    assert (again["changed"], again["folder_albums"]) == (False, sorted(expected))
    assert library.server.requests(writes=True) == []


def test_existing_album_of_folder_is_filled(library: Changing) -> None:
    ask(library.server, "POST", "/albums", json={"albumName": "2024"})
    library({"names": ["*"]}, folder_albums={**BELOW, "levels": 1}, add_to_albums=["2024", "All"])
    assert albums(library) == {"2024": ["a.jpg", "b.jpg", "c.jpg", "d.jpg"], "All": ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]}
    assert len(ask(library.server, "GET", "/albums")) == 2


def test_folder_with_two_albums_is_refused(changing: Changing) -> None:
    ids = send_shots(changing.server, Shot("a.jpg"))
    asked = {"assets": list(ids.values()), "library": "0b0f2c1e-7d5f-4a44-9a3e-2f1d8a6f1c11", "folder": "/mnt/photos/2024"}
    changing.server.control("POST", "library", asked)
    for _ in range(2):
        ask(changing.server, "POST", "/albums", json={"albumName": "2024"})
    failure = changing.failure({"names": ["*"]}, folder_albums=BELOW)
    assert (failure.kind, "'2024'" in failure.msg) == ("validation", True)
    assert albums(changing) == {}


@pytest.mark.parametrize(
    "wanted",
    [{"below": []}, {"below": ["mnt"]}, {"below": ["/mnt"], "levels": 0}, {"below": ["/mnt"], "name": "All"}],
)
def test_wrong_folder_albums_are_refused(changing: Changing, wanted: dict[str, Any]) -> None:
    failure = changing.failure({"names": ["*"]}, folder_albums=wanted)
    assert isinstance(failure, errors.InvalidRequest)
    assert "set.folder_albums." in failure.msg
