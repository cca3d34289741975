# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Immich of a lab: the embedded server, or a real one that the environment names."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from immich_emulator.testing import Emulator
from support.playbooks.role import pauses

_MARK = "photoyard.immich lease"


class Server(Protocol):
    """What a lab needs of it."""

    @property
    def environment(self) -> dict[str, str]:
        """The address and the keys, for a controller."""

    def pause(self, queue: str) -> None:
        """Pauses a queue, as an administrator does by hand."""

    def look(self) -> tuple[frozenset[str], int]:
        """The paused queues, and how many assets there are. Raises URLError or ConnectionError while it is down."""

    def leases(self) -> list[str]:
        """The leases that it keeps."""

    def delete_leases(self) -> None:
        """Deletes the leases that it keeps, as a person does who does not know what these albums are."""

    def was_resumed(self, queue: str) -> bool:
        """Whether anybody asked to resume this queue, as far as is known."""

    def restart(self) -> None:
        """Ends it, and starts it again."""


class Embedded:
    """The embedded server; `emulator` makes trouble."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.environment = _environment(emulator.url, emulator.api_key, emulator.admin_api_key)

    def pause(self, queue: str) -> None:
        self.emulator.pause(queue)

    def look(self) -> tuple[frozenset[str], int]:
        state = self.emulator.state()
        return frozenset(name for name, queue in state["queues"].items() if queue["paused"]), len(state["assets"])

    def leases(self) -> list[str]:
        return [album["name"] for album in self.emulator.state()["albums"] if _MARK in album["description"]]

    def delete_leases(self) -> None:
        for album in self.emulator.state()["albums"]:
            if _MARK in album["description"]:
                _call(self.emulator.url, "DELETE", f"albums/{album['id']}", self.emulator.admin_api_key)

    def was_resumed(self, queue: str) -> bool:
        return (queue, False) in pauses(self.emulator)

    def restart(self) -> None:
        self.emulator.restart(down=1)


class Real:
    """An Immich of 2.4 or later that IMMICH_URL, IMMICH_API_KEY and IMMICH_ADMIN_API_KEY name; $IMMICH_RESTART is the command for that."""

    def __init__(self) -> None:
        names = ("IMMICH_URL", "IMMICH_API_KEY", "IMMICH_ADMIN_API_KEY")
        self._url, self._key, self._admin_key = (os.environ[name] for name in names)
        self.environment = _environment(self._url, self._key, self._admin_key)

    def pause(self, queue: str) -> None:
        self._set_paused(queue, True)

    def resume(self, queue: str) -> None:
        """Takes back `pause`."""
        self._set_paused(queue, False)

    def look(self) -> tuple[frozenset[str], int]:
        paused = frozenset(queue["name"] for queue in self._call("GET", "queues", self._admin_key) if queue["isPaused"])
        return paused, self._call("GET", "assets/statistics", self._key)["total"]

    def leases(self) -> list[str]:
        return [album["albumName"] for album in self._call("GET", "albums", self._admin_key) if _MARK in album["description"]]

    def delete_leases(self) -> None:
        for album in self._call("GET", "albums", self._admin_key):
            if _MARK in album["description"]:
                self._call("DELETE", f"albums/{album['id']}", self._admin_key)

    def was_resumed(self, queue: str) -> bool:
        return False  # nothing but the watcher's looks can tell

    def restart(self) -> None:
        subprocess.run(os.environ["IMMICH_RESTART"], shell=True, check=True)

    def _set_paused(self, queue: str, paused: bool) -> None:
        self._call("PUT", f"queues/{queue}", self._admin_key, {"isPaused": paused})

    def _call(self, method: str, path: str, key: str, body: dict[str, Any] | None = None) -> Any:
        return _call(self._url, method, path, key, body)


def _call(url: str, method: str, path: str, key: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"x-api-key": key, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/api/{path}", data, headers, method=method), timeout=60) as answer:
        return json.loads(answer.read() or b"null")


@contextmanager
def embedded() -> Iterator[Embedded]:
    """A server for one lab."""
    with Emulator(version="3.1") as emulator:
        yield Embedded(emulator)


@contextmanager
def real(paused: str) -> Iterator[Real]:
    """The server of the environment, which runs all its queues before; `paused` is one that the lab pauses by hand."""
    server = Real()
    before, _uploads = server.look()
    assert not before, f"paused before the test: {sorted(before)}"
    try:
        yield server
    finally:
        server.resume(paused)


def _environment(url: str, key: str, admin_key: str) -> dict[str, str]:
    return {"IMMICH_URL": url, "IMMICH_API_KEY": key, "IMMICH_ADMIN_API_KEY": admin_key}
