# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module immich_backup: which state is asked for."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from .. import _own_files
from .._client import api, errors
from . import make
from .fetch import fetch_backup
from .options import ABSENT, FETCHED, PRESENT, BackupOptions
from .recorded import fetch_recorded
from .retention import delete_backups

Result = Dict[str, Any]

# What has no effect with another state, which would be noticed only when a backup is needed.
_ONLY_WITH = {
    "dest": (FETCHED, ABSENT),
    "manifest": (FETCHED,),
    "names": (ABSENT,),
    "keep": (ABSENT,),
    "keep_fetched": (ABSENT,),
    "fetched": (ABSENT,),
    "proof": (ABSENT,),
}


def manage_backups(
    client: api.Immich,
    options: BackupOptions,
    check_mode: bool,
    user: Optional[api.Immich] = None,
    check_stop: Callable[[], None] = lambda: None,
) -> Result:
    """Brings backups into the state that the options name: the module's result.

    `user` has the key of the user whose photos a manifest names, by default the one of `client`. `check_stop` raises what the run is to
    end with.
    """
    for name, states in _ONLY_WITH.items():
        if getattr(options, name) and options.state not in states:
            raise errors.InvalidRequest(
                "O(%s) goes with state: %s only, and state is %s. Set state, or leave out O(%s)."
                % (name, " or ".join(states), options.state, name),
                options=(name, "state"),
            )
    _own_files.require_paths(options.require)
    if options.state == ABSENT:
        return delete_backups(client, options, check_mode)
    if options.state == PRESENT:
        return make.ensure_backup(client, options, check_mode)
    if options.manifest:
        return fetch_recorded(client, user or client, options, check_mode, check_stop)
    return fetch_backup(client, options, check_mode)
