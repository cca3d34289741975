# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queues managed for a task, with a guard for the lease that it takes. Private to the collection."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Dict

from ..._client import api, errors
from ..guard.guard import start_guard
from ..guard.origin import find_origin
from ..guard.watch import wait_for_guard
from ..leases.keepers import keepers_here
from ..options import PAUSED, JobsOptions
from .manage import manage

_NO_ORIGIN = (
    "The lease %s is not renewed, because neither the playbook's process nor the ssh session that this task came over can be seen on this "
    "host. It expires after %g s (lease_ttl)."
)


def manage_with_guard(client: api.Immich, options: JobsOptions, check_mode: bool) -> Dict[str, Any]:
    """As `jobs.manage`. What is paused under a lease is for later tasks: its guard stays when this process ends in order.

    A process that dies over it leaves nothing paused.
    """
    if check_mode or options.lease is None:
        return manage(client, options, check_mode)
    wait_for_guard(client, options.lease)
    if options.state != PAUSED:
        return manage(client, options, check_mode)
    lease, origin = options.lease, find_origin(os.getpid()) if options.renew else None
    guard = start_guard(client.connection, lease, origin)
    if origin is not None:  # else it has its time, whatever becomes of those who took it
        # A session does not keep it alive, and OpenSSH leaves it open for a while after the playbook.
        keepers = keepers_here([*guard.pids, *([origin.pid] if origin.is_playbook else [])])
        options = replace(options, lease=replace(lease, keepers=keepers))
    guard.pausing()
    try:
        result = manage(client, options, check_mode)
    except errors.ImmichError as exc:
        guard.held((exc.result.get("lease") or {}).get("queues", ()))
        guard.watch()  # what could be paused stays so until the lease is released, as the failed task's result says
        raise
    guard.held(result["lease"]["queues"])
    guard.watch()
    if options.renew and origin is None:
        result["warnings"] = [*result.get("warnings", []), _NO_ORIGIN % (lease.name, lease.ttl)]
    return result
