# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that the pipeline has hashed ahead of the transfers. Private to the collection."""

from __future__ import annotations

from ..._sources import base
from .budget import Budget
from .checksum import SMALL

_ON_DISK = 256 * 1024 * 1024  # bytes: few enough that they are still in the page cache when they are sent
_IN_MEMORY = 16 * 1024 * 1024  # bytes of small files


class ReadAhead:
    """Keeps them to a bounded number of bytes: few of the small files, whose content stays in memory, and more of the others."""

    def __init__(self) -> None:
        self._on_disk = Budget(_ON_DISK)
        self._in_memory = Budget(_IN_MEMORY)

    def make_room(self, item: base.Item) -> None:
        """Waits until this file may be hashed."""
        item.held = self._budget(item.size).take(item.size)

    def let_go(self, item: base.Item) -> None:
        """The file was sent, or is not going to be."""
        if item.held:  # not what was known by the checksum cache, as most of the files of a second run
            self._budget(item.held).give_back(item.held)
            item.held, item.content = 0, None

    @property
    def is_full(self) -> bool:
        """Whether a file waits for its turn to be hashed until others have been sent."""
        return self._on_disk.is_short or self._in_memory.is_short

    def halt(self) -> None:
        """Lets go of everyone who waits."""
        self._on_disk.halt()
        self._in_memory.halt()

    def _budget(self, size: int) -> Budget:
        return self._in_memory if size <= SMALL else self._on_disk
