# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule that says which tests run in `make test`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support import tiers


@pytest.mark.parametrize(
    ("start", "noted"),
    [
        (lambda: subprocess.run(["true"], check=True), ["true"]),
        (lambda: subprocess.run("exit 0; git", shell=True, check=True), []),
        (lambda: os.waitpid(os.posix_spawn("/usr/bin/env", ["env", "true"], os.environ), 0), ["/usr/bin/env"]),
        (lambda: subprocess.run([sys.executable, "-c", ""], check=True), []),
    ],
    ids=["program", "shell", "posix_spawn", "python"],
)
def test_started_program_is_noted(monkeypatch: pytest.MonkeyPatch, start: Callable[[], object], noted: list[str]) -> None:
    usage = tiers.Usage()
    monkeypatch.setattr(tiers, "_usage", usage)
    start()
    assert usage.programs == noted


@pytest.mark.parametrize(
    ("programs", "seconds", "expected"),
    [
        ([], 5.9, ""),
        (["git", "java"], 0.1, "This test started git, java: "),
        ([], 6.1, "This test took 6.1 s of processor time: "),
        (["git"], 6.1, "This test started git and took 6.1 s of processor time: "),
    ],
)
def test_excess_names_programs_and_seconds(programs: list[str], seconds: float, expected: str) -> None:
    excess = tiers.describe_excess(programs, seconds)
    assert excess.startswith(expected)
    assert bool(excess) == bool(expected)


def test_cpu_seconds_leave_waiting_out_and_count_children() -> None:
    before = tiers.cpu_seconds()
    work = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", work], check=True)
    assert tiers.cpu_seconds() - before >= 0.3


@pytest.mark.smoke
def test_marker_smoke_exempts_from_the_rule() -> None:
    subprocess.run(["true"], check=True)


@pytest.mark.parametrize(
    ("folder", "text", "fast", "rest"),
    [
        ("unit", "def test_a(): pass", True, False),
        ("unit", "@pytest.mark.check", True, True),
        ("unit", "from hypothesis import given", True, True),
        ("unit", "@pytest.fixture(params=newest_in_test(*VERSIONS))", True, True),
        ("with_fixture/below", "def test_a(declare): pass", True, True),
        ("e2e/queues", "def test_a(): pass", False, True),
        ("e2e/queues", "pytestmark = pytest.mark.smoke", True, True),
    ],
)
def test_file_is_read_for_its_tiers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str, text: str, fast: bool, rest: bool
) -> None:
    monkeypatch.setattr(tiers, "TESTS", tmp_path)
    file = tmp_path / folder / "test_it.py"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    if folder.startswith("with_fixture"):
        (tmp_path / "with_fixture/conftest.py").write_text("@pytest.fixture(params=newest_in_test(*VERSIONS))")
    found = [tiers.may_have(expression, file) for expression in (tiers.FAST, tiers.REST, tiers.PART, "", "smoke")]
    assert found == [fast, rest, rest, True, True]


def test_newest_version_alone_is_in_make_test() -> None:
    *older, newest = tiers.newest_in_test("1.135", "2.7", "3.1")
    assert [version.values for version in older] == [("1.135",), ("2.7",)]
    assert [[mark.name for mark in version.marks] for version in older] == [["check"]] * 2
    assert newest == "3.1"


def test_tiers_are_chosen_as_the_makefile_does() -> None:
    chosen = re.findall(r"-m '(.*?)'", (tiers.TESTS.parent / "Makefile").read_text(encoding="utf-8"))
    assert sorted(chosen) == sorted([tiers.FAST, tiers.REST])
