# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m benchmarks`, or `make bench`: runs the cases, prints a table, and writes the numbers as JSON if wanted.

On the embedded server, or on the one that IMMICH_URL, IMMICH_API_KEY and IMMICH_ADMIN_API_KEY name; from a real server everything that
was uploaded is deleted again. IMMICH_GO names the binary of immich-go, which is left out without it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.cases import CASES, Case
from benchmarks.contenders import ALL, Contender, RoleOfCheckout
from benchmarks.machine import describe
from benchmarks.measure import CommandFailed
from benchmarks.session import Measured, WrongResult, measure
from benchmarks.table import lines, verdict
from benchmarks.target import target


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it; returns the exit code: 1 when a run went wrong. A goal that is missed is only reported."""
    wanted = parse(arguments)
    embedded = not os.environ.get("IMMICH_URL")
    with target(keep_bytes=False) as server:
        about = {**describe(), "server": server.version(), "clients": str(wanted.clients)}
    for name, text in about.items():
        print(f"{name}: {text}", flush=True)
    found: list[Measured] = []
    problem = ""
    for full in wanted.only or CASES:
        if full.seeded and not embedded:
            print(f"{full.name}: not run, the embedded server alone can be filled without an upload", flush=True)
            continue
        case = replace(full, shape=full.shape.scaled(wanted.scale))
        with tempfile.TemporaryDirectory(prefix="immich-bench-", dir=wanted.work) as folder:
            work = Path(folder)
            try:
                for one in measure(case, contenders(case, wanted, work), wanted.rounds, work):
                    found.append(one)
                    print(f"\r  {one.contender}, round {one.round + 1}: {one.cost.wall:.2f} s", file=sys.stderr, flush=True)
            except (CommandFailed, WrongResult) as exc:
                problem = f"{case.name}: {exc}"
        mine = [one for one in found if one.case == case.name]
        if mine and not problem:
            verdicts = [verdict(goal, mine, embedded=embedded) for goal in case.goals]
            print("\n".join(["", *lines(case, mine), *filter(None, verdicts)]), flush=True)
        if wanted.json:
            wanted.json.write_text(json.dumps({"machine": about, "runs": [asdict(one) for one in found]}, indent=1) + "\n")
        if problem:
            print(problem, file=sys.stderr)
            return 1
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    by_name = {case.name: case for case in CASES}

    def case(name: str) -> Case:
        if name not in by_name:
            raise argparse.ArgumentTypeError(f"no such case; there are: {', '.join(by_name)}")
        return by_name[name]

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", type=case, nargs="+", metavar="CASE", help=f"of {', '.join(by_name)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=4, help="how many files are sent at the same time")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME", help="contenders to leave out")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="also run the role of another checkout of this repository")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the files only, to try something out; goals say little then")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the numbers go")
    parser.add_argument("--work", type=Path, metavar="DIR", help="where the files are made (some 5 GB; default: the temporary folder)")
    return parser.parse_args(arguments)


def contenders(case: Case, wanted: argparse.Namespace, work: Path) -> list[Contender]:
    """Those of a case, the role first."""
    found = [
        kind(work / f"state-{number}", wanted.clients)
        for number, kind in enumerate(ALL)
        if kind.name in case.contenders and kind.name not in wanted.without and kind.available()
    ]
    if wanted.against:
        found.insert(1, RoleOfCheckout(work / "state-other", wanted.clients, wanted.against))
    return found


if __name__ == "__main__":
    sys.exit(main())
