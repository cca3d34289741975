# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts single wrong lines into plugins/module_utils, at random, and looks whether a test notices each of them.

The checkout itself is never changed: all runs in copies below .cache/mutants. What has been tried is not tried again: a run that is
interrupted goes on where it was. The map of which tests reach a line is made first, which takes many minutes. --renew makes it again, which
is needed after each change of the plugins or the tests. What survives the tests of the map meets those files of tests whose names or
imports have to do with the changed file: a line may be wrong where another process runs it, or a table that is read elsewhere. With --near,
only these files are run, the nearest first, and no map is needed: such a run starts at once. Try what survives it with the map, too.

The tests that count are those of `make test`, and with --check those of `make check` in the same folders too.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from mutants.checkout import MUTATED, ROOT, WORK, Checkout
from mutants.coverage_map import NO_TESTS, TESTS, CoverageMap, find_test_files
from mutants.mutations import Mutation, find_mutations, lines_in_functions
from mutants.nearness import order_by_nearness
from support.tiers import FAST

UNREACHED = ("tests/plugins/modules/test_modules.py", "tests/behaviour/queues")
"""What is run for a line for which no test is known: modules and guards, whose processes coverage.py does not see."""

_FIRST = 30  # tests that are run before all others: most mutants do not get beyond them
_FIRST_FILES = 2  # the same of files
_NEAR_FILES = 8  # the most that are run where the map's tests notice nothing
_START_SECONDS = 60.0
_UNKNOWN_SECONDS = 900.0  # for tests of which the map does not know how long they take
_SLOWER = 6.0  # how much slower than on the map tests may be before they count as hanging


class Mutant(NamedTuple):
    """A file with one wrong line."""

    path: str
    mutation: Mutation
    source: bytes

    @property
    def name(self) -> str:
        return self.mutation.identify(self.path, self.source)


class Outcome(NamedTuple):
    """What became of a mutant: `how` is `noticed`, `noticed (hangs)` or `survived`."""

    name: str
    how: str
    by: str
    """The test that noticed it, or how many did not."""
    diff: str

    @property
    def is_noticed(self) -> bool:
        return self.how.startswith("noticed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. The exit code is 1 if a mutant survived."""
    wanted = parse(arguments)
    mutants = choose(wanted.only, wanted.count, wanted.seed)
    tier = "" if wanted.check else FAST
    work = WORK / ("check" if wanted.check else "test")
    files = find_test_files(wanted.tests, tier)
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in files}
    near = {mutant.name: order_by_nearness(mutant.path, texts) for mutant in mutants}
    if wanted.near:
        seconds: Mapping[str, float] = {}
        tests = near
    else:
        coverage_map = CoverageMap(work / "map", tier)
        if wanted.renew:
            coverage_map.forget()
        coverage_map.build(files, wanted.jobs)
        seconds = coverage_map.seconds
        tests = {mutant.name: list(dict.fromkeys([*_mapped(coverage_map, mutant), *near[mutant.name][:_NEAR_FILES]])) for mutant in mutants}
    record = work / ("outcomes-near.jsonl" if wanted.near else "outcomes.jsonl")
    record.parent.mkdir(parents=True, exist_ok=True)
    outcomes = try_all(mutants, tests, tier, seconds, wanted.jobs, record)
    survived = [one for one in outcomes if not one.is_noticed]
    for one in survived:
        print(f"\n{one.name} survived {one.by}\n{one.diff}")
    print(f"\n{len(outcomes) - len(survived)} of {len(outcomes)} mutants were noticed (seed {wanted.seed}).")
    return bool(survived)


def _mapped(coverage_map: CoverageMap, mutant: Mutant) -> list[str]:
    """The tests of the map. That a line runs on import says only which test was the first; it counts what runs the file's functions."""
    lines = lines_in_functions(mutant.source)
    if mutant.mutation.line in lines:
        return coverage_map.find_tests(mutant.path, mutant.mutation.line)
    return coverage_map.find_tests_of_file(mutant.path, lines)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="the same seed chooses the same mutants of the same files")
    parser.add_argument("--jobs", type=int, default=2, help="how many at the same time")
    parser.add_argument("--only", default=MUTATED, metavar="PATH", help="a folder or file below plugins/module_utils")
    parser.add_argument("--tests", nargs="+", default=TESTS, metavar="FOLDER", help="where the tests are that count")
    parser.add_argument("--check", action="store_true", help="count the tests too that make check alone runs")
    parser.add_argument("--renew", action="store_true", help="make the map of what tests reach again")
    parser.add_argument("--near", action="store_true", help="no map: run the files of tests that are near the changed file")
    return parser.parse_args(arguments)


