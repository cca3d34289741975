# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file's time in the upload form."""

from __future__ import annotations

import re

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._times import ns_to_iso_utc


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (1_700_000_000_250_000_000, "2023-11-14T22:13:20.250Z"),
        (1_690_000_000_000_000_000, "2023-07-22T04:26:40.000Z"),
        (253_402_300_800_000_000_000, "9999-12-30T00:00:00.000Z"),
        (-62_135_596_800_000_000_000, "0100-01-02T00:00:00.000Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1_000_000_000, "1969-12-31T23:59:59.000Z"),
        (1_700_000_000_999_999_999, "2023-11-14T22:13:20.999Z"),
    ],
)
def test_times_have_milliseconds_and_z(moment: int, sent: str) -> None:
    assert ns_to_iso_utc(moment) == sent


@pytest.mark.parametrize("moment", [2**62, -(2**62), 2**63 * 1000, -(2**63) * 1000])
def test_time_beyond_calendar_is_still_formatted(moment: int) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", ns_to_iso_utc(moment))
