# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark ran on."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.contenders import REPOSITORY, immich_go, node


def describe() -> dict[str, str]:
    """The machine and the versions, as text."""
    cpu = next((line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    client = REPOSITORY / ".cache/immich-cli/node_modules/@immich/cli/package.json"
    return {
        "cpu": f"{os.cpu_count()} × {cpu}",
        "memory": f"{memory / 1024**2:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "ansible-core": version("ansible-core"),
        "requests": version("requests"),
        "requests-toolbelt": version("requests-toolbelt"),
        "node": _output(node(), "--version"),
        "@immich/cli": next((line.split('"')[3] for line in _lines(client) if '"version"' in line), "not installed"),
        "immich-go": _output(str(go), "version") if (go := immich_go()) else "not named by IMMICH_GO",
        "load at start": "%.2f" % os.getloadavg()[0],
    }


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _lines(path: str | Path) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
