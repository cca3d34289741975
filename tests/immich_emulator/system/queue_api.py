# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The background queues over HTTP: `/jobs` in every version, `/queues` since 2.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import empty, ok
from immich_emulator.http.errors import Invalid, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check, not_among
from immich_emulator.system.jobs import ALL, MISSING_ONLY, STARTABLE
from immich_emulator.system.queues import Job, Queue

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

BACKUP = "backup-database"

QUEUES_SINCE = (2, 4)
FORCE = Field("force", "boolean", ("boolean",), required=False)
COMMAND = Field("command", "enum", ("not empty", "enum"), values=("start", "pause", "resume", "empty", "clear-failed"))


def queue_of(immich: Immich, name: str, parameter: str = "name") -> Queue:
    """The queue of a path. Raises Invalid for an unknown one."""
    queue = immich.queues.by_name.get(name)
    if queue is None:
        names = immich.version.facts["queue_names"]
        sentence = f"{parameter} must be one of the following values: {', '.join(names)}"
        raise Invalid([sentence], [not_among(names, [parameter])])
    return queue


def job_view(immich: Immich, queue: Queue) -> dict[str, Any]:
    """A queue as `/jobs` shows it."""
    status = {"isPaused": queue.paused, "isActive": bool(queue.active)}
    return {"queueStatus": status, "jobCounts": queue.counts()}


def queue_view(queue: Queue) -> dict[str, Any]:
    """A queue as `/queues` shows it."""
    return {"name": queue.name, "isPaused": queue.paused, "statistics": queue.counts()}


@routes.on("GET", "/jobs", "job.read", admin=True)
def jobs(immich: Immich, request: Request) -> Response:
    """All queues by name."""
    return ok({name: job_view(immich, immich.queues.by_name[name]) for name in immich.version.facts["jobs_order"]})


@routes.on("PUT", "/jobs/{name}", "job.create", admin=True)
def command(immich: Immich, request: Request) -> Response:
    """Carries out a command on a queue, backgroundTask not excepted."""
    queue = queue_of(immich, request.path_params["name"], "id" if immich.version.is_old else "name")
    given = check(immich.version, request.state.json, COMMAND, FORCE)
    if given["command"] == "start":
        start(immich, queue, bool(given.get("force")))
    elif given["command"] == "pause":
        immich.queues.pause(queue.name)
    elif given["command"] == "resume":
        immich.queues.resume(queue.name)
    elif given["command"] == "empty":
        queue.waiting.clear()
    return ok(job_view(immich, queue))


def start(immich: Immich, queue: Queue, force: bool) -> None:
    """Queues the job that looks for work: all assets with `force`, else those that lack something."""
    if queue.active:
        raise bad_request("Job is already running")
    if queue.name not in STARTABLE:
        raise bad_request(f"Invalid job name: {queue.name}")
    immich.queues.add(queue.name, Job(ALL if force else MISSING_ONLY))


@routes.on("POST", "/jobs", "job.create", admin=True)
def manual(immich: Immich, request: Request) -> Response:
    """Runs a manual job, in its queue."""
    names = immich.version.facts["manual_jobs"]
    given = check(immich.version, request.state.json, Field("name", "enum", ("enum",), values=names))
    queue = queue_of_manual_job(given["name"])
    working = immich.queues.by_name[queue]
    if not (immich.version.is_new and given["name"] == BACKUP and (working.active or working.waiting)):  # 3 drops a second one
        immich.queues.add(queue, Job(given["name"]))
    return empty(201 if immich.version.is_old else 204)


def queue_of_manual_job(name: str) -> str:
    """The queue that a manual job waits in."""
    if name == BACKUP:
        return "backupDatabase"
    return "integrityCheck" if name.startswith("integrity-") else "backgroundTask"


@routes.on("GET", "/queues", "queue.read", admin=True, since=QUEUES_SINCE)
def queues(immich: Immich, request: Request) -> Response:
    """All queues."""
    return ok([queue_view(immich.queues.by_name[name]) for name in immich.version.facts["queue_names"]])


@routes.on("GET", "/queues/{name}", "queue.read", admin=True, since=QUEUES_SINCE)
def queue(immich: Immich, request: Request) -> Response:
    """One queue."""
    return ok(queue_view(queue_of(immich, request.path_params["name"])))


@routes.on("PUT", "/queues/{name}", "queue.update", admin=True, since=QUEUES_SINCE)
def update(immich: Immich, request: Request) -> Response:
    """Pauses or resumes a queue; backgroundTask cannot be paused this way."""
    queue = queue_of(immich, request.path_params["name"])
    given = check(immich.version, request.state.json, Field("isPaused", "boolean", ("boolean",), required=False))
    if given.get("isPaused") is True:
        if queue.name == "backgroundTask":
            raise bad_request("The BackgroundTask queue cannot be paused")
        immich.queues.pause(queue.name)
    elif given.get("isPaused") is False:
        immich.queues.resume(queue.name)
    return ok(queue_view(queue))


@routes.on("GET", "/queues/{name}/jobs", "queueJob.read", admin=True, since=QUEUES_SINCE)
def waiting(immich: Immich, request: Request) -> Response:
    """The jobs of a queue."""
    queue = queue_of(immich, request.path_params["name"])
    jobs = [*(running.job for running in queue.active.values()), *queue.waiting]
    return ok([{"name": job.name, "timestamp": 0, "data": {"id": job.asset}} for job in jobs])


@routes.on("DELETE", "/queues/{name}/jobs", "queueJob.delete", admin=True, since=QUEUES_SINCE)
def clear(immich: Immich, request: Request) -> Response:
    """Empties a queue, or only its failed jobs."""
    queue = queue_of(immich, request.path_params["name"])
    given = check(immich.version, request.state.json, Field("failed", "boolean", ("boolean",), required=False))
    if not given.get("failed"):
        queue.waiting.clear()
    return empty()
