# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong while talking to Immich, or beside it: a class for each kind, with the sentence that a person reads.

ImmichError
├── AuthError             auth         401: the key is missing or unknown              fatal
├── PermissionDenied      permission   403: a scope is missing, or not an administrator fatal
├── NotFound              not_found    404, and 400 for what belongs to others
├── InvalidRequest        validation   400, 422, or an option that makes no sense
├── QuotaExceeded         quota        the user's storage is full                      fatal
├── MaintenanceMode       maintenance  an administrator must end it                    fatal
├── UnsupportedVersion    version      older than this collection knows                fatal
├── RedirectRefused       redirect     redirects are not followed                      fatal
├── ProxyAnswer           proxy        something else answered                         fatal
├── Contradiction         proxy        two answers do not agree about what is to go     fatal
├── BodyTooLarge          proxy        413 from a proxy
├── TlsFailure            tls          no trusted connection                           fatal
├── Unreachable           unreachable  no connection                                   fatal, transient
├── ConnectionCut         unreachable  it broke in the middle                          transient
├── Timeout               timeout      nothing moved                                   transient
├── ServerFailure         server       5xx                                             transient
│   └── SlowDown          server       429                                             transient
├── IncompleteList        incomplete   assets that the server counts and does not list
├── CheckFailed           integrity    files are not as the database has them
└── LocalFailure          local        something on the managed host
    ├── MissingPath                    what the task names is not there
    ├── MissingLibrary                 a Python library is not installed               fatal
    └── FileChanged                    it was written to while it was read
"""

from __future__ import annotations

import errno
import os
import pwd
from typing import Any, Callable, Dict, Optional, Sequence, TypeVar

from .. import _option_names

T = TypeVar("T")


class ImmichError(Exception):
    """A failure with a sentence for a person (`msg`) and a structure for a playbook (`failure()`).

    `options` are those of the module that it is about, as its user would write them (`src`, `set.date`). In the message given, each of them
    stands as `O(src)`, and in `msg` by the name that the user knows (see `_option_names`). `result` is what had been done until then,
    merged into what the module returns.
    """

    kind = "server"

    # The next call would fail in the same way, so that a run over many files should stop.
    fatal = False

    # The same call may succeed a little later with nothing changed.
    transient = False

    # The server may have carried out the call all the same, so that only a call which is safe to repeat may be repeated.
    maybe_done = True

    # The header of that name in the server's answer.
    retry_after: Optional[str] = None

    def __init__(
        self,
        msg: str,
        *,
        status: Optional[int] = None,
        method: Optional[str] = None,
        path: Optional[str] = None,
        correlation_id: Optional[str] = None,
        details: Any = None,
        options: Sequence[str] = (),
    ) -> None:
        self.msg = _option_names.name_options(msg, *options)
        super().__init__(self.msg)
        self.status = status
        self.method = method
        self.path = path
        self.correlation_id = correlation_id
        self.details = details
        self.options = tuple(options)
        self.result: Dict[str, Any] = {}

    def during(self, what: str) -> ImmichError:
        """The same failure, whose message says first what it was in the way of: `It is not joined with its video`.

        This one stays as it is, since it may have been recorded.
        """
        return self._with_msg("%s: %s" % (what, self.msg))

    def _with_msg(self, msg: str) -> ImmichError:
        other = type(self).__new__(type(self), msg)
        other.__dict__.update(self.__dict__, msg=msg)
        return other

    def failure(self) -> Dict[str, Any]:
        """The `failure` return value: `{kind, status, method, path, correlation_id, details, options}`; unknown parts are null."""
        return {
            "kind": self.kind,
            "status": self.status,
            "method": self.method,
            "path": self.path,
            "correlation_id": self.correlation_id,
            "details": self.details,
            "options": list(self.options),
        }


class CausedFailure(ImmichError):
    """A failure that comes of another, the `cause`: all but the message is as there, and the `details` where there are others."""

    def __init__(self, msg: str, cause: ImmichError, details: Any = None) -> None:
        super().__init__(
            msg,
            status=cause.status,
            method=cause.method,
            path=cause.path,
            correlation_id=cause.correlation_id,
            details=cause.details if details is None else details,
            options=cause.options,
        )
        self.kind = cause.kind
        self.fatal = cause.fatal
        self.transient = cause.transient
        self.cause = cause


class RunFailed(CausedFailure):
    """A run that had begun fails because of `cause`. `result` is what it had done until then, as the module returns it.

    Raised once, where the run ends; the message is that of the cause, unless there is another `msg`.
    """

    def __init__(self, cause: ImmichError, result: Dict[str, Any], msg: Optional[str] = None) -> None:
        super().__init__(msg or cause.msg, cause)
        self.result = result


def cause_of(exc: ImmichError) -> ImmichError:
    """What a run failed because of; any other failure as it is."""
    return exc.cause if isinstance(exc, RunFailed) else exc


class AuthError(ImmichError):
    """The key is missing, unknown or was withdrawn (401)."""

    kind = "auth"
    fatal = True


class PermissionDenied(ImmichError):
    """The key is good but may not do this: a scope is missing, or its user is not an administrator (403)."""

    kind = "permission"
    fatal = True


class NotFound(ImmichError):
    """What the call names does not exist, or belongs to another user (Immich answers both alike, often with 400)."""

    kind = "not_found"


class InvalidRequest(ImmichError):
    """The server refused what was sent (400, 422), or an option makes no sense on this server."""

    kind = "validation"


class QuotaExceeded(ImmichError):
    """The user's storage quota is used up."""

    kind = "quota"
    fatal = True


