# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The play itself passes by what stands in always: by meta tasks, tags, or the way it is written. The lease has its usual time."""

from __future__ import annotations

from functools import partial

from chaos import plays
from chaos.lab import Lab
from chaos.scenario import register, scenario


def _end(lab: Lab, meta: str) -> str:
    return str(lab.run(plays.model(block=[plays.part(plays.UPLOAD), {"ansible.builtin.meta": meta}]), lease_ttl=None).rc)


for _meta in ("end_play", "end_host", "end_batch"):
    register(_meta, f"meta: {_meta} in the block", partial(_end, meta=_meta))


@scenario("a task between the pause and the block fails")
def fails_before_the_block(lab: Lab) -> str:
    running = lab.start(plays.model(before=[plays.fail()]), lease_ttl=None)
    lab.wait_for_task(running, "Fail")
    return str(running.finish().rc)


@scenario("--tags hits the pause only")
def tags_hit_the_pause_only(lab: Lab) -> str:
    run = lab.run(plays.model(pause={"tags": ["pause"]}), "--tags", "pause", lease_ttl=None)
    lab.deed()
    return str(run.rc)


@scenario("--skip-tags hits the resume")
def skip_tags_hit_the_resume(lab: Lab) -> str:
    return str(lab.run(plays.model(always=[plays.part(plays.RESUME, tags=["resume"])]), "--skip-tags", "resume", lease_ttl=None).rc)


@scenario("the resume stands in post_tasks, and a task before it fails")
def resume_in_post_tasks(lab: Lab) -> str:
    [play] = plays.model()
    play["tasks"] = [plays.part(plays.UPLOAD), plays.fail()]
    play["post_tasks"] = [plays.part(plays.RESUME)]
    return str(lab.run([play], lease_ttl=None).rc)
