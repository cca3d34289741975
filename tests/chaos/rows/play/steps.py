# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The play that pauses, uploads and resumes step by step dies, with the lease's time as it is by default: nobody could wait for its end."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

from chaos import plays, processes
from chaos.lab import GIVE_UP_AFTER, Lab
from chaos.scenario import SSH, register, scenario
from support.playbooks.playbook import RunningPlaybook

PLAY = Path("photoyard.immich.upload")
MAIN, GROUP, WORKERS = "ansible-playbook", "ansible-playbook and its process group", "Ansible's worker"


def _send(running: RunningPlaybook, number: signal.Signals, to: str) -> None:
    pid = running.process.pid
    if to == GROUP:
        os.killpg(pid, number)
    for one in {MAIN: [pid], WORKERS: processes.children(pid)}.get(to, []):
        os.kill(one, number)


def _during_the_upload(lab: Lab, number: signal.Signals, to: str) -> str:
    running = lab.start(PLAY, lease_ttl=None)
    lab.wait_for_upload(running)
    _send(running, number, to)
    lab.deed()
    return str(running.finish().rc)


def _between_pause_and_upload(lab: Lab, number: signal.Signals, to: str) -> str:
    # Not the action `pause`: its worker asks the controller, and waits for ever for the answer of one that is killed just then.
    task = {"ansible.builtin.wait_for": {"timeout": 12}, "name": "A task of one's own"}  # lives on for that long
    running = lab.start(plays.model(before=[task]), lease_ttl=None)
    lab.wait_until_paused(running)
    # Not while the next task's worker is being forked: ansible-core 2.16 may wait for ever for one that a signal ends just then.
    lab.wait("that task", lambda: processes.runs_module(lab.folder, "wait_for"), running)
    _send(running, number, to)
    lab.deed()
    return str(running.finish().rc)


for _name, _event, _number, _to in (
    ("ctrl_c", "Ctrl-C", signal.SIGINT, GROUP),
    ("sigterm", "SIGTERM to ansible-playbook", signal.SIGTERM, MAIN),
    ("sigkill", "SIGKILL to ansible-playbook", signal.SIGKILL, MAIN),
    ("sigkill_group", "SIGKILL to ansible-playbook and its process group", signal.SIGKILL, GROUP),
    ("worker_killed", "SIGKILL to Ansible's worker", signal.SIGKILL, WORKERS),
):
    register(f"steps_{_name}", f"step by step, during the upload: {_event}", partial(_during_the_upload, number=_number, to=_to))
    if _to != WORKERS:
        register(
            f"steps_{_name}_before",
            f"step by step, between pause and upload: {_event}",
            partial(_between_pause_and_upload, number=_number, to=_to),
        )


def _next_upload(lab: Lab, play: list[plays.Play] | Path) -> str:
    """Its photos are others, so that it pauses too."""
    running = lab.start(play, lease_ttl=None)
    lab.wait_for_upload(running)
    for folder in ("controller", "sshd"):
        lab.kill_everything(folder)
    running.process.wait(GIVE_UP_AFTER)
    lab.deed()
    return f"-9, {lab.run(play, lease_ttl=None, src=[str(lab.photos('next', count=4, first=1000))]).rc}"


for _name, _play, _form in (("next_upload", plays.role(), "at once"), ("steps_next_upload", PLAY, "step by step")):
    register(_name, f"{_form}: SIGKILL to everything, the guard too; then the next upload", partial(_next_upload, play=_play))


@scenario("step by step, without ControlPersist: SIGKILL to ansible-playbook", connections=(SSH,))
def steps_sigkill_without_control_persist(lab: Lab) -> str:
    host = lab.host()
    host["ansible_ssh_args"] = host["ansible_ssh_args"].replace("ControlPersist=10s", "ControlPersist=no").replace("=auto", "=no")
    running = lab.start(PLAY, lease_ttl=None, hosts={"nas": host | {"immich_upload_src": [str(lab.photos())]}})
    lab.wait_for_upload(running)
    running.process.kill()
    lab.deed()
    return str(running.finish().rc)


def _coordinated(lab: Lab, number: signal.Signals, to: str) -> str:
    hosts = {"nas": lab.host() | {"immich_upload_src": [str(lab.photos())]}, "keeper": lab.host()}
    running = lab.start(PLAY, "--limit", "nas", hosts=hosts, lease_ttl=None, coordinator="keeper")
    lab.wait_for_upload(running)
    _send(running, number, to)
    lab.deed()
    return str(running.finish().rc)


for _name, _event, _number, _to in (
    ("sigkill", "SIGKILL to ansible-playbook", signal.SIGKILL, MAIN),
    ("sigkill_group", "SIGKILL to ansible-playbook and its process group", signal.SIGKILL, GROUP),
    ("ctrl_c", "Ctrl-C", signal.SIGINT, GROUP),
):
    register(
        f"coordinated_{_name}", f"one pause by a coordinator: {_event}", partial(_coordinated, number=_number, to=_to), ledger="server"
    )
