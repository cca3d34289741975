# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which handler answers a method and a path, what it asks of a key, and since which version it exists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from immich_emulator.http import Answer, Request
from immich_emulator.versions import Version

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

Handler = Callable[["Immich", Request], "Answer | Awaitable[Answer]"]
FIRST = (1, 135)
NEVER = (99,)


@dataclass(frozen=True)
class Route:
    """One route. `scope` is the permission's name of ≥2; `public` asks for no key."""

    method: str
    path: str
    handler: Handler
    scope: str | None = None
    admin: bool = False
    public: bool = False
    since: tuple[int, ...] = FIRST
    until: tuple[int, ...] = NEVER


class Routes(list[Route]):
    """A module's routes, collected by its decorators."""

    def on(
        self,
        method: str,
        path: str,
        scope: str | None = None,
        *,
        admin: bool = False,
        public: bool = False,
        since: tuple[int, ...] = FIRST,
        until: tuple[int, ...] = NEVER,
    ) -> Callable[[Handler], Handler]:
        """Names the decorated handler for `method` and `path`; `{x}` in a path is a parameter.

        The route exists from version `since` on and before `until`.
        """

        def register(handler: Handler) -> Handler:
            self.append(Route(method, path, handler, scope, admin, public, since, until))
            return handler

        return register


class Router:
    """The routes of one version, ready to be looked up."""

    def __init__(self, routes: list[Route], version: Version) -> None:
        self.fixed: dict[tuple[str, str], Route] = {}
        self.patterns: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        for route in routes:
            if not (version.at_least(*route.since) and version.triple < route.until):
                continue
            if "{" not in route.path:
                self.fixed[route.method, route.path] = route
            else:
                parts = route.path.split("/")
                self.patterns.setdefault((route.method, len(parts)), []).append((parts, route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a path, with its parameters; one slash at the end does not matter, and HEAD is as GET."""
        path, method = path.removesuffix("/"), "GET" if method == "HEAD" else method
        if route := self.fixed.get((method, path)):
            return route, {}
        parts = path.split("/")
        for pattern, route in self.patterns.get((method, len(parts)), ()):
            params: dict[str, str] = {}
            for wanted, given in zip(pattern, parts, strict=True):
                if wanted.startswith("{") and given:
                    params[wanted[1:-1]] = given
                elif wanted != given:
                    break
            else:
                return route, params
        return None
