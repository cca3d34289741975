# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which long tests `make rest` runs on a day."""

from __future__ import annotations

import pytest

from support import long_tests

pytest_plugins = ["pytester"]

DAYS = ("2026-12-02", "2026-12-03", "2026-12-04")


@pytest.fixture
def collected(pytester: pytest.Pytester) -> list[pytest.Item]:
    """Eight long ones, seven of which are rows of one test, and two others."""
    pytester.makeini("[pytest]\nmarkers = long")
    return pytester.getitems(
        "import pytest\n"
        "@pytest.mark.long\ndef test_release(): pass\n"
        "@pytest.mark.long\n@pytest.mark.parametrize('step', range(7))\ndef test_killed(step): pass\n"
        "@pytest.mark.parametrize('check', [True, False])\ndef test_other(check): pass\n"
    )


def test_all_long_tests_run_within_three_days(collected: list[pytest.Item]) -> None:
    left_out = [{item.name for item in long_tests.of_other_days(collected, {"LONG_TESTS_OF": day})} for day in DAYS]

    all_long = {"test_release", *(f"test_killed[{step}]" for step in range(7))}
    assert set().union(*(all_long - names for names in left_out)) == all_long
    assert {len(names) for names in left_out} == {5, 6}
    assert set().union(*left_out) == all_long, "other tests run each day"


def test_all_long_tests_run_without_a_day(collected: list[pytest.Item]) -> None:
    assert long_tests.of_other_days(collected, {}) == []
