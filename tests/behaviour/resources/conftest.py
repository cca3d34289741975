# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of declared resources share: a server, declarations applied to it over real HTTP, and what it has afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
import requests

from ansible_collections.photoyard.immich.plugins.module_utils._resources.export import export_state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import BY_NAME, KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.state import PurgeOptions, apply_state
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
from support.tiers import newest_in_test

VERSIONS = ("1.135", "2.7", "3.1")
Declared = Mapping[str, Sequence[Mapping[str, Any]]]
Result = dict[str, Any]


class Declaring:
    """Declares what one server has."""

    def __init__(self, server: Emulator) -> None:
        self.server = server
        self.url = server.url  # where runs find it: behind a proxy, if a test puts one there

    def __call__(self, declared: Declared, *, check: bool = False, api_key: str = "", purge: Sequence[str] = (), limit: int = 10) -> Result:
        """Runs once and returns the result. Raises the ImmichError that the task would fail with."""
        with closing(self.client(check=check, api_key=api_key)) as client:
            return apply_state(client, KINDS, declared, check, PurgeOptions(tuple(purge), limit))

    def one(self, kind: str, *, check: bool = False, api_key: str = "", **options: Any) -> Result:
        """Declares one object. Returns its line of the results, with the run's `diff`, `warnings` and `changed`."""
        result = self({kind: [options]}, check=check, api_key=api_key)
        return {**result, **result["results"][0]}

    def client(self, *, check: bool = False, api_key: str = "") -> Immich:
        """A client; without a key it has the administrator's."""
        return Immich(Connection(self.url, ApiKey(api_key or self.server.admin_api_key), timeout=20.0, retries=1), read_only=check)

    def export(self, *kinds: str, api_key: str = "") -> dict[str, Any]:
        """The live server as a declaration, with the names of variables."""
        with closing(self.client(check=True, api_key=api_key)) as client:
            return export_state(client, [BY_NAME[name] for name in kinds] or KINDS)

    def api(self, method: str, path: str, json: Any = None, *, api_key: str = "") -> Any:
        """A call by hand; its JSON."""
        headers = {"x-api-key": api_key or self.server.admin_api_key}
        answer = requests.request(method, f"{self.server.url}/api{path}", json=json, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def writes(self, run: Callable[[], Any]) -> list[tuple[str, str, Any]]:
        """Method, path and body of each writing request that `run` sends."""
        last = max((one["n"] for one in self.server.requests()), default=0)
        run()
        return [(one["method"], one["path"], one["json"]) for one in self.server.requests(since=last, writes=True)]

    def update_method(self) -> str:
        """The method that changes an object: PATCH from 3.0 on, else PUT."""
        return "PATCH" if self.server.version.startswith("3.") else "PUT"

    def users(self) -> dict[str, dict[str, Any]]:
        """All accounts by their addresses, those that were deleted too."""
        return {one["email"]: one for one in self.api("GET", "/admin/users?withDeleted=true")}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    module = "ansible_collections.photoyard.immich.plugins.module_utils._client.transport"
    monkeypatch.setattr(f"{module}.delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture(params=newest_in_test(*VERSIONS))
def declare(request: pytest.FixtureRequest, shared_server: Callable[..., Emulator]) -> Declaring:
    """Declares to a shared server, of each version in turn."""
    return Declaring(shared_server(request.param))


@pytest.fixture
def declare_alone(server: Emulator) -> Declaring:
    """Declares to a server of the newest version that no other test uses."""
    return Declaring(server)
