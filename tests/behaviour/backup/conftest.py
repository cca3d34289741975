# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of backups share: the module's logic in this process, over real HTTP to an embedded server."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.photoyard.immich.plugins.module_utils._backup import maintenance, make
from ansible_collections.photoyard.immich.plugins.module_utils._backup.info import describe_backups
from ansible_collections.photoyard.immich.plugins.module_utils._backup.manage import manage_backups
from ansible_collections.photoyard.immich.plugins.module_utils._backup.options import BackupOptions, RestoreOptions
from ansible_collections.photoyard.immich.plugins.module_utils._backup.restore import restore_backup
from ansible_collections.photoyard.immich.plugins.module_utils._client import transport
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
from support.tiers import newest_in_test

Result = dict[str, Any]
WHOLE = gzip.compress(
    b"-- PostgreSQL database dump\nCREATE TABLE public.version_history ();\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n",
    mtime=0,
)
"""What is a dump as far as one can see."""


class Backups:
    """Runs of immich_backup against one server. `folder` is where it keeps its backups, `dest` where they are fetched to."""

    def __init__(self, server: Emulator, data: Path, dest: Path) -> None:
        self.server, self.folder, self.dest = server, data / "backups", dest

    def __call__(self, state: str = "present", *, check: bool = False, api_key: str = "", **options: Any) -> Result:
        """Runs once and returns the result. Raises the ImmichError that the task would fail with."""
        if state == "fetched":
            options.setdefault("dest", str(self.dest))
        with closing(self.client(check=check, api_key=api_key)) as client:
            return manage_backups(client, BackupOptions(state=state, **options), check)

    def restore(self, *, check: bool = False, api_key: str = "", **options: Any) -> Result:
        """Runs immich_restore once and returns the result. Raises the ImmichError that the task would fail with."""
        with closing(self.client(check=check, api_key=api_key)) as client:
            return restore_backup(client, RestoreOptions(**options), check)

    def client(self, *, check: bool = False, api_key: str = "") -> Immich:
        """A client; without a key it has the administrator's."""
        return Immich(Connection(self.server.url, ApiKey(api_key or self.server.admin_api_key), timeout=20.0, retries=1), read_only=check)

    def info(self, folder: Path | None = None, *, verify: bool = True) -> Result:
        """The result of immich_backup_info."""
        with closing(self.client(check=True)) as client:
            return describe_backups(client, str(folder) if folder else None, verify=verify)

    def api(self, method: str, path: str, json: Any = None) -> requests.Response:
        """A call by hand."""
        headers = {"x-api-key": self.server.admin_api_key}
        return requests.request(method, f"{self.server.url}/api{path}", json=json, headers=headers, timeout=20)

    def put(self, name: str, content: bytes = WHOLE) -> str:
        """A file in the server's folder of backups, as if it had been made."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(content)
        return name

    def names(self) -> list[str]:
        """The names of the server's backups."""
        return sorted(one.name for one in self.folder.iterdir())

    def writes(self, run: Callable[[], Any]) -> list[tuple[str, str]]:
        """Method and path of each writing request that `run` sends."""
        last = max((one["n"] for one in self.server.requests()), default=0)
        run()
        return [(one["method"], one["path"]) for one in self.server.requests(since=last, writes=True)]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries and looks at the server come at once; how long the pauses would be matters to nobody here."""
    monkeypatch.setattr(transport, "delay_before", lambda *_args, **_options: 0.0)
    monkeypatch.setattr(make, "_INTERVAL", 0.02)
    monkeypatch.setattr(maintenance, "_INTERVAL", 0.05)


@pytest.fixture
def backups(emulator: Callable[..., Emulator], tmp_path: Path) -> Backups:
    """A server of the newest version."""
    data = tmp_path / "server"
    return Backups(emulator(data=data), data, tmp_path / "fetched")


@pytest.fixture(params=newest_in_test("2.7", "3.1"))
def each_version(request: pytest.FixtureRequest, emulator: Callable[..., Emulator], tmp_path: Path) -> Backups:
    """A server of each version that can list backups."""
    data = tmp_path / "server"
    return Backups(emulator(version=request.param, data=data), data, tmp_path / "fetched")
