# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that documents name as evidence."""

from __future__ import annotations

import re

from support.playbooks.playbook import REPOSITORY


def exists(node: str) -> bool:
    """Whether there is such a test, as pytest names it without its parameters: `tests/…/test_x.py::test_y`, perhaps with its class."""
    file, *classes, function = node.split("::")
    path = REPOSITORY / file
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    for name in classes:
        text = text.partition(f"\nclass {name}:\n")[2].partition("\nclass ")[0]
    indent = "    " * len(classes)
    return re.search(rf"^{indent}def {function}\(", text, re.MULTILINE) is not None
