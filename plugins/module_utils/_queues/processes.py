# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other processes of this machine, as Linux's /proc shows them: see proc(5). Private to the collection."""

from __future__ import annotations

import os
from typing import NamedTuple, Optional


class Process(NamedTuple):
    """A process as it was a moment ago. `started` is when, in the system's own unit since its boot."""

    name: bytes
    state: str
    parent: int
    started: int

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, and only waits for its parent to collect it."""
        return self.state in ("Z", "X")


def look(pid: int) -> Optional[Process]:
    """The process with this id; None when there is none, or it cannot be seen."""
    # The name is in parentheses and may itself have some; the fields are numbered as in proc(5).
    head, parenthesis, rest = _read(pid, "stat").rpartition(b")")
    fields = rest.split()
    if not parenthesis or len(fields) < 20:
        return None
    return Process(head.partition(b"(")[2], fields[0].decode(), int(fields[1]), int(fields[19]))


def command(pid: int) -> bytes:
    """The words of its command line, each with a NUL after it; b"" when it cannot be seen."""
    return _read(pid, "cmdline")


def is_gone(pid: int, started: int) -> bool:
    """Whether the process that had this id and was started then has certainly ended. In doubt it has not."""
    found = look(pid)
    if found is not None:
        return found.started != started or found.has_ended
    try:
        os.kill(pid, 0)  # asks only; unlike /proc, it tells of processes that are hidden too (hidepid)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


def _read(pid: int, name: str) -> bytes:
    try:
        with open("/proc/%d/%s" % (pid, name), "rb") as stream:
            return stream.read()
    except OSError:
        return b""
