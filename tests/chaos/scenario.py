# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario: an event, and how to bring it about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaos.lab import Lab

LOCAL, SSH = "local", "ssh"
CONNECTIONS = (LOCAL, SSH)

Act = Callable[[Lab], str]
"""Brings the event about in a lab, and returns the controller's exit code."""


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    name: str
    event: str
    """What the table says of it."""
    act: Act
    connections: tuple[str, ...] = CONNECTIONS
    """The first one is the one of a quick run."""
    ledger: str = "file"
    needs_embedded: bool = False
    """Whether the server has to make trouble of a kind that no real one makes when it is asked to."""


SCENARIOS: dict[str, Scenario] = {}


def register(name: str, event: str, act: Act, **options: Any) -> None:
    """Adds a scenario; `options` are the other fields of `Scenario`."""
    assert name not in SCENARIOS, name
    SCENARIOS[name] = Scenario(name, event, act, **options)


def scenario(event: str, **options: Any) -> Callable[[Act], Act]:
    """Registers the function below it as what brings about the event."""

    def add(act: Act) -> Act:
        register(act.__name__, event, act, **options)
        return act

    return add
