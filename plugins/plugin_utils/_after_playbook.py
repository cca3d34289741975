# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program that waits for the end of a process, and then runs a playbook until that succeeds. `_lease_end.py` starts it.

It imports nothing but Python's own, as all that time it only waits. What it has to run comes by its standard input, and goes on by that of
`ansible-playbook`: keys are in its memory, and in no argument, file or environment.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

_LOOK_EVERY = 0.5  # seconds
_TRIES = 6
_BETWEEN_TRIES = 5.0  # seconds
_LONGEST_TRY = 120  # seconds


def main() -> None:
    """Reads `{"process": its id, "command": [argument], "playbook": its text}` as JSON, and does that."""
    order = json.load(sys.stdin)
    wait_for_end(order["process"])
    for number in range(_TRIES):
        if number:
            time.sleep(_BETWEEN_TRIES)
        if _succeeds(order["command"], order["playbook"]):
            return


def wait_for_end(process: int) -> None:
    """Returns when the process has ended, whether or not it was collected by its parent."""
    if hasattr(os, "pidfd_open"):  # Linux
        with suppress(OSError):
            descriptor = os.pidfd_open(process)
            select.select([descriptor], [], [])
            return
    with suppress(ProcessLookupError):
        while True:
            os.kill(process, 0)
            time.sleep(_LOOK_EVERY)


def _succeeds(command: list[str], playbook: str) -> bool:
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as running:
        try:
            running.communicate(playbook.encode(), timeout=_LONGEST_TRY)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
        return running.wait() == 0


if __name__ == "__main__":
    main()
