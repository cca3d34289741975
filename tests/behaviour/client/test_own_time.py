# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a time is a camera's or a file's, by what real servers answered."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.asset_json import has_own_time

NOON = "2024-06-01T12:00:00.123Z"
EXPOSED: dict[str, Any] = {"exposureTime": "1/100", "fNumber": 2.8, "iso": 100}
ROME = {"latitude": 41.9025, "longitude": 12.4958}


def says(created: str, modified: str, local: str, library: str | None = None, **exif: Any) -> bool:
    """Whether an asset with these times has a time of its own."""
    known = {"dateTimeOriginal": created, "timeZone": None, "latitude": None, "longitude": None, **exif}
    dates = {"fileCreatedAt": created, "fileModifiedAt": modified, "localDateTime": local}
    return has_own_time({**dates, "libraryId": library, "exifInfo": known})


@pytest.mark.parametrize(
    ("expected", "times", "about"),
    [
        # A scan: make and model, and no date.
        (False, (NOON, NOON, NOON), {}),
        (False, ("2024-06-01T12:00:00.122Z", NOON, "2024-06-01T12:00:00.122Z"), {}),  # 1.135
        (False, (NOON, NOON, NOON), {"timeZone": "Europe/Rome", **ROME}),
        (False, (NOON, NOON, NOON), {"timeZone": "UTC", "latitude": 0.5, "longitude": 0.5}),
        (False, (NOON, NOON, NOON), {"timeZone": "UTC+2"}),  # an offset without a date
        (False, (NOON, NOON, NOON), EXPOSED),  # a camera whose clock was not set
        (False, ("2024-06-01T11:59:59.623Z", NOON, "2024-06-01T11:59:59.623Z"), {}),  # its program sent when the file was made
        (False, ("2020-03-01T10:00:00.5Z", NOON, "2020-03-01T10:00:00.5Z"), {"library": "an external one"}),
        # Its user moved it by whole minutes.
        (False, ("1994-06-01T12:00:00.123Z", NOON, "1994-06-01T12:00:00.123Z"), {}),
        (False, ("1994-06-01T12:00:00.123Z", NOON, "1994-06-01T14:00:00.123Z"), {"timeZone": "UTC+2"}),
        # A camera, with and without an offset, a position, an exposure.
        (True, ("2024-06-01T12:00:00.250Z", "2024-06-01T12:10:00.123Z", "2024-06-01T12:00:00.250Z"), {}),
        (True, ("2024-06-01T12:00:00.250Z", "2024-06-01T12:00:01.123Z", "2024-06-01T12:00:00.250Z"), EXPOSED),
        (True, ("2024-06-01T12:00:00.250Z", "2024-06-01T12:00:01.123Z", "2024-06-01T14:00:00.250Z"), {"timeZone": "UTC+2"}),
        (True, ("2024-06-01T10:00:00.250Z", "2024-06-01T10:00:01.123Z", "2024-06-01T12:00:00.250Z"), {"timeZone": "Europe/Rome", **ROME}),
        (True, ("2024-06-01T12:00:00.250Z", NOON, "2024-06-01T14:00:00.250Z"), {"timeZone": "UTC+2", "library": "an external one"}),
        (True, ("2024-06-01T12:00:00.250Z", NOON, "2024-06-01T12:00:00.250Z"), {**EXPOSED, "library": "an external one"}),
        # A program set the time of the file to that of the camera.
        (True, (NOON, NOON, NOON), {"timeZone": "UTC"}),
        (True, (NOON, NOON, "2024-06-01T14:00:00.123Z"), {"timeZone": "UTC+2"}),
        (True, ("2024-06-01T14:00:00.123Z", NOON, "2024-06-01T14:00:00.123Z"), EXPOSED),  # of local time that Immich took for UTC
    ],
)
def test_own_time_differs_from_time_of_upload(expected: bool, times: tuple[str, str, str], about: dict[str, Any]) -> None:
    assert says(*times, **about) is expected


def test_own_time_accepts_years_beyond_9999() -> None:
    far = "+010000-01-01T00:00:00.000Z"
    assert not says(NOON, far, far)
    assert not says(far, NOON, far, **EXPOSED)
    assert says(NOON, far, far, **EXPOSED)
