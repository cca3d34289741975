# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules return about queues and leases, and healing: what expired leases hold is resumed before all else."""

from __future__ import annotations

import math
from typing import Any, Collection, Dict, List, Mapping, NamedTuple, Optional, Sequence

from ... import _times
from ..._client import api, errors, values
from .. import control, names
from ..leases.lease_name import parse_lease_name
from ..leases.leases import Leases
from ..leases.ledger import Ledger, LedgerOptions
from ..leases.ledgers import all_ledgers
from ..leases.record import LeaseRecord, Release, plan_sweep

Result = Dict[str, Any]

_NOT_HEALED = "Queues of an expired lease could not be resumed; the next call tries again. %s"


def describe_queues(queues: Sequence[values.Queue], chosen: Sequence[str]) -> List[Dict[str, Any]]:
    """The return value `queues`: one dictionary a queue, in the order of `chosen`."""
    by_name = {queue.name: queue for queue in queues}
    return [by_name[name]._asdict() for name in chosen if name in by_name]


def show_queues(result: Result, queues: Sequence[values.Queue], chosen: Sequence[str]) -> None:
    """Brings the return value `queues` up to date: those that it has already, else the `chosen` ones."""
    shown = [queue["name"] for queue in result["queues"]] if "queues" in result else chosen
    result["queues"] = describe_queues(queues, shown)


def diff_side(
    queues: Sequence[values.Queue], chosen: Sequence[str], held: Optional[Mapping[str, Sequence[str]]] = None
) -> Dict[str, Dict[str, Any]]:
    """One side of `diff`: for each queue whether it is paused and, where `held` is given, by which leases."""
    states: Dict[str, Dict[str, Any]] = {queue["name"]: {"paused": queue["paused"]} for queue in describe_queues(queues, chosen)}
    if held is not None:
        for name, state in states.items():
            state["held_by"] = sorted(held.get(name, ()))
    return states


def describe_lease(ledger: Ledger, holder: str, queues: Sequence[str], remaining: float) -> Dict[str, Any]:
    """The return value `lease`: who holds which queues, until when without renewal (ISO 8601 in UTC)."""
    return {"holder": holder, "queues": list(queues), "expires_at": _times.seconds_to_iso(ledger.now() + remaining), "ledger": ledger.kind}


def describe_record(ledger: Ledger, record: LeaseRecord) -> Dict[str, Any]:
    """One element of the return value `leases`; `age` and `expires_in` are whole seconds, since the last renewal and until its end."""
    name = parse_lease_name(record.lease)
    return {
        **describe_lease(
            ledger, record.lease, record.queues, min(0.0, record.ttl - record.age) if record.abandoned else record.ttl - record.age
        ),
        "age": max(0, int(record.age)),
        "expires_in": math.ceil(record.remaining),
        "expired": not record.live,
        "ending": record.ending,
        "host": record.host,
        "runs_here": runs_here(record),
        "work": name.work if name is not None else None,
    }


def runs_here(record: LeaseRecord) -> bool:
    """Whether a process of this machine keeps the lease alive."""
    return record.live and any(owner.runs_here for owner in record.owners)


def describe(client: api.Immich, options: LedgerOptions) -> Dict[str, Any]:
    """The server's queues and the leases on them; changes nothing."""
    client.require({client.queues.scope_to_read(): "list the queues"})
    queues = client.queues.all()
    everything = [queue.name for queue in queues]
    ledgers = all_ledgers(client, options, read_only=True)
    return {
        "changed": False,
        "queues": describe_queues(queues, names.in_chain_order(everything, everything)),
        "leases": [describe_record(ledger, record) for ledger in ledgers for record in ledger.records()],
        "warnings": [warning for ledger in ledgers for warning in ledger.warnings],
    }


def add_to_result(result: Result, more: Result) -> None:
    """Adds what was done next to `result`: it stays `changed`, lists of what was healed and of warnings grow, the rest is replaced."""
    lists = {name: [*result.get(name, []), *more.get(name, [])] for name in ("healed", "expired_leases", "warnings")}
    result.update({**more, **lists, "changed": bool(result.get("changed") or more.get("changed"))})


def add_healed(result: Result, healed: Result) -> None:
    """Adds what a sweep did after the queues were looked at, or in check mode would do."""
    add_to_result(result, healed)
    for queue in result.get("queues", []):
        queue["paused"] = queue["paused"] and queue["name"] not in healed["healed"]


class HealResult(NamedTuple):
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
) -> HealResult:
    """Sweeps, or in check mode says what a sweep would do.

    `skip_recent`: see `Leases.overdue`. For check mode, `keep` are queues that would be held or be resumed already, and the lease
    `without` would have ended.
    """
    done = Release()
    failure: Optional[errors.ImmichError] = None
    try:
        records = [record for record in leases.read() if record.lease != without or not check_mode]
        ended = leases.overdue(records, skip_recent=skip_recent)
        if check_mode:
            done.leases = list(dict.fromkeys(record.lease for record in ended))
            done.resumed = plan_sweep(records, ended, client.queues.all(), keep) if ended else []
        elif ended:
            leases.sweep(done, skip_recent=skip_recent)
        if done.failed:
            failure = control.QueuesFailed("resumed", done.failed)
    except errors.ImmichError as exc:
        failure = exc
    return HealResult({"changed": bool(done.leases), "healed": done.resumed, "expired_leases": done.leases}, failure)


def heal_all(client: api.Immich, ledgers: Sequence[Leases], check_mode: bool) -> HealResult:
    """The same for several ledgers together; one that fails does not stop the next, and the first failure is the result's."""
    result: Result = {}
    failure: Optional[errors.ImmichError] = None
    for leases in ledgers:
        healed = heal(client, leases, check_mode)
        add_to_result(result, healed.result)
        failure = failure or healed.failure
    return HealResult(result, failure)


def try_to_heal(
    client: api.Immich, ledgers: Sequence[Leases], check_mode: bool, keep: Collection[str] = (), without: Optional[str] = None
) -> Result:
    """As `heal`, for tasks that have something else to do: a failure becomes a warning, and the next call tries again."""
    result: Result = {"changed": False, "healed": [], "expired_leases": []}
    for leases in ledgers:
        healed = heal(client, leases, check_mode, keep, without, skip_recent=True)
        add_to_result(result, {**healed.result, "warnings": [_NOT_HEALED % healed.failure.msg] if healed.failure else []})
    return result
