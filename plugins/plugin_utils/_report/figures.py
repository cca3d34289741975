# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The numbers of a report, collected in one pass and in little memory however long it is."""

from __future__ import annotations

import heapq
import posixpath
from collections import Counter
from dataclasses import dataclass, field
from typing import Iterable

from .lines import Line
from .timeline import Timeline

MOST_SLOWEST = 15
MOST_FAILURES = 500
NEW = ("created", "uploaded")
FAILED = "failed"

_SIZE_LIMITS = [limit * 10**power for power in range(4, 12) for limit in (1, 3)]


@dataclass
class Outcome:
    """The files that came to the same end."""

    files: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Transfer:
    """A file that was sent."""

    path: str
    size: int
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A file that failed."""

    path: str
    kind: str
    msg: str


@dataclass
class Figures:
    """Everything that the page shows."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """By the report's `action`."""
    sizes: dict[int, Counter[bool]] = field(default_factory=dict)
    """Files by size class (see `size_class`): how many were new, how many not."""
    folders: Counter[str] = field(default_factory=Counter)
    """New files by the folder they lie in."""
    slowest: list[Transfer] = field(default_factory=list)
    """The slowest first."""
    failures: list[Failure] = field(default_factory=list)
    """The first ones."""
    failure_kinds: Counter[str] = field(default_factory=Counter)
    timeline: Timeline = field(default_factory=Timeline)
    began: float | None = None
    """Unix time at which work on the first file began; None when the report tells no times."""
    finished: float | None = None
    unreadable: int = 0
    """Lines that were no JSON."""
    incomplete: int = 0
    """Failures of files that are on the server nonetheless, and have a line of their own for that."""

    @property
    def files(self) -> int:
        return sum(outcome.files for outcome in self.outcomes.values()) - self.incomplete

    @property
    def new(self) -> Outcome:
        return self._together(NEW)

    @property
    def failed(self) -> int:
        return self._together((FAILED,)).files

    @property
    def seconds(self) -> float:
        """From the start of the first file to the end of the last."""
        return 0.0 if self.began is None or self.finished is None else self.finished - self.began

    def _together(self, actions: Iterable[str]) -> Outcome:
        found = [self.outcomes[action] for action in actions if action in self.outcomes]
        return Outcome(sum(one.files for one in found), sum(one.bytes for one in found))


def collect(lines: Iterable[Line | None]) -> Figures:
    """Goes through a report's lines once."""
    figures = Figures()
    slowest: list[tuple[float, int, Transfer]] = []
    for number, line in enumerate(lines):
        if line is None:
            figures.unreadable += 1
            continue
        path, action, size = str(line.get("path", "")), str(line.get("action", "")), int(line.get("size") or 0)
        outcome = figures.outcomes.setdefault(action, Outcome())
        outcome.files += 1
        outcome.bytes += size
        seconds = float(line.get("seconds") or 0.0)
        is_new = action in NEW
        if is_new:
            figures.folders[posixpath.dirname(path)] += 1
            heapq.heappush(slowest, (seconds, number, Transfer(path, size, seconds)))
            if len(slowest) > MOST_SLOWEST:
                heapq.heappop(slowest)
        if action == FAILED:
            _failure(figures, line, path)
        elif size:
            figures.sizes.setdefault(size_class(size), Counter())[is_new] += 1
        _when(figures, line, seconds, size if is_new else 0)
    figures.slowest = [transfer for *dummy, transfer in sorted(slowest, reverse=True)]
    return figures


def size_class(size: int) -> int:
    """The class of a file's size: 0 below 10 kB, then two to every power of ten."""
    return sum(size >= limit for limit in _SIZE_LIMITS)


def size_class_limits(number: int) -> tuple[int | None, int | None]:
    """The sizes from which and below which a class reaches; None where it is open."""
    return (_SIZE_LIMITS[number - 1] if number else None, _SIZE_LIMITS[number] if number < len(_SIZE_LIMITS) else None)


def _failure(figures: Figures, line: Line, path: str) -> None:
    failure = line.get("failure") or {}
    figures.failure_kinds[str(failure.get("kind", "unknown"))] += 1
    if line.get("asset_id"):
        figures.incomplete += 1
    if len(figures.failures) < MOST_FAILURES:
        figures.failures.append(Failure(path, str(failure.get("kind", "unknown")), str(failure.get("msg", ""))))


def _when(figures: Figures, line: Line, seconds: float, sent: int) -> None:
    if not line.get("finished"):
        return
    finished = float(line["finished"])
    began = finished - max(seconds, 0.0)
    figures.began = began if figures.began is None else min(figures.began, began)
    figures.finished = finished if figures.finished is None else max(figures.finished, finished)
    figures.timeline.add(began, finished, sent)
