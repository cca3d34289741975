# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server that is uploaded to: an embedded one, fresh for each run, or the real one that the environment names."""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import batched
from pathlib import Path
from typing import Any

import requests

from benchmarks.library import Library
from immich_emulator.storage import new_id
from immich_emulator.testing import Emulator

_IDLE_WITHIN = 3600.0  # seconds
_AT_ONCE = 1000


class Target:
    """A server with the keys of a user and of an administrator."""

    def __init__(self, environment: Mapping[str, str], emulator: Emulator | None = None, data: Path | None = None) -> None:
        self.environment = dict(environment)
        self._emulator = emulator
        self._data = data
        self._api = environment["IMMICH_URL"].rstrip("/").removesuffix("/api") + "/api"

    def version(self) -> str:
        """Which Immich it is."""
        found = self._call("GET", "/server/version")
        kind = "embedded server, as Immich" if self._emulator else "Immich"
        return f"{kind} {found['major']}.{found['minor']}.{found['patch']}"

    def hold_jobs(self, held: bool) -> None:
        """Pauses what an upload sets off, or lets it go on."""
        self._call("PUT", "/jobs/metadataExtraction", {"command": "pause" if held else "resume", "force": False}, admin=True)

    def forget_requests(self) -> None:
        """Counts requests from now on."""
        if self._emulator:
            self._emulator.clear_requests()

    def requests(self) -> dict[str, int] | None:
        """How often each call was made since then; None where the server does not tell."""
        if self._emulator is None:
            return None
        return dict(Counter(f"{one['method']} {one['path']}" for one in self._emulator.requests()))

    def know(self, sha1s: Iterable[bytes]) -> None:
        """Has the embedded server, which must have a folder of its own, know files by their SHA-1."""
        assert self._data is not None
        with closing(sqlite3.connect(self._data / "immich.sqlite")) as database:
            (owner,) = database.execute("SELECT id FROM users WHERE label = 'user'").fetchone()
            for part in batched(sha1s, _AT_ONCE):
                with database:
                    rows = [(new_id(), owner, sha1.hex()) for sha1 in part]
                    database.executemany("INSERT INTO assets (id, owner, checksum) VALUES (?, ?, ?)", rows)

    def assets(self, library: Library) -> list[str]:
        """The ids of the library's files that the server has."""
        found: list[str] = []
        for part in batched(library.checksums(), _AT_ONCE):
            asked = {"assets": [{"id": sha1, "checksum": sha1} for sha1 in part]}
            answer = self._call("POST", "/assets/bulk-upload-check", asked)
            found += [one["assetId"] for one in answer["results"] if one["action"] == "reject"]
        return found

    def albums(self, library: Library) -> dict[str, dict[str, Any]]:
        """The albums that are named after the library's folders."""
        return {one["albumName"]: one for one in self._call("GET", "/albums") if one["albumName"] in library.albums}

    def clean(self, library: Library) -> None:
        """Takes everything off a real server that the library brought, and waits until it is idle."""
        if self._emulator:
            return
        for album in self.albums(library).values():
            self._call("DELETE", f"/albums/{album['id']}")
        for part in batched(self.assets(library), _AT_ONCE):
            self._call("DELETE", "/assets", {"ids": list(part), "force": True})
        self.wait_idle()

    def wait_idle(self) -> None:
        """Until a real server has no job left. Raises TimeoutError after an hour."""
        deadline = time.monotonic() + _IDLE_WITHIN
        quiet = 0
        while self._emulator is None and quiet < 2:
            counts = [queue["jobCounts"] for queue in self._call("GET", "/jobs", admin=True).values()]
            busy = sum(one["active"] + one["waiting"] + one["delayed"] for one in counts)
            quiet = 0 if busy else quiet + 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"the server still has {busy} jobs")
            time.sleep(1)

    def _call(self, method: str, path: str, given: Any = None, *, admin: bool = False) -> Any:
        key = self.environment["IMMICH_ADMIN_API_KEY" if admin else "IMMICH_API_KEY"]
        answer = requests.request(method, self._api + path, json=given, headers={"x-api-key": key}, timeout=300)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def target(*, keep_bytes: bool, data: Path | None = None) -> Iterator[Target]:
    """The server of the environment, else a new embedded one. One that gets gigabytes need not keep them (`keep_bytes`).

    :param data: the folder in which an embedded server keeps its data, in place of one that it makes.
    """
    if os.environ.get("IMMICH_URL"):
        found = {name: os.environ[name] for name in ("IMMICH_URL", "IMMICH_API_KEY")}
        admin = os.environ.get("IMMICH_ADMIN_API_KEY") or found["IMMICH_API_KEY"]
        yield Target({**found, "IMMICH_ADMIN_API_KEY": admin})
        return
    with Emulator(version="3.1", discard_bodies=not keep_bytes, data=data) as emulator:
        keys = {"IMMICH_API_KEY": emulator.api_key, "IMMICH_ADMIN_API_KEY": emulator.admin_api_key}
        yield Target({"IMMICH_URL": emulator.url, **keys}, emulator, data)
