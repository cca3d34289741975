# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logic of the module immich_jobs. Private to the collection."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from .._client.api import Immich
from .._client.errors import ImmichError
from . import commands, names, results, waiting, with_lease, without_lease
from .failures import QueuesFailed, with_result
from .leases import healing
from .leases.leases import Leases
from .leases.ledger import Ledger
from .leases.ledgers import all_ledgers, choose_ledger, other_ledgers

Result = Dict[str, Any]


def manage(client: Immich, params: Mapping[str, Any], check_mode: bool) -> Result:
    """Brings queues into a state, gives them a command, runs a manual job, or only heals; `params` are the module's options."""
    leasing = params["lease"] is not None
    if leasing:
        with_lease.check(params)
    if not any(params[work] for work in ("state", "command", "manual_job")):
        return _heal(client, params, check_mode)
    ledger = choose_ledger(client, params["ledger"], params["ledger_dir"], leasing=leasing, read_only=check_mode)
    others = other_ledgers(client, params["ledger"], params["ledger_dir"], ledger, read_only=check_mode)
    ledgers = [Leases(client, found) for found in (ledger, *others)]
    return _with_warnings([ledger, *others], lambda: _manage(client, ledgers, params, check_mode))


def _manage(client: Immich, ledgers: Sequence[Leases], params: Mapping[str, Any], check_mode: bool) -> Result:
    """`ledgers` are the one to use and then others that are only healed."""
    if params["state"]:
        return _bring_into_state(client, ledgers, params, check_mode)
    result = (_command if params["command"] else _run_manual_job)(client, params, check_mode)
    return healing.together(healing.try_to_heal_all(client, ledgers, check_mode), result)


def _heal(client: Immich, params: Mapping[str, Any], check_mode: bool) -> Result:
    client.require(scopes_to_pause(client))
    ledgers = all_ledgers(client, params["ledger"], params["ledger_dir"], read_only=check_mode)
    return _with_warnings(ledgers, lambda: healing.heal_all(client, [Leases(client, ledger) for ledger in ledgers], check_mode))


def _with_warnings(ledgers: Sequence[Ledger], work: Callable[[], Result]) -> Result:
    try:
        result = work()
    except ImmichError as exc:
        warnings = [*exc.result.get("warnings", []), *(warning for ledger in ledgers for warning in ledger.warnings)]
        exc.result = {**exc.result, "warnings": warnings}
        raise
    result["warnings"] = [*result.get("warnings", []), *(warning for ledger in ledgers for warning in ledger.warnings)]
    return result


def scopes_to_pause(client: Immich) -> Dict[str, str]:
    """The scopes that a key needs to pause and resume, and what each is for."""
    return {client.queues.scope_to_read(): "list the queues", client.queues.scope_to_pause(): "pause and resume queues"}


def _bring_into_state(client: Immich, ledgers: Sequence[Leases], params: Mapping[str, Any], check_mode: bool) -> Result:
    client.require(scopes_to_pause(client))
    leasing, paused = params["lease"] is not None, params["state"] == "paused"
    before = client.queues.all()
    available = [queue.name for queue in before]
    wanted = params["queues"]
    if leasing and not paused:  # they are only reported on: a name that is wrong must not keep the lease from letting go
        wanted = [name for name in wanted if name in available or name in names.GROUPS]
    chosen = names.resolve(wanted, available) if wanted or not leasing or paused else []
    if paused:
        names.refuse_to_pause(chosen)
    # What others left paused is resumed first, so that it can be held. What this ledger's expired leases hold, a lease takes over.
    healed = healing.try_to_heal_all(client, ledgers[1:] if leasing else ledgers, check_mode)
    if check_mode:
        before = [queue._replace(paused=queue.paused and queue.name not in healed["healed"]) for queue in before]
    elif healed["changed"]:
        before = client.queues.all()
    bring = without_lease.bring_into_state if not leasing else with_lease.hold if paused else with_lease.let_go
    try:
        result = bring(client, ledgers[0], params, before, chosen, check_mode)
        if params["wait"] and not check_mode:
            _wait(client, params, chosen, result, until_idle=paused, leases=ledgers[0] if leasing and paused else None)
    except ImmichError as exc:
        exc.result = healing.together(healed, exc.result)
        raise
    return healing.together(healed, result)


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
        "queues": results.described(before, chosen),
        "diff": {"before": {}, "after": {commands.words(command): done.changed}},
    }
    if done.failed:
        raise QueuesFailed(commands.words(command), done.failed, result)
    if not check_mode:
        result["queues"] = results.described(client.queues.all(), chosen)
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


def _wait(
    client: Immich,
    params: Mapping[str, Any],
    chosen: Sequence[str],
    result: Result,
    *,
    until_idle: bool,
    leases: Optional[Leases] = None,
) -> None:
    """Waits and brings `result` up to date. What a pause holds back is not waited for: it would never end.

    With `leases` the lease is renewed meanwhile.
    """
    timeout, interval = params["wait_timeout"], params["wait_interval"]
    try:
        if leases is not None:
            lease, ttl = params["lease"], params["lease_ttl"]
            keep_alive = with_lease.KeepAlive(leases, lease, ttl)
            queues, result["still_active"] = waiting.until_idle(client, chosen, timeout, min(interval, ttl / 3), keep_alive)
            result["lease"] = results.lease(leases.ledger, lease, result["lease"]["queues"], keep_alive.remaining)
        elif until_idle:
            queues, result["still_active"] = waiting.until_idle(client, chosen, timeout, interval)
        else:
            running = [queue.name for queue in client.queues.all() if queue.name in chosen and not queue.paused]
            queues = waiting.until_drained(client, running, timeout, interval)
    except ImmichError as exc:
        raise with_result(exc, result) from None
    result["queues"] = results.described(queues, chosen)
