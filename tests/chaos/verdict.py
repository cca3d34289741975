# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the queues: judged from outside, by what the server and the disks say."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from chaos import processes
from chaos.lab import ADMINS_PAUSE, LEASE_TTL, Lab

MARGIN = 60.0
"""Seconds beyond the lease's own time that a busy machine may need. The promise is that queues run again, not that it is fast."""


@dataclass(frozen=True)
class Verdict:
    """One row's result."""

    exit: str
    seconds: float | None
    """From the event, or the last upload if that came later, until the queues ran as before; None when they do not."""
    admins_pause_kept: bool
    ledger_clean: bool
    problems: list[str] = field(default_factory=list)
    """A sentence for everything that does not hold."""

    @property
    def holds(self) -> bool:
        return not self.problems


def judge(lab: Lab, exit: str) -> Verdict:
    """Waits until all is as it should be, for the lease's time and a margin at most, and says what is."""
    end = time.monotonic() + LEASE_TTL + MARGIN
    while not (_running(lab) and not lab.leases() and not processes.of_lab(lab.folder)) and time.monotonic() < end:
        time.sleep(0.5)
    seconds = _seconds(lab) if _running(lab) else None
    kept = all(ADMINS_PAUSE in look.paused for look in lab.watcher.looks) and not lab.server.was_resumed(ADMINS_PAUSE)
    leases, files_left, processes_left = lab.leases(), lab.files_left(), processes.of_lab(lab.folder)
    checks = {
        "no queue was paused, so that nothing was tested": max(len(look.paused) for look in lab.watcher.looks) > 1,
        f"still paused: {', '.join(sorted(lab.watcher.now.paused - {ADMINS_PAUSE}))}": _running(lab),
        f"it took {seconds} s, and a lease has {LEASE_TTL}": seconds is None or seconds < LEASE_TTL + MARGIN,
        "a queue that was paused by hand was touched": kept,
        f"left in the ledger: {leases}": not leases,
        f"left on the disk: {files_left}": not files_left,
        f"left running: {[process.command for process in processes_left]}": not processes_left,
    }
    return Verdict(exit, seconds, kept, not leases, [*lab.notes, *(problem for problem, holds in checks.items() if not holds)])


def _seconds(lab: Lab) -> float:
    """How long it took until the queues ran as before."""
    ended = [at for at in (lab.deed_at, lab.watcher.last_upload()) if at is not None]
    assert ended, "nothing went up, and nobody noted when the event was"
    return max(0.0, lab.watcher.last_change_of_queues() - max(ended))


def _running(lab: Lab) -> bool:
    return lab.watcher.now.paused == {ADMINS_PAUSE}
