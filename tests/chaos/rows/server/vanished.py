# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger vanishes in the middle of an upload: the folder, or the lease's album."""

from __future__ import annotations

import os
import signal
from functools import partial

from chaos import plays, processes
from chaos.lab import LONGER, Lab
from chaos.plays import Play
from chaos.scenario import register

GUARD, MODULE = "the guard of the pause", "the module"


def _vanish(lab: Lab, play: list[Play], dies: str | None) -> str:
    # on a busy machine, a task takes its time: the pause of one is to last until the next
    running = lab.start(play, src=[str(lab.photos(count=LONGER))], lease_ttl=60)
    lab.wait_for_upload(running)
    if dies == GUARD:
        [guard] = processes.guards(lab.folder, "immich_jobs")
        os.kill(guard.pid, signal.SIGKILL)
    lab.wait("the lease", lambda: bool(lab.leases()), running)
    if dies == MODULE:
        module = processes.running_module(lab.folder, "immich_upload").pid
        os.kill(module, signal.SIGSTOP)  # it does not get to write it down again
        lab.lose_the_ledger()
        os.kill(module, signal.SIGKILL)
    else:
        lab.lose_the_ledger()
    lab.deed()
    rc = running.finish().rc
    if dies != MODULE:
        lab.see_that_the_pause_lasted()
    return str(rc)


for _ledger, _what in (("file", "the ledger's folder"), ("server", "the lease's album")):
    for _name, _event, _play, _dies in (
        ("vanished", "is deleted during the upload", plays.role(), None),
        ("vanished_and_killed", "is deleted during the upload, whose module is killed", plays.role(), MODULE),
        ("vanished_in_the_model", "is deleted during the upload of a play that pauses in pre_tasks", plays.model(), None),
        ("vanished_without_guard", "is deleted in such a play, and the guard of the pause is dead", plays.model(), GUARD),
    ):
        register(f"{_name}_{_ledger}", f"{_what} {_event}", partial(_vanish, play=_play, dies=_dies), ledger=_ledger)
