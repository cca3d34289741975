# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resuming itself fails, or something that stands before it in always does."""

from __future__ import annotations

from chaos import plays
from chaos.lab import Lab
from chaos.scenario import scenario


@scenario("Immich answers 500 while the play wants to resume", needs_embedded=True)
def server_refuses_to_resume(lab: Lab) -> str:
    running = lab.start(plays.role())
    lab.wait_for_upload(running)
    lab.emulator.fault("PUT", "^/(queues|jobs)/", times=None, status=500)
    rc = running.finish().rc
    lab.emulator.clear_faults()
    lab.deed()
    return str(rc)


@scenario("Immich goes down during the upload, and is back after the play has ended", needs_embedded=True)
def server_down(lab: Lab) -> str:
    running = lab.start(plays.role())
    lab.wait_for_upload(running)
    lab.emulator.restart(down=25)
    rc = running.finish().rc
    lab.emulator.state()  # waits until it is back
    lab.deed()
    return str(rc)


@scenario("a task that stands before the resume in always fails")
def first_of_always_fails(lab: Lab) -> str:
    return str(lab.run(plays.model(always=[plays.fail(), plays.part(plays.RESUME)]), lease_ttl=None).rc)
