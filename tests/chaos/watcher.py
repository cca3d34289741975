# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at the server the whole time, so that it is known when queues ran and when something went up."""

from __future__ import annotations

import threading
import time
import urllib.error
from types import TracebackType
from typing import NamedTuple

from chaos.servers import Server

_INTERVAL = 0.2


class Look(NamedTuple):
    """What was seen first at a moment (of time.monotonic())."""

    at: float
    paused: frozenset[str]
    uploads: int


class Watcher:
    """A context manager; `looks` are the changes that it saw, oldest first."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.looks = [self._look()]

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def now(self) -> Look:
        """The last change."""
        return self.looks[-1]

    def last_upload(self) -> float | None:
        """The time (time.monotonic()) of the last look that saw more uploads than the one before; None without any."""
        grown = [after.at for before, after in zip(self.looks, self.looks[1:], strict=False) if after.uploads > before.uploads]
        return grown[-1] if grown else None

    def last_change_of_queues(self) -> float:
        """Since when queues are paused as they are."""
        since = self.looks[-1]
        for look in reversed(self.looks):
            if look.paused != since.paused:
                break
            since = look
        return since.at

    def _watch(self) -> None:
        while not self._ended.wait(_INTERVAL):
            try:
                look = self._look()
            except (urllib.error.URLError, ConnectionError):
                continue  # it is being restarted
            if look[1:] != self.now[1:]:
                self.looks.append(look)

    def _look(self) -> Look:
        return Look(time.monotonic(), *self._server.look())
