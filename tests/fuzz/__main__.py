# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m fuzz [--minutes 1] [READER...]`: tries readers with other inputs each time, so long each; see `make fuzz`.

There is a process for each processor, and each tries one reader after the other. An input that is found is written to `.cache/fuzz`, as
small as it could be made. Ends with 1 if there is one.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from fuzz.bounds import Bounds
from fuzz.readers import READERS, Reader, check

FOUND = Path(__file__).parents[2] / ".cache" / "fuzz"
_ROUND = 100  # inputs


class Rounds:
    """Rounds of inputs for one reader. `count` is how many inputs were tried, `found` the last of them."""

    def __init__(self, reader: Reader, bounds: Bounds) -> None:
        self.count = 0
        self.found = b""
        self._reader = reader
        self._bounds = bounds

    def run(self, number: int) -> None:
        """Tries a hundred inputs that this number stands for. Raises what the reader does, with the smallest such input in `found`."""

        @seed(number)
        @settings(
            max_examples=_ROUND,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(self._reader.inputs)
        def attempt(content: bytes) -> None:
            self.count += 1
            self.found = content
            check(self._reader, content, self._bounds)

        attempt()


def fuzz(name: str, minutes: float) -> bool:
    """Whether the reader has withstood."""
    reader = READERS[name]
    for content in reader.seeds:
        reader.read(content)
    with Bounds() as bounds:
        bounds.watch()
        rounds, end = Rounds(reader, bounds), time.monotonic() + 60 * minutes
        try:
            while time.monotonic() < end:
                rounds.run(random.getrandbits(64))
        except Exception:  # noqa: BLE001  # whatever it is, it was looked for
            traceback.print_exc()
            FOUND.mkdir(parents=True, exist_ok=True)
            path = FOUND / f"{name}-{hashlib.sha1(rounds.found).hexdigest()[:10]}"
            path.write_bytes(rounds.found)
            print(f"{name}: found by input {rounds.count:,}, which is in {path}. Move it to tests/fuzz/finds/{name}.", flush=True)
            return False
        print(f"{name}: {rounds.count:,} inputs, with {bounds.steps:,} steps and {bounds.memory:,} bytes at most", flush=True)
    return True


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each reader")
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"of {', '.join(READERS)}; all by default")
    given_options = parser.parse_args()
    if unknown := set(given_options.readers) - set(READERS):
        parser.error(f"there is no reader {', '.join(sorted(unknown))}")
    with ProcessPoolExecutor() as processes:
        withstood = list(processes.map(fuzz, given_options.readers or READERS, repeat(given_options.minutes)))
    return int(not all(withstood))


if __name__ == "__main__":
    sys.exit(main())
