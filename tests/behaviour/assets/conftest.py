# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of changed assets share: whole runs in this process, over real HTTP to an embedded server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._assets.options import AssetOptions
from ansible_collections.photoyard.immich.plugins.module_utils._assets.run import handle_assets
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints import assets
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich, argument_spec, errors
from support.photos.shots import Shot, ask, shot_bytes
from support.runs import TRANSPORT
from support.stops import StoppedRun
from support.tiers import newest_in_test

Result = dict[str, Any]


class Changing:
    """Changes assets of one server."""

    def __init__(self, server: Emulator) -> None:
        self.server = server

    def __call__(
        self,
        select: dict[str, Any],
        *,
        check: bool = False,
        api_key: str | None = None,
        check_stop: Callable[[], None] = lambda: None,
        state: str = "present",
        **options: Any,
    ) -> Result:
        """Runs once, with what `set` has as `options`, and returns the result. Raises the ImmichError that the task would fail with."""
        rest = {name: options.pop(name) for name in ("max_changes", "wait_timeout", "via", "paths") if name in options}
        wanted = fill(argument_spec(AssetOptions)["set"]["options"], options) if options else None
        connection = Connection(self.server.url, ApiKey(api_key or self.server.api_key), timeout=5.0, retries=1)
        with closing(Immich(connection, read_only=check)) as client:
            return handle_assets(client, AssetOptions(select, wanted, state, **rest), StoppedRun(check_stop), check_mode=check)

    def failure(self, select: dict[str, Any], **options: Any) -> errors.ImmichError:
        """What a run fails with."""
        with pytest.raises(errors.ImmichError) as caught:
            self(select, **options)
        return caught.value


class Library:
    """An external library that this host has at `here`, and the server at `seen`, where it may not write."""

    def __init__(self, changing: Changing, folder: Path) -> None:
        self.changing, self.server = changing, changing.server
        self.here, self.seen = folder / "photo", folder / "seen"
        self.folder = self.here / "2024"
        self.folder.mkdir(parents=True)
        self.seen.symlink_to(self.here)
        self.options: dict[str, Any] = {"via": "sidecar", "paths": {str(self.seen): f"{self.here}/"}}

    def fill(self, *shots: Shot, **sidecars: bytes) -> None:
        """Has the server import these photos, with the sidecars by the names of their files without the extension."""
        for shot in shots:
            (self.folder / shot.name).write_bytes(shot_bytes(shot))
        for name, content in sidecars.items():
            (self.folder / f"{name}.xmp").write_bytes(content)
        owner = ask(self.server, "GET", "/users/me")["id"]
        about = {"ownerId": owner, "name": "NAS", "importPaths": [str(self.seen)]}
        made = ask(self.server, "POST", "/libraries", api_key=self.server.admin_api_key, json=about)
        ask(self.server, "POST", f"/libraries/{made['id']}/scan", api_key=self.server.admin_api_key)
        self.server.wait_idle()
        self.server.switch(read_only_libraries=True)
        self.server.clear_requests()

    def __call__(self, select: dict[str, Any] | None = None, **options: Any) -> Result:
        return self.changing(select or {"types": ["image"]}, **{**self.options, **options})

    def failure(self, **options: Any) -> errors.ImmichError:
        return self.changing.failure({"types": ["image"]}, **{**self.options, **options})

    def asset(self, name: str = "a.jpg") -> dict[str, Any]:
        """What the server says of a photo, once its jobs are done."""
        self.server.wait_idle()
        asset_id = next(asset["id"] for asset in self.server.state()["assets"] if asset["name"] == name)
        found: dict[str, Any] = ask(self.server, "GET", f"/assets/{asset_id}")
        return found

    def tags(self, name: str = "a.jpg") -> list[str]:
        return sorted(tag["value"] for tag in self.asset(name)["tags"])

    def sidecar(self, name: str = "a.jpg") -> Path:
        return self.folder / f"{name}.xmp"

    def files(self) -> dict[str, tuple[bytes, int, int]]:
        """What lies in the folder: content, time of the last change and inode by name."""
        found = {path.name: (path.read_bytes(), path.stat()) for path in self.folder.iterdir()}
        return {name: (content, status.st_mtime_ns, status.st_ino) for name, (content, status) in found.items()}


def fill(spec: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Parameters with the defaults of those that are not given, as Ansible hands them on."""
    all_given = {name: about.get("default") for name, about in spec.items()} | given
    return {name: fill(spec[name]["options"], value) if isinstance(value, dict) else value for name, value in all_given.items()}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter. An asset counts as written down as soon as it was changed:
    the embedded server's jobs are over then, and to look at it for two seconds more is half of the work of a run."""
    monkeypatch.setattr(f"{TRANSPORT}.delay_before", lambda *_args, **_options: 0.0)
    monkeypatch.setattr(assets, "_JUST_NOW", -2.0)


@pytest.fixture
def changing(emulator: Callable[..., Emulator]) -> Changing:
    """Changes assets of a server of the newest version."""
    return Changing(emulator(job_seconds=0.001))


@pytest.fixture(params=newest_in_test("1.135", "2.7", "3.1"))
def on_each(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Changing:
    """Changes assets of a server of each version, in turn."""
    return Changing(emulator(version=request.param, job_seconds=0.001))
