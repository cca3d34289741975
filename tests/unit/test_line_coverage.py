# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make coverage` prints."""

from __future__ import annotations

from line_coverage import FileLines, describe

FILES = [
    FileLines("plugins/filter/_size.py", 10, 0, ""),
    FileLines("plugins/module_utils/_ids.py", 4, 1, "9"),
    FileLines("plugins/module_utils/_queues/jobs/state.py", 10, 5, "3-7"),
    FileLines("plugins/module_utils/_queues/names.py", 10, 1, "12"),
]


def test_describe_lists_lowest_shares_first() -> None:
    parts, _, files = describe(FILES).partition("\n\n")
    assert [line.split()[-1] for line in parts.splitlines()] == [
        "module_utils/_queues",
        "module_utils/_ids.py",
        "filter",
        "plugins",
    ]
    assert [line.split()[0] for line in parts.splitlines()] == ["70.0", "75.0", "100.0", "79.4"]
    assert [line.split()[2:] for line in files.splitlines()] == [
        ["plugins/module_utils/_queues/jobs/state.py:", "3-7"],
        ["plugins/module_utils/_ids.py:", "9"],
        ["plugins/module_utils/_queues/names.py:", "12"],
    ]
