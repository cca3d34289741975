# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shapes of the pictures. Bars are drawn in a box of WIDTH by HEIGHT, which stretches with the window; the words around them are
not part of it, so that they keep their size."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Callable, NamedTuple, Sequence

WIDTH, HEIGHT = 1000, 240


class Bar(NamedTuple):
    """A rectangle, its CSS class and its tooltip."""

    x: float
    y: float
    width: float
    height: float
    name: str
    tooltip: str


class Label(NamedTuple):
    """A word at an axis: `at` percent from its beginning. One that is `minor` is left out on a narrow screen."""

    at: float
    text: str
    minor: bool


class Plot(NamedTuple):
    """A picture with its axes."""

    what: str
    bars: Sequence[Bar]
    levels: Sequence[Label]
    marks: Sequence[Label]


def shares(parts: Sequence[tuple[str, str, float]]) -> list[Bar]:
    """One bar made of several parts: `(CSS class, tooltip, amount)` each. A part that is not nothing stays visible."""
    parts = [part for part in parts if part[2]]
    total = sum(amount for *dummy, amount in parts)
    widths = [max(6.0, WIDTH * amount / total) for *dummy, amount in parts]
    scale = WIDTH / sum(widths) if widths else 1.0
    bars, left = [], 0.0
    for (name, tooltip, _amount), width in zip(parts, widths):
        bars.append(_bar(left, 0, width * scale, HEIGHT, name, tooltip))
        left += width * scale
    return bars


def over_time(values: Sequence[tuple[float, float]], width: float, what: str, unit: Callable[[float], str]) -> Plot:
    """Bars along the time axis, labelled with the local time of day.

    :param values: `(unix time at which the step begins, value)`, without gaps; at least one.
    :param width: seconds a step.
    :param unit: writes a value: "24 MB/s".
    """
    highest = nice_ceiling(max(value for dummy, value in values))
    with_seconds = len(values) * width < 3600
    each = WIDTH / len(values)
    bars = []
    for position, (moment, value) in enumerate(values):
        height = HEIGHT * value / highest
        bars.append(_bar(position * each, HEIGHT - height, each + 0.2, height, "new", f"{clock(moment, True)}: {unit(value)}"))
    begin, end = values[0][0], values[-1][0] + width
    marks = [Label(100 * share, clock(begin + (end - begin) * share, with_seconds), share in (0.25, 0.75)) for share in _QUARTERS]
    return Plot(what, bars, _levels(highest, unit), marks)


def columns(values: Sequence[tuple[str, int]], below: Sequence[str], name: str, what: str, unit: Callable[[float], str]) -> Plot:
    """Columns side by side: `(tooltip, amount)` each.

    :param below: what stands under the columns' edges: one more than there are columns.
    """
    highest = nice_ceiling(max(amount for dummy, amount in values), whole=True)
    each = WIDTH / len(values)
    bars = [
        _bar(
            position * each + each * 0.08,
            HEIGHT * (1 - amount / highest),
            each * 0.84,
            HEIGHT * amount / highest,
            name,
            f"{label}: {amount:,}",
        )
        for position, (label, amount) in enumerate(values)
    ]
    every = 1 if len(below) <= 7 else 2
    shown = [(position, label) for position, label in enumerate(below) if label and position % every == 0]
    marks = [Label(100 * position / len(values), label, len(shown) > 5 and at % 2 == 1) for at, (position, label) in enumerate(shown)]
    return Plot(what, bars, _levels(highest, unit), marks)


def nice_ceiling(value: float, whole: bool = False) -> float:
    """The next number a little above that reads well, as does half of it.

    :param whole: for counts: half of it is a whole number.
    """
    if value <= 0:
        return 2.0 if whole else 1.0
    power = 10.0 ** math.floor(math.log10(value))
    steps = [power * step for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 6, 8, 10, 12)]
    return next(step for step in steps if step >= value and (not whole or round(step / 2, 6).is_integer()))


def clock(moment: float, with_seconds: bool = False) -> str:
    """The local time of day."""
    return datetime.fromtimestamp(moment).strftime("%H:%M:%S" if with_seconds else "%H:%M")


_QUARTERS = (0, 0.25, 0.5, 0.75, 1)


def _levels(highest: float, unit: Callable[[float], str]) -> list[Label]:
    return [Label(100 - 100 * share, unit(highest * share), False) for share in (0, 0.5, 1)]


def _bar(x: float, y: float, width: float, height: float, name: str, tooltip: str) -> Bar:
    return Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), name, tooltip)
