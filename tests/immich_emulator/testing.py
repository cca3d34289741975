# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests: starts a server in a process of its own, and controls it."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import tempfile
import time
import urllib.parse
from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from types import TracebackType
from typing import Any, Self

# Servers are forked from a process that has imported theirs: for most tests those imports would take longer than all the rest.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "immich_emulator.preload"])

QUEUE_WAIT_SECONDS = 180.0
DOWN_WAIT_SECONDS = 120.0


class Emulator:
    """A running server. Use it as a context manager.

    `options` are those of the command line: `port`, `host`, `data`, `discard_bodies`, `job_seconds`. A script that starts one needs
    its `if __name__ == "__main__"`, as multiprocessing says.
    """

    def __init__(self, version: str = "3.1", **options: Any) -> None:
        self.version = version
        self.keeps_data = options.get("data") is not None
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.arguments = ["--version", version]
        for name, value in options.items():
            flag = "--" + name.replace("_", "-")
            self.arguments += [flag] if value is True else [] if value in (False, None) else [flag, str(value)]
        self.process: ForkServerProcess | None = None
        self.url = self.api_key = self.admin_api_key = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server and waits until it listens. Raises RuntimeError when it does not come up."""
        arguments = self.arguments
        if not self.keeps_data:
            self.folder = tempfile.TemporaryDirectory(prefix="immich-emulator-")
            arguments = [*arguments, "--data", self.folder.name]
        announced, announce = _FORKS.Pipe(duplex=False)
        with announced:
            with announce:
                self.process = _FORKS.Process(target=_serve, args=(arguments, announce), daemon=True)
                self.process.start()
            try:
                self.url, self.api_key, self.admin_api_key = announced.recv()
            except EOFError:
                self.stop()
                raise RuntimeError(f"the embedded server did not start: {self.arguments}") from None

    def stop(self) -> None:
        """Ends the server: in order where its data are kept, else at once, which spares half a second."""
        if self.process is not None:
            if self.keeps_data:
                self.process.terminate()
                self.process.join(10)
            self.process.kill()
            self.process.join()
            self.process.close()
            self.process = None
        if self.folder is not None:
            self.folder.cleanup()
            self.folder = None

    def control(self, method: str, path: str, given: dict[str, Any] | None = None) -> Any:
        """Calls an endpoint for tests (`control/routes.py`). Raises RuntimeError with the answer's text when that is an error."""
        body = json.dumps(given).encode() if given is not None else None
        headers = {"Content-Type": "application/json", "Connection": "close"}
        address = urllib.parse.urlsplit(self.url).netloc
        end = time.monotonic() + DOWN_WAIT_SECONDS
        while True:
            # Not urllib.request: for each call it would read all certificates of the system, which takes thirty times as long as the call.
            connection = http.client.HTTPConnection(address, timeout=60)
            try:
                with closing(connection):
                    connection.request(method, f"/_emulator/{path}", body, headers)
                    answer = connection.getresponse()
                    content = answer.read()
            except (ConnectionRefusedError, ConnectionResetError):
                # A restart closes the server's door for a while. Whoever stood before it is reset, and nobody has read the request: what
                # has been read is answered.
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
                continue
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {content.decode()}")
            return json.loads(content)

    def requests(self, since: int = 0, writes: bool = False) -> list[dict[str, Any]]:
        """The logged requests after number `since`; with `writes` only those that ask for a change."""
        found: list[dict[str, Any]] = self.control("GET", f"requests?since={since}&writes={str(writes).lower()}")
        return found

    def clear_requests(self) -> None:
        """Forgets the logged requests."""
        self.control("DELETE", "requests")

    def fault(self, method: str | None = None, path: str | None = None, after: int = 0, times: int | None = 1, **action: Any) -> None:
        """Trouble for the requests that match; see `faults.Fault` for the actions."""
        self.control("POST", "faults", {"method": method, "path": path, "after": after, "times": times, **action})

    def struck(self) -> int:
        """How many requests have met with trouble, those that hang included."""
        return len(self.struck_requests())

    def struck_requests(self) -> list[str]:
        """Those requests, such as `GET /albums`, in their order."""
        found: list[str] = self.control("GET", "faults")
        return found

    def clear_faults(self) -> None:
        """Ends all trouble."""
        self.control("DELETE", "faults")

    def state(self) -> dict[str, Any]:
        """What the server ended up with."""
        found: dict[str, Any] = self.control("GET", "state")
        return found

    def make_key(self, user: str = "user", permissions: list[str] | None = None, name: str = "test") -> str:
        """The secret of a new key; without `permissions` it has `all`."""
        given = {"user": user, "permissions": permissions if permissions is not None else ["all"], "name": name}
        secret: str = self.control("POST", "keys", given)["secret"]
        return secret

    def restart(self, down: float = 0.0) -> None:
        """Immich restarts: connections are cut, new ones refused for `down` seconds, metadataExtraction is resumed."""
        self.control("POST", "restart", {"down": down})

    def maintenance(self, on: bool) -> None:
        """Maintenance mode on or off."""
        self.control("POST", "maintenance", {"on": on})

    def pause(self, queue: str) -> None:
        """Pauses a queue, as an operator would."""
        self.control("POST", f"queues/{queue}", {"paused": True})

    def resume(self, queue: str) -> None:
        """Resumes a queue, as an operator would."""
        self.control("POST", f"queues/{queue}", {"paused": False})

    def paused(self) -> set[str]:
        """The names of the queues that are paused."""
        return {name for name, queue in self.state()["queues"].items() if queue["paused"]}

    def run_nightly_jobs(self, days: float = 0) -> None:
        """The jobs of a night, so many days after what is in the trash was put there."""
        self.control("POST", "nightly", {"days": days})

    def let_machine_learning_answer(self, answers: bool) -> None:
        """Whether the machine-learning host answers from now on, also the jobs that run."""
        self.control("POST", "machine-learning", {"answers": answers})

    def set_quota(self, size: int | None) -> None:
        """The user's quota in bytes, or None for none."""
        self.control("POST", "quota", {"bytes": size})

    def set_job_seconds(self, seconds: float) -> None:
        """How long a job takes from now on, those included that run."""
        self.control("POST", "jobs", {"seconds": seconds})

    def let_backups_work(self, work: bool, damage: str = "") -> None:
        """Whether backups of the database succeed from now on, and how their files are damaged: `empty`, `cut`, `no_gzip`, `no_end`."""
        self.control("POST", "backups", {"work": work, "damage": damage})

    def let_restores_end(self, end: bool) -> None:
        """Whether restores of the database end from now on, also the one that runs."""
        self.control("POST", "restores", {"end": end})

    def switch(self, **switches: bool) -> None:
        """Changes the server's environment: `setup`, `setup_race`, `config_file`, `config_broken`, `log_level`, `mail`."""
        self.control("POST", "switches", dict(switches))

    def wait_idle(self) -> None:
        """Until no job runs and none waits in a queue that is not paused. Raises TimeoutError after three minutes."""
        end = time.monotonic() + QUEUE_WAIT_SECONDS
        while not self.control("GET", "idle")["idle"]:
            if time.monotonic() > end:
                raise TimeoutError("the queues are still busy")
            time.sleep(0.02)


def _serve(arguments: list[str], announced: Connection) -> None:
    """What a server's process does: it serves, and sends its URL, the user's key and the administrator's."""
    from immich_emulator.cli import main

    main(arguments, lambda url, secrets: announced.send((url, secrets["user"], secrets["admin"])))
