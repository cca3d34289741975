# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of integrity checks share: files and photos on an embedded server, and whole runs in this process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import requests

from ansible_collections.photoyard.immich.plugins.module_utils._integrity.check import IntegrityOptions, check_integrity
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
from support.photos.libraries import Account
from support.stops import StoppedRun

FOLDERS = ("encoded-video", "library", "thumbs", "upload")
Result = dict[str, Any]


class Checking:
    """Checks the files of one server, and puts files there."""

    def __init__(self, server: Emulator) -> None:
        self.server = server
        self.url = server.url  # where runs find it: behind a proxy, if a test puts one there
        self.users = {one["label"]: one["id"] for one in server.state()["users"]}

    def __call__(
        self,
        *,
        check: bool = False,
        keys: tuple[str, ...] | None = None,
        check_stop: Callable[[], None] = lambda: None,
        **options: Any,
    ) -> Result:
        """Runs once, with the user's key besides the administrator's. Raises the ImmichError that the task would fail with."""
        given = {"wait_interval": 0.01, "owner_api_keys": (self.server.api_key,) if keys is None else keys, **options}
        with closing(self.client(check=check)) as client:
            return check_integrity(client, IntegrityOptions(**given), check, StoppedRun(check_stop))

    def client(self, *, check: bool = False) -> Immich:
        return Immich(Connection(self.url, ApiKey(self.server.admin_api_key), timeout=20.0, retries=0), read_only=check)

    def delete(self, **options: Any) -> Result:
        return self(delete_untracked=FOLDERS, **options)

    def put(self, folder: str, name: str, *, user: str = "user") -> str:
        """A file of nobody's, as one of that folder is named; its path."""
        path = f"/data/{folder}/{self.users.get(user, user)}/aa/bb/{name}"
        self.server.control("POST", "files", {"path": path, "content": name})
        return path

    def track(self, path: str, name: str = "tracked.jpg", **about: Any) -> str:
        """A photo whose original is that file by now; its id."""
        asset_id = Account(self.server).upload(name)
        self.server.control("POST", "files", {"path": path, "content": name, "asset": asset_id})
        if about:
            self.api("PUT", "/assets", {"ids": [asset_id], **about})
        return asset_id

    def report_old(self, *paths: str) -> None:
        """Puts the files into the server's report, as if found two days ago."""
        for path in paths:
            self.server.control("POST", "report", {"path": path, "age": 2 * 86400})

    def api(self, method: str, path: str, json: Any = None, *, admin: bool = False) -> Any:
        headers = {"x-api-key": self.server.admin_api_key if admin else self.server.api_key}
        answer = requests.request(method, f"{self.server.url}/api{path}", json=json, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def report(self) -> set[str]:
        """The paths that the report calls untracked."""
        return {one["path"] for one in self.api("GET", "/admin/integrity/report?type=untracked_file", admin=True)["items"]}

    def sent(self, method: str) -> int:
        """How many requests of a method have come in."""
        return sum(one["method"] == method for one in self.server.requests())


@pytest.fixture
def checking(server: Emulator) -> Checking:
    return Checking(server)
