# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes a backup of the database by Immich's job. What counts is a new file that is whole: the job itself reports no failure."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, Dict, FrozenSet, List, Optional

from .._client import api, errors, values, waits
from . import listing, proof
from .listing import Backup
from .options import BackupOptions

Result = Dict[str, Any]

_QUEUE, _JOB = "backupDatabase", "backup-database"
_INTERVAL = 1.0  # seconds between two looks
_FEW_BYTES = 1024**3

_LOOK_AT = (
    "Immich reports no reason: look for 'Database Backup Failure' in the server's log. The usual ones are a full disk, a folder backups "
    "that the server cannot write to, and a pg_dump that the server does not have for the version of its PostgreSQL."
)


def ensure_backup(client: api.Immich, options: BackupOptions, check_mode: bool) -> Result:
    """A backup that is not older than `max_age`, made if need be: the module's result."""
    listing.require_listing(client, "make a backup and see that it succeeded")
    client.require(_scopes(client, options))
    warnings: List[str] = []
    before = read_list(client)
    backup = newest_within(client, before, options, warnings)
    made = backup is None and not check_mode
    if made:
        backup = make_backup(client, options.wait_timeout)
        check_on_server(client, backup, verify=options.verify)
    last = listing.newest(before)
    after = "a new one" if made or backup is None else backup.filename
    return {
        "changed": made or backup is None,
        "backup": listing.describe(client, backup),
        "warnings": warnings,
        "diff": {"before": {"newest": last.filename if last else None}, "after": {"newest": after}},
    }


def _scopes(client: api.Immich, options: BackupOptions) -> Dict[str, str]:
    scopes = {listing.LIST_SCOPE: "list the backups", **scopes_to_make(client)}
    if options.verify:
        scopes[listing.DOWNLOAD_SCOPE] = "check that it is whole"
    return scopes


def scopes_to_make(client: api.Immich) -> Dict[str, str]:
    """The scopes that `make_backup` needs besides that to list backups, each with what it is for."""
    return {"job.create": "start the backup", client.queues.scope_to_read(): "wait for it"}


def read_list(client: api.Immich) -> List[Backup]:
    """The list. Raises `BackupFailed` where the server cannot read their folder: then it could not write to it either."""
    try:
        return listing.list_backups(client)
    except errors.ServerFailure as exc:
        raise errors.unreadable_backups(exc) from exc


def newest_within(client: api.Immich, backups: List[Backup], options: BackupOptions, warnings: List[str]) -> Optional[Backup]:
    """The newest backup if it is young enough and whole. One that is damaged adds a warning, and does not count."""
    max_age, backup = options.max_age_seconds, listing.newest(backups)
    if not max_age or backup is None:
        return None
    backup = listing.with_time(client, backup)
    age = listing.age_of(client, backup)
    if age is None or age > max_age:
        return None
    try:
        check_on_server(client, backup, verify=options.verify)
    except errors.DamagedBackup as exc:
        warnings.append("%s It does not count." % exc.msg)
        return None
    return backup


def check_on_server(client: api.Immich, backup: Backup, *, verify: bool) -> Optional[proof.Proof]:
    """Reads a backup to its end, without keeping it: its proof, None without `verify`. Raises `DamagedBackup`."""
    what = "The backup %s on the server" % backup.filename
    try:
        if not backup.size:
            raise errors.DamagedBackup("is empty: it has 0 bytes")
        if not verify:
            return None
        compressed = proof.is_compressed(backup.filename)
        return client.backups.receive(
            backup.filename, lambda stream: proof.check_stream(stream, compressed=compressed, expected_size=stream.size)
        )
    except errors.DamagedBackup as exc:
        raise proof.damaged(exc, what, "Older backups are untouched. " + _LOOK_AT) from exc


def make_backup(client: api.Immich, timeout: float) -> Backup:
    """Starts the job and returns the file that came of it. Raises `BackupFailed`, and `Timeout` after so many seconds.

    A job that runs already is waited for first: its data is older than this call.
    """
    deadline = time.monotonic() + timeout
    _wait_for_queue(client, deadline)
    before = read_list(client)
    _let_the_second_pass(client, before)
    known = frozenset(backup.filename for backup in before)
    client.queues.run_manual_job(_JOB)
    return _wait_for_file(client, known, deadline)


def _let_the_second_pass(client: api.Immich, before: List[Backup]) -> None:
    """Names have the time in seconds: a second backup within one would replace the first."""
    last = listing.newest(before)
    if last is not None and last.created is not None:
        remaining = last.created + 1.0 - client.server_time  # whose clock is cut to seconds, too
        if 0.0 < remaining <= 2.0:
            time.sleep(remaining)


def _wait_for_queue(client: api.Immich, deadline: float) -> None:
    while True:
        queue = _queue(client)
        if queue.paused:
            raise errors.BackupFailed(
                "No backup was started: the queue %s is paused, so its job would wait in it. Resume the queue, for example with the module "
                "immich_jobs." % _QUEUE
            )
        if not queue.active and not queue.waiting:
            return
        if time.monotonic() >= deadline:
            raise errors.Timeout(
                "Another backup has not ended within O(wait_timeout). Raise that, or see the server's log.", options=("wait_timeout",)
            )
        waits.sleep(_INTERVAL)


def _wait_for_file(client: api.Immich, known: FrozenSet[str], deadline: float) -> Backup:
    idle = 0
    while True:
        queue = _queue(client)  # before the list: once the job has ended, its file is there
        new = [backup for backup in listing.list_backups(client) if backup.filename not in known and backup.kind == listing.ROUTINE]
        if new:
            return max(new, key=lambda backup: backup.filename)
        idle = 0 if queue.active or queue.waiting else idle + 1
        if idle > 1:
            raise errors.BackupFailed("No backup was made: Immich's job has ended without one. %s%s" % (_LOOK_AT, _free_space(client)))
        if time.monotonic() >= deadline:
            raise errors.Timeout(
                "The backup has not ended within O(wait_timeout). Raise that; the server goes on with it.", options=("wait_timeout",)
            )
        waits.sleep(_INTERVAL)


def _queue(client: api.Immich) -> values.Queue:
    for queue in client.queues.all():
        if queue.name == _QUEUE:
            return queue
    raise errors.BackupFailed("The server has no queue %s." % _QUEUE)


def _free_space(client: api.Immich) -> str:
    """What the server says of its disk, where it is nearly full and the key may ask."""
    with suppress(errors.ImmichError):
        free = client.server.storage().available
        if free < _FEW_BYTES:
            return " The disk of its photos has %d MiB left." % (free // 1024**2)
    return ""
