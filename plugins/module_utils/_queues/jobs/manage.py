# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logic of the module immich_jobs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator

from ... import _option_names
from ..._client import api, errors
from .. import control, names
from ..leases.leases import Leases
from ..leases.ledgers import all_ledgers, choose_ledger, other_ledgers, scopes_to_pause
from ..leases.renewal import Renewal
from ..options import HEALED, PAUSED, JobsOptions, LeaseOptions
from . import results, state
from .state import JobsTask

Result = Dict[str, Any]

_TAKEN_AGAIN = (
    "The lease %s ended while this task waited for running jobs, because the task was stopped for longer than O(lease_ttl), or somebody "
    "released it. It was taken again."
)


def manage(client: api.Immich, options: JobsOptions, check_mode: bool, check_cancelled: Callable[[], None] = lambda: None) -> Result:
    """Brings queues into a state, or only heals (and waits).

    `check_cancelled` is called while queues are resumed one after the other, and while their jobs are waited for without a lease. It may
    raise to end that. Raises a plain `ImmichError` where nothing had been done, else `RunFailed`.
    """
    lease, paused, wait = options.lease, options.state == PAUSED, options.wait
    task = JobsTask(client, options, check_mode, check_cancelled)
    with _ending(task):
        client.require(scopes_to_pause(client, options.ledger))
        if options.state == HEALED:
            _heal(task)
            return task.result
        _open_ledgers(task)
        _find_queues(task)
        if lease is None:
            state.set_state(task)
        elif paused:
            state.hold_with_lease(task, lease)
        else:
            state.release_lease(task, lease)
        if wait.wanted and not check_mode:
            if lease is not None and paused:
                _wait_with_lease(task, lease)
            else:
                state.wait_for_queues(client, wait, task.chosen, task.result, check_cancelled, until_idle=paused)
    return task.result


@contextmanager
def _ending(task: JobsTask) -> Iterator[None]:
    """Adds the warnings of the task's ledgers to its result in the end. A failure takes along what had been done until then."""
    try:
        yield
    except errors.ImmichError as exc:
        _add_warnings(task)
        if task.result:
            raise errors.RunFailed(exc, task.result) from exc
        raise
    _add_warnings(task)


def _open_ledgers(task: JobsTask) -> None:
    """Gives the task the ledger to use, and then others that are only healed."""
    client, options, check_mode = task.client, task.options, task.check_mode
    ledger = choose_ledger(client, options.ledger, leasing=options.lease is not None, read_only=check_mode)
    ledgers = [ledger, *other_ledgers(client, options.ledger, ledger, read_only=check_mode)]
    task.ledgers = [Leases(client, each, options.released) for each in ledgers]


def _heal(task: JobsTask) -> None:
    client, options, result = task.client, task.options, task.result
    before = client.queues.all() if options.wait.wanted else []
    chosen = names.resolve(options.queues, [queue.name for queue in before]) if options.wait.wanted else []
    task.ledgers = [Leases(client, ledger) for ledger in all_ledgers(client, options.ledger, read_only=task.check_mode)]
    healed = results.heal_all(client, task.ledgers, task.check_mode)
    if options.wait.wanted:
        result["queues"] = results.describe_queues(before, chosen)
    results.add_healed(result, healed.result)
    if healed.failure is not None:
        raise healed.failure
    if options.wait.wanted and not task.check_mode:
        state.wait_for_queues(client, options.wait, chosen, result, task.check_cancelled, until_idle=False)


def _add_warnings(task: JobsTask) -> None:
    warnings = [warning for leases in task.ledgers for warning in leases.ledger.warnings]
    if task.result or warnings:
        results.add_to_result(task.result, {"warnings": warnings})


def _find_queues(task: JobsTask) -> None:
    """Gives the task the server's queues, and the names of those that the options mean. Heals first, which is added to the result."""
    client, options, ledgers = task.client, task.options, task.ledgers
    lease, paused = options.lease, options.state == PAUSED
    before = client.queues.all()
    available = [queue.name for queue in before]
    wanted = options.queues
    if lease and not paused:  # they are only reported on: a wrong name must not prevent the release
        wanted = [name for name in wanted if name in available or name in names.GROUPS]
    chosen = names.resolve(wanted, available, options.queues_option) if wanted or not lease or paused else []
    if paused:
        names.refuse_to_pause(chosen)
    # What others left paused is resumed first, so that it can be held. What this ledger's expired leases hold, a lease takes over.
    healed = results.try_to_heal(client, ledgers[1:] if lease else ledgers, task.check_mode)
    if task.check_mode:
        before = [queue._replace(paused=queue.paused and queue.name not in healed["healed"]) for queue in before]
    elif healed["changed"]:
        before = client.queues.all()
    results.add_to_result(task.result, healed)
    if lease and paused:
        results.add_to_result(task.result, {"warnings": state.warn_of_mixture(ledgers[1:], chosen)})
    task.before, task.chosen = before, chosen


def _wait_with_lease(task: JobsTask, lease: LeaseOptions) -> None:
    """Waits for jobs that still run in paused queues, with the lease renewed meanwhile."""
    client, leases, chosen, result = task.client, task.ledgers[0], task.chosen, task.result
    renewal, wait = Renewal(lease.name, lease.ttl), task.options.wait
    interval = min(wait.interval, lease.ttl / 3)

    def meanwhile() -> None:
        task.check_cancelled()
        renewal.renew_if_due(leases)

    queues, result["still_active"] = control.wait_until_idle(client, chosen, wait.timeout, interval, meanwhile)
    if renewal.is_gone:
        results.add_to_result(result, {"warnings": [_option_names.name_options(_TAKEN_AGAIN, "lease_ttl") % lease.name]})
        leases.recover(lease.name, result["lease"]["queues"], lease.ttl, lease.owners)
        result["lease"]["queues"] = leases.hold(lease.name, result["lease"]["queues"], lease.ttl, lease.owners).held
        renewal.restart()
        queues = client.queues.all()
    result["lease"] = results.describe_lease(leases.ledger, lease.name, result["lease"]["queues"], renewal.remaining)
    results.show_queues(result, queues, chosen)
