# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of moved libraries share: a library of files on this machine, whole runs in this process, and what there is of a photo."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._moves.run import MoveOptions, move_library
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard.guard import Guard
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich, Run, errors
from support.photos.jpegs import write_photo
from support.photos.libraries import Account
from support.runs import TRANSPORT
from support.tiers import newest_in_test

Result = dict[str, Any]
LEASE = "ansible_collections.photoyard.immich.plugins.module_utils._moves.lease"
ROME = {"latitude": 41.9, "longitude": 12.5}


class Killed(BaseException):
    """The run died."""


class Moving:
    """A library of the server's user, and its move from the folder `old` to `new`."""

    def __init__(self, server: Emulator, folder: Path) -> None:
        self.server = server
        self.account = Account(server)
        self.admin = Account(server, server.admin_api_key)
        self.old, self.new, self.record = folder / "nas" / "photos", folder / "disk" / "photos", folder / "move.json"
        self.library = ""

    def fill(self, *names: str) -> None:
        """Makes the library with these photos, whose metadata is read afterwards."""
        for number, name in enumerate(names):
            write_photo(self.old / "2024" / name, number)
        owner = self.account.ask("GET", "/users/me")["id"]
        made = self.admin.ask("POST", "/libraries", json={"ownerId": owner, "name": "NAS", "importPaths": [str(self.old)]})
        self.library = made["id"]
        self.scan()
        self.account.ids.update(self.ids())

    def scan(self) -> None:
        """Has the server scan the library, and waits until it has read what is new."""
        self.admin.ask("POST", f"/libraries/{self.library}/scan")
        self.server.wait_idle()

    def move_folder(self) -> None:
        """Moves the folder with all files."""
        self.new.parent.mkdir()
        shutil.move(self.old, self.new)

    def ids(self) -> dict[str, str]:
        """The ids of what the server finds the files of, by the names of the files; also of what was uploaded."""
        return {asset["name"]: asset["id"] for asset in self.server.state()["assets"] if not asset["offline"]}

    def offline(self) -> list[str]:
        """The names of the files that the server does not find."""
        return sorted(asset["name"] for asset in self.server.state()["assets"] if asset["offline"])

    def __call__(
        self,
        *,
        check: bool = False,
        api_key: str = "",
        die_after: int = 0,
        before_calls: Callable[[str, str], None] = lambda _method, _path: None,
        **options: Any,
    ) -> Result:
        """Runs once; raises the ImmichError of the task. `die_after`: the run dies after so many calls that change something,
        of which the first writes down its lease. `before_calls` gets method and path of each call that it is about to make."""
        _url, keys, asked, given = self.orders()
        given.update({name: options.pop(name) for name in ("import_paths", "wait_timeout", "owner") if name in options})
        options = {**asked, "wait_timeout": given["wait_timeout"], **options}
        with ExitStack() as stack:
            client, owner = (stack.enter_context(closing(self._client(key, check=check))) for key in (keys[0], api_key or keys[1]))
            if die_after:
                die_after_writes(die_after, client, owner)
            call_before(before_calls, client, owner)
            signals = Run("move")
            if threading.current_thread() is threading.main_thread():  # where alone there are handlers of signals
                stack.enter_context(signals)
            return move_library(client, owner, MoveOptions(**options), given, signals, check_mode=check)

    def finish_despite_deaths(self) -> int:
        """Runs that die after each change, until one ends; how many died."""
        for deaths in range(200):
            try:
                self(die_after=2)
            except Killed:
                self.server.wait_idle()
            else:
                return deaths
        raise AssertionError("the move does not end")

    def _client(self, key: str, *, check: bool) -> Immich:
        return Immich(Connection(self.server.url, ApiKey(key), timeout=10.0, retries=1), read_only=check)

    def orders(self) -> list[Any]:
        """What a run in a process of its own has to know: the server's address, both keys, the options of a move, and the declaration."""
        given = {"name": "NAS", "owner": "user@example.com", "import_paths": [str(self.new)], "wait_timeout": 60.0}
        options = {"moved_from": str(self.old), "move_record": str(self.record)}
        return [self.server.url, [self.server.admin_api_key, self.server.api_key], options, given]

    def failure(self, **options: Any) -> errors.ImmichError:
        """What a run fails with."""
        with pytest.raises(errors.ImmichError) as caught:
            self(**options)
        return caught.value

    def writes(self) -> list[str]:
        """Method and path of each request that changes something, since the requests were cleared."""
        return [f"{one['method']} {one['path']}" for one in self.server.requests(writes=True)]

    def about(self, name: str) -> dict[str, Any]:
        """All that there is of a photo, by names in place of ids."""
        ids = self.ids()
        names = {asset_id: one for one, asset_id in ids.items()}
        asset = self.account.ask("GET", f"/assets/{ids[name]}")
        found = {key: asset["exifInfo"][key] for key in ("description", "rating", "latitude", "longitude", "dateTimeOriginal")}
        found |= {key: asset[key] for key in ("isFavorite", "visibility", "isTrashed", "duplicateId")}
        found["tags"] = sorted(tag["value"] for tag in asset["tags"])
        albums = self.account.ask("GET", f"/albums?assetId={ids[name]}")
        found["albums"] = sorted((album["albumName"], album["albumThumbnailAssetId"] == ids[name]) for album in albums)
        for key in ("shared-links", "memories"):
            groups = [self.account.ask("GET", f"/{key}/{one['id']}") for one in self.account.ask("GET", f"/{key}")]
            found[key] = sorted(group["id"] for group in groups if ids[name] in [one["id"] for one in group["assets"]])
        stack = self.account.ask("GET", f"/stacks/{asset['stack']['id']}") if asset["stack"] else {"assets": []}
        stacked = [names[one["id"]] for one in stack["assets"]]
        found["stack"] = [*stacked[:1], *sorted(stacked[1:])]
        faces = self.account.ask("GET", f"/faces?id={ids[name]}")
        found["faces"] = [
            ((one["person"] or {}).get("name"), one["boundingBoxX1"] / one["imageWidth"], one["boundingBoxY2"] / one["imageHeight"])
            for one in faces
        ]
        return found

    def configure(self, **groups: Any) -> None:
        """Changes groups of the configuration of libraries."""
        config = self.admin.ask("GET", "/system-config")
        config["library"] |= groups
        self.admin.ask("PUT", "/system-config", json=config)


