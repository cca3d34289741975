# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The background queues: what waits, what runs, what is paused. Immich keeps this in Redis."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from immich_emulator.versions import Version


class Job(NamedTuple):
    """One job: what to do, with which asset, and whether an upload set it off (then it goes on to the next stage)."""

    name: str
    asset: str = ""
    upload: bool = False


@dataclass
class Queue:
    """One queue. A waiting job counts as paused while its queue is."""

    name: str
    concurrency: int
    pace: float = 1.0
    paused: bool = False
    waiting: deque[Job] = field(default_factory=deque)
    active: dict[int, tuple[Job, asyncio.TimerHandle]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """The six numbers of the API. `failed` stays 0 when a job throws, and what is completed is not kept."""
        return {
            "active": len(self.active),
            "completed": 0,
            "failed": 0,
            "delayed": 0,
            "waiting": 0 if self.paused else len(self.waiting),
            "paused": len(self.waiting) if self.paused else 0,
        }


class Queues:
    """All queues of a version, and the clock that lets their jobs advance.

    `carry_out(queue's name, job)` does a job's work once its time, `seconds` times the queue's pace, is over.
    """

    def __init__(self, version: Version, seconds: float, carry_out: Callable[[str, Job], None]) -> None:
        self.seconds, self.carry_out, self.serial = seconds, carry_out, 0
        self.by_name: dict[str, Queue] = {
            name: Queue(name, version.concurrency(name), version.metadata_pace if name == "metadataExtraction" else 1.0)
            for name in version.facts["queue_names"]
        }

    def add(self, name: str, job: Job) -> None:
        """Puts a job at the end of a queue."""
        queue = self.by_name[name]
        queue.waiting.append(job)
        self.pump(queue)

    def pump(self, queue: Queue) -> None:
        """Begins as many jobs as may run."""
        while queue.waiting and not queue.paused and len(queue.active) < queue.concurrency:
            job = queue.waiting.popleft()
            self.serial += 1
            number = self.serial
            timer = asyncio.get_running_loop().call_later(self.seconds * queue.pace, self.finish, queue, number)
            queue.active[number] = job, timer

    def finish(self, queue: Queue, number: int) -> None:
        """Ends a job, whose time is over, and begins the next."""
        job, _ = queue.active[number]
        try:
            self.carry_out(queue.name, job)
        finally:
            del queue.active[number]
            self.pump(queue)

    def pause(self, name: str) -> None:
        """Lets no further job begin; those that run go on to their end."""
        self.by_name[name].paused = True

    def resume(self, name: str) -> None:
        """Lets jobs begin again."""
        queue = self.by_name[name]
        queue.paused = False
        self.pump(queue)

    def restart(self) -> None:
        """What a restart of Immich does: jobs that ran are begun anew, metadataExtraction is resumed, other pauses stay."""
        for queue in self.by_name.values():
            for job, timer in reversed(queue.active.values()):
                timer.cancel()
                queue.waiting.appendleft(job)
            queue.active.clear()
        self.by_name["metadataExtraction"].paused = False
        for queue in self.by_name.values():
            self.pump(queue)

    def stop(self) -> None:
        """Cancels what runs; it counts as waiting."""
        for queue in self.by_name.values():
            for job, timer in queue.active.values():
                timer.cancel()
                queue.waiting.appendleft(job)
            queue.active.clear()

    def idle(self) -> bool:
        """Whether nothing is active, and nothing waits in a queue that runs."""
        return not any(q.active or (q.waiting and not q.paused) for q in self.by_name.values())

    def active(self) -> int:
        """How many jobs run."""
        return sum(len(queue.active) for queue in self.by_name.values())

    def save(self, path: Path) -> None:
        """Writes pauses and waiting jobs to a file."""
        state = {name: {"paused": q.paused, "waiting": list(q.waiting)} for name, q in self.by_name.items()}
        path.write_text(json.dumps(state), encoding="utf-8")

    def load(self, path: Path) -> None:
        """Reads back what `save` wrote; without a file there is nothing to read."""
        if not path.exists():
            return
        for name, state in json.loads(path.read_text(encoding="utf-8")).items():
            if queue := self.by_name.get(name):
                queue.paused = state["paused"]
                queue.waiting.extend(Job(*job) for job in state["waiting"])
