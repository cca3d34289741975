# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m scale`, or `make scale`: what the modules take with nothing to do, when a library has ten times as many photos.

Prints the tables of the documentation's benchmarks, and fails where requests, bytes or memory grow faster than the library.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import CommandFailed
from scale.library import STEP
from scale.server import Traffic
from scale.table import rst, too_fast
from scale.verbs import VERBS, Measured, Verb, measure


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it; returns the exit code: 1 when a run failed, or something grows faster than the library."""
    wanted = parse(arguments)
    found = read(wanted.json)
    for size in wanted.sizes:
        try:
            for one in measure(wanted.only, size, wanted.work):
                found = [other for other in found if (other.verb, other.size) != (one.verb, one.size)] + [one]
                print(f"  {one.verb}, {one.size:,}: {one.requests:,} requests, {one.peak / 1e6:.0f} MB", file=sys.stderr, flush=True)
                if wanted.json:
                    wanted.json.write_text(json.dumps([asdict(run) for run in found], indent=1) + "\n")
        except CommandFailed as exc:
            print(exc, file=sys.stderr)
            return 1
    print("\n".join(rst(found)))
    problems = too_fast(found)
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return int(bool(problems))


def read(path: Path | None) -> list[Measured]:
    """What earlier runs have measured."""
    if path is None or not path.exists():
        return []
    return [
        Measured(**{**run, "routes": {route: Traffic(*counts) for route, counts in run["routes"].items()}})
        for run in json.loads(path.read_text())
    ]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    by_name = {verb.name: verb for verb in VERBS}

    def verb(name: str) -> Verb:
        if name not in by_name:
            raise argparse.ArgumentTypeError(f"no such work; there are: {', '.join(by_name)}")
        return by_name[name]

    def size(text: str) -> int:
        if not text.isdecimal() or not int(text) or int(text) % STEP:
            raise argparse.ArgumentTypeError(f"a library has a multiple of {STEP} photos, not {text}")
        return int(text)

    parser = argparse.ArgumentParser(prog="python -m scale", description=__doc__)
    parser.add_argument("--sizes", type=size, nargs="+", default=[10_000, 100_000], metavar="PHOTOS")
    parser.add_argument("--only", type=verb, nargs="+", default=VERBS, metavar="WORK", help=f"of {', '.join(by_name)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the numbers go, beside those of earlier runs that are there")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="where libraries are made: 14 KB for each photo (default: the temporary folder)"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
