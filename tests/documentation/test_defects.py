# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each defect that the documentation lists has its test, and the page is made of the list."""

from __future__ import annotations

import datetime

import pytest

from documentation.defects import PAGE, WAYS, named_tests, page, sections
from documentation.named_tests import exists

DEFECTS = [defect for section in sections() for defect in section["defects"]]


def test_page_of_defects_is_made_of_list() -> None:
    """`make generate` makes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_defects_name_existing_tests() -> None:
    assert [node for node in named_tests() if not exists(node)] == []


def test_rows_of_defects_are_whole() -> None:
    assert [defect for defect in DEFECTS if defect["found"] not in WAYS] == []
    open_or_fixed = ({"what", "found"}, {"what", "found", "fixed", "test"})
    assert [defect for defect in DEFECTS if set(defect) not in open_or_fixed] == []
    assert [defect for defect in DEFECTS if "fixed" in defect and type(defect["fixed"]) is not datetime.date] == []
    assert len({defect["what"] for defect in DEFECTS}) == len(DEFECTS) > 300


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("tests/documentation/test_defects.py::test_named_test_exists_by_its_whole_name", True),
        ("tests/unit/exports/takeout/test_leftovers.py::TestEdited::test_the_title_may_have_a_dot_and_no_extension", True),
        ("tests/unit/exports/takeout/test_leftovers.py::TestLive::test_the_title_may_have_a_dot_and_no_extension", False),
        ("tests/unit/exports/takeout/test_leftovers.py::test_the_title_may_have_a_dot_and_no_extension", False),
        ("tests/documentation/test_defects.py::test_gone", False),
        ("tests/gone.py::test_gone", False),
    ],
)
def test_named_test_exists_by_its_whole_name(node: str, expected: bool) -> None:
    assert exists(node) == expected
