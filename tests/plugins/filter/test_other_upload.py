# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter other_upload: which lease is that of another upload."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.filter.other_upload import other_upload
from ansible_collections.selfhosted.immich.plugins.filter.upload_summary import upload_summary

OWN, OTHER = "nas, upload of 2026-01-31T01:00:00Z", "pi, AWX job 7, upload of 2026-01-31T01:30:00Z"


def lease(holder: str, expired: bool = False) -> dict[str, Any]:
    return {"holder": holder, "expired": expired, "age": 4, "expires_at": "2026-01-31T02:00:00Z"}


@pytest.mark.parametrize(
    ("leases", "found"),
    [
        ([], None),
        ([lease(OWN)], None),
        ([lease(OWN), lease(OTHER)], OTHER),
        ([lease(OTHER, expired=True)], None),
        ([lease("nas, maintenance of 2026-01-31T01:00:00Z")], None),
    ],
    ids=["none", "own", "other", "expired", "maintenance"],
)
def test_only_a_running_upload_of_another_run_is_found(leases: list[dict[str, Any]], found: str | None) -> None:
    assert other_upload(leases, OWN).get("holder") == found


def test_the_summary_names_the_other_upload() -> None:
    assert upload_summary({}, other=lease(OTHER)) == (
        f"Nothing was uploaded, because another upload is running: {OTHER}, last renewed 4 s ago. If it has died, its pause ends at "
        "2026-01-31T02:00:00Z."
    )
