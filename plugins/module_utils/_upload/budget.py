# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A number of bytes that may be in use at a time. Private to the collection."""

from __future__ import annotations

import threading

from .lane import Halted


class Budget:
    """Whoever needs more than is left waits until others give back.

    A file larger than the whole budget may go ahead alone.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._waiting = 0
        self._halted = False
        self._changed = threading.Condition()

    def take(self, size: int) -> int:
        """Waits for room; returns what has to be given back."""
        wanted = min(size, self._size)
        with self._changed:
            self._waiting += 1
            while self._left < wanted and not self._halted:
                self._changed.wait()
            self._waiting -= 1
            if self._halted:
                raise Halted
            self._left -= wanted
        return wanted

    @property
    def is_short(self) -> bool:
        """Whether somebody waits for room."""
        return self._waiting > 0

    def give_back(self, size: int) -> None:
        """Gives back what `take` returned."""
        if size:
            with self._changed:
                self._left += size
                self._changed.notify_all()

    def halt(self) -> None:
        """Lets go of everyone who waits."""
        with self._changed:
            self._halted = True
            self._changed.notify_all()
