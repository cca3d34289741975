# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of queues under a lease, as the module immich_jobs asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set

from ... import _times
from ..._client import api, errors, values
from .. import control, names
from ..leases import record
from ..leases.leases import Leases
from ..leases.renewal import Renewal
from ..options import CHAIN, PAUSED, JobsOptions, LeaseOptions, WaitOptions
from . import results
from .results import add_to_result, try_to_heal

Result = Dict[str, Any]


@dataclass
class JobsTask:
    """One call of immich_jobs: what it goes by, and in `result` what it has done.

    `check_cancelled` is called while queues are waited for, and may raise to end that. `ledgers` are the one to use, and then those that
    are only healed. `before` are the server's queues once those had been healed, `chosen` the names of those that the options mean.
    """

    client: api.Immich
    options: JobsOptions
    check_mode: bool
    check_cancelled: Callable[[], None]
    ledgers: Sequence[Leases] = ()
    before: Sequence[values.Queue] = ()
    chosen: Sequence[str] = ()
    result: Result = field(default_factory=dict)

    def check(self) -> None:
        """Raises `_Stopped` where the task is to stop."""
        try:
            self.check_cancelled()
        except errors.ImmichError as exc:
            raise _Stopped(exc.msg) from exc


class _Stopped(errors.LocalFailure):
    """The task is to stop while it waits."""


_MIXTURE = (
    "Leases in the other ledger (%s) hold %s too: %s. Leases in different ledgers do not know of each other, so a release of one may "
    "resume queues that the other needs paused. Set ledger to the same in all tasks and roles that use this server."
)


def warn_of_mixture(others: Sequence[Leases], chosen: Sequence[str]) -> List[str]:
    """Warnings of leases in `others`, the ledgers that a lease on the `chosen` queues is not written to, and that have just been healed."""
    warnings: List[str] = []
    for leases in others:
        held = record.leases_by_queue(leases.last_read)
        shared = [name for name in chosen if name in held]
        holders = sorted({holder for name in shared for holder in held[name]})
        warnings += [_MIXTURE % (leases.ledger.kind, ", ".join(shared), ", ".join(holders))] if shared else []
    return warnings


def hold_with_lease(task: JobsTask, options: LeaseOptions) -> None:
    """`state: paused` with a lease."""
    leases, before, chosen, lease, ttl = task.ledgers[0], task.before, task.chosen, options.name, options.ttl
    records = leases.ledger.records()
    held = record.leases_by_queue(records)
    if task.check_mode:
        done = record.plan_hold(records, before, lease, chosen)
        done.after = _with_paused(before, done.paused, True)
    else:
        done = leases.hold(lease, chosen, ttl, options.owners)
    healed = try_to_heal(task.client, [leases], task.check_mode, keep=done.held)
    if healed["healed"]:
        done.after = _with_paused(done.after, healed["healed"], False)
    shown = names.in_chain_order({*chosen, *done.held}, [queue.name for queue in before])
    held_after = {name: [*(holder for holder in held.get(name, ()) if holder != lease), lease] for name in done.held}
    add_to_result(task.result, healed)
    held_now = {
        "changed": bool(done.paused) or not done.renewed_only,
        "paused": done.paused,
        "resumed": [],
        "left_paused": done.left,
        "held_by_others": _others(held, lease, done.held),
        **_until(leases, records, lease, done.held),
        "lease": results.describe_lease(leases.ledger, lease, done.held, ttl),
        "queues": results.describe_queues(done.after, shown),
        "diff": {
            "before": results.diff_side(before, shown, held),
            "after": results.diff_side(done.after, shown, {**held, **held_after}),
        },
    }
    add_to_result(task.result, held_now)
    if done.failed:
        raise control.QueuesFailed("paused", done.failed)


