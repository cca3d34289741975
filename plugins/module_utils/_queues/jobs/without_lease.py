# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of queues without a lease, as the module immich_jobs asks for it. Private to the collection.

That is an administrator's own pause or resume, which leases have no say in: the ledger forgets these queues.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Sequence

from ..._client import api, errors, values
from .. import control, failures, names, results
from ..leases.leases import Leases
from ..options import CHAIN, PAUSED, JobsOptions
from .resume_order import one_after_the_other

Result = Dict[str, Any]


@dataclass
class _Done:
    """The queues `changed`, those whose change `failed`, all `after`, and whether a lease lost a queue."""

    changed: List[str] = field(default_factory=list)
    failed: Dict[str, errors.ImmichError] = field(default_factory=dict)
    after: List[values.Queue] = field(default_factory=list)
    taken: bool = False


def bring_into_state(
    client: api.Immich, leases: Leases, options: JobsOptions, before: Sequence[values.Queue], chosen: Sequence[str], check_mode: bool
) -> Result:
    """`state` without `lease`; `before` are the queues as they are.

    Expired leases have been swept: a change to their records would bring them to life on the server.
    """
    paused = options.state == PAUSED
    if check_mode:
        changed = control.differing(before, chosen, paused)
        after = [queue._replace(paused=paused) if queue.name in changed else queue for queue in before]
        # Those that are not live are swept by then, which check mode has only said.
        held = {name for record in leases.ledger.records() if record.live for name in record.held}
        done = _Done(changed, {}, after, bool(held & set(chosen)))
    elif paused:
        taken = leases.forget(chosen)
        # Read again: a lease that was being released meanwhile may have resumed them.
        outcome = control.bring(client, client.queues.all(), chosen, True)
        done = _Done(outcome.changed, outcome.failed, outcome.after, taken)
    elif options.resume.order == CHAIN:
        done = _Done()
        one_after_the_other(client, chosen, lambda name: _resume(client, leases, [name], done), options.resume)
    else:
        done = _Done()
        _resume(client, leases, chosen, done)
    result = {
        "changed": bool(done.changed) or done.taken,
        "paused": done.changed if paused else [],
        "resumed": [] if paused else done.changed,
        "queues": results.described(done.after, chosen),
        "diff": {"before": results.flags(before, chosen), "after": results.flags(done.after, chosen)},
    }
    if done.failed:
        raise failures.QueuesFailed("paused" if paused else "resumed", done.failed, result)
    return result


def _resume(client: api.Immich, leases: Leases, some: Sequence[str], done: _Done) -> bool:
    """Resumes some queues, adds to `done` what came of it, and says whether any was resumed."""
    released = leases.let_go_of(some)
    outcome = control.bring(client, client.queues.all(), some, False)
    changed = names.in_chain_order({*outcome.changed, *released.resumed}, [queue.name for queue in outcome.after])
    done.changed += changed
    done.failed.update(outcome.failed)
    done.after = outcome.after
    done.taken = done.taken or bool(released.leases)
    return bool(changed)
