# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""With the strategy of Mitogen: modules then share an interpreter that goes on, instead of a process of their own."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.playbooks import processes
from support.playbooks.playbook import Playbook, RunningPlaybook, local_host
from support.playbooks.role import on_server, sums, upload_play
from support.playbooks.sshd import Sshd
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

_FOUND = importlib.util.find_spec("ansible_mitogen")
assert _FOUND is not None, "the set-up installs it"
STRATEGIES = Path(_FOUND.origin or "").parent / "plugins" / "strategy"
MITOGEN = {"ANSIBLE_STRATEGY_PLUGINS": str(STRATEGIES), "ANSIBLE_STRATEGY": "mitogen_linear"}
BY_HAND = {"smartSearch"}


@dataclass
class Host:
    """The managed host: its inventory variables, the folder that its processes know, and the ssh server before it."""

    variables: dict[str, Any]
    folder: Path
    sshd: Sshd | None = None

    def upload(self, playbook: Playbook, src: Path, server: Emulator, **variables: Any) -> RunningPlaybook:
        """Starts an upload with Mitogen."""
        return playbook.start(upload_play(src, **variables), server=server, hosts={"nas": self.variables}, environment=MITOGEN)


Kill = Callable[[Host, RunningPlaybook], None]


@pytest.fixture(params=["local", "ssh"])
def host(request: pytest.FixtureRequest, playbook: Playbook, tmp_path: Path) -> Iterator[Host]:
    """This machine, directly and through ssh."""
    if request.param == "local":
        yield Host(local_host(), playbook.home)
        return
    with Sshd(tmp_path / "sshd") as sshd:
        yield Host(sshd.host(), sshd.home, sshd)


@pytest.fixture
def paused_by_hand(server: Emulator) -> None:
    server.pause(*BY_HAND)


def kill_interpreter(host: Host, _running: RunningPlaybook) -> None:
    """SIGKILL to what runs the modules, which is a parent and a child of one session. The guard leads another one, and stays."""
    found = {
        process: os.getsid(process)
        for process in processes.below(host.folder)
        if b"mitogen:" in Path(f"/proc/{process}/cmdline").read_bytes()
    }
    sessions = {session for process, session in found.items() if session != process}
    killed = [process for process, session in found.items() if session in sessions]
    assert killed
    for process in killed:
        os.kill(process, signal.SIGKILL)


def kill_ansible(_host: Host, running: RunningPlaybook) -> None:
    """SIGKILL to ansible-playbook and its process group."""
    running.kill()


def cut_line(host: Host, _running: RunningPlaybook) -> None:
    """The ssh server and its sessions are gone; nobody tells what they started."""
    assert host.sshd is not None
    host.sshd.stop()


@pytest.mark.usefixtures("paused_by_hand")
def test_upload_with_mitogen_ends_its_pause(playbook: Playbook, server: Emulator, photos: Callable[..., Path], host: Host) -> None:
    src = photos()
    with host.upload(playbook, src, server) as running:
        run = running.finish().ok()
    assert "Background jobs run again" in run.output
    assert on_server(server) == sums(src)
    assert server.paused() == BY_HAND
    with host.upload(playbook, src, server) as running:
        assert running.finish().ok().changed == 0


@pytest.mark.usefixtures("paused_by_hand")
@pytest.mark.parametrize(
    ("host", "kill"),
    [("local", kill_interpreter), ("local", kill_ansible), ("ssh", kill_interpreter), ("ssh", kill_ansible), ("ssh", cut_line)],
    indirect=["host"],
)
def test_killed_upload_with_mitogen_resumes_queues(
    playbook: Playbook, server: Emulator, photos: Callable[..., Path], host: Host, kill: Kill
) -> None:
    server.fault("POST", "^/assets$", after=3, times=None, delay=2.0)
    with host.upload(playbook, photos(60, 3), server, concurrency=1) as running:
        wait_until(lambda: len(server.state()["assets"]) >= 3 or running.process.poll() is not None)
        assert server.paused() > BY_HAND, running.stdout()
        kill(host, running)
        wait_until(lambda: server.paused() == BY_HAND)
    assert len(server.state()["assets"]) < 60
