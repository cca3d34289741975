# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting in a process that may be told to end. Private to the collection."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import Callable, Iterator, List

_NAP = 0.25  # seconds


def nap(seconds: float, stopped: Callable[[], bool], news: Callable[[int], bool] = lambda _naps: False) -> None:
    """Sleeps until then, or until it is stopped, or there is `news`, which is asked after each nap."""
    # In naps, because waiting for an event is not safe against a signal's handler that sets it.
    end, naps = time.monotonic() + seconds, 0
    while not stopped() and time.monotonic() < end:
        time.sleep(min(_NAP, max(0.0, end - time.monotonic())))
        naps += 1
        if news(naps):
            break


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Within, SIGTERM and SIGINT are noted instead of obeyed, and SIGHUP (the end of an ssh connection) is nothing to a guard."""
    seen: List[int] = []
    before = {number: signal.signal(number, lambda got, _frame: seen.append(got)) for number in (signal.SIGTERM, signal.SIGINT)}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
