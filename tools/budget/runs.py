# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The eight standard runs: what each begins with, and the plays that are counted.

Leases are in a file: in a container they would be on the server, which takes other requests. None is held between two tasks: its guard
would look at the server every five seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.exports import Takeout
from benchmarks.library import Shape
from budget.relay import Relay, relaying
from immich_emulator.testing import Emulator
from support.photos.jpegs import write_photos
from support.photos.libraries import Account, fill
from support.playbooks.role import upload_play

Plays = list[dict[str, Any]]
_QUICK = 0.001  # seconds: how long a background job takes


@dataclass
class Stage:
    """What a run has: a folder, servers, and a relay in front of each. All end with `stack`."""

    folder: Path
    stack: ExitStack
    servers: list[Emulator] = field(default_factory=list)
    relays: list[Relay] = field(default_factory=list)

    def serve(self, **options: Any) -> Emulator:
        """Starts a server. The first is that of the run, which finds it in its environment."""
        server = self.stack.enter_context(Emulator(version="3.1", job_seconds=_QUICK, **options))
        self.servers.append(server)
        self.relays.append(self.stack.enter_context(relaying(server.url)))
        return server

    def make_photos(self, count: int) -> Path:
        """A folder of so many photos."""
        write_photos(self.folder / "photos", count, 2)
        return self.folder / "photos"


@dataclass(frozen=True)
class StandardRun:
    """One of the eight. `prepare` starts the servers and returns the plays.

    `module` is the one whose memory and files are counted. With `again`, the plays have run before; with `check`, they run in check mode.
    """

    what: str
    module: str
    prepare: Callable[[Stage], Plays]
    again: bool = False
    check: bool = False


def _upload_ten(stage: Stage) -> Plays:
    stage.serve()
    return upload_play(stage.make_photos(10), ledger="file")


def _upload_hundred(stage: Stage) -> Plays:
    stage.serve()
    return upload_play(stage.make_photos(100), ledger="file")


def _upload_known_thousand(stage: Stage) -> Plays:
    stage.serve(data=stage.folder / "server")
    names = [f"IMG_{number:04}.jpg" for number in range(1000)]
    fill(stage.folder / "server", names)
    photos = stage.folder / "photos"
    photos.mkdir()
    for name in names:
        (photos / name).write_text(name)  # as `fill` has it on the server
    return upload_play(photos, ledger="file")


def _pause_and_resume(stage: Stage) -> Plays:
    stage.serve()
    variables = {"immich_jobs_queues": ["upload"], "immich_jobs_ledger": "file"}
    return [_play("immich_jobs", **variables, immich_jobs_state=state) for state in ("paused", "running")]


def _upload_takeout(stage: Stage) -> Plays:
    stage.serve()
    export = Takeout(stage.folder / "takeout", Shape(2000, 64))
    return upload_play([str(path) for path in export.sources], ledger="file")


def _copy_hundred(stage: Stage) -> Plays:
    stage.serve()
    source = _fill_library(stage.serve(), 100)
    connection = {"immich_source_url": stage.relays[1].url, "immich_source_api_key": source.api_key}
    return [_play("immich_copy", **connection, immich_copy_pause_jobs=False)]


def _archive(stage: Stage) -> Plays:
    _fill_library(stage.serve(), 100)
    return [_play("immich_archive", immich_archive_dest=str(stage.folder / "archive"))]


def _declare(stage: Stage) -> Plays:
    stage.serve()
    declared = {
        "config": {"trash": {"days": 60}},
        "users": [{"email": f"{name}@example.com", "name": name, "password": f"{name}'s own"} for name in ("anna", "ben")],
        "libraries": [{"name": "NAS", "owner": "anna@example.com", "import_paths": ["/usr/share"]}],
        "albums": [{"name": "Family", "users": [{"email": "anna@example.com", "role": "viewer"}]}],
        "tags": [{"value": "Trip/Rome"}, {"value": "Trip/Paris"}],
    }
    return [_play("immich_server", **{f"immich_server_{name}": objects for name, objects in declared.items()})]


def _fill_library(server: Emulator, count: int) -> Account:
    """So many photos, ten of them in an album."""
    account = Account(server)
    names = [f"IMG_{number:03}.jpg" for number in range(count)]
    for number, name in enumerate(names):
        account.upload(name, minutes=number)
    account.album("Rome", *names[:10])
    server.wait_idle()
    return account


def _play(role: str, **variables: Any) -> dict[str, Any]:
    return {"hosts": "all", "gather_facts": False, "roles": [{"role": f"photoyard.immich.{role}", "vars": variables}]}


RUNS = {
    "nothing-new": StandardRun("an upload with nothing new: 10 files", "immich_upload", _upload_ten, again=True),
    "hundred-new": StandardRun("an upload of 100 new photos, with a pause", "immich_upload", _upload_hundred),
    "thousand-known": StandardRun("1,000 files that Immich has and this host has not read yet", "immich_upload", _upload_known_thousand),
    "pause-resume": StandardRun("a pause of the upload's queues, and the way back", "immich_jobs", _pause_and_resume),
    "takeout-check": StandardRun("a Google Takeout of 1,000 photos in check mode", "immich_upload", _upload_takeout, check=True),
    "copy-hundred": StandardRun("a copy of 100 photos from another server", "immich_copy", _copy_hundred),
    "archive-again": StandardRun("an archive of 100 photos with nothing new", "immich_archive", _archive, again=True),
    "declared-again": StandardRun("a declared server with nothing to do", "immich_state", _declare, again=True),
}
