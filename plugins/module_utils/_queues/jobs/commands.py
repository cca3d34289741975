# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logic of the module immich_job_run: commands to queues (start, empty, clear), and Immich's manual jobs, a backup among them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Sequence

from ... import _lost_faces
from ..._client import api, errors, values
from .. import control, names
from ..options import JobRunOptions
from . import results, state

Result = Dict[str, Any]


class _Command(NamedTuple):
    api: str
    force: bool
    done: str
    needed: Callable[[values.Queue], bool]
    predicted: Callable[[values.Queue], values.Queue] = lambda queue: queue
    """The queue afterwards, as far as it is known before."""


# `force` is always sent: without it, faceDetection refreshes everything; true deletes machine-learned faces first.
_COMMANDS: Dict[str, _Command] = {
    "start_missing": _Command("start", False, "started", lambda queue: not queue.active),
    "start_all": _Command("start", True, "started", lambda queue: True),
    "empty": _Command("empty", False, "emptied", lambda queue: queue.waiting > 0, lambda queue: queue._replace(waiting=0)),
    "clear_failed": _Command("clear-failed", False, "cleared", lambda queue: queue.failed > 0, lambda queue: queue._replace(failed=0)),
}


@dataclass
class _CommandResult:
    """What a command did: the queues it `changed`, and those where there was nothing to do."""

    changed: List[str] = field(default_factory=list)
    nothing_to_do: List[str] = field(default_factory=list)
    failed: Dict[str, errors.ImmichError] = field(default_factory=dict)


def run_job(client: api.Immich, options: JobRunOptions, check_mode: bool, check_cancelled: Callable[[], None] = lambda: None) -> Result:
    """Gives queues a command, or runs a manual job, and returns what immich_job_run does.

    `check_cancelled` is called while jobs are waited for, and may raise to end that. Raises a plain `ImmichError` where nothing had been
    done, else `RunFailed`.
    """
    result: Result = {}
    try:
        (_give_command if options.command else _run_manual_job)(client, options, check_mode, result, check_cancelled)
    except errors.ImmichError as exc:
        if result:
            raise errors.RunFailed(exc, result) from exc
        raise
    return result


def _give_command(
    client: api.Immich, options: JobRunOptions, check_mode: bool, result: Result, check_cancelled: Callable[[], None]
) -> None:
    """Adds to `result` what was done."""
    client.require({client.queues.scope_to_read(): "list the queues", "job.create": "give commands to queues"})
    command = options.command or ""
    before = client.queues.all()
    chosen = names.resolve(options.queues, [queue.name for queue in before])
    if command == "empty":
        names.refuse_to_empty(options.queues, chosen)
    warnings: List[str] = []
    if command == "start_all" and _lost_faces.QUEUE in chosen and not options.allow_lost_faces:
        warnings = _lost_faces.refuse_to_lose_faces(client, check_cancelled, instead=("command", "start_missing"))
    done, participle = _give(client, command, before, chosen, check_mode), _COMMANDS[command].done
    given = {
        "changed": bool(done.changed),
        participle: done.changed,
        "nothing_to_do": done.nothing_to_do,
        "queues": results.describe_queues(before, chosen),
        "diff": {"before": {}, "after": {participle: done.changed}},
        "warnings": warnings,
    }
    results.add_to_result(result, given)
    if done.failed:
        raise control.QueuesFailed(participle, done.failed)
    if check_mode:
        after = [_COMMANDS[command].predicted(queue) if queue.name in done.changed else queue for queue in before]
        result["queues"] = results.describe_queues(after, chosen)
    else:
        result["queues"] = results.describe_queues(client.queues.all(), chosen)
        if options.wait.wanted:
            state.wait_for_queues(client, options.wait, chosen, result, check_cancelled, until_idle=False)


