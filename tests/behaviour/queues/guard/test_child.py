# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process at the other end of the pipe hears what the module says, whatever the module was started with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, pathlib, sys

from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard import child

heard, closed = pathlib.Path(sys.argv[1]), [int(number) for number in sys.argv[2:]]
for number in closed:
    os.close(number)


def work(pipe):
    mailbox = child.Mailbox(pipe)
    lines = []
    while (more := mailbox.lines(None)) is not None:
        lines += more
    heard.write_bytes(b" ".join(lines))


process = child.fork(work)
process.send(b"pausing")
process.send(b"held")
process.close()
os.waitpid(process.pid, 0)
"""


@pytest.mark.parametrize("closed", [(), (0,), (1,), (2,), (0, 1), (0, 1, 2)], ids=str)
def test_child_hears_module_without_standard_descriptors(tmp_path: Path, closed: tuple[int, ...]) -> None:
    """Some services start what they run with a closed standard input: a pipe may then get its number."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "heard"), *map(str, closed)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True)  # pytest itself may have been started without one
    assert (tmp_path / "heard").read_bytes() == b"pausing held"


SLOW_CHILD = """
import gc, os, sys, time

from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard import child

gc.freeze = lambda: time.sleep(0.5)  # the first that the child does: it begins late, as on a busy machine
process = child.fork(lambda pipe: os.read(pipe, 1))
assert os.getsid(process.pid) == process.pid
assert all(os.path.realpath(f"/proc/{process.pid}/fd/{number}") == os.devnull for number in range(3))
"""


def test_child_has_own_session_when_fork_returns() -> None:
    """Else what kills the group of a module ends its guard as well, and the queues that it paused stay paused."""
    subprocess.run([sys.executable, "-c", SLOW_CHILD], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=True)
