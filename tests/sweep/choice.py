# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers of a case a run of the suite tries, and the command that tries one of them again.

`SWEEP_WIDTH=1` tries all. Without it, each of so many is tried: those of the day, in UTC, which begin one later than those of the day
before, so that after so many days all were. All runs of a day try the same ones, and `SWEEP_SEED=2026-12-24` tries those of that day: so
does CI for a change, which is not to meet a defect that was there before it. `SWEEP_AT=17` tries that number alone.
"""

from __future__ import annotations

import datetime
import itertools
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

TRIED = "sweep_number"
"""The name of what a test records for each number that it has tried."""

TODAY = datetime.datetime.now(datetime.UTC).date()
"""When this process began: its numbers do not change at midnight."""


def seed(environment: Mapping[str, str] = os.environ) -> datetime.date:
    """The day whose numbers are tried."""
    return datetime.date.fromisoformat(environment.get("SWEEP_SEED") or TODAY.isoformat())


def numbers(case: str, *, width: int, known: int, environment: Mapping[str, str] = os.environ) -> Iterator[int]:
    """The numbers to try of a case, from 1 on.

    All of them never end: whoever tries them stops when a run passes. Some of them end with `known`, which a run without trouble had.
    """
    if "SWEEP_AT" in environment:
        yield int(environment["SWEEP_AT"])
        return
    step = int(environment.get("SWEEP_WIDTH", width))
    first = (zlib.crc32(case.encode()) + seed(environment).toordinal()) % step + 1
    yield from itertools.takewhile(lambda number: step == 1 or number <= known, itertools.count(first, step))


def again(test: str, number: int) -> str:
    """How a number of a case is tried again: the test by its id."""
    return (
        f"Number {number} of {seed()}. Again: SWEEP_AT={number} make pytest ARGS='{test}'. If this fails without your change, too, it was "
        "there before: see SWEEP_SEED in docs/development.md."
    )


@dataclass(frozen=True)
class Case:
    """A test that tries numbers: its name, its id, and pytest's `record_property`, which takes note of what was tried."""

    name: str
    test: str
    record: Callable[[str, object], None]

    def numbers(self, *, width: int, known: int) -> Iterator[int]:
        """Those to try."""
        return numbers(self.name, width=width, known=known)

    def again(self, number: int) -> str:
        """How one of them is tried again."""
        return again(self.test, number)

    def tried(self, number: int) -> None:
        """Counts one: the one that a run passes is none."""
        self.record(TRIED, number)


@contextmanager
def noted(what: str) -> Iterator[None]:
    """Adds a note to whatever fails meanwhile."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(what)
        raise
