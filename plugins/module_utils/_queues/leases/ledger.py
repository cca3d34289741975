# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where leases are written down: the interface that the two kinds of ledger share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, ContextManager, List, Optional, Protocol, Sequence

from ..processes import Owner
from .record import Record

FILE, SERVER = "file", "server"
AUTO = "auto"
LEDGERS = (AUTO, FILE, SERVER)
"""What the option `ledger` may be; what `AUTO` means is in ledgers.py."""


@dataclass(frozen=True)
class LedgerOptions:
    """Where leases are written down: the options `ledger` and `ledger_dir`."""

    kind: str = AUTO
    directory: Optional[str] = None


class Ledger(Protocol):
    """A place for records. Every method may raise an `ImmichError`.

    What makes a lease safe without a compare-and-swap: a record's queues are named when it is added, and from then on only
    become fewer; a process that pauses a queue has added a record that names it before; one that resumes it removes the record after.
    """

    kind: str
    warnings: List[str]

    directory: str
    """The folder in which processes of this host share what is not in the ledger."""

    serialised: bool
    """Whether those who take a turn come one after the other; else anything may happen in between."""

    any_key_renews: bool
    """Whether a lease can be renewed with any key, one that may not control queues included; else only with its owner's."""

    costs_requests: bool
    """Whether a look at it takes a request to the server."""

    def turn(self, *, adding: bool = False) -> ContextManager[None]:
        """Held while queues are looked at and changed, so that those who share it come one after the other, if it can.

        `adding` says that a record may be added.
        """

    def records(self) -> List[Record]:
        """All records."""

    def fresh(self, record: Record) -> Optional[Record]:
        """The record as it is now, `None` when it is gone."""

    def add(self, lease: str, queues: Sequence[str], ttl: float, *, intent: bool = False, owners: Sequence[Owner] = ()) -> Record:
        """Writes a new record, in addition to others of the same lease."""

    def renew(self, record: Record, ttl: float) -> bool:
        """Lets the record live for `ttl` seconds from now; false when it is gone."""

    def keep(self, record: Record, owners: Sequence[Owner]) -> bool:
        """Writes other processes that keep the lease alive; false when the record is gone."""

    def change(self, record: Record, queues: Sequence[str], released: Collection[str]) -> bool:
        """Writes fewer queues, or more of them as being released; false when the record is gone."""

    def remove(self, record: Record) -> None:
        """Removes the record, if it is still there."""

    def now(self) -> float:
        """The ledger's own clock, in seconds since the epoch."""
