# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module immich_jobs puts around its work: a guard for the lease that it takes."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Iterator

from ... import _option_names
from ..._client import api, errors
from ..._run.outcome import RunOutcome
from ..._run.run import NO_TIME, TIME_FOR_A_GUARD, Run
from .. import processes
from ..guard.guard import start_guard
from ..guard.watch import wait_for_guard
from ..options import PAUSED, JobsOptions

_NO_ORIGIN = (
    "The lease %s is not renewed, because neither the playbook's process nor the ssh session that this task came over can be seen on this "
    "host. It expires after %g s (O(lease_ttl))."
)
_STOPPED_PAUSE = "%s The guard of the lease %s resumes what was paused for it."


@contextmanager
def guarded(client: api.Immich, options: JobsOptions, check_mode: bool, run: Run, outcome: RunOutcome) -> Iterator[JobsOptions]:
    """Around `manage`, which the caller calls in the `run` with the options that this gives, and whose `outcome` it sets.

    What is paused under a lease is for later tasks: its guard stays when this process ends in order.
    A process that dies over it, or is stopped, leaves nothing paused.
    """
    lease = None if check_mode else options.lease
    if lease is not None:
        run.do(partial(wait_for_guard, client, lease), NO_TIME if options.state == PAUSED else TIME_FOR_A_GUARD)
    if lease is None or options.state != PAUSED:
        yield options
        return
    origin = processes.find_origin(os.getpid()) if options.renew else None
    guard = start_guard(client.connection, lease, origin)
    if origin is not None:  # else it lasts for its ttl, even if those who took it die
        # A session does not keep it alive, and OpenSSH leaves it open for a while after the playbook.
        owners = processes.owners_here([*guard.pids, *([origin.pid] if origin.is_playbook else [])])
        options = replace(options, lease=replace(lease, owners=owners))
    guard.report_pausing()
    try:
        yield options
        if run.stop_reason():  # nobody may be there any more for whom it is paused
            raise errors.RunFailed(run.error(), outcome.result)
    except errors.ImmichError as exc:
        if run.stop_reason():
            guard.end(release=True)
            raise errors.RunFailed(errors.LocalFailure(_STOPPED_PAUSE % (exc.msg, lease.name)), exc.result) from exc
        guard.report_held((exc.result.get("lease") or {}).get("queues", ()))
        guard.watch()  # what could be paused stays so until the lease is released, as the failed task's result says
        raise
    guard.report_held(outcome.result["lease"]["queues"])
    guard.watch()
    warnings = [*outcome.result.get("warnings", []), *guard.problems]
    if options.renew and origin is None:
        warnings.append(_option_names.name_options(_NO_ORIGIN, "lease_ttl") % (lease.name, lease.ttl))
    outcome.result["warnings"] = warnings
