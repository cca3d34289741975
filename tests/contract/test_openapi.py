# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measure itself: wrong requests and answers are found to be wrong."""

from __future__ import annotations

from typing import Any

import pytest

from contract.openapi import Document, from_client, from_pypi

DOCUMENTS = {"whole": from_pypi(), "made again": from_client()}
ID = "6b6b6c1e-9c3f-4c37-8a55-0f1f6d3f5c11"
MOMENT = "2021-03-04T05:06:07.000Z"
FILE = {"filename": "a.jpg", "bytes": 1, "sha1": "00"}
FORM = {"assetData": FILE, "fileCreatedAt": MOMENT, "fileModifiedAt": MOMENT}


def request(method: str, path: str, **content: Any) -> dict[str, Any]:
    """An entry of the request log."""
    return {"method": method, "path": path, "query": {}, "json": None, "form": None, **content}


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> Document:
    """A document as Immich publishes it, and one that was generated from a client."""
    return DOCUMENTS[request.param]


@pytest.mark.parametrize(
    "entry",
    [
        request("GET", "/albums", query={"isOwned": "true"}),
        request("PUT", f"/albums/{ID}/assets", json={"ids": [ID]}),
        request("POST", "/assets", form={**FORM, "isFavorite": "true"}),
        request("PUT", "/queues/faceDetection", json={"isPaused": True}),
        request("PATCH", f"/assets/{ID}", json={"livePhotoVideoId": None}),
        request("PATCH", "/assets", json={"ids": [ID], "rating": None}),
    ],
)
def test_a_right_request_is_right(document: Document, entry: dict[str, Any]) -> None:
    assert document.request_errors(entry) == []


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (request("GET", "/nothing"), "there is no GET /nothing"),
        (request("GET", "/albums", query={"nonsense": "1"}), "query nonsense is unknown"),
        (request("GET", "/albums", query={"isOwned": "maybe"}), "query isOwned: 'maybe' is not of type boolean"),
        (request("PUT", f"/albums/{ID}/assets", json={"ids": ["x"]}), "body.ids[0]"),
        (request("POST", "/albums", json={}), "body: 'albumName' is a required property"),
        (request("POST", "/albums", json={"albumName": "A", "colour": "red"}), "body.colour is unknown"),
        (request("POST", "/albums"), "the body is missing"),
        (request("GET", "/albums", json={}), "there should be no body"),
        (request("POST", "/assets", form={"assetData": FILE, "fileCreatedAt": MOMENT}), "form fileModifiedAt is missing"),
        (request("POST", "/assets", form={**FORM, "assetData": "text"}), "form assetData should be a file"),
        (request("POST", "/assets", form={**FORM, "fileCreatedAt": "2021-03-04T05:06:07"}), "form fileCreatedAt"),
        (request("POST", "/assets", form={**FORM, "visibility": "attic"}), "form visibility"),
        (request("PUT", "/queues/sing", json={"isPaused": True}), "path name: 'sing' is not one of"),
        (request("GET", "/assets/7"), "path id: '7' "),
        (request("POST", "/jobs", json={"name": "sing"}), "body.name: 'sing' is not one of"),
        (request("PATCH", f"/assets/{ID}", json={"description": None}), "body.description: None is not of type 'string'"),
        (request("PATCH", f"/assets/{ID}", json={"latitude": 91}), "body.latitude: 91 is greater than the maximum of 90"),
        (request("PATCH", "/trash/restore", json={}), "there is no PATCH /trash/restore"),
    ],
)
def test_a_wrong_request_is_wrong(document: Document, entry: dict[str, Any], error: str) -> None:
    found = document.request_errors(entry)
    assert found
    assert all(line.startswith(error) for line in found)


def test_a_wrong_answer_is_wrong(document: Document) -> None:
    assert document.answer_errors("POST", "/assets", 201, {"id": ID, "status": "created"}) == []
    (missing,) = document.answer_errors("POST", "/assets", 201, {"id": ID})
    assert "'status' is a required property" in missing
    (status,) = document.answer_errors("POST", "/assets", 299, {})
    assert status == "POST /assets is not said to answer 299"


def test_generated_document_contains_complete_document() -> None:
    """3.3.5 has all calls of 3.0.0, and more."""
    whole, made = DOCUMENTS["whole"], DOCUMENTS["made again"]
    assert set(whole.operations) < set(made.operations)
    assert len(made.content["components"]["schemas"]) > 400
    for key, operation in whole.operations.items():
        names = {(p["in"], p["name"]) for p in operation.get("parameters", ()) if p["in"] != "header"}
        assert names <= {(p["in"], p["name"]) for p in made.operations[key]["parameters"]}, key
        assert ("requestBody" in operation) <= ("requestBody" in made.operations[key]), key
