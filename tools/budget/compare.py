# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of numbers, and which of a run's numbers differ from it by more than they may."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("numbers.yml")
PERCENT = 3.0
"""A number may differ by so much."""

PERCENT_OF = {"memory": 10.0}
"""What may differ by more. Memory: how much the allocator takes depends on which threads happen to run at the same time."""

_HEAD = """\
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
---
# What the standard runs of tools/budget/runs.py take. tools/budget/counting.py says what each number is. `make budget` compares them with
# this file, and `make budget WRITE=1` writes it: do that where a change of a number is meant, and say in the commit why.
"""


def read() -> dict[str, Any]:
    """The file: `measured_with` (name → version) and `runs` (name → its numbers)."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def write(measured_with: Mapping[str, str], runs: Mapping[str, Mapping[str, int]]) -> None:
    """Replaces the file."""
    content = {"measured_with": dict(measured_with), "runs": {name: dict(numbers) for name, numbers in runs.items()}}
    FILE.write_text(_HEAD + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def find_excess(kept: Mapping[str, int], counted: Mapping[str, int], names: Collection[str]) -> list[str]:
    """A line for each of the named numbers that differs by more than it may: `name: 13, and 12 in the budget (+8.3 %)`."""
    lines = []
    for name in names:
        if name not in counted or name not in kept:
            continue
        percent = (counted[name] - kept[name]) / kept[name] * 100
        if abs(percent) > PERCENT_OF.get(name, PERCENT):
            lines.append(f"{name}: {counted[name]:,}, and {kept[name]:,} in the budget ({percent:+.1f} %)")
    return lines
