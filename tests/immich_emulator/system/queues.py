# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the background queues, which Immich keeps in Redis: waiting and running jobs, and pauses."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from immich_emulator.versions import Version


class Job(NamedTuple):
    """One job: what to do, with which asset, and whether an upload set it off (then it goes on to the next stage)."""

    name: str
    asset: str = ""
    upload: bool = False


class Running(NamedTuple):
    """A job that runs, the timer at whose end it is done, and what it found when it began."""

    job: Job
    timer: asyncio.TimerHandle
    found: Any


@dataclass
class Queue:
    """One queue. A waiting job counts as paused while its queue is."""

    name: str
    concurrency: int
    pace: float = 1.0
    paused: bool = False
    waiting: deque[Job] = field(default_factory=deque)
    active: dict[int, Running] = field(default_factory=dict)

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

    `begin(queue's name, job)` looks at what a job works with; `carry_out(queue's name, job, what that returned)` does its work once
    its time, `seconds` times the queue's pace, is over.
    """

    def __init__(
        self, version: Version, seconds: float, begin: Callable[[str, Job], Any], carry_out: Callable[[str, Job, Any], None]
    ) -> None:
        self.seconds, self.begin, self.carry_out, self.serial = seconds, begin, carry_out, 0
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
            queue.active[number] = Running(job, self.timer(queue, number), self.begin(queue.name, job))

    def timer(self, queue: Queue, number: int) -> asyncio.TimerHandle:
        """Ends a job when its time is over."""
        return asyncio.get_running_loop().call_later(self.seconds * queue.pace, self.finish, queue, number)

    def set_seconds(self, seconds: float) -> None:
        """How long a job takes from now on, those included that run."""
        self.seconds = seconds
        for queue in self.by_name.values():
            for number, running in queue.active.items():
                running.timer.cancel()
                queue.active[number] = running._replace(timer=self.timer(queue, number))

    def finish(self, queue: Queue, number: int) -> None:
        """Ends a job, whose time is over, and begins the next."""
        job, _, found = queue.active[number]
        try:
            self.carry_out(queue.name, job, found)
        finally:
            del queue.active[number]
            self.pump(queue)

    def is_at_work(self, name: str, asset: str) -> bool:
        """Whether a job of this queue is at work on an asset."""
        return any(running.job.asset == asset for running in self.by_name[name].active.values())

    def pause(self, name: str) -> None:
        """Lets no further job begin; those that run go on to their end."""
        self.by_name[name].paused = True

    def resume(self, name: str) -> None:
        """Lets jobs begin again."""
        queue = self.by_name[name]
        queue.paused = False
        self.pump(queue)

    def restart(self) -> None:
        """What a restart of Immich does: it begins interrupted jobs again and resumes metadataExtraction. Other queues stay paused."""
        for queue in self.by_name.values():
            for running in reversed(queue.active.values()):
                running.timer.cancel()
                queue.waiting.appendleft(running.job)
            queue.active.clear()
        self.by_name["metadataExtraction"].paused = False
        for queue in self.by_name.values():
            self.pump(queue)

    def stop(self) -> None:
        """Cancels what runs; it counts as waiting."""
        for queue in self.by_name.values():
            for running in queue.active.values():
                running.timer.cancel()
                queue.waiting.appendleft(running.job)
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
