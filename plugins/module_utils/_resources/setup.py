# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first administrator of a new server and its welcome pages, and logging in, for what no key can do yet."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, Mapping

from .._client import connection, errors, waits
from .._client.client import Client
from .._client.endpoints.objects import ObjectCalls, require_id
from .kinds import users

_INTERVAL = 1.0
"""Seconds between two questions whether the server answers."""

_WINNERS_TIME = 5.0
"""How many seconds the one that registered the administrator has for the rest, of several at once."""

# What a server answers that is starting, or whose configuration file is broken.
_NOT_YET = (errors.Unreachable, errors.ConnectionCut, errors.Timeout, errors.ServerFailure, errors.ProxyAnswer)


@dataclass(frozen=True)
class SetupOptions:
    """The options of immich_setup."""

    email: str
    password: str
    name: str = "Admin"
    should_change_password: bool = False
    onboarded: bool = True
    wait_timeout: float = 300.0


def set_up(client: Client, options: SetupOptions, check_mode: bool, check_stop: Callable[[], None] = lambda: None) -> Dict[str, Any]:
    """Registers the first administrator where there is none: the module's result.

    Safe where several hosts do it at once: one of them registers, and the others see that it is done. `check_stop` is called while it
    waits for the server, and raises what the run is to end with. Raises `MaintenanceMode`, and `InvalidRequest` where the server does
    not allow it.
    """
    if not options.password or not options.email:
        raise errors.InvalidRequest("The first administrator needs an email and a password.", options=("email", "password"))
    with closing(client.with_key(connection.NO_KEY).without_retries()) as public:
        objects = ObjectCalls(public)
        server_config = wait_for_server(objects, options.wait_timeout, check_stop)
        if server_config.get("maintenanceMode"):
            raise errors.MaintenanceMode("Immich is in maintenance mode. Try again when an administrator has ended it.")
        initialized = bool(server_config.get("isInitialized"))
        created = not initialized
        if created:
            users.refuse_email(public.version, options.email)
        if created and not check_mode:
            created = _sign_up(objects, options)
            if not created:
                server_config, initialized = wait_for_winner(objects, options), True
    onboards = options.onboarded and not server_config.get("isOnboarded")
    changed = created or onboards
    if changed and not check_mode:
        _complete(client, options, created=created, onboards=onboards)
    before = {"administrator": "exists" if initialized else "none", "onboarded": bool(server_config.get("isOnboarded"))}
    after = {"administrator": "exists", "onboarded": bool(server_config.get("isOnboarded")) or onboards}
    return {"changed": changed, "initialized": initialized, "created": created, "diff": {"before": before, "after": after}}


def wait_for_server(objects: ObjectCalls, timeout: float, check_stop: Callable[[], None]) -> Mapping[str, Any]:
    """`GET /server/config`, once it answers: while the configuration cannot be read, ping does all the same.

    Raises what the last attempt raised when `timeout` seconds are over, and at once what cannot pass.
    """
    end = time.monotonic() + timeout
    while True:
        check_stop()
        try:
            objects.read_one("/server/ping")
            return objects.read_one("/server/config")
        except _NOT_YET as exc:
            if _is_wrong_address(exc):
                raise
            if time.monotonic() + _INTERVAL > end:
                failure = exc.for_configuration() if isinstance(exc, errors.ServerFailure) else exc
                raise failure.during("The server did not become ready within %d seconds" % timeout) from exc
        waits.sleep(_INTERVAL)


def _is_wrong_address(exc: errors.ImmichError) -> bool:
    """Whether waiting is in vain: there is no such host, or a web page is there. A proxy's page with 5xx may mean that Immich starts."""
    return isinstance(exc, errors.UnknownHost) or (isinstance(exc, errors.ProxyAnswer) and (exc.status or 0) < 500)


def wait_for_winner(objects: ObjectCalls, options: SetupOptions) -> Mapping[str, Any]:
    """`GET /server/config`, once whoever registered the administrator had the time to mark the welcome pages as seen as well."""
    end = time.monotonic() + _WINNERS_TIME
    server_config = objects.read_one("/server/config")
    while options.onboarded and not server_config.get("isOnboarded") and time.monotonic() < end:
        waits.sleep(_INTERVAL)
        server_config = objects.read_one("/server/config")
    return server_config


def _sign_up(objects: ObjectCalls, options: SetupOptions) -> bool:
    """Registers; whether it was this call that did. Of several at once, all but one fail with 400 or 500."""
    body = {"email": options.email.lower(), "password": options.password, "name": options.name}
    try:
        objects.send("POST", "/auth/admin-sign-up", body)
    except (errors.InvalidRequest, errors.ServerFailure) as exc:
        if "setup is disabled" in str(exc.details):
            raise errors.InvalidRequest(
                "The server does not allow to register its first administrator: it runs with IMMICH_ALLOW_SETUP=false. Start it without "
                "that once.",
                status=exc.status,
                details={"setup_allowed": False},
            ) from exc
        if not objects.read_one("/server/config").get("isInitialized"):
            raise
        return False
    return True


def _complete(client: Client, options: SetupOptions, *, created: bool, onboards: bool) -> None:
    """What needs a login: Immich wants a new password of its first administrator, and shows its welcome pages."""
    try:
        with logged_in(client, options.email, options.password) as session:
            objects = ObjectCalls(session)
            if created and not options.should_change_password:
                me = require_id(str(objects.read_one("/users/me").get("id")))
                objects.send("PUT", "/admin/users/%s" % me, {"shouldChangePassword": False})
            if onboards:
                objects.send("POST", "/system-metadata/admin-onboarding", {"isOnboarded": True})
    except errors.AuthError as exc:
        raise errors.AuthError(
            "%s Is there another administrator, or none and the server runs with IMMICH_ALLOW_SETUP=false? Set onboarded to false to leave "
            "that out." % exc.msg,
            status=exc.status,
            details=exc.details,
        ) from exc


@contextmanager
def logged_in(client: Client, email: str, password: str) -> Iterator[Client]:
    """A client with a session of this user, which is logged out at the end. Raises `AuthError`.

    It is done in check mode as well: nothing of it stays, unless the very answer to the login is lost. A wrong password leaves a line in
    the server's log.
    """
    try:
        public = ObjectCalls(client.with_key(connection.NO_KEY))
        answer = public.query("/auth/login", {"email": email, "password": password}, repeatable=False)
    except errors.AuthError as exc:
        raise errors.AuthError(
            "Immich does not let %s log in: %s." % (email, exc.details or "no reason given"), status=exc.status, details=exc.details
        ) from exc
    except errors.ServerFailure as exc:
        raise exc.for_configuration() from exc
    token = connection.ApiKey(str(answer.get("accessToken", "")), "the login of %s" % email, header="authorization")
    with closing(client.with_key(token)) as session:
        try:
            yield session
        finally:
            with suppress(errors.ImmichError):  # what happened before is what there is to say
                ObjectCalls(session).query("/auth/logout")
