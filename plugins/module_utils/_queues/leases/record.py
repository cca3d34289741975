# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One lease's record, and what follows from records: who holds what, and what holding, releasing and sweeping would do to queues.

Pure functions, which check mode uses as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Collection, Dict, FrozenSet, List, Sequence, Set, Tuple

from ..._client import errors, values
from .. import names, processes


@dataclass(frozen=True)
class LeaseRecord:
    """Who holds a pause, of which queues, and for how long without renewal.

    `queues` are those that we paused, or found paused by another lease of ours; a queue that was paused by hand is never
    among them. Of these, `released` are being released: the lease does not hold them any more, but they may still have to be resumed.
    `ttl` and `age` (since the last renewal, by the ledger's clock) are seconds. `id` is the ledger's own handle. An `intent` record holds
    nothing: it only names queues of a lease that are about to be paused again, in case the process dies over it. `owners` are the
    processes that keep the lease alive, and `abandoned` says that none of them was left when the record was read.
    """

    id: str
    lease: str
    queues: Tuple[str, ...]
    released: FrozenSet[str]
    ttl: float
    age: float
    host: str
    intent: bool = False
    owners: Tuple[processes.Owner, ...] = ()
    abandoned: bool = False

    @property
    def live(self) -> bool:
        """Whether the lease still runs: it has not run out, and somebody may be left who keeps it alive.

        A clock that was set back makes the age negative: that prolongs a lease by its own length at most.
        """
        return -self.ttl <= self.age < self.ttl and not self.abandoned

    @property
    def held(self) -> Tuple[str, ...]:
        """The queues that it holds and is not releasing."""
        return tuple(name for name in self.queues if name not in self.released)

    @property
    def ending(self) -> bool:
        """Whether the release of everything it holds was begun."""
        return bool(self.released) and not self.held

    @property
    def remaining(self) -> float:
        """Seconds until it runs out, 0 when it has."""
        return max(0.0, min(self.ttl, self.ttl - self.age)) if self.live else 0.0


def leases_by_queue(records: Sequence[LeaseRecord], except_ids: Collection[str] = ()) -> Dict[str, List[str]]:
    """Which live leases hold each queue; the records with these ids do not count."""
    holders: Dict[str, List[str]] = {}
    for record in records:
        if record.live and not record.intent and record.id not in except_ids:
            for name in record.held:
                if record.lease not in holders.setdefault(name, []):
                    holders[name].append(record.lease)
    return holders


def named_queues(records: Sequence[LeaseRecord]) -> FrozenSet[str]:
    """The queues that any record names, in any state: their pause is ours."""
    return frozenset(name for record in records for name in record.queues)


@dataclass
class Hold:
    """How a lease came to hold queues: those it `paused`, those that were `shared` (paused by us before), and `left` ones.

    `left` are paused, but not by us. `held` are all that the lease holds now, `after` the server's queues after that.
    """

    paused: List[str] = field(default_factory=list)
    shared: List[str] = field(default_factory=list)
    left: List[str] = field(default_factory=list)
    held: List[str] = field(default_factory=list)
    renewed_only: bool = False
    failed: Dict[str, errors.ImmichError] = field(default_factory=dict)
    after: List[values.Queue] = field(default_factory=list)


@dataclass
class Release:
    """What came of a release: the queues `resumed`, those `kept` because others hold them, and those that `failed`.

    `finished` are all that were seen to run, or to be held by others: nothing is left to do about them.
    """

    leases: List[str] = field(default_factory=list)
    resumed: List[str] = field(default_factory=list)
    kept: List[str] = field(default_factory=list)
    failed: Dict[str, errors.ImmichError] = field(default_factory=dict)
    finished: Set[str] = field(default_factory=set)

    def add(self, other: Release) -> None:
        """Takes in what came of another one."""
        self.leases += [lease for lease in other.leases if lease not in self.leases]
        self.resumed += other.resumed
        self.kept += other.kept
        self.failed.update(other.failed)
        self.finished |= other.finished


def plan_hold(records: Sequence[LeaseRecord], queues: Sequence[values.Queue], lease: str, chosen: Sequence[str]) -> Hold:
    """What holding would do to queues in this state: a pure function, which check mode uses as well."""
    ours, mine = named_queues(records), leases_by_queue([record for record in records if record.lease == lease])
    paused = {queue.name for queue in queues if queue.paused}
    order = [queue.name for queue in queues]
    plan = Hold(
        paused=names.in_chain_order({name for name in (*chosen, *mine) if name not in paused}, order),
        shared=[name for name in chosen if name in paused and name in ours],
        left=[name for name in chosen if name in paused and name not in ours],
    )
    plan.held = names.in_chain_order({*plan.paused, *plan.shared, *mine}, order)
    plan.renewed_only = any(record.lease == lease and record.live for record in records) and set(plan.held) == set(mine)
    return plan


def plan_release(records: Sequence[LeaseRecord], queues: Sequence[values.Queue], lease: str) -> Release:
    """What releasing the lease would do: a pure function, for check mode."""
    mine = [record for record in records if record.lease == lease]
    others = leases_by_queue([record for record in records if record.lease != lease])
    paused = {queue.name for queue in queues if queue.paused}
    going = names.in_chain_order(named_queues(mine))
    return Release(
        leases=[lease] if mine else [],
        resumed=[name for name in going if name in paused and name not in others],
        kept=[name for name in going if name in others],
    )


def plan_sweep(
    records: Sequence[LeaseRecord], ended: Sequence[LeaseRecord], queues: Sequence[values.Queue], keep: Collection[str] = ()
) -> List[str]:
    """Which queues a sweep would resume that ends these of the `records`; `keep` are queues that a lease is about to hold."""
    going = {name for record in ended for name in (record.released if record.live else record.queues)}
    held = {*leases_by_queue(records), *keep}
    return names.in_chain_order({queue.name for queue in queues if queue.paused and queue.name in going and queue.name not in held})
