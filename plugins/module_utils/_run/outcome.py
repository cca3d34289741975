# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a run ended, for what stands around it: a report, a pause, a lease that is renewed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

from .._client import errors


class RunOutcome:
    """The `result` of a run, which is empty where it has not begun, and the `failure` that ended it.

    The run sets the result, or raises. Each context manager around it adds its part when it is left, the innermost first.
    """

    def __init__(self) -> None:
        self.result: Dict[str, Any] = {}
        self.failure: Optional[errors.ImmichError] = None

    @contextmanager
    def catch(self) -> Iterator[None]:
        """Keeps an `ImmichError` as the failure, and what the run had done until then as the result."""
        try:
            yield
        except errors.ImmichError as exc:
            self.result, self.failure = exc.result, exc

    def check(self) -> None:
        """Raises the failure, if there is one: `RunFailed` with the result where there is one."""
        if self.failure is None:
            return
        if not self.result:
            raise self.failure
        raise errors.RunFailed(errors.cause_of(self.failure), self.result, self.failure.msg)
