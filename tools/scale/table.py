# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came out: a table for the documentation, and what grows faster than the library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from scale.verbs import VERBS, Measured

MOST = 1.1
"""By how much faster than the library something may grow: ×11 for ×10."""

_HEAD = (
    *("Work", "Photos", "Requests", "MB received", "Peak MB", "CPU s", "Growth of requests, bytes, memory"),
    "Bytes of memory for each photo more",
)
_ROUTES = 3


def in_order(found: Sequence[Measured]) -> list[Measured]:
    """By verb, the smallest library first."""
    names = [verb.name for verb in VERBS]
    return sorted(found, key=lambda one: (names.index(one.verb), one.size))


def too_fast(found: Sequence[Measured]) -> list[str]:
    """A sentence for each number that grows faster than the library."""
    return [
        f"{more.verb}: {what} grow ×{factor:.1f} from {less.size:,} photos to {more.size:,}, which are ×{more.size / less.size:g}"
        for less, more in _pairs(found)
        for what, factor in zip(("requests", "bytes", "memory"), _growth(less, more), strict=True)
        if factor > MOST * more.size / less.size
    ]


def rst(found: Sequence[Measured]) -> list[str]:
    """Two tables in reStructuredText: all runs, and which routes they ask most in the largest library."""
    titles = {verb.name: verb.title for verb in VERBS}
    growth = {(more.verb, more.size): ", ".join(f"×{factor:.1f}" for factor in _growth(less, more)) for less, more in _pairs(found)}
    memory = {(more.verb, more.size): (more.peak - less.peak) / (more.size - less.size) for less, more in _pairs(found)}
    rows = [
        (
            titles[one.verb],
            f"{one.size:,}",
            f"{one.requests:,}",
            f"{one.received / 1e6:,.1f}",
            f"{one.peak / 1e6:,.0f}",
            f"{one.cpu:,.1f}",
            growth.get((one.verb, one.size), ""),
            f"{max(0, memory[one.verb, one.size]):,.0f}" if (one.verb, one.size) in memory else "",
        )
        for one in in_order(found)
    ]
    largest = {one.verb: one for one in in_order(found)}
    asked = [(titles[name], f"{one.size:,}", _most_asked(one)) for name, one in largest.items()]
    return [*_list_table(_HEAD, rows), "", *_list_table(("Work", "Photos", "What was asked most"), asked)]


def _pairs(found: Sequence[Measured]) -> Iterator[tuple[Measured, Measured]]:
    """Each run with that of the next larger library."""
    for _verb, of_verb in groupby(in_order(found), key=lambda one: one.verb):
        yield from pairwise(of_verb)


def _growth(less: Measured, more: Measured) -> tuple[float, float, float]:
    """By how much requests, bytes and memory grow from a run to that of a larger library."""
    return more.requests / less.requests, more.received / less.received, more.peak / less.peak


def _most_asked(one: Measured) -> str:
    most = sorted(one.routes.items(), key=lambda route: -route[1].requests)[:_ROUTES]
    return ", ".join(f"{traffic.requests:,} × ``{route}``" for route, traffic in most)


def _list_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        lines += [f"   {'*' if not place else ' '} - {cell}".rstrip() for place, cell in enumerate(row)]
    return lines
