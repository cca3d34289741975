# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backups of the database that the server has made. Private to the collection."""

from __future__ import annotations

from typing import Any, Callable, List, Mapping

from .. import values
from ..transport import Transport

_LISTED_SINCE = values.Version(2, 5, 0)


class BackupCalls:
    """Calls on database backups. They need an administrator's key with `scope`."""

    scope = "maintenance"

    def __init__(self, transport: Transport, *, version: Callable[[], values.Version]) -> None:
        self._transport = transport
        self._version = version

    def are_listed(self) -> bool:
        """Whether the server's version tells which backups there are."""
        return self._version() >= _LISTED_SINCE

    def names(self) -> List[str]:
        """`GET /admin/database-backups`: the file names of the finished backups.

        One that fails leaves none there. A folder of backups that cannot be read is a `ServerFailure` (500, observed on 3.1.0).
        """
        found: List[str] = self._transport.call("GET", "/admin/database-backups", parse=_names)
        return found


def _names(found: Mapping[str, Any]) -> List[str]:
    names = [one["filename"] for one in found["backups"]]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("not the name of a file")
    return names
