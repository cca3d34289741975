# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What backups of the database the server has: what their names say, which is the newest, how old it is."""

from __future__ import annotations

import re
from datetime import datetime, timezone, tzinfo
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .._client import api, errors, versions
from .._client.endpoints.backups import BackupFile, is_filename
from .._text import printable
from .._times import seconds_to_iso_utc

ROUTINE, RESTORE_POINT, UPLOADED, OTHER = "routine", "restore_point", "uploaded", "other"
"""What a backup is: made by the job, by Immich before a restore, uploaded, or put there by other means."""

# Such as immich-db-backup-20250729T114018-v1.136.0-pg14.17.sql.gz, and up to 1.13x immich-db-backup-1722240000000.sql.gz.
_NAME = re.compile(
    r"(uploaded-)?(restore-point-)?immich-db-backup-(?:([0-9]{8}T[0-9]{6})-v([0-9A-Za-z.-]{1,50})-pg[0-9A-Za-z.]{1,30}|([0-9]{13}))\.sql\.gz"
)
_UTC_NAMES = ("UTC", "Etc/UTC", "GMT", "Etc/GMT")

LIST_SCOPE, DOWNLOAD_SCOPE = "maintenance", "backup.download"


class Backup(NamedTuple):
    """A backup on the server. `size` is in bytes, `created` in seconds since 1970 (UTC), None where that is not known.

    `created` is when the dump began: that is the moment whose data it has.
    """

    filename: str
    size: int
    kind: str
    server_version: Optional[str]
    created: Optional[float]


def require_listing(client: api.Immich, what: str) -> None:
    """Raises `UnsupportedVersion` for a server that cannot list, send or restore its backups. `what` is what needs it."""
    if not client.supports(versions.BACKUPS_LISTED):
        raise errors.UnsupportedVersion(
            "The server runs Immich %s. To %s needs %d.%d or later, which lists its backups; before, nothing tells whether one succeeded. "
            "On this server, start one with the module immich_jobs (manual_job: backup-database), look for its file in the folder backups "
            "of the upload location, and copy that by other means. Immich up to 2.4 dumps all databases of the PostgreSQL server into it."
            % (client.version, what, *versions.BACKUPS_LISTED[:2]),
            details={"server": str(client.version), "since": str(versions.BACKUPS_LISTED)},
        )


def list_backups(client: api.Immich) -> List[Backup]:
    """All backups, those that are known to be the newest first. Raises `ServerFailure` where Immich cannot read their folder."""
    backups = [describe_file(file) for file in client.backups.all()]
    return sorted(backups, key=_age_order, reverse=True)


def describe_file(file: BackupFile) -> Backup:
    """What a file's name says. One that could not be fetched under its name is `OTHER`, with its name fit for a terminal."""
    match = _NAME.fullmatch(file.filename)
    if match is None:
        kind = UPLOADED if file.filename.startswith("uploaded-") and is_filename(file.filename) else OTHER
        return Backup(printable(file.filename), file.size, kind, None, None)
    uploaded, restore_point, moment, version, milliseconds = match.groups()
    kind = UPLOADED if uploaded else RESTORE_POINT if restore_point else ROUTINE
    created = _seconds_of_local(moment, file.timezone) if moment else int(milliseconds) / 1000
    return Backup(file.filename, file.size, kind, version, created)


def newest(backups: Sequence[Backup]) -> Optional[Backup]:
    """The newest that the job made: what was uploaded may be of any server, and a restore point is of a database that was replaced."""
    routine = [backup for backup in backups if backup.kind == ROUTINE]
    return max(routine, key=_age_order, default=None)


def _age_order(backup: Backup) -> Tuple[float, str]:
    """The later, the younger. A time whose zone is not known counts as one in UTC: names of the old style say a moment without any."""
    match = _NAME.fullmatch(backup.filename)
    created = backup.created
    if created is None and match is not None:
        created = _seconds_of_local(match.group(3), "UTC")
    return created or 0.0, backup.filename


def with_time(client: api.Immich, backup: Backup) -> Backup:
    """The same with its time: where the name does not tell it (before 2.7, no time zone), that of its file, which the server says.

    That needs the scope `backup.download`, and is the moment at which the dump ended.
    """
    if backup.created is not None or not client.has_scope(DOWNLOAD_SCOPE):
        return backup
    return backup._replace(created=client.backups.modified(backup.filename))


def age_of(client: api.Immich, backup: Backup) -> Optional[float]:
    """How many seconds ago it was begun, by the server's clock."""
    return None if backup.created is None else max(0.0, client.server_time - backup.created)


def describe(client: api.Immich, backup: Optional[Backup]) -> Optional[Dict[str, Any]]:
    """A backup as the modules return it."""
    if backup is None:
        return None
    age = age_of(client, backup)
    return {
        "filename": backup.filename,
        "size": backup.size,
        "kind": backup.kind,
        "created": None if backup.created is None else seconds_to_iso_utc(backup.created),
        "age": None if age is None else int(age),
        "server_version": backup.server_version,
    }


def _seconds_of_local(moment: str, zone_name: Optional[str]) -> Optional[float]:
    """Of the two moments that a clock shows when it is set back, the earlier: rather too old than too young."""
    zone = _zone(zone_name)
    try:
        return None if zone is None else datetime.strptime(moment, "%Y%m%dT%H%M%S").replace(tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(name: Optional[str]) -> Optional[tzinfo]:
    if name in _UTC_NAMES:
        return timezone.utc
    if not name:
        return None
    try:
        from zoneinfo import ZoneInfo  # not in Python 3.8

        return ZoneInfo(name)
    except (ImportError, LookupError, ValueError, OSError):  # a zone that this host does not know
        return None
