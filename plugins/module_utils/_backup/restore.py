# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restores a backup by Immich's own maintenance mode, through its restarts, and ends that mode again where the restore fails."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from typing import Any, Dict, List, Optional, Tuple

from .. import _own_files
from .._client import api, errors, values
from .._client.endpoints.backups import BackupFile, require_filename
from .._client.endpoints.maintenance import END, RESTORE, MaintenanceCalls, Status
from .._text import one_line
from . import listing, make, proof
from .maintenance import CheckStop, CookieFile, Maintenance, calls_of, wait_for_answer
from .options import RestoreOptions

Result = Dict[str, Any]

_NOW_OF_THE_DUMP = (
    "The database is now that of %s: users, passwords, API keys and the configuration are those of that time. Files that were uploaded "
    "since are still on the disk, and are not in the database."
)
_KEY_GONE = " The key of this task is not among them: make a new one, or use one of that time."


_LOOKS = 5  # in a row that find the server as ever, after it did not answer
_LONGEST_ERROR = 1_000_000  # characters


class RestoreFailed(errors.ImmichError):
    """The database is as it was before."""


def restore_backup(client: api.Immich, options: RestoreOptions, check_mode: bool, check_stop: CheckStop = lambda: None) -> Result:
    """Restores the backup `name` of the server, or `src` of this host: the module's result. Raises `RestoreFailed`. `check_stop` as in
    `Maintenance`."""
    _own_files.require_paths(options.require)
    name, upload, whole = _what(options)
    file = CookieFile(options.cookie_file)
    if file.was_begun():
        wait_for_answer(client, options.wait_timeout, check_stop)
    listing.require_listing(client, "restore a backup")
    _refuse_newer(client, name, whole)
    maintenance = Maintenance(client, options.wait_timeout, check_stop)
    status = maintenance.calls.status()
    if status.restoring and file.was_begun() and file.read() is None:
        # A run was killed before it had the cookie. Its restore ends the maintenance mode by itself, unless it fails.
        status = maintenance.wait_until(lambda status: not status.restoring, client)
        if not status.active:
            maintenance.wait_until_ready()
    cookie = maintenance.require_cookie(file) if status.active else None
    if status.restoring and file.restoring != name:
        raise errors.MaintenanceMode("Another backup is being restored. Wait until that has ended.")
    result: Result = {
        "changed": True,
        "restored": name,
        "restore_point": None,
        "key_accepted": None,
        "warnings": [],
        "diff": {"before": {"database": "as it is"}, "after": {"database": name}},
    }
    is_set_up = not status.active and maintenance.calls.is_set_up()
    if is_set_up:
        uploads = {} if upload is None else {"backup.upload": "upload the backup"}
        client.require({MaintenanceCalls.scope: "begin the restore", **uploads})
    if upload is None and not status.restoring and (is_set_up or cookie):
        _require_listed(client if cookie is None else maintenance.with_cookie(cookie), name, verify=options.verify)
    if cookie is None:
        file.refuse_foreign()
    if check_mode:
        return result
    leases = _leases(client) if is_set_up else None
    if cookie is None or not status.restoring:
        file.prepare()
        cookie = _begin(maintenance, file, cookie, name, upload, result["warnings"], verify=options.verify, is_set_up=is_set_up)
    _wait(maintenance, cookie, file, name)
    file.remove()
    _look_after(client, name, leases, result)
    return result


def _begin(
    maintenance: Maintenance,
    file: CookieFile,
    cookie: Optional[str],
    name: str,
    upload: Optional[Tuple[str, str]],
    warnings: List[str],
    *,
    verify: bool,
    is_set_up: bool,
) -> str:
    """Begins the restore; the cookie. From outside that is a restart, within maintenance mode it begins at once."""
    client = maintenance.client
    if is_set_up:
        if upload is not None:
            client.backups.upload(*upload)
        cookie = maintenance.calls.start(restore=name)
        _store(file, cookie, name, warnings)
        return cookie
    cookie = cookie or maintenance.calls.start_restore()
    _store(file, cookie, name, warnings)
    maintenance.wait_until(lambda status: status.active, client)
    with closing(maintenance.with_cookie(cookie)) as inside:
        if upload is not None:
            inside.backups.upload(*upload)
        else:
            _require_listed(inside, name, verify=verify)
        calls_of(inside).restore(name)
    return cookie


def _store(file: CookieFile, cookie: str, name: str, warnings: List[str]) -> None:
    """Keeps the cookie for the next run, should this one die. What has begun on the server goes on without it."""
    try:
        file.store(cookie, name)
    except errors.LocalFailure as exc:
        warnings.append(
            "%s The restore goes on. Should this run be ended before that, and Immich stay in maintenance mode, run 'immich-admin "
            "disable-maintenance-mode' on the server (in its container)." % exc.msg
        )


def _what(options: RestoreOptions) -> Tuple[str, Optional[Tuple[str, str]], Optional[proof.Proof]]:
    """The backup's name on the server, the path and name of a file to upload first, and the proof that this is whole. It is confirmed."""
    given = require_filename(options.name or os.path.basename(options.src or ""))
    if options.confirm != given:
        raise errors.InvalidRequest(
            "A restore replaces the whole database of the server. If that is what you want, set O(confirm): %s" % given,
            details={"confirm": given},
            options=("confirm",),
        )
    if not options.src:
        return given, None, None
    return "uploaded-" + given, (options.src, given), proof.prove_dump(options.src)


