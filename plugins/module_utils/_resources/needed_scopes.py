# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The scopes that a declaration needs, known once it is planned, so that all that are missing are named before anything is written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from .._client import errors
from .._client.client import Client
from .model import PRESENT, Context, Kind, PlannedObject

_VERBS = {"read": "read", "create": "create", "update": "change", "delete": "delete"}


class NeededScopes:
    """What a run needs, scope by scope with what it is for. Before 1.139 the server does not tell a key's scopes, and refuses later."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._needed: Dict[str, str] = {}
        self._refused: List[errors.PermissionDenied] = []

    @contextmanager
    def reading(self, kind: Kind, declared: Sequence[Mapping[str, Any]] = ()) -> Iterator[None]:
        """Around reading and planning a kind: where the key may not read it, the next one is planned all the same.

        What would be written of `declared` is not known then, so that what it may take counts as needed.
        """
        try:
            yield
        except errors.PermissionDenied as exc:
            if "scopes" not in (exc.details or {}):
                raise
            self._refused.append(exc)
            for scope in exc.details["scopes"]:
                self._add(scope, _use_of(scope, kind))
            self._add_possible(kind, declared)
        except errors.InvalidRequest:
            if not self._refused:
                raise
            self._add_possible(kind, declared)  # what it refers to may be of the kind that could not be read

    def _add_possible(self, kind: Kind, declared: Sequence[Mapping[str, Any]]) -> None:
        keeps = any(item["state"] == PRESENT for item in declared)
        removes = any(item["state"] != PRESENT for item in declared)
        for name, route in kind.calls.items():
            if (removes and name == "delete") or (keeps and name in ("create", "update")):
                self._add(route.scope, _use_of(route.scope, kind))

    def require_reading(self, context: Optional[Context] = None, planned: Sequence[PlannedObject] = ()) -> None:
        """Raises `PermissionDenied` that names all that is missing, where something could not be read; also for what is planned."""
        if self._refused:
            if context:
                self._add_for(context, planned)
            self._client.require(self._needed)
            raise self._refused[0]

    def require_for(self, context: Context, planned: Sequence[PlannedObject]) -> None:
        """Raises `PermissionDenied` that names all that is missing to carry out what is planned."""
        self._add_for(context, planned)
        self._client.require(self._needed)

    def _add_for(self, context: Context, planned: Sequence[PlannedObject]) -> None:
        for item in planned:
            for call in item.change.calls:
                self._add(call.scope, _use_of(call.scope, item.kind))
            for scope, use in item.kind.more_scopes(context, item).items():
                self._add(scope, use)

    def _add(self, scope: str, use: str) -> None:
        self._needed.setdefault(self._client.newest_scope(scope), use)


def _use_of(scope: str, kind: Kind) -> str:
    what = "the " + kind.singular if kind.singleton else kind.plural
    resource, _dot, action = scope.partition(".")
    if resource == "albumUser":
        what = "who shares " + what
    if scope == "user.read":
        return "find users"
    return "%s %s" % (_VERBS.get(action, "use"), what)
