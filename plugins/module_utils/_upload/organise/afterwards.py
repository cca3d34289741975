# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of files once they are on the server, as the pipeline sees it. Private to the collection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Sequence

from ..._sources import base
from . import members


class Afterwards(ABC):
    """Used by one thread, but for `hides`, `arrived` and `wants`.

    `steps` counts what was done, for those who watch whether anything moves.
    """

    steps = 0

    @abstractmethod
    def hides(self, item: base.Item) -> bool:
        """Whether a file is to be hidden, because it is the video of a live photo. The file may be looked into for that."""

    def arrived(self, placed: members.Placed) -> None:  # noqa: B027  # not abstract: most need only `handle`
        """A file was sent: called at once, by the thread that sent it. Raises as `handle`."""

    @abstractmethod
    def wants(self, placed: members.Placed) -> bool:
        """Whether `handle` has something to do with a file."""

    @abstractmethod
    def handle(self, batch: Sequence[members.Placed]) -> None:
        """Takes care of some files. Raises only what would stop the whole run; other failures are reported to the tally."""

    @abstractmethod
    def finish(self) -> None:
        """To be called when every file was handled, and only then."""
