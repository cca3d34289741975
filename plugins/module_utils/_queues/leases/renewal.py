# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a lease is renewed."""

from __future__ import annotations

import time

from .leases import Leases


class Renewal:
    """When a lease is to be renewed: when a third of its `ttl` has passed since the last time, counted from now; or at once.

    While the ledger cannot be reached, it stays due.
    """

    def __init__(self, lease: str, ttl: float, *, at_once: bool = False) -> None:
        self._lease, self._ttl = lease, ttl
        self._renewed = time.monotonic()
        self.last = float("-inf") if at_once else self._renewed
        """When the ledger last said whether there is such a lease, by the monotonic clock."""
        self.is_gone = False
        """Whether there was none."""

    @property
    def is_due(self) -> bool:
        """Whether it is time to renew."""
        return time.monotonic() - self.last >= self._ttl / 3

    @property
    def remaining(self) -> float:
        """Seconds until the lease runs out, as far as this process knows."""
        return self._ttl - (time.monotonic() - self._renewed)

    def renew(self, leases: Leases) -> bool:
        """Renews the lease; false when there is no such lease (any more)."""
        self.is_gone = not leases.renew(self._lease, self._ttl)
        self.last = time.monotonic()
        if not self.is_gone:
            self._renewed = self.last
        return not self.is_gone

    def renew_if_due(self, leases: Leases) -> None:
        """For work that calls this often."""
        if self.is_due:
            self.renew(leases)

    def restart(self) -> None:
        """To be called when the lease has just been taken, or written again."""
        self._renewed = self.last = time.monotonic()
        self.is_gone = False
