# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the picture of a difference shows: a server as it is, and what a repository says of it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.state import apply_state
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich

TRANSCRIPT = Path(__file__).with_name("declared.txt")

Declared = Mapping[str, Sequence[Mapping[str, Any]]]

IS: Declared = {
    "users": [{"email": "anna@example.com", "name": "Anna", "password": "chosen", "quota": "50GiB"}],
    "albums": [{"name": "Family", "users": [{"email": "anna@example.com", "role": "viewer"}]}],
    "shared_links": [{"slug": "family", "album": "Family", "password": "old"}],
}
WANTED: dict[str, Any] = {
    "config": {"trash": {"days": 60}, "library": {"scan": {"cronExpression": "0 3 * * *"}}},
    "users": [
        {"email": "anna@example.com", "quota": "100GiB"},
        {"email": "ben@example.com", "name": "Ben", "password": "first", "preferences": {"memories": {"enabled": False}}},
    ],
    "albums": [{"name": "Family", "users": [{"email": "anna@example.com", "role": "editor"}, {"email": "ben@example.com"}]}],
    "tags": [{"value": "Places/Rome", "color": "#a02020"}],
    "shared_links": [{"slug": "family", "album": "Family", "password": "new"}],
}
VARIABLES = {f"immich_server_{kind}": objects for kind, objects in WANTED.items()}


def make(server: Emulator) -> None:
    """Makes the server as it is."""
    _run(server, IS, check=False)


def lines() -> list[str]:
    """The lines of the difference, as check mode has them today."""
    with Emulator(version="3.1") as server:
        make(server)
        diff = _run(server, {**WANTED, "config": [{"config": WANTED["config"]}]}, check=True)["diff"]
    compared = difflib.unified_diff(diff["before"].splitlines(), diff["after"].splitlines(), lineterm="", n=3)
    return [line for line in compared if line[:1] in ("+", "-") and not line.startswith(("+++", "---"))]


def _run(server: Emulator, declared: Declared, *, check: bool) -> dict[str, Any]:
    with closing(Immich(Connection(server.url, ApiKey(server.admin_api_key)), read_only=check)) as client:
        return apply_state(client, KINDS, declared, check)
