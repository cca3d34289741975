# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Counts what there is to do, ahead of the pipeline, for the progress of a large upload."""

from __future__ import annotations

import threading
from typing import Callable, Optional

from .._client import errors
from .._sources import base


class CountAhead:
    """A look through the source that keeps nothing but two numbers. `new_source` makes one that reports to a listener what it leaves out.

    The pipeline's own source is held back by what comes after it, so that of a large library it would know only towards the end how
    much there is. Looking twice costs little: the second look finds the folders in the operating system's memory.
    """

    def __init__(self, new_source: Callable[[base.Listener], base.Source]) -> None:
        self.done = False
        self.files = self.bytes = 0
        self._new_source = new_source
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begins to count, unless it has begun."""
        if not self._thread.ident:
            self._thread.start()

    def _run(self) -> None:
        left_out = _Counter()
        files = size = 0
        for batch in self._new_source(left_out).batches():
            files += len(batch)
            size += sum(item.size for item in batch)
        self.files, self.bytes = files + left_out.files, size
        self.done = True


class _Counter(base.Listener):
    """Counts the files that are not yielded. The pipeline will report them again."""

    def __init__(self) -> None:
        self.files = 0

    def skipped(self, path: str, kind: str, reason: str) -> None:
        self.files += 1

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        self.files += not isinstance(error, errors.MissingPath)

    def warn(self, text: str) -> None:
        pass
