# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Counts what there is to do, ahead of the pipeline, for the progress of a large upload. Private to the collection."""

from __future__ import annotations

import threading
from typing import Any, Mapping

from ..options import Options
from ..reporting.tally import Tally
from .scan import Scan


class CountAhead:
    """A look through `src` that keeps nothing but two numbers.

    The pipeline's own scan is held back by what comes after it, so that in a large library it would know only towards the end how
    much there is. Looking twice costs little: the second look finds the folders in the operating system's memory.
    """

    def __init__(self, options: Options, kinds: Mapping[str, str]) -> None:
        self.done = False
        self.files = self.bytes = 0
        self._tally = _Counting()
        self._scan = Scan(options, kinds, self._tally)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begins to count, unless it has begun."""
        if not self._thread.ident:
            self._thread.start()

    def _run(self) -> None:
        for batch in self._scan.batches():
            self._tally.found(len(batch), sum(media.size for media in batch))
        self.files, self.bytes = self._tally.files_seen, self._tally.bytes_seen
        self.done = True


class _Counting(Tally):
    """Reports nothing of what it sees: the pipeline will see it again."""

    def __init__(self) -> None:
        super().__init__(report=None, return_assets=0)

    def failed(self, path: str, error: Any, **about: Any) -> None:
        """Counts the file."""
        self.found(1, 0)
