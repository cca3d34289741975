# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logic of the module immich_jobs. Private to the collection."""

from __future__ import annotations

from typing import Any, Callable, Dict, Sequence

from ..._client import api, errors
from .. import failures, names, results, waiting
from ..leases import healing
from ..leases.leases import Leases
from ..leases.ledger import Ledger
from ..leases.ledgers import all_ledgers, choose_ledger, other_ledgers
from ..options import PAUSED, JobsOptions, LeaseOptions
from . import commands, manual_jobs, with_lease, without_lease

Result = Dict[str, Any]

_TAKEN_AGAIN = (
    "The lease %s ended while this task waited for running jobs, because the task was stopped for longer than lease_ttl, or somebody "
    "released it. It was taken again."
)


def manage(client: api.Immich, options: JobsOptions, check_mode: bool, go_on: Callable[[], None] = lambda: None) -> Result:
    """Brings queues into a state, gives them a command, runs a manual job, or only heals (and waits).

    `go_on` is called while queues are resumed one after the other, and may raise to end that.
    """
    if not (options.state or options.command or options.manual_job):
        return _heal(client, options, check_mode)
    where = options.ledger
    ledger = choose_ledger(client, where.kind, where.directory, leasing=options.lease is not None, read_only=check_mode)
    others = other_ledgers(client, where.kind, where.directory, ledger, read_only=check_mode)
    ledgers = [Leases(client, found) for found in (ledger, *others)]
    return _with_warnings([ledger, *others], lambda: _manage(client, ledgers, options, check_mode, go_on))


def _manage(client: api.Immich, ledgers: Sequence[Leases], options: JobsOptions, check_mode: bool, go_on: Callable[[], None]) -> Result:
    """`ledgers` are the one to use and then others that are only healed."""
    if options.state:
        return _bring_into_state(client, ledgers, options, check_mode, go_on)
    result = (_command if options.command else _run_manual_job)(client, options, check_mode)
    return healing.together(healing.try_to_heal_all(client, ledgers, check_mode), result)


def _heal(client: api.Immich, options: JobsOptions, check_mode: bool) -> Result:
    client.require(scopes_to_pause(client))
    chosen = names.resolve(options.queues, [queue.name for queue in client.queues.all()]) if options.wait.wanted else []
    ledgers = all_ledgers(client, options.ledger.kind, options.ledger.directory, read_only=check_mode)
    result = _with_warnings(ledgers, lambda: healing.heal_all(client, [Leases(client, ledger) for ledger in ledgers], check_mode))
    if options.wait.wanted and not check_mode:
        _wait(client, options, chosen, result, until_idle=False)
    return result


def _with_warnings(ledgers: Sequence[Ledger], work: Callable[[], Result]) -> Result:
    try:
        result = work()
    except errors.ImmichError as exc:
        warnings = [*exc.result.get("warnings", []), *(warning for ledger in ledgers for warning in ledger.warnings)]
        exc.result = {**exc.result, "warnings": warnings}
        raise
    result["warnings"] = [*result.get("warnings", []), *(warning for ledger in ledgers for warning in ledger.warnings)]
    return result


def scopes_to_pause(client: api.Immich) -> Dict[str, str]:
    """The scopes that a key needs to pause and resume, and what each is for."""
    return {client.queues.scope_to_read(): "list the queues", client.queues.scope_to_pause(): "pause and resume queues"}


def _bring_into_state(
    client: api.Immich, ledgers: Sequence[Leases], options: JobsOptions, check_mode: bool, go_on: Callable[[], None]
) -> Result:
    client.require(scopes_to_pause(client))
    lease, paused = options.lease, options.state == PAUSED
    before = client.queues.all()
    available = [queue.name for queue in before]
    wanted = options.queues
    if lease and not paused:  # they are only reported on: a name that is wrong must not keep the lease from letting go
        wanted = [name for name in wanted if name in available or name in names.GROUPS]
    chosen = names.resolve(wanted, available) if wanted or not lease or paused else []
    if paused:
        names.refuse_to_pause(chosen)
    # What others left paused is resumed first, so that it can be held. What this ledger's expired leases hold, a lease takes over.
    healed = healing.try_to_heal_all(client, ledgers[1:] if lease else ledgers, check_mode)
    if check_mode:
        before = [queue._replace(paused=queue.paused and queue.name not in healed["healed"]) for queue in before]
    elif healed["changed"]:
        before = client.queues.all()
    try:
        if lease is None:
            result = without_lease.bring_into_state(client, ledgers[0], options, before, chosen, check_mode)
        elif paused:
            result = with_lease.hold(client, ledgers[0], lease, before, chosen, check_mode)
        else:
            result = with_lease.let_go(client, ledgers[0], lease, options, before, chosen, check_mode, go_on)
        if options.wait.wanted and not check_mode:
            if lease is not None and paused:
                _wait_with_lease(client, ledgers[0], lease, options, chosen, result)
            else:
                _wait(client, options, chosen, result, until_idle=paused)
    except errors.ImmichError as exc:
        exc.result = healing.together(healed, exc.result)
        raise
    return healing.together(healed, result)


