# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting for queues: until no job is active, or until nothing is left to do. Private to the collection."""

from __future__ import annotations

import time
from typing import Callable, List, Sequence, Tuple

from .._client import api, errors, values

# Between two queues of the chain a job is nowhere for a moment: nothing left is believed when it was seen twice in a row.
_TWICE = 2


def until_idle(
    client: api.Immich, names: Sequence[str], timeout: float, interval: float, meanwhile: Callable[[], None] = lambda: None
) -> Tuple[List[values.Queue], List[str]]:
    """Waits until none of the (paused) queues has an active job, at most `timeout` seconds. `meanwhile` is called after each look.

    Returns the server's queues and the names of those that still are active: no failure, since their jobs end by themselves.
    """
    return _poll(client, names, lambda queue: not queue.active, 1, timeout, interval, meanwhile)


def until_drained(client: api.Immich, names: Sequence[str], timeout: float, interval: float) -> List[values.Queue]:
    """Waits until the queues have nothing left to do. Raises `Timeout` that says what is left after `timeout` seconds."""
    queues, left = _poll(client, names, lambda queue: queue.drained, _TWICE, timeout, interval)
    if left:
        by_name = {queue.name: queue for queue in queues}
        jobs = {name: by_name[name].active + by_name[name].waiting + by_name[name].delayed for name in left}
        raise errors.Timeout(
            "After %g s there is still work left: %s. Raise wait_timeout, or check whether a queue is stuck."
            % (timeout, ", ".join("%s (%d jobs)" % (name, jobs[name]) for name in left)),
            details={"left": jobs},
        )
    return queues


def drains(client: api.Immich, name: str, timeout: float, interval: float, meanwhile: Callable[[], None] = lambda: None) -> bool:
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
    meanwhile: Callable[[], None] = lambda: None,
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
        time.sleep(min(interval, max(0.0, deadline - time.monotonic())) if left else interval)
