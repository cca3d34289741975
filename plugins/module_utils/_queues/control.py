# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changing queues and waiting for them: desired state → plan → apply → verify, each queue on its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Mapping, Sequence, Set, Tuple

from .._client import api, errors, values, waits

# Changing and reading back takes milliseconds. A queue that is not as asked after three rounds is being changed by others.
ROUNDS = 3


class ChangeReverted(errors.ServerFailure):
    """The server agreed to a change that could not be seen then: another client may have changed the queue back."""


@dataclass
class QueueChanges:
    """The queues that were `changed`, those that `failed` with the reason, and the server's queues `after`."""

    changed: List[str] = field(default_factory=list)
    failed: Dict[str, errors.ImmichError] = field(default_factory=dict)
    after: List[values.Queue] = field(default_factory=list)


def not_in_state(queues: Sequence[values.Queue], names: Sequence[str], paused: bool) -> List[str]:
    """Which of `names` are not in the state asked for, in the order of `names`."""
    other = {queue.name for queue in queues if queue.paused != paused}
    return [name for name in names if name in other]


def set_queues_paused(
    client: api.Immich,
    queues: Sequence[values.Queue],
    names: Sequence[str],
    paused: bool,
    rounds: int = ROUNDS,
    before_each: Callable[[str], None] = lambda _name: None,
) -> QueueChanges:
    """Pauses or resumes those of `names` that need it, and reads back whether it is so. `queues` is the state before.

    A queue that fails does not stop the others, unless its failure would be everybody's (key, server gone). What may have been
    changed counts as changed, even where it could not be verified, so that a caller can undo it. `before_each` is called with a queue's
    name before each request that changes it, and may raise to end that.
    """
    outcome = QueueChanges(after=list(queues))
    before = not_in_state(queues, names, paused)
    applied: Set[str] = set()
    for _round in range(rounds):
        todo = not_in_state(outcome.after, names, paused)
        if not todo or outcome.failed:
            break
        for name in todo:
            before_each(name)
            try:
                client.queues.set_paused(name, paused)
                applied.add(name)
            except errors.ImmichError as exc:
                outcome.failed[name] = exc
                if exc.maybe_done and exc.transient:
                    applied.add(name)
                if exc.fatal:
                    outcome.failed.update((other, exc) for other in todo if other not in applied)
                    break
        try:
            outcome.after = client.queues.all()
        except errors.ImmichError as exc:
            outcome.after = [queue._replace(paused=paused) if queue.name in applied else queue for queue in outcome.after]
            outcome.failed.update((name, exc) for name in todo if name not in outcome.failed)
            outcome.changed = [name for name in before if name in applied]
            return outcome
    still = not_in_state(outcome.after, names, paused)
    reverted = ChangeReverted("the server accepted the change, but the queue is still %s." % ("running" if paused else "paused"))
    outcome.failed = {name: outcome.failed.get(name, reverted) for name in still}
    outcome.changed = [name for name in before if name in applied and name not in still]
    return outcome


class QueuesFailed(errors.CausedFailure):
    """Some queues could not be brought into the state asked for.

    `failed` maps a queue to what happened. The cause is the first of these.
    """

    def __init__(self, action: str, failed: Mapping[str, errors.ImmichError]) -> None:
        first = next(iter(failed.values()))
        reasons = {exc.msg for exc in failed.values()}
        if len(reasons) == 1:
            message = "%s could not be %s: %s" % (", ".join(failed), action, first.msg)
        else:
            message = "Some queues could not be %s. %s" % (action, " ".join("%s: %s" % (name, exc.msg) for name, exc in failed.items()))
        super().__init__(message, first, {"queues": list(failed), "cause": first.details})
        self.failed = dict(failed)


# Between two queues of the chain a job is nowhere for a moment: nothing left is believed when it was seen twice in a row.
_TWICE = 2


def wait_until_idle(
    client: api.Immich, names: Sequence[str], timeout: float, interval: float, meanwhile: Callable[[], None]
) -> Tuple[List[values.Queue], List[str]]:
    """Waits until none of the (paused) queues has an active job, at most `timeout` seconds. `meanwhile` is called after each look.

    Returns the server's queues and the names of those that still are active: no failure, since their jobs end by themselves.
    """
    return _poll(client, names, lambda queue: not queue.active, 1, timeout, interval, meanwhile)


def wait_until_drained(
    client: api.Immich, names: Sequence[str], timeout: float, interval: float, meanwhile: Callable[[], None]
) -> List[values.Queue]:
    """Waits until the queues have nothing left to do. Raises `Timeout` that says what is left after `timeout` seconds.

    `meanwhile` is called after each look.
    """
    queues, left = _poll(client, names, lambda queue: queue.drained, _TWICE, timeout, interval, meanwhile)
    if left:
        by_name = {queue.name: queue for queue in queues}
        jobs = {name: by_name[name].active + by_name[name].waiting + by_name[name].delayed for name in left}
        raise errors.Timeout(
            "After %g s there is still work left: %s. Raise O(wait_timeout), or check whether a queue is stuck."
            % (timeout, ", ".join("%s (%d jobs)" % (name, jobs[name]) for name in left)),
            details={"left": jobs},
            options=("wait_timeout",),
        )
    return queues


def drains_within(client: api.Immich, name: str, timeout: float, interval: float, meanwhile: Callable[[], None]) -> bool:
    """Waits until the queue has nothing left to do; false when that takes longer than `timeout` seconds.

    `meanwhile` is called after each look.
    """
    return not _poll(client, [name], lambda queue: queue.drained, _TWICE, timeout, interval, meanwhile)[1]


def _poll(
    client: api.Immich,
    names: Sequence[str],
    done: Callable[[values.Queue], bool],
    rounds: int,
    timeout: float,
    interval: float,
    meanwhile: Callable[[], None],
) -> Tuple[List[values.Queue], List[str]]:
    deadline = time.monotonic() + timeout
    seen = 0
    while True:
        queues = client.queues.all()
        left = [queue.name for queue in queues if queue.name in names and not done(queue)]
        seen = 0 if left else seen + 1
        if seen >= rounds or (left and time.monotonic() >= deadline):
            return queues, left
        meanwhile()
        waits.sleep(min(interval, max(0.0, deadline - time.monotonic())) if left else interval)


LONGEST = 366 * 86400


def check_seconds(option: str, seconds: float, *, or_zero: bool = False) -> None:
    """Raises `InvalidRequest` for a duration, in seconds, that no computer could wait for: not a number, negative, endless.

    It names the `option`. Zero is refused too, unless `or_zero`.
    """
    if not (seconds >= 0 if or_zero else seconds > 0) or not seconds <= LONGEST:
        least = "at least 0" if or_zero else "more than 0"
        raise errors.InvalidRequest(
            "O(%s) must be %s seconds and at most %d (a year), not %g." % (option, least, LONGEST, seconds), options=(option,)
        )
