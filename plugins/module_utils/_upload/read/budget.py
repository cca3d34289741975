# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A number of bytes that may be in use at a time. Private to the collection."""

from __future__ import annotations

import threading

from ..flow.lane import Halted

# A thread that had to wait goes on when this part of the budget is there: to be woken for each bit costs more than the work that it allows.
_PART = 4


class Budget:
    """A thread that needs more than is left waits until others give back, one after the other.

    A file larger than the whole budget may go ahead alone.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._awaited = 0
        self._halted = False
        self._turn = threading.Lock()
        self._changed = threading.Condition()

    def take(self, size: int) -> int:
        """Waits for room; returns what has to be given back."""
        wanted = min(size, self._size)
        with self._turn, self._changed:
            if self._left < wanted:
                self._awaited = max(wanted, self._size // _PART)
                self._changed.wait_for(lambda: self._left >= self._awaited or self._halted)
                self._awaited = 0
            if self._halted:
                raise Halted
            self._left -= wanted
        return wanted

    @property
    def is_short(self) -> bool:
        """Whether a thread waits for room."""
        return self._awaited > 0

    def give_back(self, size: int) -> None:
        """Gives back what `take` returned."""
        with self._changed:
            self._left += size
            if self._left >= self._awaited:
                self._changed.notify()

    def halt(self) -> None:
        """Lets go of everyone who waits."""
        with self._changed:
            self._halted = True
            self._changed.notify()