def release_lease(task: JobsTask, options: LeaseOptions) -> None:
    """`state: running` with a lease: it releases all it holds; the chosen queues are only reported on.

    Once the task is to stop, no queue waits for another.
    """
    leases, before, chosen, known = task.ledgers[0], task.before, task.chosen, task.options.known
    lease, done = options.name, record.Release()
    stopped: Optional[_Stopped] = None
    try:
        if not task.check_mode:
            leases.end_lost(lease, known, done, ttl=options.ttl)
        records = leases.ledger.records()
        plan = record.plan_release(records, before, lease)
        mine = record.named_queues([record for record in records if record.lease == lease])
        if task.check_mode:
            done = plan
        elif task.options.resume.order == CHAIN:
            order = names.in_chain_order({*plan.resumed, *plan.kept} if mine else known)
            stopped = _release_one_by_one(task, options, order, done)
        else:
            leases.release(lease, sorted(mine) or known, done, ttl=options.ttl)
    except errors.ImmichError:
        add_to_result(task.result, {"changed": bool(done.leases), "resumed": done.resumed})
        raise
    healed = try_to_heal(task.client, [leases], task.check_mode, keep=[*plan.kept, *plan.resumed], without=lease)
    changed = [*done.resumed, *healed["healed"]]
    after = _with_paused(before, changed, False) if task.check_mode or not (done.leases or changed) else task.client.queues.all()
    held = record.leases_by_queue(records)
    others = {name: [holder for holder in holders if holder != lease] for name, holders in held.items()}
    shown = names.in_chain_order({*chosen, *mine}, [queue.name for queue in before])
    paused = [queue["name"] for queue in results.describe_queues(after, shown) if queue["paused"]]
    add_to_result(task.result, healed)
    released = {
        "changed": bool(done.leases),
        "paused": [],
        "resumed": done.resumed,
        "left_paused": [name for name in paused if not others.get(name) and name not in done.failed],
        "held_by_others": _others(held, lease, paused),
        **_until(leases, records, lease, paused),
        "lease": None,
        "lease_was_held": any(record.lease == lease and record.live for record in records),
        "queues": results.describe_queues(after, shown),
        "diff": {"before": results.diff_side(before, shown, held), "after": results.diff_side(after, shown, others)},
    }
    add_to_result(task.result, released)
    if done.failed:
        raise control.QueuesFailed("resumed", done.failed)
    if stopped is not None:
        raise errors.LocalFailure(_RELEASE_STOPPED % stopped.msg) from stopped.__cause__


def _release_one_by_one(task: JobsTask, options: LeaseOptions, order: Sequence[str], done: record.Release) -> Optional[_Stopped]:
    """Returns what has stopped that, after which the others were released at once."""
    leases, lease, renewal = task.ledgers[0], options.name, Renewal(options.name, options.ttl)
    left = list(order)

    def resume_one(name: str) -> bool:
        leases.end_lost(lease, left, done, ttl=options.ttl)  # the step before may have taken long
        leases.release_queues([name], lease, done, left)
        if name not in done.failed:
            left.remove(name)
        return name in done.resumed

    stopped = None
    try:
        _resume_one_by_one(task, order, resume_one, lambda: renewal.renew_if_due(leases))
    except _Stopped as exc:
        stopped = exc
    done.failed.clear()  # what failed at its step is tried once more
    leases.release(lease, left, done, ttl=options.ttl)
    return stopped


def _others(held: Mapping[str, Sequence[str]], lease: str, queues: Sequence[str]) -> Dict[str, List[str]]:
    """Those of `queues` that other leases hold, with these leases."""
    others = {name: [holder for holder in held.get(name, ()) if holder != lease] for name in queues}
    return {name: holders for name, holders in others.items() if holders}


def _until(leases: Leases, records: Sequence[record.LeaseRecord], lease: str, queues: Sequence[str]) -> Result:
    """Until when the other leases that hold some of `queues` last, unless they are renewed, and which of them this machine renews."""
    others = [
        record for record in records if record.live and record.lease != lease and not record.intent and set(record.held) & set(queues)
    ]
    return {
        "held_until": {record.lease: _times.seconds_to_iso(leases.ledger.now() + record.remaining) for record in others},
        "held_here": list(dict.fromkeys(record.lease for record in others if results.runs_here(record))),
    }


def _with_paused(queues: Sequence[values.Queue], changed: Sequence[str], paused: bool) -> List[values.Queue]:
    return [queue._replace(paused=paused) if queue.name in changed else queue for queue in queues]


@dataclass
class _StateChanges(control.QueueChanges):
    """What became of the queues, whether a lease lost one, and `warnings`."""

    taken: bool = False
    warnings: List[str] = field(default_factory=list)


def set_state(task: JobsTask) -> None:
    """`state` without `lease`, which overrides those of all ledgers. A task that is stopped while it waits resumes the others at once.

    Expired leases have been swept: a change to their records would bring them to life on the server.
    """
    paused, done = task.options.state == PAUSED, _StateChanges()
    try:
        _set_state(task, done)
    except errors.ImmichError:
        add_to_result(task.result, _changes(done, paused=paused))
        raise
    described = {
        "queues": results.describe_queues(done.after, task.chosen),
        "diff": {"before": results.diff_side(task.before, task.chosen), "after": results.diff_side(done.after, task.chosen)},
    }
    add_to_result(task.result, {**_changes(done, paused=paused), **described})
    if done.failed:
        raise control.QueuesFailed("paused" if paused else "resumed", done.failed)


def _changes(done: _StateChanges, *, paused: bool) -> Result:
    return {
        "changed": bool(done.changed) or done.taken,
        "paused": done.changed if paused else [],
        "resumed": [] if paused else done.changed,
        "warnings": done.warnings,
    }


