# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in READMEs and guides: YAML blocks below a comment that names them, `<!-- example: NAME -->` or `.. example: NAME`.

A block with Ansible's tag `!unsafe` is marked as text, because antsibull-docs does not know the tag.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

_EXAMPLE = re.compile(r"^<!-- example: (?P<name>\S+) -->\n```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_IN_GUIDE = re.compile(r"^\.\. example: (?P<name>\S+)\n\n\.\. code-block:: (?:yaml|text)\n\n(?P<text>(?:    .*\n|\n)+)", re.MULTILINE)


def examples(page: Path) -> dict[str, str]:
    """Every marked example, name → YAML text."""
    pattern = _IN_GUIDE if page.suffix == ".rst" else _EXAMPLE
    return {found["name"]: textwrap.dedent(found["text"]) for found in pattern.finditer(page.read_text(encoding="utf-8"))}
