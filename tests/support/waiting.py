# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what a test set going."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(what: Callable[[], bool]) -> None:
    """Waits for something to become true. Three minutes are far more than it takes, on a busy machine too."""
    end = time.monotonic() + 180
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
