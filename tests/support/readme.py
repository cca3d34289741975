# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's examples: YAML blocks below a comment `<!-- example: NAME -->`."""

from __future__ import annotations

import re
from pathlib import Path

_EXAMPLE = re.compile(r"^<!-- example: (?P<name>\S+) -->\n```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(readme: Path) -> dict[str, str]:
    """Every marked example, name → YAML text."""
    return {found["name"]: found["text"] for found in _EXAMPLE.finditer(readme.read_text(encoding="utf-8"))}
