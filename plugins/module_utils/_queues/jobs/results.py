# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules return about queues and leases."""

from __future__ import annotations

import datetime
import math
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ..._client import api, values
from .. import names
from ..leases.ledger import Ledger, LedgerOptions
from ..leases.ledgers import all_ledgers
from ..leases.record import Record
from . import results

_LAST = datetime.datetime.max.replace(microsecond=0, tzinfo=datetime.timezone.utc).timestamp()


def describe_queues(queues: Sequence[values.Queue], chosen: Sequence[str]) -> List[Dict[str, Any]]:
    """The return value `queues`: one dictionary a queue, in the order of `chosen`."""
    by_name = {queue.name: queue for queue in queues}
    return [by_name[name]._asdict() for name in chosen if name in by_name]


def diff_side(
    queues: Sequence[values.Queue], chosen: Sequence[str], held: Optional[Mapping[str, Sequence[str]]] = None
) -> Dict[str, Dict[str, Any]]:
    """One side of `diff`: for each queue whether it is paused and, where `held` is given, by which leases."""
    found: Dict[str, Dict[str, Any]] = {queue["name"]: {"paused": queue["paused"]} for queue in describe_queues(queues, chosen)}
    if held is not None:
        for name, one in found.items():
            one["held_by"] = sorted(held.get(name, ()))
    return found


def describe_lease(ledger: Ledger, holder: str, queues: Sequence[str], remaining: float) -> Dict[str, Any]:
    """The return value `lease`: who holds which queues, until when without renewal (ISO 8601 in UTC)."""
    return {"holder": holder, "queues": list(queues), "expires_at": iso_time(ledger.now() + remaining), "ledger": ledger.kind}


def describe_record(ledger: Ledger, record: Record) -> Dict[str, Any]:
    """One element of the return value `leases`; `age` and `expires_in` are whole seconds, since the last renewal and until its end."""
    return {
        **describe_lease(
            ledger, record.lease, record.queues, min(0.0, record.ttl - record.age) if record.abandoned else record.ttl - record.age
        ),
        "age": max(0, int(record.age)),
        "expires_in": math.ceil(record.remaining),
        "expired": not record.live,
        "ending": record.ending,
        "host": record.host,
    }


def iso_time(seconds: float) -> str:
    """A time since the epoch in ISO 8601, UTC."""
    possible = max(0.0, min(seconds, _LAST))  # a clock may say anything
    return datetime.datetime.fromtimestamp(possible, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe(client: api.Immich, options: LedgerOptions) -> Dict[str, Any]:
    """The server's queues and the leases on them; changes nothing."""
    client.require({client.queues.scope_to_read(): "list the queues"})
    queues = client.queues.all()
    everything = [queue.name for queue in queues]
    ledgers = all_ledgers(client, options, read_only=True)
    return {
        "changed": False,
        "queues": results.describe_queues(queues, names.in_chain_order(everything, everything)),
        "leases": [results.describe_record(ledger, record) for ledger in ledgers for record in ledger.records()],
        "warnings": [warning for ledger in ledgers for warning in ledger.warnings],
    }