def _command(client: api.Immich, options: JobsOptions, check_mode: bool) -> Result:
    client.require({client.queues.scope_to_read(): "list the queues", "job.create": "give commands to queues"})
    command = options.command or ""
    before = client.queues.all()
    chosen = names.resolve(options.queues, [queue.name for queue in before])
    if command == "empty":
        names.refuse_to_empty(options.queues, chosen)
    done = commands.carry_out(client, command, before, chosen, check_mode)
    result: Result = {
        "changed": bool(done.changed),
        commands.words(command): done.changed,
        "unneeded": done.unneeded,
        "queues": results.described(before, chosen),
        "diff": {"before": {}, "after": {commands.words(command): done.changed}},
    }
    if done.failed:
        raise failures.QueuesFailed(commands.words(command), done.failed, result)
    if not check_mode:
        result["queues"] = results.described(client.queues.all(), chosen)
        if options.wait.wanted:
            _wait(client, options, chosen, result, until_idle=False)
    return result


def _run_manual_job(client: api.Immich, options: JobsOptions, check_mode: bool) -> Result:
    job = options.manual_job or ""
    client.queues.check_manual_job(job)
    scopes = {"job.create": "run manual jobs"}
    if options.wait.wanted:
        scopes[client.queues.scope_to_read()] = "wait for the job"
    client.require(scopes)
    result: Result = {"changed": True, "manual_job": job, "diff": {"before": {}, "after": {"manual_job": job}}}
    if check_mode:
        return result
    verification = manual_jobs.Verification(client) if job == manual_jobs.BACKUP and options.wait.wanted else None
    client.queues.run_manual_job(job)
    if options.wait.wanted:
        _wait(client, options, [manual_jobs.queue_of(job)], result, until_idle=False)
    if verification is not None:
        try:
            result.update(verification.result())
        except errors.ImmichError as exc:
            raise failures.with_result(exc, result) from None
    return result


def _wait(client: api.Immich, options: JobsOptions, chosen: Sequence[str], result: Result, *, until_idle: bool) -> None:
    """Waits and brings `result` up to date. What a pause holds back is not waited for: it would never end."""
    wait = options.wait
    try:
        if until_idle:
            queues, result["still_active"] = waiting.until_idle(client, chosen, wait.timeout, wait.interval)
        else:
            running = [queue.name for queue in client.queues.all() if queue.name in chosen and not queue.paused]
            queues = waiting.until_drained(client, running, wait.timeout, wait.interval)
    except errors.ImmichError as exc:
        raise failures.with_result(exc, result) from None
    result["queues"] = results.described(queues, chosen)


def _wait_with_lease(
    client: api.Immich, leases: Leases, lease: LeaseOptions, options: JobsOptions, chosen: Sequence[str], result: Result
) -> None:
    """Waits for jobs that still run in paused queues, with the lease renewed meanwhile."""
    wait = options.wait
    keep_alive = with_lease.KeepAlive(leases, lease)
    try:
        queues, result["still_active"] = waiting.until_idle(client, chosen, wait.timeout, min(wait.interval, lease.ttl / 3), keep_alive)
        if keep_alive.is_gone:
            result["warnings"] = [*result.get("warnings", []), _TAKEN_AGAIN % lease.name]
            leases.recover(lease.name, result["lease"]["queues"], lease.ttl, lease.keepers)
            result["lease"]["queues"] = leases.hold(lease.name, result["lease"]["queues"], lease.ttl, lease.keepers).held
            queues = client.queues.all()
        result["lease"] = results.lease(leases.ledger, lease.name, result["lease"]["queues"], keep_alive.remaining)
    except errors.ImmichError as exc:
        raise failures.with_result(exc, result) from None
    result["queues"] = results.described(queues, chosen)
