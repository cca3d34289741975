# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time on this host that does not jump: how long ago a lease was renewed. Private to the collection.

Within one boot of the machine it is counted by Linux's CLOCK_BOOTTIME, which nobody can set and which goes on while the machine
sleeps. Across a reboot, and on other systems, the wall clock is all there is.
"""

from __future__ import annotations

import time
from typing import Any, Dict, NamedTuple

from .. import machine
from . import record_json


class Now(NamedTuple):
    """A moment. `boot` is empty where the system has no id of its boot, and `boottime` means nothing then."""

    wall: float
    boot: str
    boottime: float


def now() -> Now:
    """This moment."""
    boot = machine.boot()
    return Now(time.time(), boot, time.clock_gettime(time.CLOCK_BOOTTIME) if boot else 0.0)


def stamp() -> Dict[str, Any]:
    """This moment, for a file."""
    return dict(now()._asdict())


def age(found: Any) -> float:
    """Seconds since the moment of a `stamp`. Raises `record_json.Damaged` when it is not one."""
    written, present = record_json.as_object(found), now()
    wall, boottime = record_json.number(written.get("wall")), record_json.number(written.get("boottime"))
    return present.boottime - boottime if present.boot and present.boot == written.get("boot") else present.wall - wall
