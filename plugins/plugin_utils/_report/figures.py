# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The numbers of a report, collected in one pass and in little memory however long it is."""

from __future__ import annotations

import heapq
import math
import posixpath
from collections import Counter
from dataclasses import dataclass, field
from typing import Dict, Iterable

from .lines import Line, RunFacts, parse_run

MOST_STEPS = 160
_SHORTEST_STEP = 0.5  # seconds
MOST_SLOWEST = 15
MOST_LISTED = 1000
"""Files in each list: with more, a page would take long to open."""
NEW = ("created", "uploaded", "archived")
THERE = ("duplicate", "in_trash", "already_in_place", "unchanged")
UPDATED = "updated"
REPAIRED = "repaired"
REMOVED = "removed"
SKIPPED = "skipped"
UNUSED = "unused"
FAILED = "failed"
RESTORED = "restored"
COMPLETED = "metadata_completed"
DELETED = "deleted_local"
MOVED = "moved_local"
_AFTERWARDS = (RESTORED, COMPLETED, DELETED, MOVED)

_DOUBTFUL = ("none", "ambiguous")
_SIZE_LIMITS = [limit * 10**power for power in range(4, 12) for limit in (1, 3)]


@dataclass
class Step:
    """What fell into one time step."""

    bytes: float = 0.0
    files: int = 0


