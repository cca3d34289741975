# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/_emulator/*`: endpoints for tests. They need no key, and stay out of the request log."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from immich_emulator.control.faults import Fault
from immich_emulator.control.state import state
from immich_emulator.http.answers import ok
from immich_emulator.storage import now
from immich_emulator.system import backups, integrity, libraries, maintenance

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

Given = dict[str, Any]
Call = Callable[[Given], Any]
GoDown = Callable[[float], None]
#: What a call raises that was described wrongly.
WRONG = (KeyError, TypeError, ValueError)


class Control:
    """The endpoints for tests. Each gets the parameters of path, query and JSON body, as one dict."""

    def __init__(self, immich: Immich, go_down: GoDown) -> None:
        self.immich, self.go_down = immich, go_down

    def application(self) -> Starlette:
        """The application of these endpoints: 404 for an unknown path, 400 with the reason for wrong parameters."""
        calls: list[tuple[str, str, Call]] = [
            ("GET", "/requests", self.read_requests),
            ("DELETE", "/requests", lambda given: self.immich.log.clear()),
            ("GET", "/faults", lambda given: self.immich.faults.struck),
            ("POST", "/faults", lambda given: self.immich.faults.add(Fault.parse(given))),
            ("DELETE", "/faults", lambda given: self.immich.faults.clear()),
            ("GET", "/state", lambda given: state(self.immich)),
            ("GET", "/idle", lambda given: {"idle": self.immich.queues.idle()}),
            ("POST", "/keys", self.make_key),
            ("POST", "/restart", self.restart),
            ("POST", "/maintenance", self.maintain),
            ("POST", "/queues/{queue}", self.switch_queue),
            ("POST", "/quota", self.set_quota),
            ("POST", "/jobs", self.set_job_seconds),
            ("POST", "/backups", self.let_backups_work),
            ("POST", "/restores", self.let_restores_end),
            ("POST", "/switches", self.switch),
            ("POST", "/usage", self.set_usage),
            ("POST", "/files", self.put_file),
            ("POST", "/report", self.add_to_report),
            ("POST", "/version-check", self.find_version),
            ("POST", "/place", self.set_place),
            ("POST", "/library", self.move_to_library),
            ("POST", "/detectable", self.let_faces_be_found),
            ("POST", "/machine-learning", self.let_machine_learning_answer),
            ("POST", "/nightly", self.run_nightly_jobs),
        ]
        routes = [Route(path, endpoint(call), methods=[method]) for method, path, call in calls]
        return Starlette(routes=routes, exception_handlers={HTTPException: unknown, **dict.fromkeys(WRONG, refuse)})

    def read_requests(self, given: Given) -> list[dict[str, Any]]:
        """The logged requests after number `since`; with `writes` only those that ask for a change."""
        return self.immich.log.read(int(given.get("since", 0)), writes=given.get("writes") == "true")

    def make_key(self, given: Given) -> dict[str, str]:
        """A key for `user` or `admin` with the given permissions."""
        owner = self.immich.user_id(given.get("user", "user"))
        return {"secret": self.immich.keys.make(owner, given.get("name", "test"), given["permissions"])[1]}

    def restart(self, given: Given) -> None:
        """Immich restarts, and nobody answers for `down` seconds."""
        self.immich.restart()
        self.go_down(float(given.get("down", 0)))

    def maintain(self, given: Given) -> None:
        """Maintenance mode on or off."""
        if given["on"]:
            maintenance.close(self.immich)
        else:
            self.immich.maintenance_token = None
            self.immich.restart()

    def switch_queue(self, given: Given) -> None:
        """Pauses or resumes a queue as somebody else does it. Raises KeyError for an unknown one."""
        if given["paused"]:
            self.immich.queues.pause(given["queue"])
        else:
            self.immich.queues.resume(given["queue"])

    def set_quota(self, given: Given) -> None:
        """The user's quota in bytes, or None for none."""
        self.immich.store.update("users", self.immich.user_id(given.get("user", "user")), quota=given["bytes"])

    def set_usage(self, given: Given) -> None:
        """How many bytes the files of an account take."""
        self.immich.store.run("UPDATE users SET usage = ? WHERE email = ?", given["bytes"], given["email"])

    def set_place(self, given: Given) -> None:
        """The names of the place where an asset was taken, which Immich looks up by its position."""
        place = json.dumps({name: given[name] for name in ("city", "state", "country")})
        self.immich.store.run("UPDATE assets SET exif = json_patch(coalesce(exif, '{}'), ?) WHERE id = ?", place, given["asset"])

    def move_to_library(self, given: Given) -> None:
        """Assets lie in an external library from now on."""
        for asset_id in given["assets"]:
            self.immich.store.update("assets", asset_id, library=given["library"], shown_path=given["folder"] + "/" + asset_id)

    def let_faces_be_found(self, given: Given) -> None:
        """The faces that the detection finds in the picture with a checksum from now on: left, top, right and bottom as fractions."""
        self.immich.detectable[given["checksum"]] = given["boxes"]

    def let_machine_learning_answer(self, given: Given) -> None:
        """Whether the machine-learning host answers from now on, also the jobs that run."""
        self.immich.machine_learning_answers = bool(given["answers"])

    def run_nightly_jobs(self, given: Given) -> None:
        """The jobs of a night, so many days after what is in the trash was put there."""
        libraries.run_nightly_jobs(self.immich, float(given.get("days", 0)))

    def set_job_seconds(self, given: Given) -> None:
        """How long a job takes from now on, those included that run."""
        self.immich.queues.set_seconds(float(given["seconds"]))

    def let_backups_work(self, given: Given) -> None:
        """Whether backups of the database succeed from now on, and how their files are damaged. Raises KeyError for an unknown damage."""
        self.immich.backups_work = bool(given["work"])
        damage = given.get("damage", "")
        backups.DAMAGES[damage]
        self.immich.backup_damage = damage

    def let_restores_end(self, given: Given) -> None:
        """Whether restores of the database end from now on, also the one that runs."""
        self.immich.restores_end = bool(given["end"])

    def put_file(self, given: Given) -> None:
        """Puts a file into one of Immich's folders (`/data/…`); with `asset` it becomes the original of that asset."""
        path = integrity.disk_path(self.immich, given["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(given.get("content", "").encode())
        if "asset" in given:
            self.immich.store.update("assets", given["asset"], shown_path=given["path"], path=str(path))

    def add_to_report(self, given: Given) -> None:
        """Adds a file to the integrity report as untracked, as a check did so many seconds ago."""
        integrity.add(self.immich, "untracked_file", given["path"], None, float(given["age"]))

    def find_version(self, given: Given) -> None:
        """Sets the newest version that the server has found by its daily check."""
        answer = json.dumps({"checkedAt": now(), "releaseVersion": given["version"]})
        self.immich.store.run("INSERT OR REPLACE INTO settings VALUES ('version_check', ?)", answer)

    def switch(self, given: Given) -> None:
        """Changes the server's environment: `setup`, `config_file`, `mail` … Raises KeyError for an unknown switch."""
        for name, on in given.items():
            self.immich.switches[name] = bool(self.immich.switches[name] is not None and on)


def endpoint(call: Call) -> Callable[[Request], Awaitable[Response]]:
    """A handle as Starlette calls it."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        return ok(call({**(json.loads(body) if body else {}), **request.query_params, **request.path_params}))

    return answer


async def unknown(request: Request, error: Exception) -> Response:
    """404."""
    return ok({"message": f"no {request.method} {request.scope['path']}"}, 404)


async def refuse(request: Request, error: Exception) -> Response:
    """400 with what was wrong."""
    return ok({"message": f"{type(error).__name__}: {error}"}, 400)
