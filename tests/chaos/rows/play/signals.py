# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook gets a signal during the upload: none of them lets it run what stands in always."""

from __future__ import annotations

import os
import signal
from functools import partial

from chaos import plays
from chaos.lab import Lab
from chaos.scenario import LOCAL, SSH, register

MAIN, GROUP = "main", "group"


def _send(lab: Lab, number: signal.Signals, to: str) -> str:
    running = lab.start(plays.role(), lease_ttl=None)
    lab.wait_for_upload(running)
    (os.kill if to == MAIN else os.killpg)(running.process.pid, number)
    lab.deed()
    return str(running.finish().rc)


for _name, _event, _number, _to, _first in (
    ("ctrl_c", "Ctrl-C", signal.SIGINT, GROUP, LOCAL),
    ("sigterm", "SIGTERM to ansible-playbook", signal.SIGTERM, MAIN, LOCAL),
    ("sighup", "the terminal of ansible-playbook is closed (SIGHUP)", signal.SIGHUP, GROUP, LOCAL),
    ("sigkill", "SIGKILL to ansible-playbook", signal.SIGKILL, MAIN, SSH),
    ("sigkill_group", "SIGKILL to ansible-playbook and its whole process group", signal.SIGKILL, GROUP, SSH),
):
    register(_name, _event, partial(_send, number=_number, to=_to), connections=(_first, *({LOCAL, SSH} - {_first})))
