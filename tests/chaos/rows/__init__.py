# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the table, a file an idea, in the table's order."""

from __future__ import annotations

from importlib import import_module

for _ideas in (
    "play.failing",
    "hosts.unreachable",
    "play.signals",
    "play.stopped",
    "server.vanished",
    "hosts.controllers",
    "play.steps",
    "play.resuming",
    "play.flow",
    "hosts.several_hosts",
    "server.immich",
    "hosts.two_uploads",
    "server.policies",
    "hosts.reboots",
    "hosts.containers",
):
    import_module(f"chaos.rows.{_ideas}")
