# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of queues under a lease, as the module immich_jobs asks for it. Private to the collection."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Mapping, Sequence

from ..._client import api, errors, values
from .. import failures, names, results
from ..leases import record
from ..leases.healing import try_to_heal
from ..leases.leases import Leases, Release, plan_hold, plan_release
from ..options import CHAIN, JobsOptions, LeaseOptions, ResumeOptions
from .resume_order import one_after_the_other

Result = Dict[str, Any]


class KeepAlive:
    """Renews a lease each time that a third of its `ttl` is over, counted from now, when it is called often enough."""

    def __init__(self, leases: Leases, lease: LeaseOptions) -> None:
        self._leases, self._lease, self._ttl = leases, lease.name, lease.ttl
        self._renewed = time.monotonic()
        self.is_gone = False
        """Whether there was no lease to renew any more."""

    def __call__(self) -> None:
        """Renews the lease if it is time to."""
        if time.monotonic() - self._renewed > self._ttl / 3:
            self.is_gone = not self._leases.renew(self._lease, self._ttl)
            self._renewed = time.monotonic()

    @property
    def remaining(self) -> float:
        """Seconds until it runs out."""
        return self._ttl - (time.monotonic() - self._renewed)


def hold(
    client: api.Immich, leases: Leases, options: LeaseOptions, before: Sequence[values.Queue], chosen: Sequence[str], check_mode: bool
) -> Result:
    """`state: paused` with a lease; `before` are the queues as they are."""
    lease, ttl = options.name, options.ttl
    records = leases.ledger.records()
    held = record.holders(records)
    if check_mode:
        done = plan_hold(records, before, lease, chosen)
        done.after = _with_paused(before, done.paused, True)
    else:
        done = leases.hold(lease, chosen, ttl, options.keepers)
    healed = try_to_heal(client, leases, check_mode, keep=done.held)
    if healed["healed"]:
        done.after = _with_paused(done.after, healed["healed"], False)
    shown = names.in_chain_order({*chosen, *done.held}, [queue.name for queue in before])
    held_after = {name: [*(holder for holder in held.get(name, ()) if holder != lease), lease] for name in done.held}
    result = {
        **healed,
        "changed": bool(done.paused) or not done.renewed_only or healed["changed"],
        "paused": done.paused,
        "resumed": [],
        "left_paused": done.left,
        "held_by_others": _others(held, lease, done.held),
        "held_until": _until(leases, records, lease, done.held),
        "lease": results.lease(leases.ledger, lease, done.held, ttl),
        "queues": results.described(done.after, shown),
        "diff": {
            "before": results.flags(before, shown, held),
            "after": results.flags(done.after, shown, {**held, **held_after}),
        },
    }
    if done.failed:
        raise failures.QueuesFailed("paused", done.failed, result)
    return result


def let_go(
    client: api.Immich,
    leases: Leases,
    options: LeaseOptions,
    asked: JobsOptions,
    before: Sequence[values.Queue],
    chosen: Sequence[str],
    check_mode: bool,
    go_on: Callable[[], None],
) -> Result:
    """`state: running` with a lease: it releases all it holds; `chosen` are only reported on.

    `go_on` is called while a queue is waited for, and may raise to end that.
    """
    lease, resume = options.name, asked.resume
    at_once = Release() if check_mode else leases.end_lost(lease, asked.known)
    records = leases.ledger.records()
    plan = plan_release(records, before, lease)
    mine = record.named([found for found in records if found.lease == lease])
    if check_mode:
        done = plan
    elif resume.order == CHAIN:
        done = _one_after_the_other(client, leases, options, resume, plan, go_on)
    else:
        done = leases.let_go(lease)
    done.add(at_once)
    healed = try_to_heal(client, leases, check_mode, keep=plan.kept, without=lease)
    changed = [*done.resumed, *healed["healed"]]
    after = _with_paused(before, changed, False) if check_mode or not (done.leases or changed) else client.queues.all()
    held = record.holders(records)
    others = {name: [holder for holder in found if holder != lease] for name, found in held.items()}
    shown = names.in_chain_order({*chosen, *mine}, [queue.name for queue in before])
    paused = [queue["name"] for queue in results.described(after, shown) if queue["paused"]]
    result = {
        **healed,
        "changed": bool(done.leases) or healed["changed"],
        "paused": [],
        "resumed": done.resumed,
        "left_paused": [name for name in paused if not others.get(name) and name not in done.failed],
        "held_by_others": _others(held, lease, paused),
        "held_until": _until(leases, records, lease, paused),
        "lease": None,
        "lease_was_held": any(found.lease == lease and found.live for found in records),
        "queues": results.described(after, shown),
        "diff": {"before": results.flags(before, shown, held), "after": results.flags(after, shown, others)},
    }
    if done.failed:
        raise failures.QueuesFailed("resumed", done.failed, result)
    return result


def _one_after_the_other(
    client: api.Immich, leases: Leases, options: LeaseOptions, resume: ResumeOptions, plan: Release, go_on: Callable[[], None]
) -> Release:
    lease, done = options.name, Release()
    keep_alive = KeepAlive(leases, options)

    def resume_one(name: str) -> bool:
        step = leases.let_go_of([name], lease)
        done.add(step)
        return name in step.resumed

    def meanwhile() -> None:
        go_on()
        keep_alive()

    try:
        order = names.in_chain_order({*plan.resumed, *plan.kept})
        one_after_the_other(client, order, resume_one, resume, meanwhile)
        last = leases.let_go(lease)
        done.add(last)
        done.failed = last.failed  # what failed at its step was tried once more
    except errors.ImmichError as exc:
        raise failures.with_result(exc, {"changed": bool(done.leases), "resumed": done.resumed}) from None
    return done


def _others(held: Mapping[str, Sequence[str]], lease: str, queues: Sequence[str]) -> Dict[str, List[str]]:
    """Those of `queues` that other leases hold, with these leases."""
    found = {name: [holder for holder in held.get(name, ()) if holder != lease] for name in queues}
    return {name: holders for name, holders in found.items() if holders}


def _until(leases: Leases, records: Sequence[record.Record], lease: str, queues: Sequence[str]) -> Dict[str, str]:
    """Until when the other leases that hold some of `queues` last, unless they are renewed."""
    others = [found for found in records if found.live and found.lease != lease and not found.intent and set(found.held) & set(queues)]
    return {found.lease: results.moment(leases.ledger.now() + found.remaining) for found in others}


def _with_paused(queues: Sequence[values.Queue], changed: Sequence[str], paused: bool) -> List[values.Queue]:
    return [queue._replace(paused=paused) if queue.name in changed else queue for queue in queues]
