# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an event is brought about: a server with a queue paused by hand, photos, a managed host, a controller."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chaos import processes
from chaos.plays import Play
from chaos.servers import Embedded, Server, embedded, real
from chaos.watcher import Watcher
from immich_emulator.testing import Emulator
from support.photos.jpegs import write_photos
from support.playbooks.playbook import Playbook, Run, RunningPlaybook, local_host
from support.playbooks.sshd import Sshd

ADMINS_PAUSE = "smartSearch"
"""The queue that the administrator paused by hand before anything else happened."""

LEASE_TTL = 10
"""Seconds: short, and yet longer than a busy machine takes from the pause to the first renewal."""

GIVE_UP_AFTER = 300.0
"""Seconds to wait for what must come: a machine may be busy with other things."""

# A photo has some 1,600 bytes, so that four of them go up in a second.
_BYTES_A_SECOND = 6_000
_MANY, _FEW = 24, 4
LONGER = 60
"""Photos whose upload takes longer than a lease lasts without renewal."""

_BEGUN = 3

HERE = Path(__file__).parent


class Lab:
    """A context manager.

    :param folder: an empty folder for everything.
    :param connection: `local` or `ssh`: how the controller reaches the managed host.
    :param on_real_server: take the Immich that the environment names, instead of the embedded server.
    """

    def __init__(self, folder: Path, connection: str, ledger: str, *, on_real_server: bool = False) -> None:
        self.folder = folder
        self.connection = connection
        self.ledger = ledger
        self.notes: list[str] = []
        self.deed_at: float | None = None
        self._on_real_server = on_real_server
        # a real server may still have the photos of the labs before: each has 2,000 of its own, for a lab takes more than five seconds
        self._first_photo = int(time.time() // 5 % 5000) * 2000 if on_real_server else 0
        self._stack = ExitStack()
        self._cue = folder / "gone"
        self._sshd: Sshd | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(processes.kill_all, self.folder)
            opened: AbstractContextManager[Server] = real(ADMINS_PAUSE) if self._on_real_server else embedded()
            self.server = stack.enter_context(opened)
            self.server.pause(ADMINS_PAUSE)
            self.watcher = stack.enter_context(Watcher(self.server))
            if self.connection == "ssh":
                self._sshd = stack.enter_context(Sshd(self.folder / "sshd"))
            self.controller = Playbook(self.folder / "controller")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def emulator(self) -> Emulator:
        """The embedded server, with which trouble can be made."""
        assert isinstance(self.server, Embedded)
        return self.server.emulator

    # what there is

    def photos(self, name: str = "photos", *, count: int = _MANY, first: int = 0) -> Path:
        """A folder of photos; many of them, so that there is a middle of their upload."""
        root = self.folder / name
        write_photos(root, count, first=self._first_photo + first, pixels=(64, 48))
        return root

    def host(self) -> dict[str, Any]:
        """Inventory variables of the managed host."""
        if self._sshd is not None:
            return self._sshd.host()
        return local_host() | {"ansible_connection": "goes_away"}

    def hosts(self, *names: str) -> dict[str, dict[str, Any]]:
        """Several managed hosts, each with photos and, unless they share it, a ledger of their own."""
        return {
            name: self.host()
            | {
                "immich_upload_src": [str(self.photos(name, count=_FEW, first=1000 * number))],
                "immich_upload_ledger_dir": str(self.folder / f"ledger-{name}"),
            }
            for number, name in enumerate(names)
        }

    # what is done

    def start(
        self,
        plays: list[Play] | Path,
        *arguments: str,
        controller: Playbook | None = None,
        hosts: dict[str, dict[str, Any]] | None = None,
        **variables: Any,
    ) -> RunningPlaybook:
        """Starts a playbook; `variables` are those of the role without their `immich_upload_`, or whole names (`immich_…`)."""
        running = (controller or self.controller).start(
            plays,
            *arguments,
            hosts=hosts or {"nas": self.host()},
            variables=self.variables(hosts is None, **variables),
            environment=self.environment,
        )
        return self._stack.enter_context(running)

    def run(self, plays: list[Play] | Path, *arguments: str, **options: Any) -> Run:
        """Runs plays to their end, with few photos unless `hosts` are given."""
        if "hosts" not in options:
            options = {"src": [str(self.photos("few", count=_FEW))], **options}
        return self.start(plays, *arguments, **options).finish(GIVE_UP_AFTER)

    def variables(self, alone: bool = True, **changed: Any) -> dict[str, Any]:
        """The variables of a run; `alone` when there is one host, whose photos the variables name then."""
        given = {
            "lease_ttl": LEASE_TTL,
            "ledger": self.ledger,
            "bandwidth_limit": str(_BYTES_A_SECOND),
            "concurrency": 1,
            "immich_retries": 1,
            "resume_retries": 2,
            "resume_delay": 1,
            "progress_interval": 0,
        }
        if alone and "src" not in changed:
            given["src"] = [str(self.photos())]
        return {
            name if name.startswith("immich_") else f"immich_upload_{name}": value
            for name, value in (given | changed).items()
            if value is not None
        }

    @property
    def environment(self) -> dict[str, str]:
        """The environment that a controller needs beside its usual one."""
        return self.server.environment | {"ANSIBLE_CONNECTION_PLUGINS": str(HERE / "connection_plugins"), "GOES_AWAY": str(self._cue)}

    def cut(self) -> None:
        """From now on the controller cannot reach the managed host."""
        self._cue.touch()
        if self._sshd is not None:
            self._sshd.stop()

    def restore(self) -> None:
        """The managed host can be reached again."""
        self._cue.unlink()
        if self._sshd is not None:
            self._sshd.start()

    def kill_everything(self, name: str) -> None:
        """SIGKILL to all processes that use one of the lab's folders, as when a container is killed."""
        processes.kill_all(self.folder / name)
        for lock in (self.folder / name).rglob("guard-*.lock"):
            lock.unlink()  # which a guard that is killed cannot take away

    def lose_the_ledger(self) -> None:
        """Deletes the files of leases with all that lies beside them, and the albums of leases."""
        for path in self.folder.rglob("leases-*.json"):
            shutil.rmtree(path.parent)
        self.server.delete_leases()

    def deed(self) -> None:
        """Notes that the event happened just now."""
        self.deed_at = time.monotonic()

    # what is seen

    def leases(self) -> list[str]:
        """The leases in the files of this lab's hosts, wherever they are, and on the server; and files that were set aside."""
        held: list[str] = []
        for path in self.folder.rglob("leases-*.json"):
            with suppress(FileNotFoundError):  # it goes with its last lease
                held += [lease["lease"] for lease in json.loads(path.read_text())["leases"]]
        held += [path.name for path in self.folder.rglob("leases-*.set-aside-*")]
        return held + self.server.leases()

    def files_left(self) -> list[str]:
        """Guards' locks, and whatever holds a key, but for what Ansible and ansible-runner leave behind when they are killed."""
        keys = [value.encode() for name, value in self.server.environment.items() if name.endswith("_KEY")]
        found = [path.name for path in self.folder.rglob("guard-*.lock")]
        for path in self.folder.rglob("*"):
            if any(part.startswith("ansible-tmp-") or part == "artifacts" for part in path.parts):
                continue
            with suppress(OSError):
                if path.is_file() and any(key in path.read_bytes() for key in keys):
                    found.append(f"{path.name}, with a key in it")
        return found

    def see_that_the_pause_lasted(self) -> None:
        """Notes it when queues ran before the last upload."""
        looks = self.watcher.looks
        began = next(number for number, look in enumerate(looks) if look.uploads > looks[0].uploads)
        ended = next(number for number, look in enumerate(looks) if look.uploads == looks[-1].uploads)
        if min(len(look.paused) for look in looks[began:ended]) < max(len(look.paused) for look in looks):
            self.notes.append("queues ran before the upload was done")

    # what is waited for

    def wait(self, what: str, came: Callable[[], bool], running: RunningPlaybook | None = None) -> None:
        """Waits until something has come; fails when it does not, or when the run ends before."""
        end = time.monotonic() + GIVE_UP_AFTER
        while not came():
            ended = running is not None and running.process.poll() is not None
            if (ended and not came()) or time.monotonic() > end:
                reason = f": the playbook ended before\n{running.finish().output}" if running is not None and ended else ""
                raise AssertionError(f"{what} did not come{reason}")
            time.sleep(0.1)

    def wait_for_upload(self, running: RunningPlaybook | None, more: int = _BEGUN) -> None:
        """Waits until queues are paused and some photos went up: from now on it is the middle of an upload."""
        before = self.watcher.now.uploads
        self.wait("the upload", lambda: self.watcher.now.uploads >= before + more, running)
        assert len(self.watcher.now.paused) > 1, "the upload goes on, but no queues are paused"

    def wait_for_task(self, running: RunningPlaybook, name: str) -> None:
        """Waits until a task has a result, and notes that as the event."""
        self.wait(f"task {name}", lambda: any(task.name.endswith(name) for task in running.tasks()), running)
        self.deed()

    def wait_until_paused(self, running: RunningPlaybook | None = None) -> None:
        """Waits until queues are paused, beside the one that the administrator paused."""
        self.wait("the pause", lambda: len(self.watcher.now.paused) > 1, running)
