# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and measures it together with everything that it starts."""

from __future__ import annotations

import itertools
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_LOOK_EVERY = 0.05  # seconds: the kernel keeps the peak, only what a process takes just before its end is missed


@dataclass(frozen=True)
class Cost:
    """What a run took: seconds, CPU seconds of the whole tree, and bytes."""

    wall: float
    cpu: float
    peak: int
    """The largest resident size of the process that does the work: the module's, or the command's own."""
    disk_read: int


class CommandFailed(Exception):
    """The command ended badly; the text is the end of what it printed."""


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path, *, worker: str | None = None) -> Cost:
    """Runs `command` in `folder` and measures it. Raises CommandFailed unless it exits with 0.

    :param worker: a part of the command line of the process whose memory counts, where that is not the largest of all.
    """
    log = folder / "output.log"
    here, there = os.pipe()
    with open(log, "wb") as output, open(here, encoding="utf-8") as reported:
        supervisor = subprocess.Popen(
            [sys.executable, str(_SUPERVISOR), str(there), *command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[there],
        )
        os.close(there)
        peaks: dict[int, int] = {}
        while not select.select([reported], [], [], _LOOK_EVERY)[0]:
            if worker is not None:
                _note_peaks(supervisor.pid, worker.encode(), peaks)
        report = reported.read()
    supervisor.wait()
    if not report or json.loads(report)["rc"]:
        raise CommandFailed(log.read_text(encoding="utf-8", errors="replace")[-4000:])
    found = json.loads(report)
    return Cost(found["wall"], found["cpu"], max(peaks.values()) if worker else found["largest"], found["disk_read"])


def _note_peaks(root: int, worker: bytes, peaks: dict[int, int]) -> None:
    for pid in _descendants(root):
        try:
            if worker in Path(f"/proc/{pid}/cmdline").read_bytes():
                peaks[pid] = max(peaks.get(pid, 0), _high_water_mark(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended


def _high_water_mark(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0  # it has given back its memory and is about to end


def _descendants(pid: int) -> Iterator[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        children = [Path(f"/proc/{pid}/task/{thread}/children").read_text().split() for thread in threads]
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in itertools.chain.from_iterable(children):
        yield int(child)
        yield from _descendants(int(child))
