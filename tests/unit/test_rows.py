# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rows of long tests `make rest` runs on a day."""

from __future__ import annotations

import pytest

from support import rows

pytest_plugins = ["pytester"]

DAYS = ("2026-12-02", "2026-12-03", "2026-12-04")


@pytest.fixture
def collected(pytester: pytest.Pytester) -> list[pytest.Item]:
    """A marked test of seven rows, and one without marker of two."""
    pytester.makeini("[pytest]\nmarkers = rows")
    return pytester.getitems(
        "import pytest\n"
        "@pytest.mark.rows\n@pytest.mark.parametrize('step', range(7))\ndef test_killed(step): pass\n"
        "@pytest.mark.parametrize('check', [True, False])\ndef test_other(check): pass\n"
    )


def test_all_rows_run_within_three_days(collected: list[pytest.Item]) -> None:
    left_out = [{item.name for item in rows.of_other_days(collected, {"ROWS_OF": day})} for day in DAYS]

    all_rows = {f"test_killed[{step}]" for step in range(7)}
    assert set().union(*(all_rows - names for names in left_out)) == all_rows
    assert {len(names) for names in left_out} == {4, 5}
    assert set().union(*left_out) == all_rows, "other tests run each day"


def test_all_rows_run_without_a_day(collected: list[pytest.Item]) -> None:
    assert rows.of_other_days(collected, {}) == []
