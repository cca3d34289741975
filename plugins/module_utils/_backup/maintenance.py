# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The maintenance mode: begun and ended by whoever has its cookie, which is kept in a file that only its owner can read."""

from __future__ import annotations

import os
import re
import time
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any, Callable, ContextManager, Dict, Optional, TypeVar

from .. import _own_files
from .._client import api, connection, errors, versions, waits
from .._client.endpoints.maintenance import COOKIE, MaintenanceCalls, Status
from .._text import printable
from .options import require_absolute

Result = Dict[str, Any]
CheckStop = Callable[[], None]
Answer = TypeVar("Answer")

STARTED, ENDED = "started", "ended"

_INTERVAL = 1.0  # seconds between two looks
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{20,4000}")

# What a server answers, or does not, while it restarts.
_RESTARTING = (errors.Unreachable, errors.ConnectionCut, errors.Timeout, errors.ServerFailure, errors.ProxyAnswer, errors.NotFound)

_LOST = (
    "Only the cookie of whoever began it can end it. If it is lost, or older than four hours, run 'immich-admin disable-maintenance-mode' "
    "on the server (in its container). Or run 'immich-admin enable-maintenance-mode' there, which prints an address, and write what "
    "follows token= in it to O(cookie_file)."
)


class CookieFile:
    """The file with the cookie, and in a second line what is restored meanwhile. It is there whole or not at all."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.restoring: Optional[str] = None
        self._beside = path + ".new"

    def was_begun(self) -> bool:
        """Whether a run has left a cookie, or was killed before it got one: it may have begun what goes on now."""
        return os.path.lexists(self.path) or os.path.lexists(self._beside)

    def read(self) -> Optional[str]:
        """The cookie, None where there is no file. Raises `LocalFailure`."""
        with self._failing("read"):
            content = _own_files.read_start(self.path, 5000)
        if content is None:
            return None
        if not _is_cookie(content):
            raise errors.LocalFailure("O(cookie_file) %s has no cookie in it." % printable(self.path), options=("cookie_file",))
        cookie, _line_end, restoring = content.decode("utf-8").strip().partition("\n")
        self.restoring = restoring or None
        return cookie

    def refuse_foreign(self) -> None:
        """Raises `LocalFailure` where the cookie would replace anything but another cookie."""
        _own_files.refuse_foreign(self.path, _is_cookie, option="cookie_file", what="a cookie")

    def prepare(self) -> None:
        """Makes sure that it can be written, before there is a cookie that could be lost. Raises `LocalFailure`."""
        with self._failing("written"):
            with suppress(FileNotFoundError):
                os.unlink(self._beside)
            _own_files.write_new(self._beside, b"")
            _own_files.sync_folder(os.path.dirname(self.path))

    def store(self, cookie: str, restoring: str = "") -> None:
        """Writes the cookie, and the name of the backup that is `restoring`. Raises `LocalFailure`."""
        with self._failing("written"):
            _own_files.write_whole(self.path, ("%s\n%s\n" % (cookie, restoring)).encode("utf-8"))
        with suppress(OSError):
            os.unlink(self._beside)  # not before: a run that is killed now has begun

    def remove(self) -> None:
        """Removes it: the cookie is of no use any more."""
        for path in (self.path, self._beside):
            with suppress(OSError):
                os.unlink(path)

    def _failing(self, verb: str) -> ContextManager[None]:
        return _own_files.failing("O(cookie_file) %s cannot be %s" % (printable(self.path), verb), "cookie_file")


def _is_cookie(content: bytes) -> bool:
    """Whether a file holds a cookie, with or without the name of a backup below it."""
    lines = content.decode("utf-8", "replace").strip().split("\n")
    return len(lines) <= 2 and _TOKEN.fullmatch(lines[0]) is not None


class Maintenance:
    """The maintenance mode of one server, whatever it does at the moment."""

    def __init__(self, client: api.Immich, timeout: float, check_stop: CheckStop = lambda: None) -> None:
        """`timeout` is how many seconds a restart, or a restore, may take. `check_stop` is called between two looks at the server, and
        raises what the run is to end with. Raises `UnsupportedVersion` before 2.3."""
        self.client = client
        self._check_stop = check_stop
        self._timeout = timeout
        self.calls = calls_of(client)
        if not self.calls.is_supported():
            raise errors.UnsupportedVersion(
                "The server runs Immich %s. The maintenance mode needs %s or later." % (client.version, versions.MAINTENANCE),
                details={"server": str(client.version), "since": str(versions.MAINTENANCE)},
            )

    def with_cookie(self, cookie: str) -> api.Immich:
        """A client for the server in maintenance mode. The key is not sent."""
        headers = {**self.client.connection.headers, "Cookie": "%s=%s" % (COOKIE, cookie)}
        other = replace(self.client.connection, key=connection.NO_KEY, headers=headers)
        client = api.Immich(other, read_only=self.client.transport.read_only, base=self.client.transport.base)
        client.__dict__["version"] = self.client.version
        return client

    def accepts(self, cookie: str) -> bool:
        """Whether the server in maintenance mode accepts the cookie."""
        try:
            with closing(self.with_cookie(cookie)) as inside:
                calls_of(inside).log_in(cookie)
        except (errors.AuthError, errors.InvalidRequest):
            return False
        return True

    def require_cookie(self, file: CookieFile) -> str:
        """The cookie in the file. Raises `MaintenanceMode` where the server does not accept it, with what to do."""
        cookie = file.read()
        if cookie is None or not self.accepts(cookie):
            what = "has another cookie" if cookie else "is not there"
            raise errors.MaintenanceMode(
                "Immich is in maintenance mode, and O(cookie_file) %s %s. %s" % (printable(file.path), what, _LOST),
                options=("cookie_file",),
            )
        return cookie

    def end(self, cookie: str) -> None:
        """Ends it, and waits until the server is there again."""
        with closing(self.with_cookie(cookie)) as inside:
            calls_of(inside).end()
        self.wait_until(lambda status: not status.active, self.client)
        self.wait_until_ready()

    def wait_until(self, reached: Callable[[Status], bool], client: api.Immich, on_silence: Callable[[], None] = lambda: None) -> Status:
        """Looks at the status until it is so, also while nobody answers, when it calls `on_silence`. Raises `Timeout`."""

        def look(asking: api.Immich) -> Optional[Status]:
            status = calls_of(asking).status()
            return status if reached(status) else None

        too_late = "The server did not reach the expected state within O(wait_timeout). See its log, and raise O(wait_timeout)."
        return _ask_until_answered(client, self._timeout, self._check_stop, look, too_late, on_silence)

    def wait_until_ready(self) -> None:
        """Waits until the server answers for its configuration: while it starts, it answers less than that. Raises `Timeout`."""
        too_late = "The server does not answer within O(wait_timeout) after its restart. See its log."
        _ask_until_answered(self.client, self._timeout, self._check_stop, lambda asking: asking.server.features(), too_late)


def wait_for_answer(client: api.Immich, timeout: float, check_stop: CheckStop) -> None:
    """Waits until the server says its version: it may be restarting for a run that was killed. Raises `Timeout`."""
    too_late = "The server does not answer within O(wait_timeout). See its log."
    _ask_until_answered(client, timeout, check_stop, lambda asking: asking.read_version(), too_late)


def _ask_until_answered(
    client: api.Immich,
    timeout: float,
    check_stop: CheckStop,
    ask: Callable[[api.Immich], Optional[Answer]],
    too_late: str,
    on_silence: Callable[[], None] = lambda: None,
) -> Answer:
    """What `ask` returns, once that is not None. It is called again and again, also while the server restarts. Raises `Timeout`."""
    deadline = time.monotonic() + timeout
    with closing(client.without_retries()) as asking:
        while True:
            check_stop()
            try:
                answer = ask(asking)
                if answer is not None:
                    return answer
            except _RESTARTING:
                on_silence()
            if time.monotonic() >= deadline:
                raise errors.Timeout(too_late, options=("wait_timeout",))
            waits.sleep(_INTERVAL)


def calls_of(client: api.Immich) -> MaintenanceCalls:
    """The calls of a client."""
    return MaintenanceCalls(client)


def _end_again(maintenance: Maintenance, file: CookieFile, cookie: str) -> str:
    """Ends what nobody could end later, since its cookie cannot be written; a sentence that says so, or what there is to do."""
    try:
        maintenance.wait_until(lambda status: status.active, maintenance.client)
        maintenance.end(cookie)
    except errors.ImmichError as failure:
        return " The maintenance mode could not be ended again (%s). %s" % (failure.msg.rstrip("."), _LOST)
    file.remove()
    return " The maintenance mode was ended again."


def switch_maintenance(
    client: api.Immich, state: str, cookie_file: str, timeout: float, check_mode: bool, check_stop: CheckStop = lambda: None
) -> Result:
    """Begins or ends the maintenance mode: the result of immich_maintenance_mode. `check_stop` as in `Maintenance`.

    The caller lets a call that has been sent come to its end: the answer to the first has the only cookie that can end the mode again.
    """
    require_absolute("cookie_file", cookie_file)
    maintenance, file = Maintenance(client, timeout, check_stop), CookieFile(cookie_file)
    status = maintenance.calls.status()
    changed = status.active != (state == STARTED)
    if status.active and (changed or state == STARTED):
        cookie = maintenance.require_cookie(file)
        if changed and status.restoring:
            raise errors.MaintenanceMode("A backup is being restored. Wait until that has ended: it ends the maintenance mode by itself.")
        if changed and not check_mode:
            maintenance.end(cookie)
            file.remove()
    elif changed:
        file.refuse_foreign()
        client.require({MaintenanceCalls.scope: "begin the maintenance mode"})
        if not check_mode:
            file.prepare()
            cookie = maintenance.calls.start()
            try:
                file.store(cookie)
            except errors.LocalFailure as exc:
                exc.msg += _end_again(Maintenance(client, timeout), file, cookie)  # also where the run is to stop
                raise
            maintenance.wait_until(lambda status: status.active, client)
    return {
        "changed": changed,
        "active": state == STARTED,
        "diff": {"before": {"maintenance": status.active}, "after": {"maintenance": state == STARTED}},
    }
