# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logic of the module immich_jobs."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Callable, Dict, List, Optional, Protocol, Sequence, TypeVar

from ..._client import api, errors
from .. import control, names, processes
from ..guard.guard import start_guard
from ..guard.watch import wait_for_guard
from ..leases.leases import Leases
from ..leases.ledger import Ledger
from ..leases.ledgers import all_ledgers, choose_ledger, other_ledgers, scopes_to_pause
from ..leases.renewal import Renewal
from ..options import CHAIN, HEALED, PAUSED, JobsOptions, LeaseOptions, ResumeOptions
from . import results, state

Result = Dict[str, Any]
T = TypeVar("T")

_TAKEN_AGAIN = (
    "The lease %s ended while this task waited for running jobs, because the task was stopped for longer than lease_ttl, or somebody "
    "released it. It was taken again."
)


def manage(client: api.Immich, options: JobsOptions, check_mode: bool, check_cancelled: Callable[[], None] = lambda: None) -> Result:
    """Brings queues into a state, or only heals (and waits).

    `check_cancelled` is called while queues are resumed one after the other, and while their jobs are waited for without a lease. It may
    raise to end that. Raises a plain `ImmichError` where nothing had been done, else `RunFailed`.
    """
    result: Result = {}
    ledgers: List[Ledger] = []
    try:
        _manage(client, options, check_mode, check_cancelled, ledgers, result)
    except errors.ImmichError as exc:
        _add_warnings(result, ledgers)
        if result:
            raise errors.RunFailed(exc, result) from exc
        raise
    _add_warnings(result, ledgers)
    return result


def _manage(
    client: api.Immich,
    options: JobsOptions,
    check_mode: bool,
    check_cancelled: Callable[[], None],
    used: List[Ledger],
    result: Result,
) -> None:
    """Adds to `used` the ledgers, and to `result` what was done, as far as it comes."""
    client.require(scopes_to_pause(client, options.ledger))
    if options.state == HEALED:
        _heal(client, options, check_mode, check_cancelled, used, result)
        return
    ledger = choose_ledger(client, options.ledger, leasing=options.lease is not None, read_only=check_mode)
    used += [ledger, *other_ledgers(client, options.ledger, ledger, read_only=check_mode)]
    leases = [Leases(client, found, options.released) for found in used]  # the one to use, and then others that are only healed
    _bring_into_state(client, leases, options, check_mode, check_cancelled, result)


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


def _bring_into_state(
    client: api.Immich,
    ledgers: Sequence[Leases],
    options: JobsOptions,
    check_mode: bool,
    check_cancelled: Callable[[], None],
    result: Result,
) -> None:
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
    if lease is None:
        state.set_state(client, ledgers, options, before, chosen, check_mode, result, check_cancelled)
    elif paused:
        results.add_to_result(result, {"warnings": state.warn_of_mixture(ledgers[1:], chosen)})
        state.hold_with_lease(client, ledgers[0], lease, before, chosen, check_mode, result)
    else:
        state.release_lease(client, ledgers[0], lease, options, before, chosen, check_mode, result, check_cancelled)
    if options.wait.wanted and not check_mode:
        if lease is not None and paused:
            _wait_with_lease(client, ledgers[0], lease, options, chosen, result, check_cancelled)
        else:
            state.wait_for_queues(client, options.wait, chosen, result, check_cancelled, until_idle=paused)


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
        results.add_to_result(result, {"warnings": [_TAKEN_AGAIN % lease.name]})
        leases.recover(lease.name, result["lease"]["queues"], lease.ttl, lease.owners)
        result["lease"]["queues"] = leases.hold(lease.name, result["lease"]["queues"], lease.ttl, lease.owners).held
        renewal.restart()
        queues = client.queues.all()
    result["lease"] = results.describe_lease(leases.ledger, lease.name, result["lease"]["queues"], renewal.remaining)
    results.show_queues(result, queues, chosen)


