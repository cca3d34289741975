# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One lease's record, as both kinds of ledger understand it. Private to the collection."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Any, Collection, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ..._client.errors import InvalidRequest

VERSION = 1
_LONGEST_NAME = 200
_LONGEST_TTL = 366 * 86400


@dataclass(frozen=True)
class Record:
    """Who holds a pause, of which queues, and for how long without renewal.

    `queues` are those that we paused, or found paused by another lease of ours; a queue that somebody else paused is never
    among them. Of these, `released` are being let go: nobody holds them any more, but they may still have to be resumed.
    `ttl` and `age` (since the last renewal, by the ledger's clock) are seconds. `id` is the ledger's own handle. A `spare` record holds
    nothing: it only names the queues of a lease while somebody pauses them again, in case that ends before the lease is looked at.
    """

    id: str
    lease: str
    queues: Tuple[str, ...]
    released: FrozenSet[str]
    ttl: float
    age: float
    host: str
    spare: bool = False

    @property
    def live(self) -> bool:
        """Whether the lease still runs.

        A clock that was set back makes the age negative: that prolongs a lease by its own length at most.
        """
        return -self.ttl <= self.age < self.ttl

    @property
    def held(self) -> Tuple[str, ...]:
        """The queues that it holds and is not letting go."""
        return tuple(name for name in self.queues if name not in self.released)

    @property
    def ending(self) -> bool:
        """Whether somebody began to let go of everything it holds."""
        return bool(self.released) and not self.held

    @property
    def remaining(self) -> float:
        """Seconds until it runs out, 0 when it has."""
        return max(0.0, min(self.ttl, self.ttl - self.age)) if self.live else 0.0


def holders(records: Sequence[Record], but: Collection[str] = ()) -> Dict[str, List[str]]:
    """Which live leases hold each queue; the records with an id in `but` do not count."""
    found: Dict[str, List[str]] = {}
    for record in records:
        if record.live and not record.spare and record.id not in but:
            for name in record.held:
                if record.lease not in found.setdefault(name, []):
                    found[name].append(record.lease)
    return found


def named(records: Sequence[Record]) -> FrozenSet[str]:
    """The queues that any record names, whatever its state: their pause is ours."""
    return frozenset(name for record in records for name in record.queues)


def check_name(lease: str) -> None:
    """Raises `InvalidRequest` when a person or a file could not hold this name of a lease."""
    if not lease.strip() or not lease.isprintable() or len(lease) > _LONGEST_NAME:
        raise InvalidRequest("lease must be a name of 1 to %d printable characters." % _LONGEST_NAME)


def check_ttl(ttl: float) -> None:
    """Raises `InvalidRequest` for a time, in seconds, that no lease should last, or that could not be written down."""
    if not 0 < ttl <= _LONGEST_TTL:
        raise InvalidRequest("lease_ttl must be more than 0 seconds and at most %d (a year)." % _LONGEST_TTL)


def to_json(
    lease: str, queues: Sequence[str], released: Collection[str], ttl: float, *, spare: bool, host: Optional[str] = None
) -> Dict[str, Any]:
    """The part of a record that both kinds of ledger write."""
    return {
        "lease": lease,
        "queues": list(queues),
        "released": sorted(released),
        "ttl": ttl,
        "spare": spare,
        "host": platform.node() if host is None else host,
        "pid": os.getpid(),
    }


def from_json(found: Mapping[str, Any], id: str, age: float) -> Record:
    """The record that a ledger reads. Raises `KeyError`, `TypeError` or `ValueError` when it is none."""
    queues, released, ttl = found["queues"], found["released"], float(found["ttl"])
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in (queues, released)):
        raise TypeError("queues")
    if not isinstance(found["lease"], str) or not 0 < ttl < float("inf"):
        raise ValueError("lease, ttl")
    return Record(id, found["lease"], tuple(queues), frozenset(released), ttl, age, str(found.get("host", "")), bool(found.get("spare")))
