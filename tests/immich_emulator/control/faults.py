# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trouble on demand: errors, delays, cut connections, a proxy's pages."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import HTMLResponse, Response

from immich_emulator.http.answers import JsonAnswer

PROXY_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>"
CUTS = ("connection", "request", "response", "half")


@dataclass
class Fault:
    """One kind of trouble. `after` matching requests pass first, then `times` are hit (None: for ever). `method` may be `PUT|PATCH`.

    `delay` seconds go by before the server looks at a request; with `until_cleared`, it looks at it when the test clears the faults.

    `cut` resets the connection: before the server looks at the request (`connection`), after `cut_after` bytes of its body (`request`), or
    once the request is carried out and `cut_after` bytes of the answer's body are sent (`response`), or half of them (`half`).
    """

    method: str | None = None
    path: str | None = None
    after: int = 0
    times: int | None = 1
    status: int | None = None
    body: str | None = None
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    until_cleared: bool = False
    hang: bool = False
    cut: str | None = None
    cut_after: int = 0
    html: bool = False
    redirect: str | None = None
    answers: bool = False

    @classmethod
    def parse(cls, given: dict[str, Any]) -> Fault:
        """The fault that a test described. Raises TypeError for an unknown word, ValueError for an unknown cut."""
        if given.get("cut") not in (None, *CUTS):
            raise ValueError(f"cut is one of {', '.join(CUTS)}, not {given['cut']!r}")
        answers = bool({"status", "body", "json", "html", "redirect"} & given.keys())
        return cls(**given, answers=answers)

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is meant; `path` is a regular expression that is searched for."""
        wanted = self.method is None or re.fullmatch(self.method, method) is not None
        return wanted and (self.path is None or re.search(self.path, path) is not None)

    def answer(self) -> Response:
        """What is sent in place of the server's own answer."""
        if self.html:
            return HTMLResponse(PROXY_PAGE, 200, self.headers)
        if self.redirect is not None:
            return HTMLResponse(b"", 301, {"Location": self.redirect, **self.headers})
        if self.json is not None:
            return JsonAnswer(self.json, self.status or 200, self.headers)
        if self.body is not None:
            return HTMLResponse(self.body, self.status or 500, self.headers)
        return JsonAnswer({"message": "A fault on demand"}, self.status or 500, self.headers)


class Faults:
    """The faults that wait for their requests; `struck` has the requests that met one, such as `GET /albums`. One that is to wait is among
    them when its body has come."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.struck: list[str] = []
        self.cleared = asyncio.Event()

    def add(self, fault: Fault) -> None:
        """Adds a fault; earlier ones come first."""
        self.waiting.append(fault)

    def clear(self) -> None:
        """Drops all faults, and lets those requests go on that wait for it."""
        self.waiting.clear()
        self.cleared.set()
        self.cleared = asyncio.Event()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, if one does."""
        for fault in self.waiting:
            if not fault.matches(method, path):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
            return fault
        return None
