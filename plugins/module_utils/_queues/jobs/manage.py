# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logic of the module immich_jobs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

from ... import _option_names
from ..._client import api, errors, values
from .. import control, names
from ..leases.leases import Leases
from ..leases.ledger import Ledger
from ..leases.ledgers import all_ledgers, choose_ledger, other_ledgers, scopes_to_pause
from ..leases.renewal import Renewal
from ..options import HEALED, PAUSED, JobsOptions, LeaseOptions
from . import results, state

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
    result: Result = {}
    used: List[Ledger] = []
    with _ending_with(result, used):
        client.require(scopes_to_pause(client, options.ledger))
        if options.state == HEALED:
            _heal(client, options, check_mode, check_cancelled, used, result)
            return result
        ledgers = _open_ledgers(client, options, check_mode, used)
        before, chosen = _find_queues(client, ledgers, options, check_mode, result)
        if lease is None:
            state.set_state(client, ledgers, options, before, chosen, check_mode, result, check_cancelled)
        elif paused:
            state.hold_with_lease(client, ledgers[0], lease, before, chosen, check_mode, result)
        else:
            state.release_lease(client, ledgers[0], lease, options, before, chosen, check_mode, result, check_cancelled)
        if wait.wanted and not check_mode:
            if lease is not None and paused:
                _wait_with_lease(client, ledgers[0], lease, options, chosen, result, check_cancelled)
            else:
                state.wait_for_queues(client, wait, chosen, result, check_cancelled, until_idle=paused)
    return result


@contextmanager
def _ending_with(result: Result, ledgers: Sequence[Ledger]) -> Iterator[None]:
    """Adds the warnings of `ledgers` to the `result` in the end. A failure takes along what had been done until then."""
    try:
        yield
    except errors.ImmichError as exc:
        _add_warnings(result, ledgers)
        if result:
            raise errors.RunFailed(exc, result) from exc
        raise
    _add_warnings(result, ledgers)


def _open_ledgers(client: api.Immich, options: JobsOptions, check_mode: bool, used: List[Ledger]) -> List[Leases]:
    """The leases in the ledger to use, and then in others that are only healed. Adds the ledgers to `used`."""
    ledger = choose_ledger(client, options.ledger, leasing=options.lease is not None, read_only=check_mode)
    used += [ledger, *other_ledgers(client, options.ledger, ledger, read_only=check_mode)]
    return [Leases(client, each, options.released) for each in used]


def _heal(
    client: api.Immich,
    options: JobsOptions,
    check_mode: bool,
    check_cancelled: Callable[[], None],
    used: List[Ledger],
    result: Result,
) -> None:
    before = client.queues.all() if options.wait.wanted else []
    chosen = names.resolve(options.queues, [queue.name for queue in before]) if options.wait.wanted else []
    used += all_ledgers(client, options.ledger, read_only=check_mode)
    healed = results.heal_all(client, [Leases(client, ledger) for ledger in used], check_mode)
    if options.wait.wanted:
        result["queues"] = results.describe_queues(before, chosen)
    results.add_healed(result, healed.result)
    if healed.failure is not None:
        raise healed.failure
    if options.wait.wanted and not check_mode:
        state.wait_for_queues(client, options.wait, chosen, result, check_cancelled, until_idle=False)


def _add_warnings(result: Result, ledgers: Sequence[Ledger]) -> None:
    warnings = [warning for ledger in ledgers for warning in ledger.warnings]
    if result or warnings:
        results.add_to_result(result, {"warnings": warnings})


def _find_queues(
    client: api.Immich, ledgers: Sequence[Leases], options: JobsOptions, check_mode: bool, result: Result
) -> Tuple[List[values.Queue], List[str]]:
    """The server's queues, and the names of those that the options mean. Heals first, which is added to `result`."""
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
    healed = results.try_to_heal_all(client, ledgers[1:] if lease else ledgers, check_mode)
    if check_mode:
        before = [queue._replace(paused=queue.paused and queue.name not in healed["healed"]) for queue in before]
    elif healed["changed"]:
        before = client.queues.all()
    results.add_to_result(result, healed)
    if lease and paused:
        results.add_to_result(result, {"warnings": state.warn_of_mixture(ledgers[1:], chosen)})
    return before, chosen


def _wait_with_lease(
    client: api.Immich,
    leases: Leases,
    lease: LeaseOptions,
    options: JobsOptions,
    chosen: Sequence[str],
    result: Result,
    check_cancelled: Callable[[], None],
) -> None:
    """Waits for jobs that still run in paused queues, with the lease renewed meanwhile. `check_cancelled` may raise to end that."""
    renewal, wait = Renewal(lease.name, lease.ttl), options.wait
    interval = min(wait.interval, lease.ttl / 3)

    def meanwhile() -> None:
        check_cancelled()
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
