# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How busy the host is that a module runs on."""

from __future__ import annotations

import os
import re
from typing import Dict, Optional

_SOME_AVG60 = re.compile(r"^some .*\bavg60=([0-9.]+)", re.MULTILINE)


def measure(proc: str = "/proc") -> Dict[str, Optional[float]]:
    """`{cpus, load1, load5, load15, cpu_pressure, memory_pressure, io_pressure}`; what the host does not tell is None.

    Loads are per CPU that this process may use. Pressures are Linux's (PSI): the percentage of the last minute in which some
    process had to wait.
    """
    cpus = _cpus()
    measured: Dict[str, Optional[float]] = {"cpus": cpus}
    try:
        loads = os.getloadavg()
    except OSError:
        measured.update(load1=None, load5=None, load15=None)
    else:
        measured.update(zip(("load1", "load5", "load15"), (round(load / cpus, 3) for load in loads)))
    for resource in ("cpu", "memory", "io"):
        measured[resource + "_pressure"] = _pressure(os.path.join(proc, "pressure", resource))
    return measured


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pressure(path: str) -> Optional[float]:
    try:
        with open(path, encoding="ascii") as stream:
            match = _SOME_AVG60.search(stream.read())
    except OSError:
        return None  # an older kernel, another system, or a kernel that was started without it
    return float(match.group(1)) if match else None
