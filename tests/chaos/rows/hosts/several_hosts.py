# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several hosts upload at once, each with a lease and a ledger of its own, or all under one pause. The first one is in trouble."""

from __future__ import annotations

from functools import partial
from typing import Any

from chaos import plays
from chaos.lab import Lab
from chaos.scenario import register

_BAD = "inventory_hostname == 'h1'"
_FAILS, _UNREACHABLE = plays.fail(when=_BAD), plays.unreachable(when=_BAD)


def _upload(lab: Lab, trouble: dict[str, Any], keywords: dict[str, Any], **variables: Any) -> str:
    play = plays.model(block=[plays.part(plays.UPLOAD), trouble], **keywords)
    return str(lab.run(play, hosts=lab.hosts("h1", "h2"), lease_ttl=None, **variables).rc)


for _name, _event, _trouble, _keywords in (
    ("one_of_two_fails", "one of two hosts fails", _FAILS, {}),
    ("one_of_two_unreachable", "one of two hosts cannot be reached", _UNREACHABLE, {}),
    ("any_errors_fatal_fails", "any_errors_fatal, one of two hosts fails", _FAILS, {"any_errors_fatal": True}),
    ("any_errors_fatal_unreachable", "any_errors_fatal, one of two cannot be reached", _UNREACHABLE, {"any_errors_fatal": True}),
    ("serial_fails", "serial: 1, the first of two hosts fails", _FAILS, {"serial": 1}),
    ("free_fails", "strategy: free, one of two hosts fails", _FAILS, {"strategy": "free"}),
):
    register(_name, _event, partial(_upload, trouble=_trouble, keywords=_keywords))

for _name, _event, _trouble, _coordinator in (
    ("coordinated_fails", "one pause for two hosts (coordinator), one fails", _FAILS, "h2"),
    ("coordinated_unreachable", "one pause for two hosts (coordinator), one cannot be reached", _UNREACHABLE, "h2"),
    ("coordinator_unreachable", "one pause for two hosts, the coordinator itself cannot be reached", _UNREACHABLE, "h1"),
):
    register(_name, _event, partial(_upload, trouble=_trouble, keywords={}, coordinator=_coordinator), ledger="server")
