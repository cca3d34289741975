# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports for programs whose port has to be known before they listen."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

_LOWEST, _NUMBER = 20_000, 12_000
"""Linux picks from higher ports when a program leaves the choice to it, so no other test gets one of these by chance."""


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    while True:
        port = _LOWEST + secrets.randbelow(_NUMBER)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
