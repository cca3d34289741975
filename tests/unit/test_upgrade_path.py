# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against an upgrade."""

from __future__ import annotations

import pytest

from ansible_collections.photoyard.immich.plugins.filter._upgrade_path import upgrade_path

CASES = {
    "the same": ("3.1.0", "3.1.0", [], [], []),
    "a patch": ("3.1.0", "v3.1.2", [], [], []),
    "a minor version": ("2.6.0", "2.7.5", [], [], []),
    "back": ("3.1.0", "3.0.2", [], [], ["cannot go back"]),
    "no version": ("3.1.0", "latest", [], [], ["latest is not a version"]),
    "breaking changes": ("2.7.5", "3.1.0", [], [], ["Immich 3.0.0 has breaking changes"]),
    "breaking changes that were read": ("2.7.5", "3.1.0", ["vchord", "vector"], ["3.0.0"], []),
    "pgvecto.rs": ("2.7.5", "3.1.0", ["vectors"], ["3.0.0"], ["The database uses pgvecto.rs"]),
    "pgvecto.rs, which 2 allows": ("1.135.3", "2.7.5", ["vectors"], [], []),
    "a stop": ("1.131.0", "2.7.5", [], [], ["Upgrade to 1.132.3 first"]),
    "from within the stop": ("1.135.3", "2.7.5", [], [], []),
    "up to the stop": ("1.131.0", "1.132.3", [], [], []),
}


@pytest.mark.parametrize("name", CASES)
def test_upgrade_path_lists_problems(name: str) -> None:
    current, wanted, extensions, acknowledged, expected = CASES[name]
    problems = upgrade_path(current, wanted, extensions, acknowledged)["problems"]
    assert len(problems) == len(expected)
    assert all(part in problem for part, problem in zip(expected, problems, strict=True))


def test_breaking_changes_are_noted_with_their_source() -> None:
    (note,) = upgrade_path("2.7.5", "3.1.0", [], ["3.0.0"])["notes"]
    assert {"3.0.0:", "https://immich.app/blog/v3-migration."} <= set(note.split())
    assert upgrade_path("3.0.0", "3.1.0")["notes"] == []
