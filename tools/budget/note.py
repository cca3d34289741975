# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each Python process of a run notes of itself in the folder `BUDGET_NOTES`. Runs as sitecustomize, on Python 3.8 and later.

A byte in `started` for each process that Python starts; and when a module ends, a file of JSON with `module`, its name, `loaded`, how many
files of this collection it has loaded, and `memory`, the most that it had, in KiB.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import sys

_OURS = "ansible_collections.photoyard.immich."
_STARTS = frozenset(("os.fork", "os.forkpty", "os.posix_spawn", "subprocess.Popen"))


def note_starts(folder: str) -> None:
    """Notes from now on what this process, and those that are forked from it, start."""
    started = os.open(os.path.join(folder, "started"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(event: str, _arguments: object) -> None:
        if event in _STARTS:
            os.write(started, b".")

    sys.addaudithook(note)


def note_end(folder: str, process: int) -> None:
    """Notes what a module of Ansible's was, unless this is a process that was forked from it."""
    if os.getpid() != process:
        return
    with open("/proc/self/cmdline", "rb") as stream:
        module = re.search(rb"AnsiballZ_(\w+)\.py", stream.read())
    with open("/proc/self/status", encoding="utf-8") as stream:
        memory = re.search(r"^VmHWM:\s+(\d+) kB$", stream.read(), re.MULTILINE)
    if module is None or memory is None:
        return
    loaded = [name for name, found in sys.modules.items() if name.startswith(_OURS) and not hasattr(found, "__path__")]
    noted = {"module": module[1].decode(), "loaded": len(loaded), "memory": int(memory[1])}
    with open(os.path.join(folder, f"{process}.json"), "w", encoding="utf-8") as stream:
        json.dump(noted, stream)


if "BUDGET_NOTES" in os.environ:
    note_starts(os.environ["BUDGET_NOTES"])
    atexit.register(note_end, os.environ["BUDGET_NOTES"], os.getpid())
