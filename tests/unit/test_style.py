# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CONTRIBUTING says of names of tests, and one licence in each file: what no linter looks for."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
NO_NAMES = {"it", "what", "they", "that"}
"""Words that stand for a name: a test says the name."""


def find_tests() -> list[tuple[str, str]]:
    """The path of each file with tests, and the name of each test in it."""
    return [
        (str(path.relative_to(REPOSITORY)), match[1])
        for path in sorted((REPOSITORY / "tests").rglob("*.py"))
        for match in re.finditer(r"^ *(?:async )?def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


def test_no_plugin_has_its_licence_twice() -> None:
    """As one had that was put together from two."""
    texts = {path: path.read_text(encoding="utf-8") for path in (REPOSITORY / "plugins").rglob("*.py")}
    assert [path for path, text in texts.items() if text.count("GNU General Public License") > 1] == []


def test_names_of_tests_have_fewer_than_60_characters() -> None:
    assert [(name, test, len(test)) for name, test in find_tests() if len(test) >= 60] == []


def test_names_of_tests_have_no_pronouns() -> None:
    assert [(name, test) for name, test in find_tests() if NO_NAMES & set(test.split("_"))] == [], "name unit, case and outcome"
