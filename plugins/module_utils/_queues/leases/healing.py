# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resuming what expired leases hold, before anything else is done."""

from __future__ import annotations

from typing import Any, Collection, Dict, Optional, Sequence

from ..._client import api, errors
from .. import control
from .leases import Leases
from .plans import plan_sweep

Result = Dict[str, Any]


def heal(
    client: api.Immich,
    leases: Leases,
    check_mode: bool,
    keep: Collection[str] = (),
    without: Optional[str] = None,
    *,
    skip_recent: bool = False,
) -> Result:
    """Sweeps, and says what came of it: `healed` (queues) and `expired_leases`. Raises when that fails.

    `skip_recent`: see `Leases.overdue`. In check mode it says what a sweep would do; `keep` are queues that would be held, and the lease
    `without` would have ended.
    """
    if check_mode:
        records = [record for record in leases.ledger.records() if record.lease != without]
        ended = leases.overdue(records, skip_recent=skip_recent)
        healed = plan_sweep(records, ended, client.queues.all(), keep) if ended else []
        return _result(list(dict.fromkeys(record.lease for record in ended)), healed)
    swept = leases.sweep(skip_recent=skip_recent)
    result = _result(swept.leases, swept.resumed)
    if swept.failed:
        raise control.QueuesFailed("resumed", swept.failed, result)
    return result


def heal_all(client: api.Immich, ledgers: Sequence[Leases], check_mode: bool) -> Result:
    """The same for several ledgers together; one that fails does not stop the next, and the first failure is raised in the end."""
    result, failure = _result([], []), None
    for leases in ledgers:
        try:
            healed = heal(client, leases, check_mode)
        except errors.ImmichError as exc:
            failure = failure or exc
            healed = {**_result([], []), **exc.result}
        result = _result([*result["expired_leases"], *healed["expired_leases"]], [*result["healed"], *healed["healed"]])
    if failure is not None:
        failure.result = result
        raise failure
    return result


def try_to_heal(client: api.Immich, leases: Leases, check_mode: bool, keep: Collection[str] = (), without: Optional[str] = None) -> Result:
    """As `heal`, for tasks that have something else to do: a failure becomes a warning, and the next call tries again."""
    try:
        return heal(client, leases, check_mode, keep, without, skip_recent=True)
    except errors.ImmichError as exc:
        warning = "Queues of an expired lease could not be resumed; the next call tries again. %s" % exc.msg
        return {**_result([], []), **exc.result, "warnings": [warning]}


def try_to_heal_all(client: api.Immich, ledgers: Sequence[Leases], check_mode: bool) -> Result:
    """The same for several ledgers."""
    result = _result([], [])
    for leases in ledgers:
        result = merge_results(result, try_to_heal(client, leases, check_mode))
    return result


def merge_results(healed: Result, result: Result) -> Result:
    """A `result` together with what was healed before."""
    lists = {name: [*healed.get(name, []), *result.get(name, [])] for name in ("healed", "expired_leases", "warnings")}
    return {**healed, **result, **lists, "changed": healed["changed"] or result.get("changed", False)}


def _result(leases: Collection[str], queues: Collection[str]) -> Result:
    return {"changed": bool(leases), "healed": list(queues), "expired_leases": list(leases)}
