#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""run_and_wait COMMAND...: what the images run their command through. It is theirs alone, and imports nothing of the collection.

A container ends with its first process, and what else runs in it is killed then: also the guard of an upload, which was about to resume the
queues. So this program collects what the command leaves behind, as init(1) would, and waits for it a moment. It works as the first process,
and as a child of an init that does not wait. When the container is stopped, it also asks the playbooks to end that the command has started,
since ansible-rulebook waits for them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

WAIT_AT_MOST = 10.0  # seconds; a guard that waits for a time of day, or for a server that is away, is not waited for any longer
LOOK_EVERY = 0.5  # seconds

STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
PASSED_ON = STOPPING | {signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGCONT}
PLAYBOOKS = {b"ansible", b"ansible-playbook"}

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def main(command: list[str]) -> int:
    """Runs the command and returns its exit code, as a shell would have it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON | {signal.SIGCHLD})
    try:
        # In a group of its own: an init may send a signal to the whole of this one's, and the command is to get it once.
        ignored_by_python = [signal.SIGPIPE, signal.SIGXFSZ]
        pid = os.posix_spawnp(command[0], command, os.environ, setpgroup=0, setsigmask=before, setsigdef=ignored_by_python)
    except OSError as exc:
        sys.stderr.write(f"{command[0]} cannot be run: {exc.strerror}.\n")
        return 127 if isinstance(exc, FileNotFoundError) else 126
    if os.isatty(0):
        with suppress(OSError):
            os.tcsetpgrp(0, pid)
    code = run(pid)
    deadline = time.monotonic() + WAIT_AT_MOST
    while left_behind() and time.monotonic() < deadline:
        signal.sigtimedwait(PASSED_ON | {signal.SIGCHLD}, LOOK_EVERY)
        collect_ended()
    return code


def run(command: int) -> int:
    """Passes signals on to the command until it ends, and returns its exit code."""
    while True:
        number = signal.sigwaitinfo(PASSED_ON | {signal.SIGCHLD}).si_signo
        if number != signal.SIGCHLD:
            playbooks = playbooks_below(command) if number in STOPPING else []
            os.killpg(command, number)
            for playbook in playbooks:
                with suppress(ProcessLookupError):
                    os.kill(playbook, signal.SIGTERM)
        code = collect_ended().get(command)
        if code is not None:
            return code


def collect_ended() -> dict[int, int]:
    """Children that have ended since the last call, orphans among them: their ids → their exit codes."""
    ended = {}
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            if pid == 0:
                break
            if not os.WIFSTOPPED(status):
                ended[pid] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
            elif os.WSTOPSIG(status) != signal.SIGSTOP:
                os.killpg(pid, signal.SIGCONT)  # there is no shell that could continue what the terminal has stopped
    return ended


def left_behind() -> list[int]:
    """Programs in Python that still run here: guards, modules and playbooks. Nothing depends on others, such as ssh's open connections."""
    return [pid for pid in descendants(os.getpid()) if any(word.startswith(b"python") for word in program(pid)[:1])]


def playbooks_below(command: int) -> list[int]:
    """The main processes of the playbooks that the command has started, without the command."""
    found = descendants(command)
    return [pid for pid, parent in found.items() if is_playbook(pid) and not is_playbook(parent)]


def is_playbook(pid: int) -> bool:
    """Whether it is ansible-playbook, or one of its workers."""
    return not PLAYBOOKS.isdisjoint(program(pid))


def program(pid: int) -> list[bytes]:
    """What runs, without folders: of `/usr/bin/python3 /usr/local/bin/ansible-playbook upload.yml` the first two names."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []  # it has just ended
    return [os.path.basename(word) for word in words[:2]]


def descendants(ancestor: int) -> dict[int, int]:
    """What runs below a process: ids → their parents'."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            state, parent = (folder / "stat").read_bytes().rpartition(b")")[2].split()[:2]  # as proc(5) has it
            if state not in (b"Z", b"X"):
                parents[int(folder.name)] = int(parent)
    found, more = {ancestor}, {ancestor}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return {pid: parents[pid] for pid in found - {ancestor}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
