# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked, so that tests can assert at the wire. Bounded, and rendered only when it is read."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from immich_emulator.http import MISSING, Request

KEEP = 200_000
#: POSTs that change nothing.
READS = frozenset(("/assets/bulk-upload-check", "/search/metadata", "/search/statistics", "/download/info"))


class Entry(NamedTuple):
    """One request, as it came."""

    number: int
    request: Request
    status: int | None
    seconds: float

    @property
    def is_write(self) -> bool:
        """Whether the request asks for a change."""
        return self.request.method not in ("GET", "HEAD", "OPTIONS") and self.request.path not in READS

    def render(self) -> dict[str, Any]:
        """The entry as tests read it; the key by its name, never its secret."""
        request = self.request
        return {
            "n": self.number,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "status": self.status,
            "key": request.key.name if request.key else None,
            "headers": {name: value for name, value in request.headers.items() if name != "x-api-key"},
            "json": None if request.json is MISSING else request.json,
            "form": request.form,
            "seconds": self.seconds,
            "complete": request.complete,
        }


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEEP)
        self.count = 0

    def add(self, request: Request, status: int | None, seconds: float) -> None:
        """Notes an answered request; `status` is None when nobody was left to answer."""
        self.count += 1
        self.entries.append(Entry(self.count, request, status, seconds))

    def read(self, since: int = 0, *, writes: bool = False) -> list[dict[str, Any]]:
        """The entries after number `since`, all or only those that ask for a change."""
        return [e.render() for e in self.entries if e.number > since and (e.is_write or not writes)]

    def clear(self) -> None:
        """Forgets all entries; numbers go on."""
        self.entries.clear()
