# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups of the database, which are files on the server (2.5 and later), and the maintenance mode, in which one is restored (2.3)."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, TypeVar

from ..._text import printable
from ..._times import seconds_of_http_date
from .. import checked, errors, versions
from ..body import Download, FileBody
from ..transport import Transport

T = TypeVar("T")

# As Immich has it, but for a dot, a hyphen or nothing before the first letter: the name becomes that of a file on this host.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,240}\.sql(\.gz)?")


class BackupFile(NamedTuple):
    """A backup as the server lists it: its file's name and size in bytes. `timezone` is that of the time in the name (2.7 and later)."""

    filename: str
    size: int
    timezone: Optional[str]


class BackupFileCalls:
    """Calls on these files, all of which need an administrator's key, with the scopes `maintenance` to list and `backup.*` for the rest."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def all(self) -> List[BackupFile]:
        """`GET /admin/database-backups`: the finished backups, the newest first; those that were uploaded come apart."""
        return self._transport.call("GET", "/admin/database-backups", parse=_files)

    def receive(self, filename: str, take: Callable[[Download], T], start: Callable[[], int] = lambda: 0) -> T:
        """`GET /admin/database-backups/{filename}`: what `take` makes of its stream, which it closes.

        Each attempt begins at byte `start()` if the server can do that, else at the file's beginning: see `Download.start`. A file that
        is not there is `NotFound` (3), or a `ServerFailure` whose answer says that it is gzip (2.7, observed).
        """

        def headers() -> Mapping[str, str]:
            begin = start()
            return {"Range": "bytes=%d-" % begin} if begin else {}

        return self._transport.receive("/admin/database-backups/" + require_filename(filename), take, headers)

    def modified(self, filename: str) -> Optional[float]:
        """When the file was last changed, in seconds since 1970, as its download says (`Last-Modified`); None where it does not."""

        def take(stream: Download) -> Optional[float]:
            stream.close()
            return seconds_of_http_date(stream.last_modified)

        return self.receive(filename, take)

    def upload(self, path: str, name: str) -> None:
        """`POST /admin/database-backups/upload`: it is then called `uploaded-<name>`, in place of one that was called so. The server has it
        all in memory meanwhile. Raises `LocalFailure` for a file that cannot be read."""
        require_filename(name)
        try:
            with open(path, "rb") as stream:
                size = os.fstat(stream.fileno()).st_size

                def new_body() -> FileBody:
                    stream.seek(0)
                    return FileBody("file", stream, name=name, size=size)

                self._transport.send_file("/admin/database-backups/upload", new_body)
        except OSError as exc:
            raise errors.unreadable(exc, printable(path)) from exc

    def delete(self, filenames: Sequence[str]) -> None:
        """`DELETE /admin/database-backups`: files that are not there are no error."""
        names = [require_filename(name) for name in filenames]
        self._transport.change("DELETE", "/admin/database-backups", json={"backups": names}, repeatable=True)


def is_filename(name: str) -> bool:
    """Whether a backup of this name can be asked for, and stored under it."""
    return _NAME.fullmatch(name) is not None


def require_filename(name: str) -> str:
    """The name of a backup, as it goes into a path. Raises `InvalidRequest`."""
    if not is_filename(name):
        raise errors.InvalidRequest(
            "%s is not the name of a backup, which looks like immich-db-backup-20260131T020000-v3.1.0-pg17.5.sql.gz." % ascii(name)
        )
    return name


def _files(found: Mapping[str, Any]) -> List[BackupFile]:
    return [_file(file) for file in checked.array(found["backups"])]


def _file(found: Mapping[str, Any]) -> BackupFile:
    zone = found.get("timezone")
    return BackupFile(checked.text(found["filename"]), checked.integer(found["filesize"]), None if zone is None else checked.text(zone))


COOKIE = "immich_maintenance_token"
"""The cookie of whoever began it. Nobody else can end it, whatever key they have."""

START, END, RESTORE = "start", "end", "restore_database"


class Status(NamedTuple):
    """Whether the server is in maintenance mode, and what it does there. Only the bearer of the cookie gets `error`."""

    active: bool
    action: str = ""
    task: str = ""
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether what was asked for has failed. The server stays in maintenance mode then."""
        return self.task == "error"

    @property
    def restoring(self) -> bool:
        """Whether a restore is under way."""
        return self.active and self.action == RESTORE and not self.failed


class MaintenanceCalls:
    """Calls on the maintenance mode. In it they need the cookie and no key, outside an administrator's key with the scope `maintenance`."""

    scope = "maintenance"

    def __init__(self, transport: Transport, *, supports: versions.Supports) -> None:
        self._transport = transport
        self._supports = supports

    def is_supported(self) -> bool:
        """Whether the server has a maintenance mode."""
        return self._supports(versions.MAINTENANCE)

    def status(self) -> Status:
        """`GET /admin/maintenance/status` (no scope); before 2.5 `GET /server/config`, which only says whether it is on."""
        if self._supports(versions.BACKUPS_LISTED):
            return self._transport.call("GET", "/admin/maintenance/status", parse=_status)
        return self._transport.call("GET", "/server/config", parse=lambda found: Status(found.get("maintenanceMode") is True))

    def is_set_up(self) -> bool:
        """`GET /server/config` (no scope): whether the server has an administrator."""
        return self._transport.call("GET", "/server/config", parse=lambda found: checked.boolean(found["isInitialized"]))

    def start(self, restore: Optional[str] = None) -> str:
        """`POST /admin/maintenance`, outside: the cookie. The server restarts, and then restores that backup, if one is named."""
        return self._transport.receive_cookie("/admin/maintenance", COOKIE, json=_action(restore))

    def start_restore(self) -> str:
        """`POST /admin/database-backups/start-restore` (no key, only while there is no administrator): the cookie, after a restart."""
        return self._transport.receive_cookie("/admin/database-backups/start-restore", COOKIE)

    def restore(self, filename: str) -> None:
        """`POST /admin/maintenance` inside: begins to restore a backup."""
        self._transport.change("POST", "/admin/maintenance", json=_action(filename))

    def end(self) -> None:
        """`POST /admin/maintenance` inside: ends it, by a restart. `AuthError` for a cookie that the server does not accept."""
        self._transport.change("POST", "/admin/maintenance", json={"action": END}, repeatable=True)

    def log_in(self, token: str) -> None:
        """`POST /admin/maintenance/login`, inside: raises `AuthError` unless the cookie is accepted. It is for 4 hours (read)."""
        self._transport.call("POST", "/admin/maintenance/login", json={"token": token}, parse=lambda found: None, reads=True)


def _action(restore: Optional[str]) -> Mapping[str, str]:
    return {"action": START} if restore is None else {"action": RESTORE, "restoreBackupFilename": restore}


def _status(found: Mapping[str, Any]) -> Status:
    texts = {name: checked.text(found.get(name, "")) for name in ("action", "task", "error")}
    return Status(checked.boolean(found["active"]), **texts)
