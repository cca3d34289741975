# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came out, for people."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks.cases import Case, Goal
from benchmarks.session import Measured

_HEAD = ("", "wall s", "CPU s", "peak MB", "wall ratio", "CPU ratio", "media read MB", "from disk MB", "requests")


def lines(case: Case, found: Sequence[Measured]) -> list[str]:
    """A table of the medians. The ratios are the role's to each other contender's, in the same round."""
    rows = [_HEAD]
    names = dict.fromkeys(one.contender for one in found)
    for name in names:
        mine = [one for one in found if one.contender == name]
        requests = [sum(one.requests.values()) for one in mine if one.requests is not None]
        rows.append(
            (
                name,
                f"{median(one.cost.wall for one in mine):.2f}",
                f"{median(one.cost.cpu for one in mine):.2f}",
                f"{max(one.cost.peak for one in mine) / 1e6:.0f}",
                "" if name == "role" or "role" not in names else f"{ratio('wall', name, found):.2f}",
                "" if name == "role" or "role" not in names else f"{ratio('cpu', name, found):.2f}",
                f"{median(one.media_read for one in mine) / 1e6:.0f}",
                f"{median(one.cost.disk_read for one in mine) / 1e6:.0f}",
                f"{max(requests)}" if requests else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return [
        f"{case.name}: {case.title}",
        *(
            "  "
            + "  ".join(
                cell.ljust(width) if not column else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ),
    ]


def ratio(what: str, against: str, found: Sequence[Measured]) -> float:
    """The median over the rounds of what the role took, divided by what the other took in the same round."""
    by_round = {(one.contender, one.round): value(what, one) for one in found}
    rounds = {one.round for one in found}
    return median(by_round["role", number] / by_round[against, number] for number in rounds)


def verdict(goal: Goal, found: Sequence[Measured], *, embedded: bool) -> str | None:
    """A line on whether a goal is reached; None where it is not for this run."""
    names = {one.contender for one in found}
    if (
        goal.only_on not in (None, "embedded" if embedded else "real")
        or "role" not in names
        or (goal.against and goal.against not in names)
    ):
        return None
    if goal.what == "requests" and any(one.requests is None for one in found):
        return None
    mine = [value(goal.what, one) for one in found if one.contender == "role"]
    reached = ratio(goal.what, goal.against, found) if goal.against else max(mine)
    unit, scale = (" MB", 1e6) if goal.what in ("peak", "media_read") else ("", 1.0)
    of = f" of {goal.against}'s" if goal.against else ""
    mark = "holds " if reached <= goal.limit else "MISSED"
    return f"  {mark} {goal.what} {reached / scale:.4g}{unit}{of}, at most {goal.limit / scale:.4g}{unit} wanted"


def value(what: str, one: Measured) -> float:
    """One number of a run."""
    if what == "requests":
        return float(sum((one.requests or {}).values()))
    return float(one.media_read if what == "media_read" else getattr(one.cost, what))
