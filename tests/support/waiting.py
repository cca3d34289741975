# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what a test set going."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(what: Callable[[], bool]) -> None:
    """Waits for something to become true."""
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
