# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measure itself: wrong requests and answers are found to be wrong."""

from __future__ import annotations

from typing import Any

import pytest

from contract.openapi import from_pypi

DOCUMENT = from_pypi()
ID = "6b6b6c1e-9c3f-4c37-8a55-0f1f6d3f5c11"
MOMENT = "2021-03-04T05:06:07.000Z"
FILE = {"filename": "a.jpg", "bytes": 1, "sha1": "00"}
FORM = {"assetData": FILE, "fileCreatedAt": MOMENT, "fileModifiedAt": MOMENT}


def request(method: str, path: str, **content: Any) -> dict[str, Any]:
    """An entry of the request log."""
    return {"method": method, "path": path, "query": {}, "json": None, "form": None, **content}


@pytest.mark.parametrize(
    "entry",
    [
        request("GET", "/albums", query={"isOwned": "true"}),
        request("PUT", f"/albums/{ID}/assets", json={"ids": [ID]}),
        request("POST", "/assets", form={**FORM, "isFavorite": "true"}),
        request("PUT", "/queues/faceDetection", json={"isPaused": True}),
    ],
)
def test_a_right_request_is_right(entry: dict[str, Any]) -> None:
    assert DOCUMENT.request_errors(entry) == []


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
    ],
)
def test_a_wrong_request_is_wrong(entry: dict[str, Any], error: str) -> None:
    found = DOCUMENT.request_errors(entry)
    assert found
    assert all(line.startswith(error) for line in found)


def test_a_wrong_answer_is_wrong() -> None:
    assert DOCUMENT.answer_errors("POST", "/assets", 201, {"id": ID, "status": "created"}) == []
    (missing,) = DOCUMENT.answer_errors("POST", "/assets", 201, {"id": ID})
    assert "'status' is a required property" in missing
    (status,) = DOCUMENT.answer_errors("POST", "/assets", 299, {})
    assert status == "POST /assets is not said to answer 299"
