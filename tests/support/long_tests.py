# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of the longest tests, `make rest` runs a third: those of the day, so that in three days all ran.

The marker `long` says which: a test that takes some seven seconds of processor time or more, or one with a row for each of many steps or
readers. LONG_TESTS_OF, which the Makefile sets there alone, names the day. All of them run in the workflow, which runs the parts of
`make check` by their names, and in whatever else runs those tests.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping

import pytest

SHARE = 3


def of_other_days(items: Iterable[pytest.Item], environment: Mapping[str, str] = os.environ) -> list[pytest.Item]:
    """The long tests to leave out: none without LONG_TESTS_OF. One after the other, they belong to one day after the other."""
    if not environment.get("LONG_TESTS_OF"):
        return []
    day = datetime.date.fromisoformat(environment["LONG_TESTS_OF"]).toordinal()
    long_tests = (item for item in items if item.get_closest_marker("long"))
    return [item for place, item in enumerate(long_tests) if (place + day) % SHARE]
