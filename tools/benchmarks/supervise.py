# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and tells what it cost with all its descendants: `supervise.py FD COMMAND…`, a line of JSON to the descriptor FD.

A process of its own, so that what is waited for below it is exactly the command's tree: it adopts orphans, so that those count too.
The JSON is `{rc, wall, cpu, largest, disk_read}`: seconds until the command itself ended, CPU seconds (user and system) of the
whole tree, the largest resident size of any process in it, and what it had to read from disk, in bytes.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_DISK_BLOCK = 512  # getrusage(2) counts in these


def set_process(option: int, value: int) -> None:
    """prctl(2). Raises OSError."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def main() -> None:
    """Runs it."""
    report, command = int(sys.argv[1]), sys.argv[2:]
    set_process(_PR_SET_CHILD_SUBREAPER, 1)
    began = time.monotonic()
    with subprocess.Popen(command, start_new_session=True) as process:

        def end(_number: int, _frame: object) -> None:
            os.killpg(process.pid, signal.SIGTERM)
            sys.exit(1)

        signal.signal(signal.SIGTERM, end)
        set_process(_PR_SET_PDEATHSIG, signal.SIGTERM)  # a benchmark that is killed leaves nothing running
        rc = process.wait()
    wall = time.monotonic() - began
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    measured = {
        "rc": rc,
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "largest": used.ru_maxrss * 1024,
        "disk_read": used.ru_inblock * _DISK_BLOCK,
    }
    with open(report, "w", encoding="utf-8") as stream:
        json.dump(measured, stream)


if __name__ == "__main__":
    main()
