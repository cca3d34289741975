# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of long tests with a row for each of many steps or readers, `make rest` runs a third: those of the day, so that in three days all ran.

The marker `rows` says which. ROWS_OF, which the Makefile sets there alone, names the day. All rows run in the workflow, which runs the
parts of `make check` by their names, and in whatever else runs those tests.
"""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Iterable, Mapping

import pytest

SHARE = 3


def of_other_days(items: Iterable[pytest.Item], environment: Mapping[str, str] = os.environ) -> list[pytest.Item]:
    """The rows to leave out: none without ROWS_OF."""
    if not environment.get("ROWS_OF"):
        return []
    day = datetime.date.fromisoformat(environment["ROWS_OF"]).toordinal()
    rows: Counter[str] = Counter()
    others = []
    for item in items:
        if item.get_closest_marker("rows"):
            test = item.nodeid.partition("[")[0]
            if (rows[test] + day) % SHARE:
                others.append(item)
            rows[test] += 1
    return others
