# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pictures: SVG for the shapes, which stretches with the window; HTML for the words around it, which does not."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Callable, Sequence

from .markup import text

WIDTH, HEIGHT = 1000, 240


def shares(parts: Sequence[tuple[str, str, float]]) -> str:
    """One bar made of several parts: `(CSS class, tooltip, amount)` each. A part that is not nothing stays visible."""
    total = sum(amount for *dummy, amount in parts)
    if not total:
        return ""
    least = 4.0
    widths = [max(least, WIDTH * amount / total) if amount else 0.0 for *dummy, amount in parts]
    scale = WIDTH / sum(widths)
    shapes, left = [], 0.0
    for (name, tooltip, _amount), width in zip(parts, widths):
        shapes.append(_rect(left, 0, width * scale, 28, name, tooltip))
        left += width * scale
    return _svg(shapes, 28, "Shares: " + ", ".join(tooltip for dummy, tooltip, amount in parts if amount))


def small_bar(share: float, name: str = "new") -> str:
    """A small horizontal bar: `share` of the full width."""
    return _svg([_rect(0, 0, max(WIDTH * share, 3.0), 20, name)], 20, f"{share:.0%}")


def over_time(values: Sequence[tuple[float, float]], width: float, what: str, unit: Callable[[float], str]) -> str:
    """Bars along the time axis, labelled with the local time of day.

    :param values: `(unix time at which the step begins, value)`, without gaps; at least one.
    :param width: seconds a step.
    :param unit: writes a value: "24 MB/s".
    """
    highest = nice_ceiling(max(value for dummy, value in values))
    with_seconds = len(values) * width < 3600
    each = WIDTH / len(values)
    shapes = [_grid(share) for share in (0, 0.5, 1)]
    for position, (moment, value) in enumerate(values):
        height = HEIGHT * value / highest
        shapes.append(_rect(position * each, HEIGHT - height, each + 0.2, height))
        shapes.append(_rect(position * each, 0, each, HEIGHT, "hit", f"{clock(moment, True)}: {unit(value)}"))
    end = values[-1][0] + width
    marks = [values[0][0] + (end - values[0][0]) * share for share in (0, 0.5, 1)]
    return _plot(shapes, highest, unit, [clock(moment, with_seconds) for moment in marks], what)


def columns(values: Sequence[tuple[str, int]], below: Sequence[str], name: str, what: str, unit: Callable[[float], str]) -> str:
    """Columns side by side: `(tooltip, amount)` each.

    :param below: what stands under the columns' edges: one more than there are columns.
    """
    highest = nice_ceiling(max(amount for dummy, amount in values), whole=True)
    each = WIDTH / len(values)
    shapes = [_grid(share) for share in (0, 0.5, 1)]
    for position, (label, amount) in enumerate(values):
        height = HEIGHT * amount / highest
        shapes.append(_rect(position * each + each * 0.06, HEIGHT - height, each * 0.88, height, name))
        shapes.append(_rect(position * each, 0, each, HEIGHT, "hit", f"{label}: {unit(amount)}"))
    every = 1 if len(below) <= 6 else 2
    return _plot(shapes, highest, unit, [label if position % every == 0 else "" for position, label in enumerate(below)], what)


def nice_ceiling(value: float, whole: bool = False) -> float:
    """The next number of the kind 1, 2, 4, 6 or 8 times a power of ten: half of it reads well too.

    :param whole: for counts: never below 2.
    """
    if value <= 0:
        return 2.0 if whole else 1.0
    power = 10.0 ** math.floor(math.log10(value))
    found = next(power * step for step in (1, 2, 4, 6, 8, 10) if power * step >= value)
    return max(found, 2.0) if whole else found


def clock(moment: float, with_seconds: bool = False) -> str:
    """The local time of day."""
    return datetime.fromtimestamp(moment).strftime("%H:%M:%S" if with_seconds else "%H:%M")


def _plot(shapes: Sequence[str], highest: float, unit: Callable[[float], str], below: Sequence[str], what: str) -> str:
    levels = "".join(f'<span style="top: {100 - 100 * share:.0f}%">{text(unit(highest * share))}</span>' for share in (0, 0.5, 1))
    places = [(100 * position / max(len(below) - 1, 1), label) for position, label in enumerate(below)]
    labels = "".join(f'<span style="left: {left:.1f}%">{text(label)}</span>' for left, label in places)
    return f'<div class="plot"><div class="y">{levels}</div>{_svg(shapes, HEIGHT, what)}<div class="x">{labels}</div></div>'


def _svg(shapes: Sequence[str], height: int, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none" role="img" aria-label="{text(label)}">'
        + "".join(shapes)
        + "</svg>"
    )


def _rect(x: float, y: float, width: float, height: float, name: str = "", tooltip: str = "") -> str:
    kind = f' class="{name}"' if name else ""
    inside = f"<title>{text(tooltip)}</title>" if tooltip else ""
    return f'<rect{kind} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">{inside}</rect>'


def _grid(share: float) -> str:
    y = HEIGHT - HEIGHT * share
    return f'<line x1="0" x2="{WIDTH}" y1="{y:.0f}" y2="{y:.0f}"/>'
