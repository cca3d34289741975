# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A thread that looks at the module's progress every few seconds and tells."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from typing import Callable

from .. import _main_process
from . import line
from .line import Pace
from .snapshot import Snapshot, parse

_TRIES = 3
"""So many failed looks in a row, and the thread gives up: no progress then, but the upload is not disturbed."""
_LINGER = 5.0
"""Seconds that leaving waits for a look under way."""


class UnreadableProgress(Exception):
    """The progress file could not be looked at; the message says why."""


class Watch:
    """A context manager: while it is entered, `look()` is called every `interval` seconds and a line is given to `tell`.

    :param look: returns the progress file's text, "" while there is none; raises UnreadableProgress.
    :param tell: prints a line.
    :param give_up: is called with the reason, should the progress not be readable.
    """

    def __init__(self, look: Callable[[], str], tell: Callable[[str], None], give_up: Callable[[str], None], interval: float) -> None:
        self.latest: Snapshot | None = None
        self._look = look
        self._tell = tell
        self._give_up = give_up
        self._interval = interval
        self._over = threading.Event()
        # a daemon: whatever ends the process must not wait for it
        self._thread = threading.Thread(target=contextvars.copy_context().run, args=(self._run,), name="immich-progress", daemon=True)

    def __enter__(self) -> Watch:
        with _main_process.signals_blocked():
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(_LINGER)

    def _run(self) -> None:
        pace = Pace()
        failures = 0
        parent = os.getppid()
        pause = self._interval
        while not self._over.wait(pause):
            if os.getppid() != parent:
                # ansible-playbook is gone. Lines would fill the pipe to it, and hold this process for ever once it is full.
                return
            began = time.monotonic()
            try:
                snapshot = parse(self._look())
            except UnreadableProgress as exc:
                failures += 1
                if failures == _TRIES:
                    self._give_up(str(exc))
                    return
                continue
            failures = 0
            # a slow connection is looked through less often
            pause = max(self._interval, 4 * (time.monotonic() - began))
            if snapshot is not None and not self._over.is_set():
                pace.add(snapshot, time.monotonic())
                self.latest = snapshot
                self._tell(line.progress(snapshot, pace))
