# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of Immich that this server can imitate, and how they differ.

Long lists (queues, permissions, file types, configuration) are data in `facts/<version>.json`, taken from the recorded
answers of real servers; what is one word long is a property here. The facts of a version of which only the API's description was
read have the name of the recorded one that it builds on, `like`, and what they know to be otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent / "facts"

#: The scopes' names of 1.135 where they differ from the later ones.
OLD_SCOPES = {
    "albumAsset.create": "album.addAsset",
    "albumAsset.delete": "album.removeAsset",
    "adminUser.create": "admin.user.create",
    "adminUser.read": "admin.user.read",
    "adminUser.update": "admin.user.update",
    "adminUser.delete": "admin.user.delete",
}
#: Where 1.135 asks a key for no scope at all: whatever its permissions, it passes.
OLD_UNSCOPED = ("/assets", "/users", "/jobs", "/server", "/search", "/download", "/albums/{id}/")


@dataclass(frozen=True)
class Version:
    """One released version of Immich."""

    number: str

    @cached_property
    def triple(self) -> tuple[int, int, int]:
        """Major, minor, patch."""
        major, minor, patch = (int(part) for part in self.number.split("."))
        return major, minor, patch

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The lists and documents that a real server of this version answers with."""
        facts: dict[str, Any] = json.loads((FACTS / f"{self.number}.json").read_text(encoding="utf-8"))
        like = facts.pop("like", None)
        return merged(Version(like).facts, facts) if like else facts

    def at_least(self, *number: int) -> bool:
        """Whether this version is `number` or later."""
        return self.triple >= number

    @cached_property
    def is_old(self) -> bool:
        """1.x: few scopes, with other names; no `/queues`."""
        return self.triple[0] == 1

    @cached_property
    def is_new(self) -> bool:
        """3.x: short error bodies, zod's validation messages, no device ids."""
        return self.triple[0] >= 3

    @cached_property
    def extensions(self) -> dict[str, str]:
        """File name extension (lower case, with the dot) → `IMAGE` or `VIDEO`."""
        types = self.facts["media_types"]
        return {**dict.fromkeys(types["video"], "VIDEO"), **dict.fromkeys(types["image"], "IMAGE")}

    def scope_of(self, scope: str | None, path: str) -> str | None:
        """What this version calls `scope`, or None where it asks for none on the route `path`."""
        if not self.is_old or scope is None:
            return scope
        if path.startswith(OLD_UNSCOPED) or scope == "all":
            return None
        return OLD_SCOPES.get(scope, scope)

    def concurrency(self, queue: str) -> int:
        """How many jobs of a queue run at once."""
        jobs: dict[str, dict[str, int]] = self.facts["system_config"]["job"]
        return jobs.get(queue, {}).get("concurrency", 1)

    @cached_property
    def metadata_pace(self) -> float:
        """How long a metadata job takes, in units of another job's time.

        Recorded: 1.135.3 was still at it seven calls after the upload, 2.7.5 was done within four.
        """
        return 6.0 if self.is_old else 0.1


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """A document with what another one has otherwise."""
    both = {name: merged(below[name], value) for name, value in above.items() if isinstance(value, dict) and name in below}
    return {**below, **above, **both}


RECORDED = tuple(Version(number) for number in ("1.135.3", "2.7.5", "3.1.0"))
#: No real server of these was seen.
DESCRIBED = (Version("3.3.5"),)
ALL = RECORDED + DESCRIBED


def find(name: str) -> Version:
    """The version called `name`: `3.1`, `3.1.0` or `v3.1.0`. Raises ValueError when there is none."""
    plain = name.removeprefix("v")
    for version in ALL:
        if version.number == plain or version.number.rsplit(".", 1)[0] == plain:
            return version
    known = ", ".join(version.number for version in ALL)
    raise ValueError(f"no Immich {name} here, only {known}")