def choose(only: str, count: int, seed: int) -> list[Mutant]:
    """Mutants of lines that are chosen at random: each line that can be wrong is as likely as any other."""
    lines: dict[tuple[str, int], list[Mutation]] = {}
    sources = {}
    top = ROOT / only
    for path in [top] if top.is_file() else sorted(top.rglob("*.py")):
        name = str(path.relative_to(ROOT))
        sources[name] = path.read_bytes()
        for mutation in find_mutations(sources[name]):
            lines.setdefault((name, mutation.line), []).append(mutation)
    chance = random.Random(seed)
    chosen = chance.sample(sorted(lines), min(count, len(lines)))
    return [Mutant(path, chance.choice(lines[path, line]), sources[path]) for path, line in chosen]


def try_all(
    mutants: Sequence[Mutant], tests: Mapping[str, Sequence[str]], tier: str, seconds: Mapping[str, float], jobs: int, record: Path
) -> list[Outcome]:
    """What becomes of each, in their order. What the record says already is not tried again. `tests` are by the mutants' names.

    `tier` is what pytest gets as `-m`, `seconds` how long each test of the map takes.
    """
    known = {one.name: one for one in read_record(record)}
    free: SimpleQueue[Checkout] = SimpleQueue()
    for number in range(jobs):
        checkout = Checkout(WORK / f"copy-{number}")
        checkout.renew()
        free.put(checkout)

    def try_one(mutant: Mutant) -> Outcome:
        if mutant.name in known:
            return known[mutant.name]
        checkout = free.get()
        try:
            outcome = try_mutant(checkout, mutant, tests[mutant.name], tier, seconds)
        finally:
            free.put(checkout)
        with record.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(outcome._asdict()) + "\n")
        print(f"{outcome.how:15} {outcome.name} ({mutant.mutation.kind}) {outcome.by}", flush=True)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(try_one, mutants))


def read_record(record: Path) -> list[Outcome]:
    """The outcomes of earlier runs."""
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]


def try_mutant(checkout: Checkout, mutant: Mutant, tests: Sequence[str], tier: str, seconds: Mapping[str, float]) -> Outcome:
    """Runs the tests that reach the line, then the files: a few of each at first, then all others, until one fails.

    A file may have no test of the tier. Raises RuntimeError if the map knows a test that is none.
    """
    target = checkout.folder / mutant.path
    diff = mutant.mutation.diff(mutant.path, mutant.source)
    target.write_bytes(mutant.mutation.apply(mutant.source))
    survived_by = f"{len(tests)} tests and files" if tests else "since no test is known for it"
    tests = tests or UNREACHED
    mapped, files = ([test for test in tests if (test in seconds) == known] for known in (True, False))
    try:
        for part in (mapped[:_FIRST], mapped[_FIRST:], files[:_FIRST_FILES], files[_FIRST_FILES:]):
            if not part:
                continue
            code, output = _run_tests(checkout, part, tier, _time_for(part, seconds))
            if code is None:
                return Outcome(mutant.name, "noticed (hangs)", "", diff)
            if code == NO_TESTS and part[0] in seconds:
                raise RuntimeError(f"none of these is a test: {part}\n{output}")
            if code not in (0, NO_TESTS):
                return Outcome(mutant.name, "noticed", _first_failure(output), diff)
        return Outcome(mutant.name, "survived", survived_by, diff)
    finally:
        target.write_bytes(mutant.source)


def _run_tests(checkout: Checkout, tests: Sequence[str], tier: str, timeout: float) -> tuple[int | None, str]:
    """The exit code and the output. What takes too long is run once more: a machine that was busy is not a mutant that hangs."""
    command = ["-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-m", tier, *_as_arguments(checkout, tests)]
    code, output = checkout.run(command, timeout)
    return (code, output) if code is not None else checkout.run(command, timeout)


def _as_arguments(checkout: Checkout, tests: Sequence[str]) -> list[str]:
    """Through a file, since there may be more than a command line can hold."""
    file = checkout.folder / "tests.txt"
    file.write_text("\n".join(tests), encoding="utf-8")
    return [f"@{file}"]


def _time_for(tests: Sequence[str], seconds: Mapping[str, float]) -> float:
    unknown = any(name not in seconds for name in tests)
    return _START_SECONDS + _SLOWER * sum(seconds.get(name, 0.0) for name in tests) + (_UNKNOWN_SECONDS if unknown else 0.0)


def _first_failure(output: str) -> str:
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    return found[1] if found else "an error before the first test"