def _give(client: api.Immich, command: str, queues: Sequence[values.Queue], chosen: Sequence[str], check_mode: bool) -> _CommandResult:
    """Gives the command to each queue that needs it. `queues` is the state before.

    `start_missing` on a queue with an active job is not needed: Immich refuses it, `start_all` too, but there the refusal
    is a failure, because the jobs that run need not be those for all assets.
    """
    done, spec = _CommandResult(), _COMMANDS[command]
    by_name = {queue.name: queue for queue in queues}
    for name in chosen:
        if spec.api == "start" and name in names.NEVER_STARTED:
            done.failed[name] = errors.InvalidRequest(
                "Immich cannot start it, as it has no job for all assets. Take it out of O(queues).", options=("queues",)
            )
        elif command == "start_all" and by_name[name].active:
            done.failed[name] = errors.InvalidRequest("it is already active, so Immich would refuse. Start it again when it has finished.")
        elif not spec.needed(by_name[name]):
            done.nothing_to_do.append(name)
        elif check_mode:
            done.changed.append(name)
        else:
            try:
                client.queues.command(name, spec.api, force=spec.force)
                done.changed.append(name)
            except errors.InvalidRequest as exc:
                if command == "start_missing" and "already running" in exc.msg:
                    done.nothing_to_do.append(name)
                else:
                    done.failed[name] = exc
            except errors.ImmichError as exc:
                done.failed[name] = exc
                if exc.fatal:
                    break
    return done


_BACKUP = "backup-database"
_NEXT_SECOND = 1.0  # names have the time in seconds: of two backups within one, the second would replace the first unseen


def _run_manual_job(
    client: api.Immich, options: JobRunOptions, check_mode: bool, result: Result, check_cancelled: Callable[[], None]
) -> None:
    """Adds to `result` what was done."""
    job = options.manual_job or ""
    client.queues.check_manual_job(job)
    scopes = {"job.create": "run manual jobs"}
    if options.wait.wanted:
        scopes[client.queues.scope_to_read()] = "wait for the job"
    client.require(scopes)
    verification = _BackupCheck(client) if job == _BACKUP and options.wait.wanted and not check_mode else None
    if not check_mode:
        client.queues.run_manual_job(job)
    results.add_to_result(result, {"changed": True, "manual_job": job, "diff": {"before": {}, "after": {"manual_job": job}}})
    if options.wait.wanted and not check_mode:
        state.wait_for_queues(client, options.wait, [_queue_of_job(job)], result, check_cancelled, until_idle=False)
    if verification is not None:
        results.add_to_result(result, verification.result())


def _queue_of_job(job: str) -> str:
    """The queue in which a manual job runs."""
    if job == _BACKUP:
        return "backupDatabase"
    return "integrityCheck" if job.startswith("integrity-") else "backgroundTask"


class _BackupCheck:
    """Tells whether a backup was made, by the files that the server lists before and after: Immich counts no failed jobs."""

    def __init__(self, client: api.Immich) -> None:
        """Takes the list before. Raises `BackupFailed` when the server cannot list its backups."""
        self._client = client
        self._before: Optional[FrozenSet[str]] = None
        if client.backups.are_listed() and client.has_scope(client.backups.scope):
            try:
                self._before = frozenset(backup.filename for backup in client.backups.all())
            except errors.ServerFailure as exc:
                raise errors.unreadable_backups(exc) from exc
            if self._before:
                time.sleep(_NEXT_SECOND)

    def result(self) -> Dict[str, Any]:
        """`{backup: name}` of the new file once the job has ended, or `{backup: None, warnings}` where the server does not say.

        Raises `BackupFailed` when there is no new backup.
        """
        client = self._client
        if self._before is None:
            reason = (
                "the API key lacks the scope %s, which is needed to list the backups" % client.backups.scope
                if client.backups.are_listed()
                else "Immich lists its backups only from version 2.5 on"
            )
            return {"backup": None, "warnings": ["It is not known whether the backup succeeded: %s. See the server's log." % reason]}
        new = [backup.filename for backup in client.backups.all() if backup.filename not in self._before]
        if new:
            return {"backup": max(new)}
        paused: List[str] = [queue.name for queue in client.queues.all() if queue.paused and queue.name == _queue_of_job(_BACKUP)]
        if paused:
            raise errors.BackupFailed("No backup was made: the queue %s is paused, so the job waits in it. Resume the queue." % paused[0])
        raise errors.BackupFailed("No backup was made: Immich's job has ended without one. See the server's log for the reason.")
