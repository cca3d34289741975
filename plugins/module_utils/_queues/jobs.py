# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logic of the module immich_jobs. Private to the collection."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from .._client.api import Immich
from .._client.errors import ImmichError
from .._client.values import Queue
from . import commands, control, names, waiting
from .failures import QueuesFailed, with_result

Result = Dict[str, Any]


def manage(client: Immich, params: Mapping[str, Any], check_mode: bool) -> Result:
    """Brings queues into a state, gives them a command, or runs a manual job; `params` are the module's options."""
    if params["state"]:
        return _bring_into_state(client, params, check_mode)
    if params["command"]:
        return _command(client, params, check_mode)
    return _run_manual_job(client, params, check_mode)


def _bring_into_state(client: Immich, params: Mapping[str, Any], check_mode: bool) -> Result:
    client.require({client.queues.scope_to_read(): "list the queues", client.queues.scope_to_pause(): "pause and resume queues"})
    paused = params["state"] == "paused"
    before = client.queues.all()
    chosen = names.resolve(params["queues"], [queue.name for queue in before])
    if paused:
        names.refuse_to_pause(chosen)
    if check_mode:
        changed = control.differing(before, chosen, paused)
        after = [queue._replace(paused=paused) if queue.name in changed else queue for queue in before]
        return _state_result(paused, changed, chosen, before, after)
    outcome = control.bring(client, before, chosen, paused)
    result = _state_result(paused, outcome.changed, chosen, before, outcome.after)
    if outcome.failed:
        raise QueuesFailed("paused" if paused else "resumed", outcome.failed, result)
    if params["wait"]:
        _wait(client, params, chosen, result, until_idle=paused)
    return result


def _state_result(paused: bool, changed: List[str], chosen: Sequence[str], before: Sequence[Queue], after: Sequence[Queue]) -> Result:
    return {
        "changed": bool(changed),
        "paused": changed if paused else [],
        "resumed": [] if paused else changed,
        "queues": described(after, chosen),
        "diff": {"before": _flags(before, chosen), "after": _flags(after, chosen)},
    }


def _command(client: Immich, params: Mapping[str, Any], check_mode: bool) -> Result:
    client.require({client.queues.scope_to_read(): "list the queues", "job.create": "give commands to queues"})
    command = params["command"]
    before = client.queues.all()
    chosen = names.resolve(params["queues"], [queue.name for queue in before])
    if command == "empty":
        names.refuse_to_empty(params["queues"], chosen)
    done = commands.carry_out(client, command, before, chosen, check_mode)
    result: Result = {
        "changed": bool(done.changed),
        commands.words(command): done.changed,
        "unneeded": done.unneeded,
        "queues": described(before, chosen),
        "diff": {"before": {}, "after": {commands.words(command): done.changed}},
    }
    if done.failed:
        raise QueuesFailed(commands.words(command), done.failed, result)
    if not check_mode:
        result["queues"] = described(client.queues.all(), chosen)
        if params["wait"]:
            _wait(client, params, chosen, result, until_idle=False)
    return result


def _run_manual_job(client: Immich, params: Mapping[str, Any], check_mode: bool) -> Result:
    job = params["manual_job"]
    scopes = {"job.create": "run manual jobs"}
    if params["wait"]:
        scopes[client.queues.scope_to_read()] = "wait for the job"
    client.require(scopes)
    result: Result = {"changed": True, "manual_job": job, "diff": {"before": {}, "after": {"manual_job": job}}}
    if not check_mode:
        client.queues.run_manual_job(job)
        if params["wait"]:
            _wait(client, params, [commands.queue_of_manual_job(job)], result, until_idle=False)
    return result


def _wait(client: Immich, params: Mapping[str, Any], chosen: Sequence[str], result: Result, *, until_idle: bool) -> None:
    """Waits and brings `result` up to date. What a pause holds back is not waited for: it would never end."""
    timeout, interval = params["wait_timeout"], params["wait_interval"]
    try:
        if until_idle:
            queues, result["still_active"] = waiting.until_idle(client, chosen, timeout, interval)
        else:
            running = [queue.name for queue in client.queues.all() if queue.name in chosen and not queue.paused]
            queues = waiting.until_drained(client, running, timeout, interval)
    except ImmichError as exc:
        raise with_result(exc, result) from None
    result["queues"] = described(queues, chosen)


def described(queues: Sequence[Queue], chosen: Sequence[str]) -> List[Dict[str, Any]]:
    """The return value `queues`: one dictionary a queue, in the order of `chosen`."""
    by_name = {queue.name: queue for queue in queues}
    return [by_name[name]._asdict() for name in chosen if name in by_name]


def _flags(queues: Sequence[Queue], chosen: Sequence[str]) -> Dict[str, Dict[str, bool]]:
    return {queue["name"]: {"paused": queue["paused"]} for queue in described(queues, chosen)}
