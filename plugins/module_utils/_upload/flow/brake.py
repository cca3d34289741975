# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ends a run before its end. Private to the collection."""

from __future__ import annotations

from typing import Optional

from ..._client import errors
from .stop import Stopped


class Brake:
    """Shared by all threads of a run: the first reason to stop, if there is one.

    `error` is what the task fails with; `crash` is a mistake in this collection, to be raised again by the main thread.
    """

    def __init__(self) -> None:
        self.error: Optional[errors.ImmichError] = None
        self.crash: Optional[BaseException] = None

    @property
    def pulled(self) -> bool:
        """Whether the run stops."""
        return self.error is not None or self.crash is not None

    def pull(self, error: errors.ImmichError) -> None:
        """Stops the run, which fails with this error unless it is stopping already."""
        if not self.pulled:
            self.error = error

    def go_on(self) -> None:
        """Raises `Stopped` if the run stops."""
        if self.pulled:
            raise Stopped("The run stops.")
