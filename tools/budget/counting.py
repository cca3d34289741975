# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a standard run by ansible-playbook, and counts what it took. No number is a time.

requests: what the servers were asked, all of the run together, without `VARYING`.
bytes: the size of all requests and answers, with their headers.
packed: files of the collection that Ansible sends with the module.
loaded: how many of them the module has loaded when it ends.
processes: what Python has started, on the controller and on the host, which is the same machine.
memory: the most that the module had, in KiB.
instructions: what the module executed, as valgrind counts it, which takes a minute for each run: `count_instructions`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any, NamedTuple

from budget import note
from budget.runs import RUNS, Stage
from house.counts import find_packed_files
from support.playbooks import processes
from support.playbooks.playbook import REPOSITORY, TARGET_PYTHON, Playbook, immich_environment, local_host

STEADY = ("requests", "packed", "loaded")
"""What is the same on each machine, with each Python and ansible-core. `make check` compares this much."""

VARYING = frozenset({("POST", "/assets/bulk-upload-check")})
"""Requests whose number goes by time: files are asked about in batches, which are smaller where the next files take long to be read."""

Numbers = dict[str, int]
_VALGRIND = "valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null"


def describe_machine() -> dict[str, str]:
    """What the numbers other than `STEADY` depend on: name → version."""
    return {"python": ".".join(python_version().split(".")[:2]), **{name: version(name) for name in ("ansible-core", "requests")}}


def measure(name: str, folder: Path) -> Numbers:
    """Prepares a run in an empty folder and counts it. Raises AssertionError with what the playbook says where it fails."""
    run = RUNS[name]
    with _counted_run(name, folder) as counted:
        return {
            "requests": sum(len(requests_of(server.requests())) for server in counted.stage.servers),
            "bytes": counted.bytes,
            "packed": len(find_packed_files(REPOSITORY / "plugins/modules" / f"{run.module}.py")),
            "loaded": max(noted["loaded"] for noted in counted.modules.values()),
            "processes": len((counted.notes / "started").read_bytes()),
            "memory": max(noted["memory"] for noted in counted.modules.values()),
        }


def count_instructions(name: str, folder: Path) -> int:
    """Prepares a run in an empty folder and counts the instructions of its module. Needs valgrind. Raises as `measure` does."""
    with _counted_run(name, folder, under_valgrind=True) as counted:
        return sum(read_instructions((counted.notes / f"{process}.valgrind").read_text()) for process in counted.modules)


def read_instructions(text: str) -> int:
    """The number in the last words of valgrind's cachegrind. Raises ValueError where there is none."""
    found = re.search(r"^==\d+== I +refs: +([\d,]+)$", text, re.MULTILINE)
    if found is None:
        raise ValueError(text)
    return int(found[1].replace(",", ""))


def requests_of(log: list[dict[str, Any]]) -> list[str]:
    """The requests that count, as "METHOD /path"."""
    return [f"{entry['method']} {entry['path']}" for entry in log if (entry["method"], entry["path"]) not in VARYING]


class _Counted(NamedTuple):
    """A run that is over, while its servers are still there. `modules` is what the run's module has noted: process → `loaded`, `memory`."""

    stage: Stage
    notes: Path
    bytes: int
    modules: dict[str, dict[str, Any]]


@contextmanager
def _counted_run(name: str, folder: Path, *, under_valgrind: bool = False) -> Iterator[_Counted]:
    run = RUNS[name]
    folder.mkdir(parents=True, exist_ok=True)
    playbook = Playbook(folder / "ansible")
    with ExitStack() as stack:
        stack.callback(processes.kill_guards, folder)
        stage = Stage(folder, stack)
        plays = run.prepare(stage)
        environment = immich_environment(stage.servers[0]) | {"IMMICH_URL": stage.relays[0].url, "PYTHONHASHSEED": "0"}
        host = local_host()
        if run.again:
            playbook.run(plays, environment=environment, hosts={"localhost": host}, check=run.check).ok()
        for server in stage.servers:
            server.wait_idle()
            server.clear_requests()
        passed = sum(relay.bytes for relay in stage.relays)
        notes = _make_notes(folder)
        environment |= {"BUDGET_NOTES": str(notes), "PYTHONPATH": str(notes / "python")}
        if under_valgrind:
            host["ansible_python_interpreter"] = str(_make_counting_python(notes))
        playbook.run(plays, environment=environment, hosts={"localhost": host}, check=run.check).ok()
        noted = {path.stem: json.loads(path.read_text()) for path in notes.glob("*.json")}
        modules = {process: of_it for process, of_it in noted.items() if of_it["module"] == run.module}
        yield _Counted(stage, notes, sum(relay.bytes for relay in stage.relays) - passed, modules)


def _make_notes(folder: Path) -> Path:
    """A folder for the notes, below which Python finds what writes them."""
    notes = folder / "notes"
    (notes / "python").mkdir(parents=True)
    shutil.copy(note.__file__, notes / "python" / "sitecustomize.py")
    return notes


def _make_counting_python(notes: Path) -> Path:
    """A program that runs Python under valgrind, which writes a file for each process."""
    program = notes / "python-under-valgrind"
    program.write_text(f'#!/bin/sh\nexec {_VALGRIND} --log-file="{notes}/%p.valgrind" "{TARGET_PYTHON}" "$@"\n')
    program.chmod(0o755)
    return program
