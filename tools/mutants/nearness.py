# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of tests are near a module, as their names and imports say: a guess, for runs without the map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

_KINDS = frozenset({"test", "unit", "behaviour", "plugin", "contract"})  # folders and beginnings that say nothing of a module


def order_by_nearness(module: str, tests: Mapping[str, str]) -> list[str]:
    """The paths of the tests that have to do with a module, the nearest first, and of equal ones the shortest. `tests` are their texts.

    Nearest are those that import it or have a word of its name in theirs, then those whose folder has a word of its folders'.
    """
    ranks = {path: _rank(PurePath(module), PurePath(path), text) for path, text in tests.items()}
    return sorted((path for path in tests if ranks[path]), key=lambda path: (-ranks[path], len(tests[path])))


def _rank(module: PurePath, test: PurePath, text: str) -> int:
    imported = ".".join(module.with_suffix("").parts) in text
    in_names = len(_words(module.stem) & _words(test.stem))
    in_paths = len(_words(*module.parts[2:-1], module.stem) & _words(*test.parts[1:-1], test.stem))
    return 3 * imported + 3 * in_names + in_paths


def _words(*names: str) -> set[str]:
    return {word.rstrip("s") for name in names for word in re.findall("[a-z]+", name)} - _KINDS
