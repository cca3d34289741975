# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases that others took, made in this process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobsOptions
from support.collection import ApiKey, Connection, Immich, LeaseOptions, LedgerOptions, manage

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator


def manage_lease(
    server: Emulator, lease: str, state: str, queues: Sequence[str] = ("upload",), *, ttl: float = 600, ledger: LedgerOptions
) -> None:
    """Pauses queues (`paused`) under a lease as immich_jobs does, but without its guard; or ends the lease (`running`)."""
    options = JobsOptions(queues=queues, state=state, lease=LeaseOptions(lease, ttl, ledger), ledger=ledger)
    with closing(Immich(Connection(server.url, ApiKey(server.admin_api_key)))) as client:
        manage(client, options, check_mode=False)
