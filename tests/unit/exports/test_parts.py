# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that are missing are noticed by the names of the others, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._exports.export import (
    MissingParts,
    apple_part,
    google_part,
    missing_parts,
)

STAMP = "takeout-20260801T101500Z"


def missing(names: list[str]) -> list[MissingParts]:
    """The missing parts of exports of both kinds."""
    return [*missing_parts(names, google_part), *missing_parts(names, apple_part)]


@pytest.mark.parametrize(
    ("names", "first", "parts", "verb"),
    [
        ([f"{STAMP}-003.zip", f"{STAMP}-001.zip"], f"{STAMP}-001.zip", "part 2", "is"),
        ([f"{STAMP}-3-002.tgz", f"{STAMP}-3-005"], f"{STAMP}-3-002.tgz", "parts 1, 3 and 4", "are"),
        ([f"{STAMP}-3-002 (1).zip", "Takeout"], f"{STAMP}-3-002 (1).zip", "part 1", "is"),
        ([f"{STAMP}-030.zip"], f"{STAMP}-030.zip", f"parts {', '.join(map(str, range(1, 21)))} and 9 more", "are"),
        (["iCloud Photos Part 1 of 3.zip", "Photos"], "iCloud Photos Part 1 of 3.zip", "parts 2 and 3", "are"),
        (["iCloud Photos Part 3 of 3", "iCloud Photos Part 1 of 3 (1).zip"], "iCloud Photos Part 1 of 3 (1).zip", "part 2", "is"),
        (["iCloud-bilder Del 3 av 3.zip", "iCloud-bilder Del 1 av 3.zip"], "iCloud-bilder Del 1 av 3.zip", "part 2", "is"),
        (["iCloud 사진 3개 중 2"], "iCloud 사진 3개 중 2", "parts 1 and 3", "are"),
    ],
)
def test_missing_parts_of_export_are_named(names: list[str], first: str, parts: str, verb: str) -> None:
    [found] = missing(names)
    assert f"src has {first}, but {parts} of this export {verb} missing. " in found.warning
    assert found.message == f"{parts} {verb} missing"


@pytest.mark.parametrize(
    "names",
    [
        [f"{STAMP}-001.zip", f"{STAMP}-002.zip", f"{STAMP}-003"],
        [f"{STAMP}-1-001.zip", f"{STAMP}-1-002.zip", f"{STAMP}-2-001.zip"],
        [f"{STAMP}-1-001.zip", f"{STAMP}-1-002.zip", f"{STAMP}-2-003.zip"],
        [f"{STAMP}-001.zip", "takeout-20240101T000000Z-001.zip"],
        [f"{STAMP}-001 (1).zip", f"{STAMP}-001.zip"],
        ["iCloud Photos Part 1 of 2.zip", "iCloud Photos Part 1 of 2", "iCloud Photos Part 2 of 2"],
        ["iCloud Photos.zip", "iCloud Shared Albums-2.zip", "Party 1 of 3", "Takeout", ""],
    ],
)
def test_complete_parts_have_none_missing(names: list[str]) -> None:
    assert missing(names) == []
