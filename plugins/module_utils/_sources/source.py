# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the items of an upload come from. Private to the collection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Iterator, List, Optional, Tuple

from .item import Item

Batch = List[Item]


class Source(ABC):
    """A folder, an archive, an export. It is gone through once; what it does not yield it tells a listener.

    `total` is how many files, and how many bytes, it yields, once that is known. `can_be_counted`: a second look at it costs little.
    """

    total: Optional[Tuple[int, int]] = None
    can_be_counted = False

    @abstractmethod
    def batches(self) -> Iterator[Batch]:
        """The items, in an order that is the same each time. No batch is empty."""

    @abstractmethod
    def finish(self) -> None:
        """To be called when everything was yielded and the pipeline is through with it. A run that is stopped may leave it out."""
