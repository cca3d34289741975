# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One lease's record, as both kinds of ledger understand it. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, Dict, FrozenSet, List, Sequence, Tuple

from ..._client import errors
from ..seconds import check_seconds
from .keepers import Keeper

LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class Record:
    """Who holds a pause, of which queues, and for how long without renewal.

    `queues` are those that we paused, or found paused by another lease of ours; a queue that was paused by hand is never
    among them. Of these, `released` are being let go: the lease does not hold them any more, but they may still have to be resumed.
    `ttl` and `age` (since the last renewal, by the ledger's clock) are seconds. `id` is the ledger's own handle. A `intent` record holds
    nothing: it only names queues of a lease that are about to be paused again, in case the process dies over it. `keepers` are the
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
    keepers: Tuple[Keeper, ...] = ()
    abandoned: bool = False

    @property
    def live(self) -> bool:
        """Whether the lease still runs: it has not run out, and somebody may be left who keeps it alive.

        A clock that was set back makes the age negative: that prolongs a lease by its own length at most.
        """
        return -self.ttl <= self.age < self.ttl and not self.abandoned

    @property
    def held(self) -> Tuple[str, ...]:
        """The queues that it holds and is not letting go."""
        return tuple(name for name in self.queues if name not in self.released)

    @property
    def ending(self) -> bool:
        """Whether the release of everything it holds was begun."""
        return bool(self.released) and not self.held

    @property
    def remaining(self) -> float:
        """Seconds until it runs out, 0 when it has."""
        return max(0.0, min(self.ttl, self.ttl - self.age)) if self.live else 0.0


def holders(records: Sequence[Record], except_ids: Collection[str] = ()) -> Dict[str, List[str]]:
    """Which live leases hold each queue; the records with these ids do not count."""
    found: Dict[str, List[str]] = {}
    for record in records:
        if record.live and not record.intent and record.id not in except_ids:
            for name in record.held:
                if record.lease not in found.setdefault(name, []):
                    found[name].append(record.lease)
    return found


def named(records: Sequence[Record]) -> FrozenSet[str]:
    """The queues that any record names, whatever its state: their pause is ours."""
    return frozenset(name for record in records for name in record.queues)


def is_printable(name: str, longest: int) -> bool:
    """Whether a name has something to read in it, no control characters, and at most `longest` characters."""
    return bool(name.strip()) and name.isprintable() and len(name) <= longest


def check_name(lease: str) -> None:
    """Raises `InvalidRequest` when a person or a file could not hold this name of a lease."""
    if not is_printable(lease, LONGEST_NAME):
        raise errors.InvalidRequest("lease must be a name of 1 to %d printable characters." % LONGEST_NAME)


def check_ttl(ttl: float) -> None:
    """Raises `InvalidRequest` for a time, in seconds, that no lease should last, or that could not be written down."""
    check_seconds("lease_ttl", ttl)
