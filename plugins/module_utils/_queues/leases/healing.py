# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resuming what expired leases hold, before anything else is done."""

from __future__ import annotations

from typing import Any, Collection, Dict, NamedTuple, Optional, Sequence

from ..._client import api, errors
from .. import control
from .leases import Leases
from .plans import Release, plan_sweep

Result = Dict[str, Any]


class Healed(NamedTuple):
    """What came of a sweep: a `result` with `healed` (queues) and `expired_leases`, and the failure, after which it is not complete."""

    result: Result
    failure: Optional[errors.ImmichError] = None


def heal(
    client: api.Immich,
    leases: Leases,
    check_mode: bool,
    keep: Collection[str] = (),
    without: Optional[str] = None,
    *,
    skip_recent: bool = False,
) -> Healed:
    """Sweeps, or in check mode says what a sweep would do.

    `skip_recent`: see `Leases.overdue`. For check mode, `keep` are queues that would be held, and the lease `without` would have ended.
    """
    done = Release()
    failure: Optional[errors.ImmichError] = None
    try:
        if check_mode:
            records = [record for record in leases.ledger.records() if record.lease != without]
            ended = leases.overdue(records, skip_recent=skip_recent)
            done.leases = list(dict.fromkeys(record.lease for record in ended))
            done.resumed = plan_sweep(records, ended, client.queues.all(), keep) if ended else []
        else:
            leases.sweep(done, skip_recent=skip_recent)
        if done.failed:
            failure = control.QueuesFailed("resumed", done.failed)
    except errors.ImmichError as exc:
        failure = exc
    return Healed({"changed": bool(done.leases), "healed": done.resumed, "expired_leases": done.leases}, failure)


def heal_all(client: api.Immich, ledgers: Sequence[Leases], check_mode: bool) -> Healed:
    """The same for several ledgers together; one that fails does not stop the next, and the first failure is the result's."""
    result: Result = {}
    failure: Optional[errors.ImmichError] = None
    for leases in ledgers:
        healed = heal(client, leases, check_mode)
        add_to_result(result, healed.result)
        failure = failure or healed.failure
    return Healed(result, failure)


def try_to_heal(client: api.Immich, leases: Leases, check_mode: bool, keep: Collection[str] = (), without: Optional[str] = None) -> Result:
    """As `heal`, for tasks that have something else to do: a failure becomes a warning, and the next call tries again."""
    healed = heal(client, leases, check_mode, keep, without, skip_recent=True)
    if healed.failure is None:
        return healed.result
    warning = "Queues of an expired lease could not be resumed; the next call tries again. %s" % healed.failure.msg
    return {**healed.result, "warnings": [warning]}


def try_to_heal_all(client: api.Immich, ledgers: Sequence[Leases], check_mode: bool) -> Result:
    """The same for several ledgers."""
    result: Result = {"changed": False, "healed": [], "expired_leases": []}
    for leases in ledgers:
        add_to_result(result, try_to_heal(client, leases, check_mode))
    return result


def add_to_result(result: Result, more: Result) -> None:
    """Adds what was done next to `result`: it stays `changed`, lists of what was healed and of warnings grow, the rest is replaced."""
    lists = {name: [*result.get(name, []), *more.get(name, [])] for name in ("healed", "expired_leases", "warnings")}
    result.update({**more, **lists, "changed": bool(result.get("changed") or more.get("changed"))})
