# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run counts, and that a thread which was left behind changes nothing of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._run.tally import Action, Tally
from support.collection import LocalFailure, errors

SENT = Action("sent", diff="send")
STEPS: dict[str, Callable[[Tally], None]] = {
    "found": lambda tally: tally.note_found(2, 300),
    "done": lambda tally: tally.done(SENT, "b.jpg", size=100),
    "skipped": lambda tally: tally.skipped("b.txt", ".txt", "Not uploaded."),
    "unreadable": lambda tally: tally.unreadable("b.jpg", LocalFailure("It is empty."), size=0),
    "missing": lambda tally: tally.unreadable("/b", errors.MissingPath("It is not there.")),
    "warned": lambda tally: tally.warn("b.jpg is odd."),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_frozen_tally_counts_nothing_more(step: str) -> None:
    tally = Tally([SENT])
    tally.note_found(1, 100)
    tally.done(SENT, "a.jpg", size=100)
    before = tally.freeze()
    STEPS[step](tally)
    assert {**tally.freeze(), "seconds": 0} == {**before, "seconds": 0}
    assert (tally.files_seen, tally.bytes_seen, tally.files_done, tally.bytes_done) == (1, 100, 1, 100)
    assert (tally.failures, tally.missing_paths, tally.skipped_count) == (0, 0, 0)


def test_missing_paths_come_first_among_the_failures() -> None:
    tally = Tally([SENT])
    for number in range(100):
        tally.unreadable(f"/{number}.jpg", LocalFailure("The file is empty."))
    for path in ("/usb", "/disk"):
        tally.unreadable(path, errors.MissingPath("It is not there."))
    assert [one["path"] for one in tally.first_failures[:3]] == ["/usb", "/disk", "/0.jpg"]
    assert len(tally.first_failures) == 100
    assert isinstance(tally.first_failure, errors.MissingPath)
