# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has a guard: what the tests of guards start, and how all of it ends with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from support.collection import LeaseRecord

QUEUES = ["metadataExtraction", "smartSearch"]
Records = Callable[[], list[LeaseRecord]]


class Guarded:
    """A Python program in a process group of its own, and the guard that it or a child of it has forked."""

    def __init__(self, *program: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": "collections"},
            start_new_session=True,
        )
        self._guard: int | None = None

    @property
    def guard(self) -> int:
        """The guard's process id; there must be one by now."""
        assert self._guard is not None
        return self._guard

    def guard_lives(self) -> bool:
        """Whether it is there and is not a zombie."""
        try:
            return Path(f"/proc/{self.guard}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def clear(self) -> None:
        """Kills and collects both."""
        for pid in (self.process.pid, self._guard):
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


@contextmanager
def starting[Kind: Guarded](make: Callable[..., Kind]) -> Iterator[Callable[..., Kind]]:
    """A factory that makes such processes, which are cleared in the end."""
    with ExitStack() as stack:

        def start(*args: Any, **given: Any) -> Kind:
            made = make(*args, **given)
            stack.callback(made.clear)
            return made

        yield start
