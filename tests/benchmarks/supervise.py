# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
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
import subprocess
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_DISK_BLOCK = 512  # getrusage(2) counts in these


def main() -> None:
    """Runs it."""
    report, command = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    began = time.monotonic()
    rc = subprocess.run(command, check=False).returncode
    wall = time.monotonic() - began
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {
        "rc": rc,
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "largest": used.ru_maxrss * 1024,
        "disk_read": used.ru_inblock * _DISK_BLOCK,
    }
    with open(report, "w", encoding="utf-8") as stream:
        json.dump(told, stream)


if __name__ == "__main__":
    main()
