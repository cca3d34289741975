# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upload is stopped, not dead: with SIGSTOP, as by a debugger."""

from __future__ import annotations

import os
import signal
from functools import partial

from chaos import plays, processes
from chaos.lab import ADMINS_PAUSE, LONGER, Lab
from chaos.scenario import register


def _stop(lab: Lab, goes_on: bool) -> str:
    running = lab.start(plays.role(), src=[str(lab.photos(count=LONGER))])
    lab.wait_for_upload(running)
    module = processes.running_module(lab.folder, "immich_upload").pid
    os.kill(module, signal.SIGSTOP)
    lab.deed()
    lab.wait("the end of the pause", lambda: lab.watcher.now.paused == {ADMINS_PAUSE}, running)
    if goes_on:
        os.kill(module, signal.SIGCONT)
        lab.wait_until_paused(running)
    else:
        os.kill(module, signal.SIGKILL)
    return str(running.finish().rc)


for _ledger in ("file", "server"):
    for _name, _event, _goes_on in (
        ("stopped", "the module is stopped (SIGSTOP), longer than the lease", False),
        ("stopped_and_goes_on", "the module is stopped, and goes on when its lease has run out", True),
    ):
        register(f"{_name}_{_ledger}", f"{_event}; ledger: {_ledger}", partial(_stop, goes_on=_goes_on), ledger=_ledger)
