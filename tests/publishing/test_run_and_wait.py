# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the images run their command through. When it ends, the container ends, and what is still running in it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from support.waiting import wait_until

from .conftest import REPOSITORY

FOLDER = REPOSITORY / "tools" / "images"

# with the time for which it waits, as its first argument
PROGRAM = "import run_and_wait, sys; run_and_wait.WAIT_AT_MOST = float(sys.argv[1]); sys.exit(run_and_wait.main(sys.argv[2:]))"

# forks a process in a session of its own, as a guard is, which writes that it is done, and its id in the end
ORPHAN = """
import os, pathlib, sys, time
command = os.getpid()
if os.fork() == 0:
    os.setsid()
    while os.getppid() == command:
        time.sleep(0.01)
    {work}
    pathlib.Path("done").touch()
    os._exit(0)
sys.exit(7)
"""

# starts a playbook in a session of its own, as ansible-runner does, and waits for it whatever signals come, as ansible-rulebook does
RULEBOOK = """
import pathlib, signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: pathlib.Path("signals").open("a").write("x"))
sys.exit(subprocess.run([sys.executable, "ansible-playbook"], start_new_session=True).returncode)
"""

PLAYBOOK = """
import os, pathlib, signal, sys, time
main = os.getpid()

def end(*_):
    pathlib.Path("stopped" if os.getpid() == main else "worker stopped").touch()
    os._exit(3)

signal.signal(signal.SIGTERM, end)
if os.fork() == 0:
    while os.getppid() == main:
        time.sleep(0.01)
    os._exit(0)
pathlib.Path("started").touch()
while True:
    time.sleep(60)
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program with a command, in a session as a container's, in `tmp_path`."""
    running: list[subprocess.Popen[str]] = []

    def start(*command: str, wait_at_most: float = 60.0) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}
        arguments = [sys.executable, "-c", PROGRAM, str(wait_at_most), *command]
        running.append(
            subprocess.Popen(
                arguments,
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("command", "code"),
    [(["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -TERM $$"], 143), (["sh", "-c", "kill -TSTP $$; exit 5"], 5), (["absent"], 127)],
    ids=["its own", "of a signal", "continued when stopped", "not found"],
)
def test_exit_code_is_the_commands(start: Start, command: list[str], code: int) -> None:
    running = start(*command)
    _, said = running.communicate(timeout=60)
    assert running.returncode == code
    assert said == ("absent cannot be run: No such file or directory.\n" if code == 127 else "")


def test_orphan_is_waited_for(start: Start, tmp_path: Path) -> None:
    assert start(sys.executable, "-c", ORPHAN.format(work="time.sleep(0.5)")).wait(60) == 7
    assert (tmp_path / "done").exists()


def test_wait_for_an_orphan_is_bounded(start: Start, tmp_path: Path) -> None:
    work = "pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
    assert start(sys.executable, "-c", ORPHAN.format(work=work), wait_at_most=1.0).wait(50) == 7
    assert not (tmp_path / "done").exists()
    with suppress(FileNotFoundError, ValueError):  # it may not have begun, or be about to write
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_open_ssh_connection_is_not_waited_for(start: Start, tmp_path: Path) -> None:
    assert start("sh", "-c", "sleep 300 & echo $! > pid").wait(50) == 0
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)  # it still runs


def test_signal_to_the_group_arrives_once(start: Start, tmp_path: Path) -> None:
    # The signal ends a sleep, whose code would be the shell's if that were the last one.
    count = "trap 'echo x >> signals' TERM; touch ready; until [ -e enough ]; do sleep 0.05; done; exit 0"
    running = start("sh", "-c", count)
    wait_until(lambda: (tmp_path / "ready").exists())
    os.killpg(running.pid, signal.SIGTERM)
    wait_until(lambda: (tmp_path / "signals").exists())
    (tmp_path / "enough").touch()
    assert running.wait(60) == 0
    assert (tmp_path / "signals").read_text() == "x\n"


def test_playbooks_below_the_command_are_stopped(start: Start, tmp_path: Path) -> None:
    (tmp_path / "ansible-playbook").write_text(PLAYBOOK)
    running = start(sys.executable, "-c", RULEBOOK)
    wait_until(lambda: (tmp_path / "started").exists())
    running.terminate()
    assert running.wait(60) == 3
    assert (tmp_path / "signals").read_text() == "x"
    assert (tmp_path / "stopped").exists()
    assert not (tmp_path / "worker stopped").exists()