def _refuse_newer(client: api.Immich, name: str, whole: Optional[proof.Proof]) -> None:
    """Raises `UnsupportedVersion` for a backup of a newer Immich, whose database this one does not know: there is no way back.

    The name says the version, and so does what is in the file: a file may have been renamed.
    """
    named = listing.describe_file(BackupFile(name.replace("uploaded-uploaded-", "uploaded-", 1), 0, None)).server_version
    for version in (named, whole.immich_version if whole else None):
        if (proof.parse_version(version) or ()) > tuple(client.version):
            raise errors.UnsupportedVersion(
                "The backup %s is of Immich %s, and the server runs %s. Update the server first." % (name, version, client.version),
                details={"server": str(client.version), "backup": version},
            )


def _require_listed(client: api.Immich, name: str, *, verify: bool) -> None:
    """Raises `NotFound`, `DamagedBackup` and `UnsupportedVersion`: Immich itself finds out only in maintenance mode."""
    for backup in make.read_list(client):
        if backup.filename == name:
            _refuse_newer(client, name, make.check_on_server(client, backup, verify=verify))
            return
    raise errors.NotFound("The server has no backup named %s, so nothing was restored." % name, details={"name": name})


def _wait(maintenance: Maintenance, cookie: str, file: CookieFile, name: str) -> None:
    """Waits for the end. Where it fails, ends the maintenance mode and raises `RestoreFailed` with the server's reason."""
    begun, silent, idle = False, False, 0

    def on_silence() -> None:
        nonlocal silent, idle
        silent, idle = True, 0

    def is_over(status: Status) -> bool:
        nonlocal begun, idle
        was_begun, begun = begun, begun or status.restoring
        idle = 0 if status.active else idle + 1
        if silent and idle >= _LOOKS:  # it was over between two looks
            return True
        # Before the first restart the server answers as ever; within maintenance mode, it comes up idle only after one that interrupted it.
        return status.failed or (was_begun and (not status.active or status.action not in (RESTORE, END)))

    with closing(maintenance.with_cookie(cookie)) as inside:
        status = maintenance.wait_until(is_over, inside, on_silence)
    if not status.active:
        maintenance.wait_until_ready()
        return
    maintenance.end(cookie)
    file.remove()
    reason = _reason(status.error)
    raise RestoreFailed(
        "The restore of %s failed, and the maintenance mode was ended. The database is as it was before: %s"
        % (name, reason or "the server restarted in the middle of it. See its log."),
        details=reason or None,
    )


def _reason(error: str) -> str:
    """What the server says went wrong. Of all that psql says, that is what it calls an error."""
    start, mark, rest = error[:_LONGEST_ERROR].partition("ERROR:")
    return one_line(mark + rest) if mark else one_line(start)


def _leases(client: api.Immich) -> List[values.Album]:
    """The records of pauses in albums of the key's user, which a restore would replace by those of another time."""
    with suppress(errors.PermissionDenied):
        return [album for album in client.albums.mine() if album.owned and values.LEASE_MARK in album.description]
    return []


def _look_after(client: api.Immich, name: str, leases: Optional[List[values.Album]], result: Result) -> None:
    """What the dump means for the key of this task, and for pauses: those are not in the database, but their records are."""
    if not client.connection.key.header:
        result["warnings"].append(_NOW_OF_THE_DUMP % name)
        return
    try:
        client.server.me()
    except errors.AuthError:
        result["key_accepted"] = False
        result["warnings"].append(_NOW_OF_THE_DUMP % name + _KEY_GONE)
        return
    except errors.PermissionDenied:
        pass
    result["key_accepted"] = True
    result["warnings"].append(_NOW_OF_THE_DUMP % name)
    with suppress(errors.ImmichError):
        points = [backup for backup in listing.list_backups(client) if backup.kind == listing.RESTORE_POINT]
        result["restore_point"] = max(points, key=lambda backup: backup.filename).filename if points else None
    try:
        if leases is not None:  # else it is not known what there was
            _replace_leases(client, leases)
    except errors.ImmichError as exc:
        result["warnings"].append("The records of pauses could not be brought up to date: %s Run the playbook heal." % exc.msg)
    with suppress(errors.ImmichError):
        paused = sorted(queue.name for queue in client.queues.all() if queue.paused)
        if paused:
            result["warnings"].append("Queues stay paused as they were before the restore: %s." % ", ".join(paused))


def _replace_leases(client: api.Immich, leases: List[values.Album]) -> None:
    """Removes the records that the dump brought back, whose pauses are long over, and writes those again that it does not have."""
    album_leases = _leases(client)
    for lease in album_leases:
        if lease.id not in {album.id for album in leases} and not lease.asset_count:
            client.albums.delete(lease.id)
    for album in leases:
        if album.id not in {lease.id for lease in album_leases}:
            client.albums.create(album.name, album.description)
