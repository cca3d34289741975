# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m chaos`: brings every event about, prints the table, and exits with 1 when a row does not hold.

A scenario runs in a process of its own, with the Python (and so the ansible-core) that is asked for.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed

from chaos import table
from chaos.run import SCENARIOS
from chaos.scenario import CONNECTIONS, Scenario
from chaos.verdict import Verdict

_TIMEOUT = 900


def main() -> int:
    """Runs what the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"all of them unless named: {', '.join(SCENARIOS)}")
    parser.add_argument("--python", action="append", metavar="PATH", help="a Python with an ansible-core; may be given several times")
    parser.add_argument("--connection", action="append", choices=CONNECTIONS, help="all of them unless given")
    parser.add_argument("--jobs", type=int, default=2, help="how many scenarios run at once")
    parser.add_argument(
        "--real",
        action="store_true",
        help="one at a time on the Immich that IMMICH_URL and the keys in the environment name; IMMICH_RESTART is what restarts it",
    )
    options = parser.parse_args()
    chosen = [SCENARIOS[name] for name in options.scenarios or SCENARIOS]
    cores = {_core(python): python for python in options.python or [sys.executable]}
    connections = options.connection or list(CONNECTIONS)
    todo = {
        (scenario.name, f"{core} {connection}"): (python, scenario, connection)
        for core, python in cores.items()
        for connection in connections
        for scenario in chosen
        if connection in scenario.connections and not (options.real and scenario.needs_embedded)
    }
    verdicts: dict[tuple[str, table.Setting], Verdict] = {}
    with ThreadPoolExecutor(1 if options.real else options.jobs) as pool:
        running = {pool.submit(_run, *work, options.real): key for key, work in todo.items()}
        for done in as_completed(running):
            name, setting = running[done]
            verdicts[name, setting] = done.result()
            print(table.line(SCENARIOS[name].event, setting, done.result()), flush=True)
    settings = [f"{core} {connection}" for core in cores for connection in connections]
    print("", *table.lines({scenario.name: scenario.event for scenario in chosen}, settings, verdicts), sep="\n")
    held = sum(verdict.holds for verdict in verdicts.values())
    print(f"\n{held} of {len(verdicts)} held.")
    return 0 if held == len(verdicts) else 1


def _core(python: str) -> str:
    """The version of the ansible-core that a Python has, such as 2.21."""
    found = subprocess.run(
        [python, "-c", "import ansible.release; print(ansible.release.__version__)"], capture_output=True, check=True, text=True
    )
    return ".".join(found.stdout.split(".")[:2])


def _run(python: str, scenario: Scenario, connection: str, on_real_server: bool) -> Verdict:
    command = [python, "-m", "chaos.one", scenario.name, connection, *(["--real"] if on_real_server else [])]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=_TIMEOUT)
    if done.returncode:
        return Verdict("?", None, admins_pause_kept=False, ledger_clean=False, problems=[done.stderr])
    return Verdict(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
