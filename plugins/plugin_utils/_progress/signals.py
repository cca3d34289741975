# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Leaves signals to Ansible's own thread.

That one waits for the module in a system call which ends early only for a signal that this very thread gets. The kernel gives a
signal to whichever thread runs first: on a busy machine that was the one that shows the progress, and Ctrl-C had no effect until the
module had ended.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import Iterator

ENDING = frozenset((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


@contextmanager
def blocked() -> Iterator[None]:
    """Threads and processes that are started meanwhile do not get these signals."""
    yield from _masked(signal.SIG_BLOCK)


@contextmanager
def delivered() -> Iterator[None]:
    """Processes that are started meanwhile get them, from whichever thread."""
    yield from _masked(signal.SIG_UNBLOCK)


def _masked(how: int) -> Iterator[None]:
    before = signal.pthread_sigmask(how, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
