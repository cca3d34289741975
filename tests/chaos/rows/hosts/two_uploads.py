# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two uploads of one host at once: the pause lasts as long as the longer one, whatever becomes of the other."""

from __future__ import annotations

from chaos import plays
from chaos.lab import LONGER, Lab
from chaos.scenario import scenario
from support.playbooks.playbook import RunningPlaybook


@scenario("two uploads at once, the second one takes longer")
def second_is_longer(lab: Lab) -> str:
    first, second = _both(lab)
    codes = f"{first.finish().rc}, {second.finish().rc}"
    lab.see_that_the_pause_lasted()
    return codes


@scenario("two uploads at once, the first one is killed (SIGKILL)")
def first_is_killed(lab: Lab) -> str:
    first, second = _both(lab)
    first.kill()
    codes = f"{first.finish().rc}, {second.finish().rc}"
    lab.see_that_the_pause_lasted()
    return codes


def _both(lab: Lab) -> tuple[RunningPlaybook, RunningPlaybook]:
    second = lab.start(plays.role(), src=[str(lab.photos("second", first=1000, count=LONGER))])
    first = lab.start(plays.role())
    lab.wait_for_upload(second)
    lab.wait("both leases", lambda: len(lab.leases()) == 2, first)
    return first, second
