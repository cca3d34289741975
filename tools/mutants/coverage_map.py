# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests run a line. Made once: each file of tests is run by itself under coverage.py."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from queue import SimpleQueue

import coverage

from mutants.checkout import MUTATED, ROOT, WORK, Checkout
from support.tiers import may_have

TESTS = ("tests/unit", "tests/behaviour", "tests/contract", "tests/plugins")
NO_TESTS = 5  # pytest's exit code

_RULES = """
[run]
branch = false
relative_files = true
parallel = true
disable_warnings = no-data-collected, module-not-measured, include-ignored
data_file = {data}
context = {name}
patch = subprocess, fork, _exit
concurrency = thread
include =
    {mutated}/*
    */{mutated}/*
"""
_LONGEST = 900.0  # seconds for one file of tests
_MOST_SECONDS = 120.0  # that the tests of one mutant take
_MOST_FILES = 4


class CoverageMap:
    """The map in a folder, of the tests that pytest chooses by `tier`. `build` goes on where it was interrupted."""

    def __init__(self, folder: Path, tier: str) -> None:
        self._folder = folder
        self._tier = tier

    def build(self, files: Sequence[str], jobs: int) -> None:
        """Runs the files of tests that have not been run yet. One of which not all pass is named; only those that pass count."""
        self._folder.mkdir(parents=True, exist_ok=True)
        todo = [name for name in files if not self._durations_of(name).exists()]
        if not todo:
            return
        print(f"Building the map of what {len(todo)} files of tests reach.", flush=True)
        free: SimpleQueue[Checkout] = SimpleQueue()
        for number in range(jobs):
            checkout = Checkout(WORK / f"map-{number}")
            checkout.renew()
            free.put(checkout)

        def run(name: str) -> None:
            checkout = free.get()
            try:
                self._trace(checkout, name)
            finally:
                free.put(checkout)

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(run, todo))
        self._combine(self._folder / "all", self._folder.glob("*.coverage"))

    def forget(self) -> None:
        """Removes the map: the plugins or the tests have changed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def find_tests(self, path: str, line: int) -> list[str]:
        """The tests that run a line, the most telling first: those that run the fewest lines of this file, and of them the quickest; but
        one of each file of tests before the second of any, since those of one file are about one matter.

        So many are named as take two minutes; and then the files of tests whose processes ran it, which no test is known to have started.
        """
        contexts = self._contexts_by_line(path)
        breadth = self._breadth(contexts.values())
        reached = set(map(_test_of, contexts.get(line, [])))
        tests = sorted((one for one in reached if one in self.seconds), key=lambda test: (breadth[test], self.seconds[test]))
        files = sorted(reached.intersection(self._files), key=lambda file: breadth[file])
        return [*self._cut(_take_turns(tests)), *files[:_MOST_FILES]]

    def find_tests_of_file(self, path: str, lines: Container[int]) -> list[str]:
        """The tests that run some of these lines: those that run the most of them first. So many are named as take two minutes."""
        breadth = self._breadth(found for line, found in self._contexts_by_line(path).items() if line in lines)
        tests = [test for test in breadth if test in self.seconds]
        return self._cut(_take_turns(sorted(tests, key=lambda test: (-breadth[test], self.seconds[test]))))

    @cached_property
    def _files(self) -> set[str]:
        return {test.partition("::")[0] for test in self.seconds}

    @staticmethod
    def _breadth(contexts: Iterable[Iterable[str]]) -> Counter[str]:
        """How many lines each test runs, of the contexts of each line."""
        return Counter(test for found in contexts for test in set(map(_test_of, found)))

    def _cut(self, tests: Sequence[str]) -> list[str]:
        until = accumulate(self.seconds[test] for test in tests)
        return [test for test, seconds in zip(tests, until, strict=True) if seconds < _MOST_SECONDS or test == tests[0]]

    @cached_property
    def seconds(self) -> dict[str, float]:
        """How long each test that passed took."""
        found: dict[str, float] = {}
        for path in self._folder.glob("*.json"):
            found.update(json.loads(path.read_text()))
        return found

    @cached_property
    def _data(self) -> coverage.CoverageData:
        data = coverage.CoverageData(str(self._folder / "all"))
        data.read()
        return data

    def _contexts_by_line(self, path: str) -> dict[int, set[str]]:
        """Of a file by all names that coverage.py knows it by: each module that ran brought a copy in a folder of its own."""
        contexts: dict[int, set[str]] = defaultdict(set)
        for name in self._data.measured_files():
            if name.endswith(path):
                for line, found in self._data.contexts_by_lineno(name).items():
                    contexts[line].update(found)
        return contexts

    def _trace(self, checkout: Checkout, name: str) -> None:
        slug = name.replace("/", "-")
        data, rules = self._folder / f"{slug}.coverage", self._folder / f"{slug}.ini"
        rules.write_text(_RULES.format(data=data, name=name, mutated=MUTATED))
        durations = self._folder / f"{slug}.json.part"
        command = ["-m", "coverage", "run", f"--rcfile={rules}", "-m", "pytest", "-q", "-p", "mutants.tracing", "-m", self._tier, name]
        code, output = checkout.run(command, _LONGEST, {"MUTANTS_DURATIONS": str(durations)})
        if code not in (0, NO_TESTS):
            print(f"{name}: not all of its tests pass without a mutation.\n{output[-1500:]}", flush=True)
        if not durations.exists():
            durations.write_text("{}")
        self._combine(data, self._folder.glob(f"{slug}.coverage.*"))
        durations.rename(self._durations_of(name))

    def _durations_of(self, name: str) -> Path:
        return self._folder / f"{name.replace('/', '-')}.json"

    @staticmethod
    def _combine(into: Path, parts: Iterable[Path]) -> None:
        combined = coverage.CoverageData(str(into))
        combined.erase()
        for path in sorted(parts):
            part = coverage.CoverageData(str(path))
            with suppress(coverage.exceptions.DataError):  # its process was killed while it wrote
                part.read()
                combined.update(part)
            part.close()
            if path.suffix != ".coverage":
                path.unlink()
        combined.close()


def _take_turns(tests: Sequence[str]) -> list[str]:
    """The first test of each file, then the second of each, and so on."""
    before: Counter[str] = Counter()
    turns = []
    for test in tests:
        file = test.partition("::")[0]
        turns.append(before[file])
        before[file] += 1
    return [test for _turn, test in sorted(zip(turns, tests, strict=True), key=lambda pair: pair[0])]


def _test_of(context: str) -> str:
    """Of `file|test`, the test; where coverage.py knows no test, the file."""
    file, _, test = context.partition("|")
    return test or file


def find_test_files(folders: Sequence[str], tier: str) -> list[str]:
    """The files in folders, or named themselves, that may have tests of the tier. Their paths are relative to the checkout."""
    tops = [ROOT / folder for folder in folders]
    files = (path for top in tops for path in ([top] if top.is_file() else top.rglob("test_*.py")))
    return sorted(str(path.relative_to(ROOT)) for path in files if may_have(tier, path))
