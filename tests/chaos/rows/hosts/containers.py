# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller is the host, in a container that is killed: nothing is left of it, not the guard, not a file. The ledger is the server."""

from __future__ import annotations

import shutil
import time
from functools import partial
from pathlib import Path

from chaos import plays
from chaos.lab import GIVE_UP_AFTER, LEASE_TTL, LONGER, Lab
from chaos.scenario import LOCAL, register, scenario
from support.playbooks.playbook import Playbook

HEAL = Path("photoyard.immich.heal")


def _die(lab: Lab) -> None:
    running = lab.start(plays.role())
    lab.wait_for_upload(running)
    lab.kill_everything("controller")
    running.process.wait(GIVE_UP_AFTER)
    shutil.rmtree(lab.folder / "controller")
    lab.deed()


def _heal(lab: Lab) -> str:
    time.sleep(LEASE_TTL + 1)
    return str(lab.run(HEAL, controller=Playbook(lab.folder / "elsewhere")).rc)


def _next_upload(lab: Lab, src: Path) -> str:
    _die(lab)
    time.sleep(LEASE_TTL + 1)
    return f"-9, {lab.run(plays.role(), controller=Playbook(lab.folder / 'elsewhere'), src=[str(src)]).rc}"


@scenario("an upload's container is killed; heal.yml runs elsewhere", connections=(LOCAL,), ledger="server")
def container_then_heal(lab: Lab) -> str:
    _die(lab)
    return f"-9, {_heal(lab)}"


@scenario("an upload's container is killed; the next upload runs elsewhere", connections=(LOCAL,), ledger="server")
def container_then_upload(lab: Lab) -> str:
    return _next_upload(lab, lab.photos())


@scenario("an upload's container is killed; the next upload elsewhere has nothing new", connections=(LOCAL,), ledger="server")
def container_then_nothing_new(lab: Lab) -> str:
    return _next_upload(lab, lab.photos("again", count=2))


def _two(lab: Lab, victim: str) -> str:
    runs = {
        name: lab.start(plays.role(), controller=Playbook(lab.folder / name), src=[str(lab.photos(f"of {name}", first=first, count=count))])
        for name, first, count in (("short", 0, 24), ("long", 1000, LONGER))
    }
    lab.wait("both leases", lambda: len(lab.leases()) == 2)
    lab.wait_for_upload(None)
    lab.kill_everything(victim)
    shutil.rmtree(lab.folder / victim)
    lab.deed()
    codes = [str(run.process.wait(GIVE_UP_AFTER)) for run in runs.values()]
    return f"{', '.join(codes)}, {_heal(lab)}"


for _victim in ("short", "long"):
    register(
        f"container_of_the_{_victim}_one",
        f"two containers upload at once, that of the {_victim} one is killed; heal.yml runs elsewhere",
        partial(_two, victim=_victim),
        connections=(LOCAL,),
        ledger="server",
    )
