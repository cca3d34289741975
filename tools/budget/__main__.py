# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m budget [--write] [--instructions] [RUN…]` counts the standard runs, and exits with 1 where one differs from numbers.yml."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from budget.compare import FILE, find_excess, read, write
from budget.counting import STEADY, Numbers, count_instructions, describe_machine, measure
from budget.runs import RUNS

_NAMES = (*STEADY, "bytes", "processes", "memory", "instructions")


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="make budget", description="Counts what the standard runs take; no number is a time.")
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"only these: {', '.join(RUNS)}")
    parser.add_argument("--write", action="store_true", help="write the numbers into numbers.yml")
    parser.add_argument("--instructions", action="store_true", help="count instructions too, with valgrind: a minute for each run")
    given = parser.parse_args()
    if unknown := set(given.runs) - set(RUNS):
        parser.error(f"no such run: {', '.join(sorted(unknown))}. Choose from {', '.join(RUNS)}.")
    if given.instructions and shutil.which("valgrind") is None:
        parser.error("valgrind is not there, which counts instructions.")
    counted = {name: _measure(name, instructions=given.instructions) for name in given.runs or RUNS}
    _print_table(counted)
    if given.write:
        kept = read()["runs"] if FILE.exists() else {}
        write(describe_machine(), {name: kept.get(name, {}) | counted.get(name, {}) for name in RUNS})
        return 0
    return _compare(counted)


def _measure(name: str, *, instructions: bool) -> Numbers:
    with tempfile.TemporaryDirectory(prefix="immich-budget-") as folder:
        numbers = measure(name, Path(folder, "counted"))
        return numbers | ({"instructions": count_instructions(name, Path(folder, "under-valgrind"))} if instructions else {})


def _print_table(counted: Mapping[str, Numbers]) -> None:
    print(f"{'':16}" + "".join(f"{name:>15}" for name in _NAMES))
    for name, numbers in counted.items():
        print(f"{name:16}" + "".join(f"{numbers[column]:>15,}" if column in numbers else f"{'-':>15}" for column in _NAMES))


def _compare(counted: Mapping[str, Numbers]) -> int:
    kept = read()
    here = describe_machine()
    names = _NAMES if here == kept["measured_with"] else STEADY
    if names is STEADY:
        print(f"Only {', '.join(STEADY)} are compared: numbers.yml was measured with {kept['measured_with']}, and here is {here}.")
    lines = [f"{name}: {line}" for name, numbers in counted.items() for line in find_excess(kept["runs"][name], numbers, names)]
    for line in lines:
        print(line)
    if lines:
        print(f"If that is meant, write the new numbers with make budget WRITE=1, and say in the commit why. They stand in {FILE}.")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
