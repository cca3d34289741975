# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Immich's API with types: an attribute for each resource, on it a method for each endpoint. Differences between versions stay below.

What needs a few of them takes a `client.Client`, and makes these: Ansible sends whatever is imported.
"""

from __future__ import annotations

from typing import Optional

from .client import Client
from .connection import Connection
from .endpoints.albums import AlbumCalls
from .endpoints.assets import AssetCalls
from .endpoints.backups import BackupCalls
from .endpoints.queues import QueueCalls
from .endpoints.server import ServerCalls
from .endpoints.stacks import StackCalls
from .endpoints.tags import TagCalls


class Immich(Client):
    """A client with all groups of calls that several modules need."""

    def __init__(self, connection: Connection, *, read_only: bool = False, base: Optional[str] = None) -> None:
        super().__init__(connection, read_only=read_only, base=base)
        self.server = ServerCalls(self)
        self.queues = QueueCalls(self)
        self.assets = AssetCalls(self)
        self.albums = AlbumCalls(self)
        self.tags = TagCalls(self)
        self.stacks = StackCalls(self)
        self.backups = BackupCalls(self)
