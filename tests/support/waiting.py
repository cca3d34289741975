# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what a test set going."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST = 0.1  # seconds


def wait_until(what: Callable[[], bool]) -> None:
    """Waits for something to become true. Three minutes are far more than it takes, on a busy machine too."""
    end = time.monotonic() + 180
    while not looked(what, 0.02):
        assert time.monotonic() < end, "it never happened"


def looked(what: Callable[[], bool], least: float) -> bool:
    """Whether it is true by now. If not, this waits before the next look: `least` seconds, and ten times as long as this one took.

    A look at a server makes that compute, on the processors that the work needs which is waited for.
    """
    began = time.monotonic()
    if what():
        return True
    time.sleep(min(max(least, 10 * (time.monotonic() - began)), MOST))
    return False
