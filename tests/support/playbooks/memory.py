# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module as a process of its own, and how much memory it took."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

# The process tells its own peak: what wait4 tells of a child begins with the memory of pytest, which it was forked from.
_MEASURED = """
import runpy, sys
try:
    runpy.run_module(sys.argv.pop(1), run_name="__main__")
finally:
    print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM:")), file=sys.stderr)
"""


def run_measured(module: str, **options: Any) -> tuple[dict[str, Any], int]:
    """Runs a module in a process: its result, and its peak memory in bytes."""
    name = f"ansible_collections.photoyard.immich.plugins.modules.{module}"
    command = [sys.executable, "-c", _MEASURED, name, json.dumps({"ANSIBLE_MODULE_ARGS": options})]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True, timeout=300)
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    assert peak is not None, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result, int(peak[1]) * 1024
