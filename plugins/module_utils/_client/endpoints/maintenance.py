# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The maintenance mode (2.3 and later), in which a backup of the database is restored."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional

from .. import checked, versions
from ..client import Calls

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


class MaintenanceCalls(Calls):
    """Calls on the maintenance mode. In it they need the cookie and no key, outside an administrator's key with the scope `maintenance`."""

    scope = "maintenance"

    def is_supported(self) -> bool:
        """Whether the server has a maintenance mode."""
        return self._client.supports(versions.MAINTENANCE)

    def status(self) -> Status:
        """`GET /admin/maintenance/status` (no scope); before 2.5 `GET /server/config`, which only says whether it is on."""
        if self._client.supports(versions.BACKUPS_LISTED):
            return self._transport.call("GET", "/admin/maintenance/status", parse=_status)
        return self._transport.call("GET", "/server/config", parse=lambda answer: Status(answer.get("maintenanceMode") is True))

    def is_set_up(self) -> bool:
        """`GET /server/config` (no scope): whether the server has an administrator."""
        return self._transport.call("GET", "/server/config", parse=lambda answer: checked.boolean(answer["isInitialized"]))

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
        self._transport.call("POST", "/admin/maintenance/login", json={"token": token}, parse=lambda answer: None, reads=True)


def _action(restore: Optional[str]) -> Mapping[str, str]:
    return {"action": START} if restore is None else {"action": RESTORE, "restoreBackupFilename": restore}


def _status(answer: Mapping[str, Any]) -> Status:
    texts = {name: checked.text(answer.get(name, "")) for name in ("action", "task", "error")}
    return Status(checked.boolean(answer["active"]), **texts)
