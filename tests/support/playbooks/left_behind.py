# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the suite leaves no process behind: one that does fails, and names them.

The guard of a lease outlives its module on purpose, for as long as the lease lasts. So a test that lets a module die has to end the guard:
`processes.kill_guards`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from support.playbooks import processes

MARK = "TESTS_OF_PROCESS"
"""An environment variable that what the tests start inherits: the id of the process that runs them."""

SECONDS = 60.0
"""How long what was just ended, or is about to end, may take for that."""

#: What runs all servers of this process, and ends with it; and a master connection of OpenSSH, which ends when ControlPersist says.
_END_BY_THEMSELVES = (b"multiprocessing", b"[mux]")


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The last test of this process gets the error."""
    os.environ[MARK] = str(os.getpid())
    yield
    left = wait_for_end(f"{MARK}={os.getpid()}\0", f"{tmp_path_factory.getbasetemp()}/")
    for process in left:
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(process, signal.SIGKILL)
    if left:
        pytest.fail("Tests left these processes behind, which are killed now:\n" + "\n".join(left.values()), pytrace=False)


def wait_for_end(*started_with: str) -> dict[int, str]:
    """Those that have not ended after `SECONDS`, of the processes with one of these texts in their arguments or environment: id → command,
    and which test started it, where the environment says it."""
    give_up_at = time.monotonic() + SECONDS
    while (found := _running(started_with)) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return found


def _running(started_with: tuple[str, ...]) -> dict[int, str]:
    found = {}
    for process in {process for text in started_with for process in processes.started_with(text)}:
        with suppress(OSError):  # it has ended meanwhile
            command, environment = (Path(f"/proc/{process}/{name}").read_bytes() for name in ("cmdline", "environ"))
            if not any(mark in command for mark in _END_BY_THEMSELVES):
                tests = [line for line in environment.split(b"\0") if line.startswith(b"PYTEST_CURRENT_TEST=")]
                found[process] = b" ".join([str(process).encode(), *command.split(b"\0"), *tests]).decode(errors="replace")
    return found