def call_before(hook: Callable[[str, str], None], *clients: Immich) -> None:
    """Has a function called before each call, with its method and path."""

    def hooked(call: Callable[..., Any]) -> Callable[..., Any]:
        def hooked_call(method: str, path: str, **content: Any) -> Any:
            hook(method, path)
            return call(method, path, **content)

        return hooked_call

    for client in clients:
        setattr(client.transport, "call", hooked(client.transport.call))  # noqa: B010  # mypy takes no assignment to a method


def die_after_writes(number: int, *clients: Immich) -> None:
    """Has a run die once so many calls that change something were answered."""
    left = [number]

    def dying(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(method: str, path: str, **content: Any) -> Any:
            answer = call(method, path, **content)
            if method != "GET" and not content.get("reads"):
                left[0] -= 1
                if not left[0]:
                    raise Killed
            return answer

        return counted

    for client in clients:
        setattr(client.transport, "call", dying(client.transport.call))  # noqa: B010  # mypy takes no assignment to a method


def decorate(moving: Moving) -> None:
    """Gives the photos a.jpg to f.jpg all that can be given, together with an uploaded one."""
    account = moving.account
    account.upload("up.jpg")
    moving.server.wait_idle()
    account.change("a.jpg", description="Roma – 1987", rating=4, isFavorite=True, dateTimeOriginal="1987-08-01T15:00:00+02:00", **ROME)
    account.change("c.jpg", visibility="archive")
    account.tag("Trip/Rome", "a.jpg", "b.jpg")
    moving.server.wait_idle()
    account.album("Rome", "b.jpg", "a.jpg", "up.jpg")
    album = account.album("Cover", "b.jpg", "a.jpg")
    account.ask("PATCH", f"/albums/{album}", json={"albumThumbnailAssetId": account.ids["a.jpg"]})
    account.ask("POST", "/shared-links", json={"type": "INDIVIDUAL", "assetIds": [account.ids["a.jpg"], account.ids["up.jpg"]]})
    account.ask("POST", "/shared-links", json={"type": "INDIVIDUAL", "assetIds": [account.ids["c.jpg"]]})
    memory = {"type": "on_this_day", "memoryAt": "2024-06-01T00:00:00.000Z", "data": {"year": 2024}}
    account.ask("POST", "/memories", json={**memory, "assetIds": [account.ids["a.jpg"], account.ids["b.jpg"]]})
    account.stack("b.jpg", "a.jpg", "up.jpg")
    account.person("Ann", "a.jpg", "c.jpg")
    account.person("Ann", "a.jpg")  # somebody else of that name, on the same spot
    group = "6b6b6c1e-9c3f-4c37-8a55-0f1f6d3f5c11"
    account.ask("PUT", "/assets", json={"ids": [account.ids["d.jpg"], account.ids["e.jpg"]], "duplicateId": group})
    account.ask("DELETE", "/assets", json={"ids": [account.ids["f.jpg"]]})
    moving.server.wait_idle()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    monkeypatch.setattr(f"{TRANSPORT}.delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture(autouse=True)
def _no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is forked from this process, which has other threads. `test_lease.py` has a run in a process of its own."""
    monkeypatch.setattr(f"{LEASE}.start_guard", lambda *_args: Guard(None))


@pytest.fixture
def moving(emulator: Callable[..., Emulator], tmp_path: Path) -> Moving:
    """A library of a server of the newest version."""
    return Moving(emulator(job_seconds=0.001), tmp_path)


@pytest.fixture(params=newest_in_test("1.135", "2.7", "3.1"))
def on_each(request: pytest.FixtureRequest, emulator: Callable[..., Emulator], tmp_path: Path) -> Moving:
    """A library of a server of each version, in turn."""
    return Moving(emulator(version=request.param, job_seconds=0.001), tmp_path)
