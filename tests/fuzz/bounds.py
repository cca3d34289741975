# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader may use for one input: steps and memory. Nothing is timed, so that a slow machine changes nothing."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType, TracebackType
from typing import Self

WATCHED = ("ansible_collections.photoyard.immich.plugins", "exifread", "tarfile", "zipfile", "gzip", "csv", "json")
"""The modules whose steps count, and those below them."""

_TOOL = 4  # of sys.monitoring; Hypothesis takes 3
_EVENTS = sys.monitoring.events
_STEPS = _EVENTS.PY_START | _EVENTS.PY_RESUME | _EVENTS.JUMP


class TooManySteps(BaseException):
    """The bound is reached. No reader takes it for a damaged input."""


class Bounds:
    """Holds readers to bounds. A context manager, one at a time in a process.

    A step is a call of a function, or a turn of a loop. The steps of what is written in C are not seen. `steps` and `memory` are the most
    that an input took.
    """

    def __init__(self) -> None:
        self.steps = self.memory = 0
        self._limit = self._left = sys.maxsize

    def __enter__(self) -> Self:
        sys.monitoring.use_tool_id(_TOOL, "fuzz")
        for event in (_EVENTS.PY_START, _EVENTS.PY_RESUME, _EVENTS.JUMP):
            sys.monitoring.register_callback(_TOOL, event, self._count)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for code in _watched_codes():
            sys.monitoring.set_local_events(_TOOL, code, 0)
        for event in (_EVENTS.PY_START, _EVENTS.PY_RESUME, _EVENTS.JUMP):
            sys.monitoring.register_callback(_TOOL, event, None)
        sys.monitoring.free_tool_id(_TOOL)

    def watch(self) -> None:
        """Counts the steps of what is loaded by now."""
        for code in _watched_codes():
            sys.monitoring.set_local_events(_TOOL, code, _STEPS)

    @contextmanager
    def hold(self, *, steps: int, memory: int) -> Iterator[None]:
        """Around what is to take no more steps, and no more bytes at a time. Raises `AssertionError`."""
        tracemalloc.start()  # only here: it makes all that is done meanwhile slower
        self._limit = self._left = steps
        try:
            yield
        except TooManySteps:
            raise AssertionError(f"It takes more than {steps:,} steps.") from None
        finally:
            self.steps = max(self.steps, steps - self._left)
            self._limit = self._left = sys.maxsize
            used = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        self.memory = max(self.memory, used)
        assert used <= memory, f"It takes {used:,} bytes of memory, and not {memory:,}."

    def _count(self, *_where: object) -> None:
        self._left -= 1
        if self._left < 0:
            self._left = self._limit  # for what clears up
            raise TooManySteps


def _watched_codes() -> list[CodeType]:
    gc.unfreeze()  # what was there before the tests began (conftest.py): functions, too
    functions = (found for found in gc.get_objects() if isinstance(found, FunctionType))
    watched = (one.__code__ for one in functions if str(one.__module__).startswith(WATCHED))  # some have none
    return [code for outer in watched for code in _with_inner(outer)]


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_inner(constant)
