# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""People and faces on the embedded server: its answers are as documented, and it is as unkind as real ones were seen to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from contract.openapi import acted_as, documents
from immich_emulator.testing import Emulator
from immich_emulator.versions import find
from support.photos.libraries import Account
from support.photos.people import detect_all, let_detection_find, people_of, seen_faces, sized_photo

DOCUMENTS = documents()
PAIRS = [(acted_as(document_version), document_version) for document_version in DOCUMENTS]
VERSIONS = ("1.135", "2.7", "3.1")
SIZE = (400, 300)
CROP = {"action": "crop", "parameters": {"x": 100, "y": 0, "width": 300, "height": 300}}


@pytest.fixture(params=VERSIONS)
def account(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Account:
    """A user with one photo, on a server of each version in turn."""
    account = Account(emulator(version=request.param, job_seconds=0.001))
    account.upload("a.jpg", sized_photo("a", SIZE))
    account.server.wait_idle()
    return account


def refused(account: Account, method: str, path: str, **content: Any) -> int:
    """The status with which a request is refused."""
    with pytest.raises(requests.HTTPError) as caught:
        account.ask(method, path, **content)
    assert caught.value.response is not None
    return int(caught.value.response.status_code)


@pytest.mark.parametrize(("version", "document_version"), PAIRS)
def test_answers_about_people_are_as_documented(emulator: Callable[..., Emulator], version: str, document_version: str) -> None:
    account = Account(emulator(version=version, job_seconds=0.001))
    asset = account.upload("a.jpg", sized_photo("a", SIZE))
    account.server.wait_idle()
    ann = account.person("Ann", birthDate="1990-01-01", isFavorite=True, color="#aabbcc")
    account.face(ann, "a.jpg", 10, 10, 50, 50, size=SIZE)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/people", {"json": {"name": "Ben"}}),
        ("GET", "/people", {"params": {"withHidden": "true"}}),
        ("GET", f"/people/{ann}", {}),
        ("PUT", f"/people/{ann}", {"json": {"featureFaceAssetId": asset}}),
        ("GET", "/search/person", {"params": {"name": "Ann"}}),
        ("GET", "/faces", {"params": {"id": asset}}),
        ("GET", f"/assets/{asset}", {}),
    ]
    if find(version).at_least(2, 5):
        asked += [("PUT", f"/assets/{asset}/edits", {"json": {"edits": [CROP]}}), ("GET", f"/assets/{asset}/edits", {})]
    wrong: list[str] = []
    for method, path, content in asked:
        status = 201 if method == "POST" else 200
        wrong += DOCUMENTS[document_version].answer_errors(method, path, status, account.ask(method, path, **content))
    assert wrong == []


def test_face_is_stored_anywhere_and_each_time_anew(account: Account) -> None:
    ann = account.person("Ann")
    for box in ((10, 10, 50, 50), (10, 10, 50, 50), (-5, 900, 0, -3)):
        account.face(ann, "a.jpg", *box, size=SIZE)
    assert len(account.ask("GET", "/faces", params={"id": account.ids["a.jpg"]})) == 3


def test_people_are_listed_by_faces_in_the_timeline(account: Account) -> None:
    account.upload("b.jpg", visibility="archive")
    account.person("Archived", "b.jpg")
    account.person("Nowhere")
    account.person("", "a.jpg")
    account.person("Shown", "a.jpg")
    account.person("Hidden", "a.jpg", isHidden=True)
    listed = account.ask("GET", "/people")
    assert ([one["name"] for one in listed["people"]], listed["total"], listed["hidden"]) == (["Shown"], 2, 1)
    found = [account.ask("GET", "/search/person", params={"name": name}) for name in ("Nowhere", "Archived", "Hidden")]
    assert [[one["name"] for one in people] for people in found] == [["Nowhere"], ["Archived"], []]


def test_people_of_others_are_out_of_reach(account: Account) -> None:
    admin = Account(account.server, account.server.admin_api_key)
    eve = admin.person("Eve")
    assert refused(account, "GET", f"/people/{eve}") == 400
    assert refused(account, "PUT", f"/people/{eve}", json={"name": "Mine"}) == 400
    body = {"assetId": account.ids["a.jpg"], "personId": eve, "x": 1, "y": 1, "width": 1, "height": 1, "imageWidth": 9, "imageHeight": 9}
    assert refused(account, "POST", "/faces", json=body) == 400


def test_odd_values_of_people_and_faces_are_refused(account: Account) -> None:
    ann = account.person("Ann")
    body = {"assetId": account.ids["a.jpg"], "personId": ann, "x": 1.5, "y": 1, "width": 3, "height": 3, "imageWidth": 9, "imageHeight": 9}
    if account.server.version == "2.7":
        account.ask("POST", "/faces", json=body)
    else:
        assert refused(account, "POST", "/faces", json=body) == 400
    assert refused(account, "PUT", f"/people/{ann}", json={"birthDate": "2999-01-01"}) == 400
    account.upload("b.jpg")
    assert refused(account, "PUT", f"/people/{ann}", json={"featureFaceAssetId": account.ids["b.jpg"]}) == 400


def test_detection_joins_faces_of_the_preview_alone(account: Account) -> None:
    account.upload("large.jpg", sized_photo("large", (2000, 1600)))
    account.server.wait_idle()
    ann = account.person("Ann")
    account.face(ann, "large.jpg", 180, 144, 180, 144, size=(1800, 1440))
    account.face(ann, "large.jpg", 1000, 800, 200, 160, size=(2000, 1600))
    let_detection_find(account, "large.jpg", (0.1, 0.1, 0.2, 0.2), (0.5, 0.5, 0.6, 0.6))
    detect_all(account)
    assert [face[0] for face in seen_faces(account)["large.jpg"]] == ["Ann", "Ann", None]


def test_detection_of_all_faces_loses_those_beside_joined_ones(account: Account) -> None:
    account.face(account.person("Ann"), "a.jpg", 40, 30, 40, 60, size=SIZE)
    let_detection_find(account, "a.jpg", (0.1, 0.1, 0.2, 0.3), (0.5, 0.5, 0.9, 0.9))
    detect_all(account)
    assert len(seen_faces(account)["a.jpg"]) == 2
    detect_all(account)
    assert [face[0] for face in seen_faces(account)["a.jpg"]] == ["Ann"]


def test_person_without_a_face_is_cleaned_up_by_old_servers(account: Account) -> None:
    account.person("Nowhere")
    account.person("Ann", "a.jpg")
    Account(account.server, account.server.admin_api_key).ask("POST", "/jobs", json={"name": "person-cleanup"})
    account.server.wait_idle()
    assert sorted(one["name"] for one in people_of(account).values()) == (
        ["Ann"] if account.server.version == "1.135" else ["Ann", "Nowhere"]
    )
