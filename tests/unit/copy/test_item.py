# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of an asset: which are copied, and what goes up beside the file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.asset_json import asset_of
from ansible_collections.photoyard.immich.plugins.module_utils._copy.server_source import facts_of, skip_reason
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.model import READ
from support.collection import Asset, Metadata, Position, Taken

ID = "2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8"


def asset(exif: dict[str, Any] | None = None, **others: Any) -> Asset:
    """An asset as Immich sends it."""
    sent = {
        "id": ID,
        "ownerId": ID,
        "checksum": "C7Xs8y+7nzjnYXmPr8CHUtb9zVA=",
        "originalFileName": "a.jpg",
        "originalPath": "/data/a.jpg",
        "type": "IMAGE",
        "fileCreatedAt": "2015-06-07T10:11:12.250Z",
        "fileModifiedAt": "2015-06-08T00:00:00.000Z",
        "localDateTime": "2015-06-07T12:11:12.250Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "visibility": "timeline",
        "isFavorite": False,
        "isTrashed": False,
        "exifInfo": {"fileSizeInByte": 9, "modifyDate": "2026-01-01T00:00:00+00:00", "timeZone": "Europe/Rome", **(exif or {})},
    }
    return asset_of({**sent, **others})


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, None),
        ({"type": "VIDEO"}, None),
        ({"type": "AUDIO"}, "audio"),
        ({"libraryId": ID}, "external library"),
        ({"libraryId": ID, "isOffline": True}, "missing original"),
        ({"exif": {"fileSizeInByte": 0}}, "empty file"),
        ({"exif": {"fileSizeInByte": None}}, None),
    ],
)
def test_copy_skips_unsuitable_assets(given: dict[str, Any], kind: str | None) -> None:
    assert skip_reason(asset(**given)) == kind


def seconds(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Taken(seconds(2015, 6, 7, 10, 11, 12) + 0.25, "2015-06-07T12:11:12.250+02:00", "+02:00", READ)),
        (
            {"fileCreatedAt": "1969-07-20T20:17:40.000Z", "localDateTime": "1969-07-20T16:47:40.000Z"},
            Taken(seconds(1969, 7, 20, 20, 17, 40), "1969-07-20T16:47:40.000-03:30", "-03:30", READ),
        ),
        # without a zone a time is local, unless there is a position, to whose zone Immich would move it
        (
            {"exif": {"timeZone": None}, "localDateTime": "2015-06-07T10:11:12.250Z"},
            Taken(seconds(2015, 6, 7, 10, 11, 12) + 0.25, "2015-06-07T10:11:12.250", None, READ),
        ),
        (
            {"exif": {"timeZone": None, "latitude": 41.9, "longitude": 12.5}, "localDateTime": "2015-06-07T10:11:12.250Z"},
            Taken(seconds(2015, 6, 7, 10, 11, 12) + 0.25, "2015-06-07T10:11:12.250+00:00", "+00:00", READ),
        ),
        # what is known of a file that Immich has yet to read says nothing
        ({"exif": {"modifyDate": None}}, Taken(seconds(2015, 6, 7, 10, 11, 12) + 0.25, None, None, READ)),
        ({"localDateTime": "2015-06-09T12:11:12.250Z"}, Taken(seconds(2015, 6, 7, 10, 11, 12) + 0.25, None, None, READ)),
        ({"fileCreatedAt": "+012015-06-07T10:11:12.250Z"}, Taken(seconds(2015, 6, 8, 0, 0, 0), None, None, READ)),
    ],
)
def test_taken_of_server_item_has_seconds_and_zone(given: dict[str, Any], expected: Taken) -> None:
    assert facts_of(asset(**given)).metadata.taken == expected


def test_metadata_of_server_item_is_from_answer() -> None:
    exif = {"description": "Rome", "rating": 4, "latitude": 41.9, "longitude": -12.5}
    said = {"isFavorite": True, "visibility": "archive", "people": [{"id": ID, "name": "Ann"}], "tags": [{"id": ID, "value": "Trip/Rome"}]}
    found = facts_of(asset(exif, **said)).metadata
    assert (found.description, found.rating, found.position) == ("Rome", 4, Position(41.9, -12.5))
    assert (found.favorite, found.visibility, found.people, found.tags) == (True, "archive", ("Ann",), ("Trip/Rome",))
    assert facts_of(asset({"rating": -1})).metadata.rating == -1
    plain = facts_of(asset({"rating": 0}))
    assert plain.metadata == Metadata(taken=plain.metadata.taken, zone="Europe/Rome")
