# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event sources and filters, loaded and run as ansible-rulebook does it."""

from __future__ import annotations

import asyncio
import runpy
from contextlib import suppress
from typing import Any

from support.playbooks.playbook import REPOSITORY

PLUGINS = REPOSITORY / "extensions" / "eda" / "plugins"
SOURCES = ("immich_folder", "immich_server")

WAIT_SECONDS = 60.0


def load(name: str) -> dict[str, Any]:
    """Loads a plugin: name → what it defines. Each call loads it anew, as for another source."""
    folder = "event_source" if name in SOURCES else "event_filter"
    return runpy.run_path(str(PLUGINS / folder / f"{name}.py"))


class Source:
    """A source that runs. An asynchronous context manager: leaving it cancels the source, as the end of a rulebook does."""

    def __init__(self, name: str, **args: Any) -> None:
        self._name, self._args = name, args
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=1)

    async def __aenter__(self) -> Source:
        self._task = asyncio.create_task(load(self._name)["main"](self._queue, self._args))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def next(self) -> dict[str, Any]:
        """The next event, without its name around it. Raises what the source raised."""
        waiting = asyncio.create_task(self._queue.get())
        await asyncio.wait({waiting, self._task}, timeout=WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            if self._task.done():
                self._task.result()
            raise AssertionError("no event came")
        event: dict[str, Any] = waiting.result()[self._name]
        return event

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """The next event that has these values."""
        while True:
            event = await self.next()
            if {name: event.get(name) for name in wanted} == wanted:
                return event
