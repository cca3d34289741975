# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Desired state → plan → apply → verify, each queue on its own. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Sequence, Set

from .._client import api, errors, values

# Changing and reading back takes milliseconds. A queue that is not as asked after three rounds is being changed by others.
ROUNDS = 3


class DidNotLast(errors.ServerFailure):
    """The server agreed to a change that could not be seen afterwards: perhaps another client changed the queue back."""


@dataclass
class Outcome:
    """What came of it: the queues `changed`, those that `failed` with the reason, and the server's queues `after`."""

    changed: List[str] = field(default_factory=list)
    failed: Dict[str, errors.ImmichError] = field(default_factory=dict)
    after: List[values.Queue] = field(default_factory=list)


def differing(queues: Sequence[values.Queue], names: Sequence[str], paused: bool) -> List[str]:
    """Which of `names` are not in the state asked for, in the order of `names`."""
    other = {queue.name for queue in queues if queue.paused != paused}
    return [name for name in names if name in other]


def bring(client: api.Immich, queues: Sequence[values.Queue], names: Sequence[str], paused: bool, rounds: int = ROUNDS) -> Outcome:
    """Pauses or resumes those of `names` that need it, and reads back whether it is so. `queues` is the state before.

    A queue that fails does not stop the others, unless its failure would be everybody's (key, server gone). What may have been
    changed counts as changed, even where it could not be verified, so that a caller can undo it.
    """
    outcome = Outcome(after=list(queues))
    before = differing(queues, names, paused)
    applied: Set[str] = set()
    for _round in range(rounds):
        todo = differing(outcome.after, names, paused)
        if not todo or outcome.failed:
            break
        for name in todo:
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
    still = differing(outcome.after, names, paused)
    said = DidNotLast("the server accepted the change, but the queue is still %s." % ("running" if paused else "paused"))
    outcome.failed = {name: outcome.failed.get(name, said) for name in still}
    outcome.changed = [name for name in before if name in applied and name not in still]
    return outcome
