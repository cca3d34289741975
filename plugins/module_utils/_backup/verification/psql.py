# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs psql on what others wrote, within bounds: how long it takes, how much memory it has, and how much it says."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from typing import IO, Callable, Iterable, NamedTuple, cast

from ..._client import errors

Start = Callable[..., "subprocess.Popen[bytes]"]

QUIET = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1"]
"""Options with which psql says what was asked for, and ends at the first error."""

_MOST_OUTPUT = 1 << 24  # bytes that psql may say. The answer has some 300 for each asset of the sample
_PSQL_MEMORY = 1 << 30  # bytes. It keeps the whole result of a query
_NO_CORE = 1  # byte: with 0, the kernel still hands a core dump to a program, with 1 to nobody (core(5))


class Deadline:
    """When a proof has to be over: so many seconds from now. `path` is the dump's, for messages."""

    def __init__(self, seconds: float, path: str) -> None:
        self._seconds = seconds
        self._path = path
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """How many seconds are left; 0 if none."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raises `Timeout` when it is over."""
        if not self.left:
            raise errors.Timeout(
                "The proof of %s was ended: it took more than %g seconds. If the dump is large, raise O(timeout)."
                % (self._path, self._seconds),
                options=("timeout",),
            )


class ProgramOutput(NamedTuple):
    """How psql has ended, and what it has said."""

    status: int
    output: str
    problem: str


def limit(process: subprocess.Popen[bytes], memory: int) -> None:
    """Bounds the memory of a process and of those that it starts, in bytes of addresses; and has none leave its memory on the disk."""
    with suppress(OSError, AttributeError):  # it has ended, or the system knows no such thing
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (_NO_CORE, _NO_CORE))
        resource.prlimit(process.pid, resource.RLIMIT_AS, (memory, memory))


def run_script(start: Start, script: Iterable[bytes], deadline: Deadline, output: bytearray) -> ProgramOutput:
    """Sends the script through a psql that `start` starts with the streams it is given; what it says is added to `output`, too.

    Where it says too much, psql is ended. Raises `LocalFailure` then, `Timeout`, and what reading the script raises.
    """
    with ExitStack() as stack:
        psql = stack.enter_context(start(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        limit(psql, _PSQL_MEMORY)
        stdout_reader = _Reader(cast(IO[bytes], psql.stdout), output, psql.kill)
        problem = _Reader(cast(IO[bytes], psql.stderr), bytearray(), psql.kill)
        for reader in (stdout_reader, problem):
            stack.callback(reader.text)  # to its end, before its stream is closed
        stack.callback(_end, psql)
        timer = threading.Timer(deadline.left, psql.kill)
        timer.daemon = True
        timer.start()
        stack.callback(timer.cancel)
        stdin = cast(IO[bytes], psql.stdin)
        try:
            for piece in script:
                deadline.check()
                stdin.write(piece)
            stdin.close()
        except BrokenPipeError:
            pass  # it has ended; what it says tells why
        status = psql.wait()
        answer = ProgramOutput(status, stdout_reader.text(), problem.text())
    deadline.check()
    if stdout_reader.cut or problem.cut:
        raise errors.LocalFailure("The dump makes psql say more than %d bytes, so psql was ended." % _MOST_OUTPUT)
    return answer


def communicate(process: subprocess.Popen[bytes], within: float) -> ProgramOutput:
    """What a program says that reads nothing. Raises `LocalFailure` where it does not end within so many seconds."""
    with process:
        try:
            output, problem = process.communicate(timeout=within)
        except subprocess.TimeoutExpired as exc:
            process.kill()
            raise errors.LocalFailure("PostgreSQL's program did not end within %d seconds." % within) from exc
    return ProgramOutput(process.returncode, (output or b"").decode("utf-8", "replace"), (problem or b"").decode("utf-8", "replace"))


class _Reader:
    """Reads a stream to its end in a thread of its own, and keeps its first bytes in `kept`. Where there are more, it calls `on_more`."""

    def __init__(self, stream: IO[bytes], kept: bytearray, on_more: Callable[[], None]) -> None:
        self._stream = stream
        self._kept = kept
        self._on_more = on_more
        self.cut = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        self._thread.join()
        return self._kept.decode("utf-8", "replace")

    def _read(self) -> None:
        while True:
            piece = os.read(self._stream.fileno(), 65536)
            if not piece:
                return
            self._kept += piece[: _MOST_OUTPUT - len(self._kept)]
            if len(self._kept) >= _MOST_OUTPUT:
                self.cut = True
                self._on_more()


def _end(psql: subprocess.Popen[bytes]) -> None:
    """Ends psql where the script could not be sent to its end: what it has restored is rolled back then."""
    with suppress(OSError):
        if psql.stdin is not None:
            psql.stdin.close()
    if psql.poll() is None:
        psql.kill()
