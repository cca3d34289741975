# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a run as a signal does."""

from __future__ import annotations

from collections.abc import Callable

from support.collection import errors


def stop_when(due: Callable[[], bool]) -> Callable[[], None]:
    """What a run calls between two steps: it raises what a signal would end the run with, once that is due."""

    def check_stop() -> None:
        if due():
            raise errors.LocalFailure("The signal SIGTERM was received, so the run was stopped. The next run continues.")

    return check_stop
