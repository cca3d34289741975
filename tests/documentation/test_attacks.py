# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each thing that an attacker cannot do, by the documentation, is held by a test."""

from __future__ import annotations

import re

import pytest

from documentation.blocks import DOCSITE
from documentation.named_tests import exists

PAGE = (DOCSITE / "rst" / "attacks.rst").read_text(encoding="utf-8")
ROWS = re.findall(r"^   \* - (.*\n(?:     .*\n)*)", PAGE, re.MULTILINE)
"""The rows of the tables."""

LINES = [row for row in ROWS if not re.search(r"^     - .*[Tt]ried by$", row, re.MULTILINE)]


def missing(line: str) -> list[str]:
    """The tests that a line names and that do not exist."""
    named = re.findall(r"``(tests/[\w/]+\.py)::(test_\w+)``", line)
    assert named, line
    return [node for node in map("::".join, named) if not exists(node)]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.partition("\n")[0][:50])
def test_line_on_attacks_names_existing_tests(line: str) -> None:
    assert missing(line) == []


def test_attacks_have_lines_and_wrong_names_are_found() -> None:
    assert len(LINES) > 30
    assert missing("``tests/documentation/test_attacks.py::test_gone`` ``tests/gone.py::test_gone``") == [
        "tests/documentation/test_attacks.py::test_gone",
        "tests/gone.py::test_gone",
    ]