class MaintenanceMode(ImmichError):
    """The server is in maintenance mode (Immich 2.3 and later) and answers nothing else, until an administrator ends it."""

    kind = "maintenance"
    fatal = True


class RedirectRefused(ImmichError):
    """The answer was a redirect. It is not followed: the key could reach another host, and a PUT would become a GET."""

    kind = "redirect"
    fatal = True


class ProxyAnswer(ImmichError):
    """Something that is not Immich's API answered: a proxy's page, a login portal, the web app."""

    kind = "proxy"
    fatal = True


class Contradiction(ImmichError):
    """Two answers do not agree about what a deletion rests on, so that nothing more is deleted (see `_deletions.confirm`)."""

    kind = "proxy"
    fatal = True


class BodyTooLarge(ImmichError):
    """A proxy in front of Immich refuses bodies of this size (413; Immich itself has no such limit)."""

    kind = "proxy"


class TlsFailure(ImmichError):
    """The server's certificate could not be verified, or TLS failed in another way."""

    kind = "tls"
    fatal = True


class Unreachable(ImmichError):
    """No connection could be made."""

    kind = "unreachable"
    fatal = True
    transient = True
    maybe_done = False


class UnknownHost(Unreachable):
    """The name of the host cannot be resolved."""


class ConnectionCut(ImmichError):
    """The connection broke in the middle of an exchange, each time it was tried."""

    kind = "unreachable"
    transient = True


class Timeout(ImmichError):
    """Nothing moved for `timeout` seconds, or an answer took far longer than that."""

    kind = "timeout"
    transient = True


class ServerFailure(ImmichError):
    """The server failed (5xx) each time it was asked."""

    kind = "server"
    transient = True

    def for_configuration(self) -> ImmichError:
        """The same failure of a call that needs the server's configuration: a 500 says what it mostly comes from.

        While the configuration file is broken, Immich answers a ping and what needs no configuration, such as `GET /users/me`. Observed on
        3.1.0 for the configuration itself, on 1.135.3 and 2.7.5 for logins and `GET /server/config` only.
        """
        if self.status != 500:
            return self
        return self._with_msg(
            "%s It fails like that while it cannot read its configuration: if it has a configuration file (IMMICH_CONFIG_FILE), the "
            "server's log says what is wrong with it." % self.msg
        )


class SlowDown(ServerFailure):
    """The server, or a proxy in front of it, asked to slow down (429) for longer than the retries last."""

    maybe_done = False


class UnsupportedVersion(ImmichError):
    """The server is older than what this collection knows how to talk to."""

    kind = "version"
    fatal = True


class IncompleteList(ImmichError):
    """The server has more assets than it lists, however it is asked. `details` says how many are `missing`."""

    kind = "incomplete"


class CheckFailed(ImmichError):
    """A check found more files that are not as the database has them than the task allows."""

    kind = "integrity"


class BackupFailed(ImmichError):
    """No backup of the database was made, or none could be."""

    kind = "integrity"


class DamagedBackup(ImmichError):
    """A dump that cannot be restored. `reason` says why, in words that follow the name."""

    kind = "integrity"

    def __init__(self, reason: str) -> None:
        super().__init__("The backup %s." % reason)
        self.reason = reason


class LocalFailure(ImmichError):
    """Something on the managed host: an unreadable file, a full disk, a wrong path."""

    kind = "local"


class MissingPath(LocalFailure):
    """What the task names is not there, or is a glob that matches nothing."""


class MissingLibrary(LocalFailure):
    """A Python library is not installed: its `name`, and the `traceback` of the attempt to import it."""

    fatal = True

    def __init__(self, name: str, traceback: str) -> None:
        super().__init__("The Python library %s is not installed." % name)
        self.name = name
        self.traceback = traceback


class FileChanged(LocalFailure):
    """A file does not hold the bytes that were checked: it was written to while it was read."""


def wrong_option(option: str, why: str) -> InvalidRequest:
    """The failure for an option that makes no sense: its name, and `must be 0 or more, not -1.`"""
    return InvalidRequest("O(%s) %s" % (option, why), options=(option,))


def where_allowed(ask: Callable[[], T]) -> Optional[T]:
    """What `ask` returns; None where the key may not ask that."""
    try:
        return ask()
    except PermissionDenied:
        return None


def unreadable(exc: OSError, what: str = "The file") -> LocalFailure:
    """The failure for a file or folder that the operating system does not let us read."""
    if isinstance(exc, PermissionError):
        user = _user()
        return LocalFailure(
            "%s cannot be read: %s for the user %s. Permit that user to read it, or set become." % (what, exc.strerror, user)
        )
    advice = " Look after its disk." if exc.errno == errno.EIO else ""
    return LocalFailure("%s cannot be read: %s.%s" % (what, exc.strerror or exc, advice))


def _user() -> str:
    """The user whom the operating system goes by: the name, or else the number."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def unreadable_backups(exc: ServerFailure) -> BackupFailed:
    """The failure for a server that cannot list its backups (500, observed on 3.1.0): then it could not write one either."""
    return BackupFailed(
        "Immich cannot read the folder of its backups, so a backup would most likely fail. See the server's log. %s" % exc.msg,
        status=exc.status,
        method=exc.method,
        path=exc.path,
        correlation_id=exc.correlation_id,
    )
