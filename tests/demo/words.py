# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the demo talks."""

from __future__ import annotations

from collections.abc import Sequence


def head(title: str) -> None:
    """Begins a part."""
    print(f"\n━━ {title} {'━' * (74 - len(title))}\n", flush=True)


def line(text: str) -> None:
    """A line of text."""
    print(text, flush=True)


def table(rows: Sequence[tuple[str, ...]]) -> None:
    """Rows whose columns stand below each other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        line("  " + "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def check(good: bool, claim: str, otherwise: str = "") -> bool:
    """Says whether a claim holds, and passes on whether it does."""
    line(f"  {'✓' if good else '✗ FALSE:'} {claim}{f' ({otherwise})' if otherwise and not good else ''}")
    return good
