# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One server and one key: how it is reached, which version it runs, what the key may do. The calls themselves are in `endpoints`."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Dict, List, Mapping, Optional, TypeVar

from . import checked, errors, transport, versions
from .connection import ApiKey, Connection, capitalise

_ADVICE = "Add %s to the key under Account Settings → API Keys%s."
_OF_ADMINISTRATORS = (
    "queue.",
    "job.",
    "maintenance",
    "backup.",
    "server.statistics",
    "adminUser.",
    "adminConfig.",
    "systemConfig.",
    "library.",
)
"""How scopes begin that help nobody else: Immich answers with 403 all the same."""

_LISTS = {"album.read": "/albums", "tag.read": "/tags"}
"""What is read to find out whether a key has a scope, where the server does not tell."""

Self = TypeVar("Self", bound="Client")


class Client:
    """One server and one key. What rarely changes (version, permissions, user) is asked for once, when it is first needed.

    Safe to use from several threads. With `read_only` every call that would change the server raises `WriteRefused`.
    """

    def __init__(self, connection: Connection, *, read_only: bool = False, base: Optional[str] = None) -> None:
        """`base` is the API's address where it is known."""
        self.transport = transport.Transport(connection, read_only=read_only, base=base, newest_way=self._newest_way)
        """For calls that no group of calls has."""
        self._same_server: Optional[Client] = None

    @cached_property
    def version(self) -> versions.Version:
        """The server's version. Raises `UnsupportedVersion` below 1.135."""
        if self._same_server is not None:
            return self._same_server.version
        try:
            version = self.read_version()
        except errors.NotFound as exc:
            raise errors.UnsupportedVersion(
                "The server does not report its version as Immich %s and later do. Update Immich, or check the URL." % str(versions.OLDEST),
                status=exc.status,
                path=exc.path,
            ) from exc
        if version < versions.OLDEST:
            raise errors.UnsupportedVersion(
                "The server runs Immich %s; this collection supports %s and later. Update Immich." % (version, versions.OLDEST),
                path="/server/version",
                details={"server": str(version), "oldest": str(versions.OLDEST)},
            )
        return version

    def read_version(self) -> versions.Version:
        """`GET /server/version` (no scope), asked anew."""
        return self.transport.call("GET", "/server/version", parse=_version)

    def _newest_way(self, call: versions.ApiCall) -> versions.ApiCall:
        return versions.newest_way(call, self.supports, self.has_scope)

    def supports(self, since: versions.Version) -> bool:
        """Whether the server has what Immich has since that version (see `versions`)."""
        return self.version >= since

    @cached_property
    def permissions(self) -> Optional[List[str]]:
        """The key's scopes, of `GET /api-keys/me` (any key), `all` among them for a key that may do everything.

        `None` where the server cannot tell (before 1.139), and for the token of a login.
        """
        if not self.connection.key.has_scopes:
            return None
        try:
            return self.transport.call("GET", "/api-keys/me", parse=lambda key: checked.texts(key["permissions"]))
        except (errors.InvalidRequest, errors.PermissionDenied, errors.NotFound):  # 1.135 takes `me` for a key's id (observed)
            return None

    @property
    def server_time(self) -> float:
        """The server's clock in seconds since the epoch, as its last answer gave it; this host's where no answer did."""
        return self.transport.server_time

    @property
    def connection(self) -> Connection:
        """How the server is reached."""
        return self.transport.connection

    def with_key(self: Self, key: ApiKey) -> Self:
        """The same server through another key. What both need to know about the server is asked for once, with this key."""
        other = self._copy(replace(self.connection, key=key))
        other._same_server = self
        other.transport.same_server = self.transport
        return other

    def without_retries(self: Self) -> Self:
        """Another client for the same server and key that tries each call once, for callers that come back by themselves.

        What this client knows about the server and the key, that one knows too.
        """
        return self._copy(replace(self.connection, retries=0), "version", "permissions")

    def _copy(self: Self, connection: Connection, *known: str) -> Self:
        other = type(self)(connection, read_only=self.transport.read_only, base=self.transport.known_base)
        other.__dict__.update({name: value for name, value in self.__dict__.items() if name in known})
        return other

    def newest_scope(self, scope: str) -> str:
        """The scope that is asked for in place of this one, since calls go the newest way that the server and the key allow."""
        return versions.newest_scope(scope, self.supports, self.has_scope)

    def has_scope(self, scope: str) -> bool:
        """Whether the key has a scope, as far as one can know; true where the server cannot tell."""
        return self.permissions is None or "all" in self.permissions or scope in self.permissions

    def require(self, scopes: Mapping[str, str]) -> None:
        """Raises `PermissionDenied` that names every scope the key lacks. `scopes` maps a scope to what it is for.

        Before 1.139 the server does not tell a key's scopes. Then those for lists are tried, by reading the list; one for writing shows
        when it is needed.
        """
        missing: Dict[str, str] = {scope: use for scope, use in scopes.items() if not self._is_allowed(scope)}
        if missing:
            raise errors.PermissionDenied(
                "%s lacks %s. %s"
                % (
                    capitalise(self.connection.key.name),
                    ", ".join("the scope %s (needed to %s)" % (scope, use) for scope, use in missing.items()),
                    _ADVICE
                    % (
                        "it" if len(missing) == 1 else "them",
                        ", which has to be that of an administrator"
                        if any(scope.startswith(_OF_ADMINISTRATORS) for scope in missing)
                        else "",
                    ),
                ),
                path="/api-keys/me",
                details={"scopes": sorted(missing)},
            )

    def _is_allowed(self, scope: str) -> bool:
        if self.permissions is not None or scope not in _LISTS or not self.connection.key.has_scopes:
            return self.has_scope(scope)
        try:
            self.transport.call("GET", _LISTS[scope], parse=checked.array)
        except errors.PermissionDenied:
            return False
        return True

    def prepare_to_connect(self) -> None:
        """To be called in the parent where a forked process will use this client. Raises `MissingLibrary` without requests."""
        self.transport.prepare_to_connect()

    def close(self) -> None:
        """Closes the connections."""
        self.transport.close()


class Calls:
    """A group of calls to a client's server. A file in `endpoints` has those on one kind of thing."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._transport = client.transport


def _version(answer: Mapping[str, Any]) -> versions.Version:
    return versions.Version(*(checked.integer(answer[name]) for name in ("major", "minor", "patch")))
