# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a run as a signal does."""

from __future__ import annotations

from collections.abc import Callable

from support.collection import Run, errors


class StoppedRun(Run):
    """A run that is to stop when a `check_stop` raises, and not at a signal."""

    def __init__(self, check_stop: Callable[[], None] = lambda: None) -> None:
        super().__init__("run")
        self._check_stop = check_stop

    def check(self) -> None:
        self._check_stop()


def stop_when(due: Callable[[], bool]) -> Callable[[], None]:
    """A `check_stop` for a run, which calls it between two steps: it raises the LocalFailure of SIGTERM once `due` is true."""

    def check_stop() -> None:
        if due():
            raise errors.LocalFailure("The signal SIGTERM was received, so the run was stopped. The next run continues.")

    return check_stop
