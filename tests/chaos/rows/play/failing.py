# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task fails in the middle: this is what `always` is for."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import Any

from chaos import plays, processes
from chaos.lab import LONGER, Lab
from chaos.scenario import register, scenario


@scenario("a task of the block fails")
def task_fails(lab: Lab) -> str:
    return str(lab.run(plays.model(block=[plays.part(plays.UPLOAD), plays.fail()])).rc)


@scenario("a task fails, rescue fails too")
def rescue_fails(lab: Lab) -> str:
    return str(lab.run(plays.model(block=[plays.part(plays.UPLOAD), plays.fail()], rescue=[plays.fail()])).rc)


@scenario("a task fails, rescue swallows it")
def rescue_swallows(lab: Lab) -> str:
    nothing: dict[str, Any] = {"ansible.builtin.debug": {"msg": "never mind"}}
    return str(lab.run(plays.model(block=[plays.part(plays.UPLOAD), plays.fail()], rescue=[nothing])).rc)


@scenario("the upload's Python interpreter is missing")
def bad_interpreter(lab: Lab) -> str:
    running = lab.start(plays.model(block=[plays.part(plays.UPLOAD, vars={"ansible_python_interpreter": "/nowhere/python"})]))
    lab.wait_for_task(running, "Upload")
    return str(running.finish().rc)


@scenario("a task uses an undefined variable")
def undefined_variable(lab: Lab) -> str:
    wrong: dict[str, Any] = {"ansible.builtin.debug": {"msg": "{{ nobody_defined_this.one }}"}}
    return str(lab.run(plays.model(block=[plays.part(plays.UPLOAD), wrong])).rc)


MODULE, MODULES_GROUP, PLAYBOOK_AND_MODULE = "the module", "the module's process group", "ansible-playbook and the module"


def _killed(lab: Lab, what: str) -> str:
    running = lab.start(plays.role(), lease_ttl=None)  # so that nobody could wait for the lease to run out
    lab.wait_for_upload(running)
    module = processes.running_module(lab.folder, "immich_upload").pid
    if what == PLAYBOOK_AND_MODULE:
        running.process.kill()
    if what == MODULES_GROUP:
        os.killpg(os.getpgid(module), signal.SIGKILL)
    else:
        os.kill(module, signal.SIGKILL)
    lab.deed()
    return str(running.finish().rc)


for _name, _what in (
    ("module_killed", MODULE),
    ("module_group_killed", MODULES_GROUP),
    ("playbook_and_module_killed", PLAYBOOK_AND_MODULE),
):
    register(_name, f"{_what}: SIGKILL, with the lease's time as it is by default", partial(_killed, what=_what))


@scenario("the upload's task runs into its timeout")
def task_timeout(lab: Lab) -> str:
    upload = {"block": [plays.part(plays.UPLOAD)], "timeout": 8}  # a busy machine sends the first photo only after some seconds
    return str(lab.run(plays.model(block=[upload]), src=[str(lab.photos(count=LONGER))]).rc)


@scenario("the upload hangs, because Immich answers nothing any more", needs_embedded=True)
def upload_hangs(lab: Lab) -> str:
    lab.emulator.fault("POST", "^/assets$", after=3, times=None, hang=True)
    running = lab.start(plays.role(), immich_timeout=300)
    lab.wait_for_upload(running)
    lab.wait("the end of the pause", lambda: len(lab.watcher.now.paused) == 1, running)
    os.kill(processes.running_module(lab.folder, "immich_upload").pid, signal.SIGKILL)
    return str(running.finish().rc)
