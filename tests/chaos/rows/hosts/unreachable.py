# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that cannot be reached any more: Ansible leaves out what stands in always, whatever is rescued."""

from __future__ import annotations

from chaos import plays
from chaos.lab import Lab
from chaos.scenario import LOCAL, SSH, scenario


@scenario("the host goes away during the upload (ssh: its sshd is killed), and comes back", connections=(SSH, LOCAL))
def goes_away_and_comes_back(lab: Lab) -> str:
    running = lab.start(plays.role())
    lab.wait_for_upload(running)
    lab.cut()
    lab.wait_for_task(running, "Upload")
    lab.restore()
    return str(running.finish().rc)


@scenario("the host goes away during the upload (ssh: its sshd is killed), for good", connections=(SSH, LOCAL))
def goes_away_for_good(lab: Lab) -> str:
    running = lab.start(plays.role())
    lab.wait_for_upload(running)
    lab.cut()
    lab.wait_for_task(running, "Upload")
    return str(running.finish().rc)


@scenario("the host cannot be reached between the pause and the block")
def unreachable_before_the_block(lab: Lab) -> str:
    running = lab.start(plays.model(before=[plays.unreachable()]), lease_ttl=None)
    lab.wait_for_task(running, "Reach")
    return str(running.finish().rc)


@scenario("a task of the block cannot reach its host")
def unreachable_in_the_block(lab: Lab) -> str:
    running = lab.start(plays.model(block=[plays.part(plays.UPLOAD), plays.unreachable()]), lease_ttl=None)
    lab.wait_for_task(running, "Reach")
    return str(running.finish().rc)


@scenario("Ansible cannot make its temporary folder for the upload")
def no_remote_tmp(lab: Lab) -> str:
    running = lab.start(plays.model(block=[plays.part(plays.UPLOAD, vars={"ansible_remote_tmp": "/dev/null/tmp"})]), lease_ttl=None)
    lab.wait_for_task(running, "Upload")
    return str(running.finish().rc)