class Timeline:
    """Steps get twice as long whenever there are too many, so that any report fits."""

    def __init__(self) -> None:
        self.width = _SHORTEST_STEP
        """Seconds a step."""
        self._steps: Dict[int, Step] = {}

    def add(self, began: float, finished: float, sent: int) -> None:
        """A file that was settled at `finished` (unix time); its `sent` bytes went out evenly since `began`."""
        while math.floor(finished / self.width) - math.floor(began / self.width) >= MOST_STEPS:
            self._coarsen()
        first, last = math.floor(began / self.width), math.floor(finished / self.width)
        self._step(last).files += 1
        span = finished - began
        for index in range(first, last + 1) if sent else ():
            overlap = min(finished, (index + 1) * self.width) - max(began, index * self.width)
            self._step(index).bytes += sent * overlap / span if span > 0 else sent
        while max(self._steps) - min(self._steps) >= MOST_STEPS:
            self._coarsen()

    @property
    def steps(self) -> list[tuple[float, Step]]:
        """Every step from the first to the last with the time at which it begins; those without any work too."""
        if not self._steps:
            return []
        return [(index * self.width, self._steps.get(index, Step())) for index in range(min(self._steps), max(self._steps) + 1)]

    def _step(self, index: int) -> Step:
        return self._steps.setdefault(index, Step())

    def _coarsen(self) -> None:
        finer, self._steps = self._steps, {}
        self.width *= 2
        for index, step in finer.items():
            wide = self._step(index // 2)
            wide.bytes += step.bytes
            wide.files += step.files


@dataclass
class FilesOfAction:
    """The files that came to the same end. `bytes` is None while the size of none of them is known."""

    files: int = 0
    bytes: int | None = None


@dataclass(frozen=True)
class File:
    """A file for a list. `size` is None where it is not known; `why` says why it was skipped or failed, `kind` is that of the failure, and
    `rule` says how a file of an export was placed."""

    path: str
    size: int | None
    asset_id: str | None
    seconds: float = 0.0
    why: str = ""
    kind: str = ""
    rule: str = ""


@dataclass
class Figures:
    """Everything that the page shows."""

    outcomes: dict[str, FilesOfAction] = field(default_factory=dict)
    """By the report's `action`."""
    sizes: dict[int, Counter[bool]] = field(default_factory=dict)
    """Files by size class (see `size_class`): how many were new, how many not."""
    folders: Counter[str] = field(default_factory=Counter)
    """New files by the folder they lie in."""
    slowest: list[File] = field(default_factory=list)
    """The slowest first."""
    new: list[File] = field(default_factory=list)
    """The first ones by their paths."""
    skipped: list[File] = field(default_factory=list)
    failures: list[File] = field(default_factory=list)
    """The first ones of each kind, in the report's order."""
    unused: list[File] = field(default_factory=list)
    """Metadata files of an export that belong to no picture. They are not among the outcomes: those that were skipped are there already."""
    doubtful: list[File] = field(default_factory=list)
    """Pictures of an export that it says nothing about, or nothing certain."""
    afterwards: Counter[str] = field(default_factory=Counter)
    """By the report's `action`, what was done with files that have a line of their own for how they got to the server."""
    failure_kinds: Counter[str] = field(default_factory=Counter)
    timeline: Timeline = field(default_factory=Timeline)
    run: RunFacts | None = None
    """None for a report that says nothing of the run as a whole, as older ones."""
    began: float | None = None
    """Unix time at which work on the first file began; None when the report tells no times."""
    finished: float | None = None
    unreadable: int = 0
    """Lines that were not JSON."""
    incomplete: int = 0
    """Failures of files that are on the server nonetheless, and have a line of their own for that."""

    @property
    def files(self) -> int:
        """How many files the report tells of."""
        return sum(outcome.files for outcome in self.outcomes.values()) - self.incomplete

    def count(self, *actions: str) -> int:
        """How many lines have one of these actions."""
        return sum(self.outcomes[action].files for action in actions if action in self.outcomes)

    def bytes(self, *actions: str) -> int | None:
        """The size of these files together; None where it is not known of any."""
        sizes = [self.outcomes[action].bytes for action in actions if action in self.outcomes]
        known = [size for size in sizes if size is not None]
        return sum(known) if known else None

    @property
    def seconds(self) -> float:
        """How long the run took, or else the time from the start of the first file to the end of the last."""
        if self.run is not None and self.run.seconds is not None:
            return self.run.seconds
        return 0.0 if self.began is None or self.finished is None else self.finished - self.began


def collect(lines: Iterable[Line | None]) -> Figures:
    """Goes through a report's lines once. Raises ValueError for lines that are all of something else."""
    figures = Figures()
    number, known = -1, False
    slowest: list[tuple[float, int, File]] = []
    for number, line in enumerate(lines):
        if line is None:
            figures.unreadable += 1
            continue
        if line.get("kind") == "run":
            known = True
            figures.run = parse_run(line)
            continue
        action = str(line.get("action", ""))
        known = known or bool(action)
        file = _file(line)
        if action == UNUSED:
            _list(figures.unused, file)
            continue
        if action in _AFTERWARDS:
            figures.afterwards[action] += 1
            continue
        if file.rule in _DOUBTFUL and not (action == FAILED and file.asset_id):
            _list(figures.doubtful, file)
        outcome = figures.outcomes.setdefault(action, FilesOfAction())
        outcome.files += 1
        if file.size is not None:
            outcome.bytes = (outcome.bytes or 0) + file.size
        is_new = action in NEW
        if is_new:
            _add_new(figures, file)
            heapq.heappush(slowest, (file.seconds, number, file))
            if len(slowest) > MOST_SLOWEST:
                heapq.heappop(slowest)
        elif action == SKIPPED:
            _list(figures.skipped, file)
        if action == FAILED:
            figures.failure_kinds[file.kind] += 1
            figures.incomplete += file.asset_id is not None and not (figures.run is not None and figures.run.receives)
            _list(figures.failures, file)
        elif file.size:
            figures.sizes.setdefault(size_class(file.size), Counter())[is_new] += 1
        _when(figures, line, file.seconds, (file.size or 0) if is_new else 0)
    if number >= 0 and not known:
        raise ValueError("no line of it is about a run or a file")
    figures.new = _first(figures.new)
    figures.slowest = [file for *dummy, file in sorted(slowest, reverse=True)]
    return figures


def _add_new(figures: Figures, file: File) -> None:
    folder = posixpath.dirname(file.path)
    if folder:  # what comes from a server has none
        figures.folders[folder] += 1
    figures.new.append(file)
    if len(figures.new) >= 2 * MOST_LISTED:
        figures.new = _first(figures.new)


def size_class(size: int) -> int:
    """The class of a file's size: 0 below 10 kB, then two to every power of ten."""
    return sum(size >= limit for limit in _SIZE_LIMITS)


def size_class_limits(number: int) -> tuple[int | None, int | None]:
    """The sizes from which and below which a class reaches; None where it is open."""
    return (_SIZE_LIMITS[number - 1] if number else None, _SIZE_LIMITS[number] if number < len(_SIZE_LIMITS) else None)


def _file(line: Line) -> File:
    failure = line.get("failure") or {}
    return File(
        path=str(line.get("path", "")),
        size=None if line.get("size") is None else int(line["size"]),
        asset_id=str(line["asset_id"]) if line.get("asset_id") else None,
        seconds=float(line.get("seconds") or 0.0),
        why=str(failure.get("msg") or line.get("reason") or ""),
        kind=str(failure.get("kind", "unknown")),
        rule=str(line.get("rule") or ""),
    )


def _list(files: list[File], file: File) -> None:
    if len(files) < MOST_LISTED:
        files.append(file)


def _first(files: list[File]) -> list[File]:
    """Those to be listed, by path: files are done in parallel, so the report has them in no order that says anything."""
    return sorted(files, key=lambda file: file.path)[:MOST_LISTED]


def _when(figures: Figures, line: Line, seconds: float, sent: int) -> None:
    if not line.get("finished"):
        return
    finished = float(line["finished"])
    began = finished - max(seconds, 0.0)
    figures.began = began if figures.began is None else min(figures.began, began)
    figures.finished = finished if figures.finished is None else max(figures.finished, finished)
    figures.timeline.add(began, finished, sent)
