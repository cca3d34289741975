# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module immich_backup: which state is asked for, and the one that deletes: those that are named, and the oldest."""

from __future__ import annotations

from typing import Any, Dict

from .. import _own_files
from .._client import api, errors
from .._client.endpoints.backups import BackupFileCalls, require_filename
from . import listing, make
from .fetch import fetch_backup
from .options import ABSENT, FETCHED, BackupOptions

Result = Dict[str, Any]

DELETE_SCOPE = "backup.delete"
# What has no effect with another state, which would be noticed only when a backup is needed.
_ONLY_WITH = {"dest": FETCHED, "names": ABSENT, "keep": ABSENT}


def manage_backups(client: api.Immich, options: BackupOptions, check_mode: bool) -> Result:
    """Brings backups into the state that the options name: the module's result."""
    for name, state in _ONLY_WITH.items():
        if getattr(options, name) and options.state != state:
            raise errors.InvalidRequest(
                "%s goes with state: %s only, and state is %s. Set state, or leave out %s." % (name, state, options.state, name)
            )
    _own_files.require_paths(options.require)
    if options.state == FETCHED:
        return fetch_backup(client, options, check_mode)
    if options.state == ABSENT:
        return delete_backups(client, options, check_mode)
    return make.ensure_backup(client, options, check_mode)


def delete_backups(client: api.Immich, options: BackupOptions, check_mode: bool) -> Result:
    """Deletes `name`, `names`, and of the others all but the newest `keep` of each kind that Immich makes: the module's result."""
    listing.require_listing(client, "delete backups")
    client.require({listing.LIST_SCOPE: "list the backups", DELETE_SCOPE: "delete them"})
    named = [*(options.names or ()), *([options.name] if options.name else [])]
    for one in named:
        require_filename(one)
    backups = make.read_list(client)
    there = [one.filename for one in backups]
    deleted = [one for one in there if one in named]
    if options.keep is not None:
        for kind in (listing.ROUTINE, listing.RESTORE_POINT):
            left = [one.filename for one in backups if one.kind == kind and one.filename not in named]
            deleted += left[options.keep :]
    if deleted and not check_mode:
        BackupFileCalls(client.transport).delete(deleted)
        remaining = [one.filename for one in make.read_list(client) if one.filename in deleted]
        if remaining:
            raise errors.ServerFailure("Immich accepted to delete backups, but still has %s. See the server's log." % ", ".join(remaining))
    return {
        "changed": bool(deleted),
        "deleted": deleted,
        "diff": {"before": {"backups": sorted(there)}, "after": {"backups": sorted(set(there) - set(deleted))}},
    }
