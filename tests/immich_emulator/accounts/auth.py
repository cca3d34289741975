# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds out who sends a request, and whether they may."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from immich_emulator.http.errors import ApiError
from immich_emulator.storage import new_id, now

if TYPE_CHECKING:
    from immich_emulator.http.routing import Rule
    from immich_emulator.immich import Immich

SESSION_HEADERS = ("x-immich-user-token", "x-immich-session-token", "authorization")
SESSION_COOKIE = "immich_access_token"


@dataclass(frozen=True)
class User:
    """One account. `label` is the short name used by tests: `admin`, `user`, or the address."""

    id: str
    label: str
    is_admin: bool


@dataclass(frozen=True)
class Key:
    """One API key."""

    id: str
    name: str
    owner: User
    permissions: frozenset[str]

    def allows(self, scope: str) -> bool:
        """Whether the key has the scope."""
        return scope in self.permissions or "all" in self.permissions


class Keys:
    """The API keys, remembered by their secret's hash."""

    def __init__(self, immich: Immich) -> None:
        self.immich = immich
        self.known: dict[str, Key] = {}

    def make(self, owner: str, name: str, permissions: list[str]) -> tuple[str, str]:
        """A new key of the user with the id `owner`: its id and its secret."""
        store, secret, key_id = self.immich.store, secrets.token_urlsafe(32), new_id()
        seq = (store.value("SELECT max(seq) FROM keys") or 0) + 1
        store.insert(
            "keys",
            id=key_id,
            owner=owner,
            name=name,
            secret_hash=digest(secret),
            permissions=json.dumps(permissions),
            created=now(),
            seq=seq,
        )
        return key_id, secret

    def find(self, secret: str) -> Key | None:
        """The key with this secret."""
        if key := self.known.get(secret):
            return key
        store = self.immich.store
        row = store.one("SELECT * FROM keys WHERE secret_hash = ?", digest(secret))
        if row is None:
            return None
        user = active_user(self.immich, row["owner"])
        if user is None:
            return None
        key = Key(row["id"], row["name"], user, frozenset(json.loads(row["permissions"])))
        self.known[secret] = key
        return key

    def forget(self) -> None:
        """Empties the cache of keys, after one was changed or deleted."""
        self.known.clear()


def active_user(immich: Immich, user_id: str) -> User | None:
    """The account, unless it was deleted."""
    row = immich.store.one("SELECT * FROM users WHERE id = ? AND deleted IS NULL", user_id)
    return User(row["id"], row["label"], bool(row["is_admin"])) if row else None


def digest(secret: str) -> str:
    """The hash of a secret, which is all that is stored of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def authenticate(immich: Immich, request: Request, rule: Rule) -> None:
    """Sets the request's user and key. Raises ApiError 401 or 403.

    As on the real server a session token wins over a key, an admin's route refuses users before it looks at scopes, and
    a scope is asked for last.
    """
    token = session_token(request)
    if token is not None:
        request.state.key, request.scope["user"] = None, session_user(immich, token)
        if rule.admin and not request.user.is_admin:
            raise ApiError(403, "Forbidden")
        return
    secret = request.headers.get("x-api-key") or request.query_params.get("apiKey")
    if not secret:
        raise ApiError(401, "Authentication required")
    key = immich.keys.find(secret)
    if key is None:
        raise ApiError(401, "Invalid API key")
    request.state.key, request.scope["user"] = key, key.owner
    if rule.admin and not key.owner.is_admin:
        raise ApiError(403, "Forbidden")
    scope = immich.version.scope_of(rule.scope, rule.path)
    if scope and not key.allows(scope):
        raise ApiError(403, f"Missing required permission: {scope}")


def session_token(request: Request) -> str | None:
    """The token of the session that the request carries, if any. Immich uses it rather than an API key."""
    headers, found = request.headers, request.query_params.get("sessionKey")
    for name in SESSION_HEADERS[:2]:
        found = found or headers.get(name)
    kind, _space, bearer = headers.get("authorization", "").partition(" ")
    return found or (bearer if kind.lower() == "bearer" else None) or request.cookies.get(SESSION_COOKIE)


def session_user(immich: Immich, token: str) -> User:
    """The user of a session. Raises ApiError 401 for an unknown token."""
    owner = immich.store.value("SELECT owner FROM sessions WHERE token_hash = ?", digest(token))
    user = active_user(immich, owner) if owner else None
    if user is None:
        raise ApiError(401, "Invalid user token")
    return user
