# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the table, a file an idea, in the table's order."""

from __future__ import annotations

from importlib import import_module

for _ideas in (
    "failing",
    "unreachable",
    "signals",
    "stopped",
    "vanished",
    "controllers",
    "steps",
    "resuming",
    "flow",
    "several_hosts",
    "immich",
    "two_uploads",
    "policies",
    "reboots",
    "containers",
):
    import_module(f"chaos.rows.{_ideas}")
