# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a verb is told, also when it runs in a process of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """Where a verb works, and with which keys. All that it may touch of this host is below `folder`."""

    folder: str
    url: str
    api_key: str
    admin_api_key: str
    source_url: str = ""
    source_api_key: str = ""
    source_admin_api_key: str = ""
    backup: str = ""
    """The name of the backup that is restored."""
    retries: int = 0
    """How often the client sends again what may be repeated."""
    lease_seconds: float = 900.0

    def path(self, name: str) -> str:
        """A path below the folder."""
        return str(Path(self.folder) / name)

    @property
    def library(self) -> str:
        """Where a server that may only read it sees the folder `photo`."""
        return str(Path(self.folder).with_name("seen"))

    @property
    def keys(self) -> list[str]:
        """The keys, which no message may have in it."""
        return [key for key in (self.api_key, self.admin_api_key, self.source_api_key, self.source_admin_api_key) if key]

    def to_json(self) -> str:
        """For the environment of a process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Place:
        """What `to_json` wrote."""
        return cls(**json.loads(text))
