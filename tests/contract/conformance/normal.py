# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes out of an answer what differs from run to run: ids, times, server paths, sizes of disks."""

from __future__ import annotations

import re
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
#: The days of the pictures used: times on them are the answer's sense, not the run's.
MEANT_DAYS = ("2021-03-04T", "2020-")
SECRETS = ("correlationId", "secret", "thumbhash", "accessToken")
DISK = ("diskAvailable", "diskSize", "diskUse", "diskAvailableRaw", "diskSizeRaw", "diskUseRaw", "diskUsagePercentage")


class Normaliser:
    """Gives each id a number in the order of its first sight."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.sent_times: set[str] = set()

    def __call__(self, value: Any) -> Any:
        """The value without what differs from run to run."""
        if isinstance(value, dict):
            return {self.text(name): self.entry(name, entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [self(entry) for entry in value]
        return self.text(value) if isinstance(value, str) else value

    def entry(self, name: str, value: Any) -> Any:
        """An object's entry."""
        if name in SECRETS and isinstance(value, str):
            return "<set>"
        if name in DISK:
            return "<number>" if isinstance(value, (int, float)) else "<text>"
        return self(value)

    def text(self, value: str) -> str:
        """A string."""
        value = UUID.sub(lambda found: f"<id:{self.ids.setdefault(found[0], len(self.ids) + 1)}>", value)
        if TIME.fullmatch(value):
            return value if value in self.sent_times or value.startswith(MEANT_DAYS) else "<time>"
        if value.startswith("/") and "/upload/" in value:
            return "<server path>/" + value.rsplit("/", 1)[1]
        return value
