# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the demo talks."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

_WIDEST = 110
"""Columns. Longer lines are hard to read, however wide the terminal is."""


def head(title: str) -> None:
    """Begins a part."""
    print(f"\n━━ {title} {'━' * (74 - len(title))}\n", flush=True)


def line(text: str) -> None:
    """A line of text."""
    print(text, flush=True)


def paragraph(text: str, begin: str = "  ", indent: str = "  ") -> None:
    """Sentences, broken where the terminal ends. `begin` is in front of the first line, `indent` of the others."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    line(textwrap.fill(text, width, initial_indent=begin, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False))


def table(rows: Sequence[tuple[str, ...]]) -> None:
    """Rows whose columns stand below each other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        line("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def check(good: bool, claim: str, otherwise: str = "") -> bool:
    """Says whether a claim holds, and passes on whether it does."""
    paragraph(f"{'✓' if good else '✗ FALSE:'} {claim}{f' ({otherwise})' if otherwise and not good else ''}", indent="    ")
    return good
