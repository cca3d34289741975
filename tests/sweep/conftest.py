# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sweeps share: waits that are short, guards in this process, and what each verb does where nothing fails."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard import child
from support.run_cache import RunCache
from sweep.choice import TRIED, Case
from sweep.promises import Reference, find_reference
from sweep.verbs import make_quick


class GuardHere:
    """A guard in this process: it acts on what it was sent as soon as its pipe is closed. It is a `child.Child` to the module.

    pytest runs threads, beside which nothing may be forked. One that would watch until its lease has run out does nothing.
    """

    def __init__(self, work: Callable[[int], None]) -> None:
        self.pid = os.getpid()
        self._work = work
        self._reader, self._writer = os.pipe()
        self._last = b""

    def send(self, line: bytes) -> None:
        """A line."""
        self._last = line
        os.write(self._writer, line + b"\n")

    def close(self, *, wait: bool = False) -> None:
        """The end of the pipe."""
        os.close(self._writer)
        handler = signal.getsignal(signal.SIGTERM)
        try:
            if not self._last or json.loads(self._last)[0] != "watch":
                self._work(self._reader)
        finally:
            signal.signal(signal.SIGTERM, handler)
            os.close(self._reader)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch.setattr)
    monkeypatch.setattr(child, "fork", GuardHere)


@pytest.fixture
def reference(run_cache: RunCache, tmp_path: Path) -> Callable[[str], Reference]:
    """What a verb does where nothing fails: ``reference(verb)``."""
    return lambda verb: run_cache.get(f"sweep-{verb}", lambda: find_reference(verb, tmp_path / "reference", run_cache))


@pytest.fixture
def case(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Case:
    """The test that runs."""
    return Case(request.node.name, request.node.nodeid, record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how many numbers were tried: a case that passes does not tell whether it had one or a thousand."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    tried = [[name for name, _number in report.user_properties if name == TRIED] for report in reports]
    if any(tried):
        terminalreporter.write_line(f"sweep: {sum(map(len, tried)):,} numbers of {sum(map(bool, tried))} cases were tried")
