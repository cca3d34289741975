# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logic of the module immich_jobs_info. Private to the collection."""

from __future__ import annotations

from typing import Any, Dict

from ..._client import api
from .. import names, results
from ..leases.ledgers import all_ledgers
from ..options import LedgerOptions


def describe(client: api.Immich, options: LedgerOptions) -> Dict[str, Any]:
    """The server's queues and the leases on them; changes nothing."""
    client.require({client.queues.scope_to_read(): "list the queues"})
    queues = client.queues.all()
    everything = [queue.name for queue in queues]
    ledgers = all_ledgers(client, options.kind, options.directory, read_only=True)
    return {
        "changed": False,
        "queues": results.described(queues, names.in_chain_order(everything, everything)),
        "leases": [results.lease_in_ledger(ledger, record) for ledger in ledgers for record in ledger.records()],
        "warnings": [warning for ledger in ledgers for warning in ledger.warnings],
    }
