# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy that ends before its end: albums, tags, live photos and stacks are left to the next run, and nothing is said of what is not so."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from support.collection import Run
from support.photos.libraries import Account
from support.waiting import wait_until

from .conftest import Copies
from .test_copy import seen
from .test_trouble import on

PHOTOS = ("1.jpg", "2.jpg", "3.jpg", "4.jpg")
ENDS: dict[str, dict[str, Any]] = {
    "the key is withdrawn": {"status": 401, "json": {"message": "Invalid API key"}},
    "the quota is used up": {"status": 400, "json": {"message": "Quota has been exceeded!"}},
    "a stop": {"hang": True},
}
# Which request to the target, or the source, meets with trouble, after how many like it.
STAGES = {"read": ("source", "GET", "/original$", 4), "send": ("target", "POST", "^/assets$", 4)}


def fill(account: Account) -> None:
    """A library of which the video of a live photo comes last."""
    for minutes, name in enumerate(PHOTOS):
        account.upload(name, minutes=-minutes)
    account.live("live.jpg", minutes=5)
    account.album("Rome", *PHOTOS)
    account.tag("Trip", *PHOTOS)
    account.stack(*reversed(PHOTOS))


@pytest.mark.parametrize(
    ("stage", "end"), [(stage, end) for stage in STAGES for end in ENDS if (stage, end) != ("read", "the quota is used up")]
)
def test_ended_copy_leaves_albums_and_tags_to_next_run(copies: Copies, stage: str, end: str) -> None:
    fill(copies.source)
    side, method, path, after = STAGES[stage]
    server = getattr(copies, side).server
    server.fault(method=method, path=path, after=after, times=None, delay=0.2, **ENDS[end])
    signals = Run("copy")

    def tell() -> None:
        wait_until(lambda: server.struck() > 0)
        signals.reason = "The test said so"

    if end == "a stop":
        threading.Thread(target=tell, daemon=True).start()
    error = copies.failing(signals=signals, concurrency=1)
    state = copies.target.server.state()
    assert "live.jpg" in on(copies.target)
    assert "live.mov" not in on(copies.target)
    assert (state["albums"], state["stacks"]) == ([], [])
    assert error.result["warnings"] == []
    assert (error.result["albums"], error.result["stacks"]["created"]) == ([], 0)
    server.clear_faults()
    result = copies()
    assert (result["counts"]["failed"], result["warnings"]) == (0, [])
    assert seen(copies.target) == seen(copies.source)
    assert copies()["changed"] is False
