# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of duplicates share: groups on an embedded server, whole runs in this process, and what the server has afterwards."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._duplicates import write
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.model import DuplicateOptions
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.run import handle_duplicates
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
from support.photos.libraries import Account
from support.stops import StoppedRun
from support.tiers import newest_in_test

VERSIONS = ("1.135", "2.7", "3.1")
Result = dict[str, Any]
Hook = Callable[[], None]


class Duplicates(Account):
    """The groups of one user, of a server with the folder `data`."""

    def __init__(self, server: Emulator, data: Path) -> None:
        super().__init__(server)
        self.data = data
        self.url = server.url  # where runs find it: behind a proxy, if a test puts one there

    def change_database(self, sql: str, *values: Any) -> None:
        """Changes what the server has, where the API of one user cannot."""
        with closing(sqlite3.connect(self.data / "immich.sqlite")) as database, database:
            database.execute(sql, values)

    def group(self, *names: str, content: Callable[[str], bytes] | None = None) -> str:
        """Uploads what is not there yet, and makes a group of it. The group's id."""
        for place, name in enumerate(names):
            if name not in self.ids:
                self.upload(name, None if content is None else content(name), minutes=place)
        self.server.wait_idle()
        group_id = str(uuid.uuid4())
        self.mark(group_id, *names)
        return group_id

    def mark(self, group_id: str | None, *names: str) -> None:
        """Puts files into a group, or takes them out of theirs."""
        self.ask("PUT", "/assets", json={"ids": [self.ids[one] for one in names], "duplicateId": group_id})

    def listed(self) -> list[list[str]]:
        """The names of what each group shows."""
        names = {asset_id: name for name, asset_id in self.ids.items()}
        return sorted(sorted(names[one["id"]] for one in group["assets"]) for group in self.ask("GET", "/duplicates"))

    def in_view(self) -> list[str]:
        """The names of what is in the timeline or the archive."""
        assets = self.server.state()["assets"]
        return sorted(one["name"] for one in assets if not one["trashed"] and one["visibility"] in ("timeline", "archive"))

    def has(self, name: str) -> dict[str, Any]:
        """The answer for the asset of this name, with its EXIF fields, albums, tags and group of duplicates."""
        found: dict[str, Any] = self.ask("GET", f"/assets/{self.ids[name]}")
        state = next(one for one in self.server.state()["assets"] if one["id"] == self.ids[name])
        return {**found, **found["exifInfo"], "albums": state["albums"], "tags": state["tags"], "duplicate": state["duplicate"]}

    def link(self, *names: str) -> str:
        """A shared link to single files. Its id."""
        return str(self.ask("POST", "/shared-links", json={"type": "INDIVIDUAL", "assetIds": [self.ids[one] for one in names]})["id"])

    def linked(self, link_id: str) -> list[str]:
        """The names of what a link shows."""
        names = {asset_id: name for name, asset_id in self.ids.items()}
        return sorted(names[one["id"]] for one in self.ask("GET", f"/shared-links/{link_id}")["assets"])

    def run(
        self, action: str = "trash", *, check: bool = False, api_key: str = "", at: dict[str, Hook] | None = None, **options: Any
    ) -> Result:
        """Runs once; raises the ImmichError of the task. `at`: hooks after a call, by its name, before one
        (`before trash`), or `between` two groups."""
        connection = Connection(self.url, ApiKey(api_key or self.api_key), timeout=10.0, retries=1)
        hooks = at or {}
        with closing(Immich(connection, read_only=check)) as client:
            for calls, name in ((client.assets, "trash"), (client.assets, "describe"), (client.stacks, "create")):
                setattr(calls, name, surrounded(getattr(calls, name), hooks.get(f"before {name}", pass_by), hooks.get(name, pass_by)))
            run = StoppedRun(hooks.get("between", pass_by))
            return handle_duplicates(client, DuplicateOptions(action=action, **options), run, check_mode=check)


def pass_by() -> None:
    """Does nothing."""


def surrounded(call: Callable[..., Any], before: Hook, after: Hook) -> Callable[..., Any]:
    """A call before and after which something happens."""

    def all_of_it(*given: Any) -> Any:
        before()
        answer = call(*given)
        after()
        return answer

    return all_of_it


def once(work: Hook, *, after: int = 0) -> Hook:
    """A hook that does the work once: at its first call, or at the first after so many."""
    calls = 0

    def hook() -> None:
        nonlocal calls
        calls += 1
        if calls == after + 1:
            work()

    return hook


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter. Jobs take less than a second."""
    monkeypatch.setattr(write, "SETTLE", 1.0)
    module = "ansible_collections.photoyard.immich.plugins.module_utils._client.transport"
    monkeypatch.setattr(f"{module}.delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture(params=newest_in_test(*VERSIONS))
def duplicates(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Duplicates]:
    """A user of a server of each version in turn."""
    with Emulator(version=request.param, job_seconds=0.001, data=tmp_path / "server") as server:
        yield Duplicates(server, tmp_path / "server")


@pytest.fixture
def newest(tmp_path: Path) -> Iterator[Duplicates]:
    """A user of a server of the newest version."""
    with Emulator(job_seconds=0.001, data=tmp_path / "server") as server:
        yield Duplicates(server, tmp_path / "server")
