# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes: method and path, the scope that a key needs, and the versions that have the route."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from immich_emulator.accounts.auth import authenticate
from immich_emulator.http.validation import check_id
from immich_emulator.versions import Version

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

Handler = Callable[["Immich", Request], "Response | Awaitable[Response]"]
FIRST = (1, 135)
NEVER = (99,)
#: Since then what changes one object, or all that are named, is PATCH beside a PUT that goes with 4.0 (immich#28859; observed on 3.1.0).
PATCHES_SINCE = (3, 1)
PATCHES = ("/admin/users/{id}", "/api-keys/{id}", "/assets", "/assets/{id}", "/libraries/{id}", "/stacks/{id}", "/tags/{id}")
ID_PARAMETERS = ("id", "userId", "assetId")


@dataclass(frozen=True)
class Rule:
    """A route's conditions. `scope` is the name of the permission since 2.0; a `public` route needs no key."""

    method: str
    path: str
    handler: Handler
    scope: str | None = None
    admin: bool = False
    public: bool = False
    since: tuple[int, ...] = FIRST
    until: tuple[int, ...] = NEVER

    def is_of(self, version: Version) -> bool:
        """Whether this version has the route."""
        return version.at_least(*self.since) and version.triple < self.until

    def methods(self, version: Version) -> list[str]:
        """The methods that the version takes for it."""
        both = self.method == "PUT" and self.path in PATCHES and version.at_least(*PATCHES_SINCE)
        return ["PUT", "PATCH"] if both else [self.method]


class Routes(list[Rule]):
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
            self.append(Rule(method, path, handler, scope, admin, public, since, until))
            return handler

        return register


def router(immich: Immich, rules: Iterable[Rule]) -> Router:
    """The routes that the server's version has; `/albums/statistics` is looked at before `/albums/{id}`."""
    kept = sorted((rule for rule in rules if rule.is_of(immich.version)), key=lambda rule: "{" in rule.path)
    routes = [Route(rule.path, endpoint(immich, rule), methods=rule.methods(immich.version)) for rule in kept]
    return Router(routes, redirect_slashes=False)


def endpoint(immich: Immich, rule: Rule) -> Callable[[Request], Awaitable[Response]]:
    """A handler as Starlette calls it, behind the checks that all have in common."""

    async def answer(request: Request) -> Response:
        if not rule.public:
            authenticate(immich, request, rule)
        for name in ID_PARAMETERS:
            if name in request.path_params:
                check_id(immich.version, name, request.path_params[name])
        response = rule.handler(immich, request)
        return await response if inspect.isawaitable(response) else response

    return answer


class TrailingSlash:
    """ASGI middleware that ignores one slash at the end of a path. Immich does so without a redirect."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        scope["path"] = scope["path"].removesuffix("/")
        await self.app(scope, receive, send)