_NO_ORIGIN = (
    "The lease %s is not renewed, because neither the playbook's process nor the ssh session that this task came over can be seen on this "
    "host. It expires after %g s (lease_ttl)."
)


class Signals(Protocol):
    """What ends a task early: `_run.cancellation.Signals`, of which this package knows no more than this."""

    def requested(self) -> Optional[str]:
        """The reason to stop, if there is one."""

    def error(self) -> errors.ImmichError:
        """What the task ends with."""

    def check(self) -> None:
        """Raises `error` if the task is to end."""

    def wait_for(self, work: Callable[[], T], grace: float = 0.0) -> T:
        """Returns what `work` returns, which has `grace` seconds left once the task is to end."""


_STOPPED_PAUSE = "%s The guard of the lease %s resumes what was paused for it."
_STOPPED_RELEASE = "%s The other queues were resumed at once."
_TIME_FOR_A_CALL = 10.0  # seconds to bring the call to its end in which the task was stopped


def manage_until_stopped(client: api.Immich, options: JobsOptions, check_mode: bool, signals: Signals) -> Result:
    """As `manage`, until `signals` end it.

    What is paused under a lease is for later tasks: its guard stays when this process ends in order.
    A process that dies over it, or is stopped, leaves nothing paused.
    """
    lease = options.lease
    if lease is None or check_mode:
        return signals.wait_for(lambda: manage(client, options, check_mode, signals.check), _TIME_FOR_A_CALL)
    if options.state != PAUSED:
        return signals.wait_for(lambda: _release(client, options, lease, signals), _TIME_FOR_A_CALL)
    signals.wait_for(lambda: wait_for_guard(client, lease))
    return _pause(client, options, lease, signals)


def _release(client: api.Immich, options: JobsOptions, lease: LeaseOptions, signals: Signals) -> Result:
    """`state: running` with a lease. Once the task is stopped, no queue waits for another."""
    wait_for_guard(client, lease)
    try:
        return manage(client, options, False, signals.check)
    except errors.ImmichError as exc:
        if options.resume.order != CHAIN or not signals.requested():
            raise
        done = manage(client, replace(options, resume=ResumeOptions()), False)
        done["resumed"] = [*exc.result.get("resumed", []), *done["resumed"]]
        raise errors.RunFailed(errors.LocalFailure(_STOPPED_RELEASE % exc.msg), done) from exc


def _pause(client: api.Immich, options: JobsOptions, lease: LeaseOptions, signals: Signals) -> Result:
    """`state: paused` with a lease."""
    origin = processes.find_origin(os.getpid()) if options.renew else None
    guard = start_guard(client.connection, lease, origin)
    if origin is not None:  # else it lasts for its ttl, even if those who took it die
        # A session does not keep it alive, and OpenSSH leaves it open for a while after the playbook.
        owners = processes.owners_here([*guard.pids, *([origin.pid] if origin.is_playbook else [])])
        options = replace(options, lease=replace(lease, owners=owners))
    guard.report_pausing()
    try:
        result = signals.wait_for(lambda: manage(client, options, False, signals.check), _TIME_FOR_A_CALL)
        if signals.requested():  # nobody may be there any more for whom it is paused
            raise errors.RunFailed(signals.error(), result)
    except errors.ImmichError as exc:
        if signals.requested():
            guard.end(released=False)
            raise errors.RunFailed(errors.LocalFailure(_STOPPED_PAUSE % (exc.msg, lease.name)), exc.result) from exc
        guard.report_held((exc.result.get("lease") or {}).get("queues", ()))
        guard.watch()  # what could be paused stays so until the lease is released, as the failed task's result says
        raise
    guard.report_held(result["lease"]["queues"])
    guard.watch()
    if options.renew and origin is None:
        result["warnings"] = [*result.get("warnings", []), _NO_ORIGIN % (lease.name, lease.ttl)]
    return result
