# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run of the suite finds the guards that its tests have left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.playbooks import left_behind


def _started(*arguments: str) -> subprocess.Popen[bytes]:
    """A process that waits for a line. It runs already: a moment earlier, /proc would not yet know its arguments."""
    process = subprocess.Popen([sys.executable, "-c", "input('runs')", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.read(4) == b"runs"
    return process


def test_left_process_is_named_with_its_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(left_behind, "SECONDS", 0.0)
    with _started(str(tmp_path)) as process:
        left = left_behind.wait_for_end(str(tmp_path))
        process.communicate(b"\n")
    assert list(left) == [process.pid]
    assert "test_left_process_is_named_with_its_test" in left[process.pid]
    assert left_behind.wait_for_end(str(tmp_path)) == {}


def test_servers_of_the_run_are_not_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(left_behind, "SECONDS", 0.0)
    with _started("multiprocessing", str(tmp_path)) as process:
        left = left_behind.wait_for_end(str(tmp_path))
        process.communicate(b"\n")
    assert left == {}
