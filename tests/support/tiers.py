# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two tiers of tests, and the rule that says which one a test belongs to.

A test of `make test` starts no program and takes at most two seconds of processor time on the machine where the tiers were measured. What
does more stands in one of the folders of `CHECK`, or is marked `check`, and runs in `make check`. A test marked `smoke` runs in both,
although it does more: it is one of the few that show whether a role or a way of uploading works at all. Tests with Hypothesis run in both:
`make check` has them try all their examples. Of tests that run on several versions of Immich, `make test` has the newest, and `make check`
the others (`newest_in_test`).

Which file has tests of which tier is seen by its words, before it is imported: in each of its seven processes, pytest takes four seconds
to import all files.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.examples import THOROUGH

TESTS = Path(__file__).parents[1]
#: Folders whose tests start programs, or try many inputs: all of them run in `make check`.
CHECK = ("awx", "chaos", "e2e", "fuzz", "plugins/lookup", "plugins/modules", "publishing", "sweep")
#: What `make test` and `make rest` give to pytest as `-m`, and `make check PART=…`.
FAST, REST, PART = "not check or smoke", "check and not smoke", "check"
#: One of these words is in each file that has a test of `make check` outside those folders, or in a conftest.py of its folder or above.
WORDS_OF_CHECK = ("mark.check", "hypothesis", "newest_in_test")
WORD_OF_SMOKE = "mark.smoke"
#: Programs that every system has, and that a test may start: the owner of a lease, for instance, is a process that sleeps.
COMMON = ("bash", "sh", "sleep")
#: Three times what a test of `make test` may take, so that none fails on a machine that is slow, or busy with other work.
CPU_LIMIT = 6.0  # seconds


@dataclass
class Usage:
    """What the running test has used."""

    started_at: float = 0.0  # processor seconds
    programs: list[str] = field(default_factory=list)


_usage = Usage()


def cpu_seconds() -> float:
    """The processor time of this process and of its children that have ended. Waiting, or work of other processes, does not count."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _note_program(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook. A test of `make test` may start Python: embedded servers, or the guard of a lease."""
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
        program = os.fsdecode(arguments[0] or arguments[1][0])
    elif event == "os.system":
        program = os.fsdecode(arguments[0])
    else:
        return
    if program != sys.executable and Path(program).name not in COMMON:
        _usage.programs.append(program)


def newest_in_test(*versions: str) -> list[Any]:
    """Parameters of a fixture or a test: the last of these versions runs in `make test`, the others in `make check`."""
    *older, newest = versions
    return [*(pytest.param(version, marks=pytest.mark.check) for version in older), newest]


def tier_of(item: pytest.Item) -> str:
    """`check` or `fast`."""
    in_check_folder = _is_for_check(item.path.parent)
    return "check" if in_check_folder or (THOROUGH and _has_examples(item)) or item.get_closest_marker("check") else "fast"


def _has_examples(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("hypothesis") or getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


@cache
def _is_for_check(folder: Path) -> bool:
    return any(folder.is_relative_to(TESTS / name) for name in CHECK)


def pytest_configure() -> None:
    """An audit hook stays for the life of the process."""
    sys.addaudithook(_note_program)


def may_have(expression: str, file: Path) -> bool:
    """Whether this file of tests may have one that `-m` chooses. True for an expression that is none of the Makefile's."""
    in_check_folder = _is_for_check(file.parent)
    if expression == FAST and in_check_folder:
        return _has_word(file, WORD_OF_SMOKE)
    if expression in (REST, PART) and not in_check_folder:
        return _has_word(file, *WORDS_OF_CHECK) or _has_fixture_of_check(file.parent)
    return True


@cache
def _has_fixture_of_check(folder: Path) -> bool:
    """Whether a conftest.py of this folder, or above it, has a fixture with parameters of `make check`."""
    above = (parent / "conftest.py" for parent in (folder, *folder.parents) if parent.is_relative_to(TESTS))
    return any(conftest.exists() and _has_word(conftest, *WORDS_OF_CHECK) for conftest in above)


def _has_word(file: Path, *words: str) -> bool:
    text = file.read_text(encoding="utf-8")
    return any(word in text for word in words)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves files alone that have no test of the chosen tier."""
    is_file_of_tests = collection_path.suffix == ".py" and collection_path.name.startswith("test_")
    return True if is_file_of_tests and not may_have(config.getoption("markexpr"), collection_path) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before pytest chooses by marker."""
    for item in items:
        if tier_of(item) == "check" and not item.get_closest_marker("check"):
            item.add_marker("check")
        if lacking := _describe_lacking_word(item):
            raise pytest.UsageError(f"{item.nodeid}: {lacking} does not stand in its file, which tests/support/tiers.py looks for.")


def _describe_lacking_word(item: pytest.Item) -> str:
    """The words of which a test's file has none, for which one of the tiers would leave the test out; nothing if all is well."""
    if _is_for_check(item.path.parent):
        return WORD_OF_SMOKE if item.get_closest_marker("smoke") and not may_have(FAST, item.path) else ""
    is_of_check = item.get_closest_marker("check") or _has_examples(item)
    return " or ".join(WORDS_OF_CHECK) if is_of_check and not may_have(REST, item.path) else ""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Begins to count: before the fixtures of the test, which belong to it."""
    _usage.started_at = cpu_seconds()
    _usage.programs = []
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fails a test of `make test` that has done too much."""
    result = yield
    is_held = tier_of(item) == "fast" and not item.get_closest_marker("smoke")
    if is_held and (excess := describe_excess(_usage.programs, cpu_seconds() - _usage.started_at)):
        pytest.fail(excess, pytrace=False)
    return result


def describe_excess(programs: Sequence[str], seconds: float) -> str:
    """What a test did that none of `make test` may do; nothing if all is well."""
    done = [f"started {', '.join(programs)}"] if programs else []
    if seconds > CPU_LIMIT:
        done.append(f"took {seconds:.1f} s of processor time")
    if not done:
        return ""
    return f"This test {' and '.join(done)}: no test of make test may (tests/support/tiers.py). Mark it check."
