# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/_emulator/*`: the tests' own handles on the server. No key is asked for, and nothing is logged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl

from immich_emulator import maintenance
from immich_emulator.errors import encode
from immich_emulator.faults import Fault
from immich_emulator.http import Answer, Request, ok
from immich_emulator.state import state

if TYPE_CHECKING:
    from immich_emulator.immich import Immich


class Listener(Protocol):
    """Who can close the door for a while."""

    def go_down(self, seconds: float) -> None:
        """Cuts all connections at once and refuses new ones for `seconds`."""


class Control:
    """The handles."""

    def __init__(self, immich: Immich) -> None:
        self.immich = immich
        self.listener: Listener | None = None
        self.handlers: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("DELETE", "requests"): lambda given: immich.log.clear(),
            ("POST", "faults"): lambda given: immich.faults.add(Fault.parse(given)),
            ("DELETE", "faults"): lambda given: immich.faults.clear(),
            ("GET", "state"): lambda given: state(immich),
            ("GET", "idle"): lambda given: {"idle": immich.queues.idle()},
            ("POST", "keys"): self.make_key,
            ("POST", "restart"): self.restart,
            ("POST", "maintenance"): self.maintain,
            ("POST", "quota"): self.set_quota,
            ("POST", "jobs"): self.set_job_seconds,
        }

    async def answer(self, request: Request) -> Answer:
        """Carries out one call; 404 for an unknown one, 400 with the reason for a wrong one."""
        name, _, rest = request.path.removeprefix("/_emulator/").partition("/")
        await request.read_json()
        given = request.json if isinstance(request.json, dict) else {}
        try:
            if (request.method, name) == ("GET", "requests"):
                query = dict(parse_qsl(request.query_string.decode()))
                return ok(self.immich.log.read(int(query.get("since", 0)), writes=query.get("writes") == "true"))
            if (request.method, name) == ("POST", "queues"):
                self.switch_queue(rest, bool(given["paused"]))
                return ok(None)
            handler = self.handlers.get((request.method, name))
            if handler is None:
                return Answer(404, encode({"message": f"no {request.method} {request.path}"}))
            return ok(handler(given))
        except (KeyError, TypeError, ValueError) as error:
            return Answer(400, json.dumps({"message": f"{type(error).__name__}: {error}"}).encode())

    def make_key(self, given: dict[str, Any]) -> dict[str, str]:
        """A key for `user` or `admin` with the given permissions."""
        owner = self.immich.user_id(given.get("user", "user"))
        return {"secret": self.immich.keys.make(owner, given.get("name", "test"), given["permissions"])[1]}

    def restart(self, given: dict[str, Any]) -> None:
        """Immich restarts, and nobody answers for `down` seconds."""
        self.immich.restart()
        if self.listener is not None:
            # After this answer has gone out: its connection is cut with all others.
            asyncio.get_running_loop().call_later(0.05, self.listener.go_down, float(given.get("down", 0)))

    def maintain(self, given: dict[str, Any]) -> None:
        """Maintenance mode on or off."""
        if given["on"]:
            maintenance.begin(self.immich)
        else:
            self.immich.maintenance_token = None
            self.immich.restart()

    def switch_queue(self, name: str, paused: bool) -> None:
        """Pauses or resumes a queue as somebody else does it. Raises KeyError for an unknown one."""
        if paused:
            self.immich.queues.pause(name)
        else:
            self.immich.queues.resume(name)

    def set_quota(self, given: dict[str, Any]) -> None:
        """The user's quota in bytes, or None for none."""
        self.immich.store.update("users", self.immich.user_id(given.get("user", "user")), quota=given["bytes"])

    def set_job_seconds(self, given: dict[str, Any]) -> None:
        """How long a job takes from now on."""
        self.immich.queues.seconds = float(given["seconds"])
