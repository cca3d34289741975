# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups of the database, which are files on the server (2.5 and later)."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, TypeVar

from ..._text import printable
from ..._times import seconds_of_http_date
from .. import checked, errors, versions
from ..body import Download, FileBody
from ..client import Calls

T = TypeVar("T")

# As Immich has it, but for a dot, a hyphen or nothing before the first letter: the name becomes that of a file on this host.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,240}\.sql(\.gz)?")


class BackupFile(NamedTuple):
    """A backup as the server lists it: its file's name and size in bytes. `timezone` is that of the time in the name (2.7 and later)."""

    filename: str
    size: int
    timezone: Optional[str]


class BackupCalls(Calls):
    """Calls on these files, all of which need an administrator's key, with `scope` to list and the scopes `backup.*` for the rest."""

    scope = "maintenance"

    def are_listed(self) -> bool:
        """Whether the server's version tells which backups there are."""
        return self._client.supports(versions.BACKUPS_LISTED)

    def all(self) -> List[BackupFile]:
        """`GET /admin/database-backups`: the finished backups, the newest first; those that were uploaded come apart.

        One that fails leaves none there. A folder of backups that cannot be read is a `ServerFailure` (500, observed on 3.1.0).
        """
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


def _files(answer: Mapping[str, Any]) -> List[BackupFile]:
    return [_file(file) for file in checked.array(answer["backups"])]


def _file(answer: Mapping[str, Any]) -> BackupFile:
    zone = answer.get("timezone")
    return BackupFile(checked.text(answer["filename"]), checked.integer(answer["filesize"]), None if zone is None else checked.text(zone))
