# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Immich's manual jobs, and whether a backup of the database was really made. Private to the collection."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Optional

from ..._client import api, errors

BACKUP = "backup-database"


class BackupFailed(errors.ImmichError):
    """There is no new backup."""


def queue_of(job: str) -> str:
    """The queue in which a manual job runs."""
    if job == BACKUP:
        return "backupDatabase"
    return "integrityCheck" if job.startswith("integrity-") else "backgroundTask"


class Verification:
    """Tells whether a backup was made, by the files that the server lists before and after: Immich counts no failed jobs."""

    def __init__(self, client: api.Immich) -> None:
        """Takes the list before. Raises `BackupFailed` when the server cannot list its backups."""
        self._client = client
        self._before: Optional[FrozenSet[str]] = None
        if client.backups.are_listed() and client.may(client.backups.scope):
            try:
                self._before = frozenset(client.backups.names())
            except errors.ServerFailure as exc:
                raise BackupFailed(
                    "No backup was started: Immich cannot read the folder of its backups, so a backup would most likely fail. See the "
                    "server's log. %s" % exc.msg,
                    status=exc.status,
                    method=exc.method,
                    path=exc.path,
                    correlation_id=exc.correlation_id,
                ) from exc

    def result(self) -> Dict[str, Any]:
        """`{backup: name}` of the new file once the job has ended, or `{backup: None, warnings}` where the server does not tell.

        Raises `BackupFailed` when there is none.
        """
        client = self._client
        if self._before is None:
            reason = (
                "the API key lacks the scope %s, which is needed to list the backups" % client.backups.scope
                if client.backups.are_listed()
                else "Immich lists its backups only from version 2.5 on"
            )
            return {"backup": None, "warnings": ["It is not known whether the backup succeeded: %s. See the server's log." % reason]}
        new = [name for name in client.backups.names() if name not in self._before]
        if new:
            return {"backup": max(new)}
        paused: List[str] = [queue.name for queue in client.queues.all() if queue.paused and queue.name == queue_of(BACKUP)]
        if paused:
            raise BackupFailed("There is no new backup: the queue %s is paused, so the job waits in it. Resume the queue." % paused[0])
        raise BackupFailed("There is no new backup: Immich's job has ended without one. See the server's log for the reason.")
