# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""With the strategy of Mitogen: modules then share an interpreter that goes on, instead of a process of their own."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.playbooks import processes
from support.playbooks.playbook import Playbook, RunningPlaybook
from support.playbooks.role import on_server, sums, upload_play
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

_FOUND = importlib.util.find_spec("ansible_mitogen")
assert _FOUND is not None, "the set-up installs it"
STRATEGIES = Path(_FOUND.origin or "").parent / "plugins" / "strategy"
MITOGEN = {"ANSIBLE_STRATEGY_PLUGINS": str(STRATEGIES), "ANSIBLE_STRATEGY": "mitogen_linear"}
BY_HAND = {"smartSearch"}


@pytest.fixture
def paused_by_hand(server: Emulator) -> None:
    server.pause(*BY_HAND)


def kill_interpreter(playbook: Playbook, _running: RunningPlaybook) -> None:
    """SIGKILL to what runs the modules. The guard leads a session, and stays."""
    killed = [
        process
        for process in processes.below(playbook.home)
        if b"mitogen:" in Path(f"/proc/{process}/cmdline").read_bytes() and os.getsid(process) != process
    ]
    assert killed
    for process in killed:
        os.kill(process, signal.SIGKILL)


def kill_ansible(_playbook: Playbook, running: RunningPlaybook) -> None:
    """SIGKILL to ansible-playbook and its process group."""
    running.kill()


@pytest.mark.usefixtures("paused_by_hand")
def test_upload_with_mitogen_ends_its_pause(playbook: Playbook, server: Emulator, photos: Callable[..., Path]) -> None:
    src = photos()
    run = playbook.run(upload_play(src), server=server, environment=MITOGEN).ok()
    assert "Background jobs run again" in run.output
    assert on_server(server) == sums(src)
    assert server.paused() == BY_HAND
    assert playbook.run(upload_play(src), server=server, environment=MITOGEN).ok().changed == 0


@pytest.mark.usefixtures("paused_by_hand")
@pytest.mark.parametrize("kill", [kill_interpreter, kill_ansible])
def test_killed_upload_with_mitogen_resumes_queues(
    playbook: Playbook, server: Emulator, photos: Callable[..., Path], kill: Callable[[Playbook, RunningPlaybook], None]
) -> None:
    server.fault("POST", "^/assets$", after=3, times=None, delay=2.0)
    with playbook.start(upload_play(photos(60, 3), concurrency=1), server=server, environment=MITOGEN) as running:
        wait_until(lambda: len(server.state()["assets"]) >= 3 or running.process.poll() is not None)
        assert server.paused() > BY_HAND, running.stdout()
        kill(playbook, running)
        wait_until(lambda: server.paused() == BY_HAND)
    assert len(server.state()["assets"]) < 60