_CHAIN_STOPPED = "%s Done until then: %d of %d queues. The others were resumed at once."
_RELEASE_STOPPED = "%s The other queues were resumed at once."
_WAIT_STOPPED = "%s Done until then: all but the wait for jobs to finish."
_NOT_OVERRIDDEN = "Leases in the other ledger (%s) could not be overridden, so they may pause or resume these queues again: %s"


def _in_each_ledger(ledgers: Sequence[Leases], done: _StateChanges, step: Callable[[Leases], object]) -> None:
    """Calls `step` with each of `ledgers`. Where it fails for another than the first, which is the one to use, that is a warning."""
    for number, leases in enumerate(ledgers):
        try:
            step(leases)
        except errors.ImmichError as exc:
            if number == 0:
                raise
            warning = _NOT_OVERRIDDEN % (leases.ledger.kind, exc.msg)
            done.warnings += [warning] if warning not in done.warnings else []


def _set_state(task: JobsTask, done: _StateChanges) -> None:
    chosen, paused = task.chosen, task.options.state == PAUSED
    if task.check_mode:
        done.changed = control.not_in_state(task.before, chosen, paused)
        done.after = _with_paused(task.before, done.changed, paused)
        # Records that are not live would have been swept, which check mode only predicts.
        held: Set[str] = set()

        def add_held(leases: Leases) -> None:
            held.update(name for record in leases.ledger.records() if record.live for name in record.held)

        _in_each_ledger(task.ledgers, done, add_held)
        done.taken = bool(held & set(chosen))
    elif paused:

        def forget(leases: Leases) -> None:
            done.taken = leases.forget(chosen) or done.taken

        _in_each_ledger(task.ledgers, done, forget)
        # Read again: a lease that was being released meanwhile may have resumed them.
        outcome = control.set_queues_paused(task.client, task.client.queues.all(), chosen, True)
        done.changed, done.failed, done.after = outcome.changed, outcome.failed, outcome.after
    elif task.options.resume.order == CHAIN:
        _resume_in_chain(task, done)
    else:
        _resume(task, chosen, done)


def _resume_in_chain(task: JobsTask, done: _StateChanges) -> None:
    left = list(task.chosen)

    def resume_one(name: str) -> bool:
        left.remove(name)
        return _resume(task, [name], done)

    try:
        _resume_one_by_one(task, task.chosen, resume_one)
    except _Stopped as exc:
        count = len(task.chosen) - len(left)
        _resume(task, left, done)  # nobody would do it later
        raise errors.LocalFailure(_CHAIN_STOPPED % (exc.msg, count, len(task.chosen))) from exc.__cause__


def _resume(task: JobsTask, some: Sequence[str], done: _StateChanges) -> bool:
    """Resumes some queues, adds to `done` what came of it, and says whether any was resumed."""
    released, outcome = record.Release(), control.QueueChanges()
    try:
        _in_each_ledger(task.ledgers, done, lambda leases: leases.release_queues(some, done=released))
        outcome = control.set_queues_paused(task.client, task.client.queues.all(), some, False)
    finally:
        changed = names.in_chain_order({*outcome.changed, *released.resumed}, [queue.name for queue in outcome.after])
        done.changed += changed
        done.failed.update(outcome.failed)
        done.after = outcome.after
        done.taken = done.taken or bool(released.leases)
    return bool(changed)


def _resume_one_by_one(
    task: JobsTask, order: Sequence[str], resume: Callable[[str], bool], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Calls `resume` for each queue, and before the next one waits until the queue has drained or its time is over.

    `resume` says whether it resumed the queue: one that ran before, or stays paused, is not waited for. `meanwhile` is called while others
    are. Raises `_Stopped` in between.
    """

    def look_around() -> None:
        task.check()
        meanwhile()

    for name in order[:-1]:
        if resume(name):
            control.drains_within(task.client, name, task.options.resume.step_timeout, task.options.wait.interval, look_around)
    for name in order[-1:]:
        resume(name)


def wait_for_queues(
    client: api.Immich,
    wait: WaitOptions,
    chosen: Sequence[str],
    result: Result,
    check_cancelled: Callable[[], None],
    *,
    until_idle: bool,
) -> None:
    """Waits and brings `result` up to date. What a pause holds back is not waited for: it would never end.

    `check_cancelled` may raise to end the wait.
    """

    def meanwhile() -> None:
        try:
            check_cancelled()
        except errors.ImmichError as exc:
            raise errors.LocalFailure(_WAIT_STOPPED % exc.msg) from exc

    if until_idle:
        queues, result["still_active"] = control.wait_until_idle(client, chosen, wait.timeout, wait.interval, meanwhile)
    else:
        running = [queue.name for queue in client.queues.all() if queue.name in chosen and not queue.paused]
        queues = control.wait_until_drained(client, running, wait.timeout, wait.interval, meanwhile)
    results.show_queues(result, queues, chosen)
