# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the real ansible-playbook, each time with state folders of its own, and reads what it did."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from support.playbooks import compiled

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

REPOSITORY = Path(__file__).resolve().parents[3]
TARGET_PYTHON = os.environ.get("TARGET_PYTHON") or sys.executable
"""The Python that runs modules; the test matrix sets an older one than ansible-playbook's."""


def local_host() -> dict[str, Any]:
    """Inventory variables of a host that is this machine."""
    return {"ansible_connection": "local", "ansible_python_interpreter": TARGET_PYTHON}


def immich_environment(server: Emulator) -> dict[str, str]:
    """The three variables that the collection reads from the controller's environment."""
    return {
        "IMMICH_URL": server.url,
        "IMMICH_API_KEY": server.api_key,
        "IMMICH_ADMIN_API_KEY": server.admin_api_key,
    }


@dataclass(frozen=True)
class TaskResult:
    """What one task did on one host."""

    name: str
    action: str
    host: str
    status: str
    """``ok``, ``changed``, ``failed``, ``ignored`` (failed, but may), ``skipped`` or ``unreachable``."""
    result: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A finished run."""

    rc: int
    """Exit code; negative: the signal that ended it."""
    stdout: str
    stderr: str
    tasks: list[TaskResult] = field(repr=False)
    stats: dict[str, dict[str, int]]
    """The recap by host (``ok changed failures unreachable skipped rescued ignored``); empty after a kill."""

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def changed(self) -> int:
        """Changed tasks, all hosts together."""
        return sum(host["changed"] for host in self.stats.values())

    @property
    def failed(self) -> list[TaskResult]:
        return [task for task in self.tasks if task.status in ("failed", "unreachable")]

    def task(self, name: str, host: str | None = None) -> TaskResult:
        """The last result of the task with this name, given with or without its role's name before it."""
        found = [task for task in self.tasks if (task.name == name or task.name.endswith(" : " + name)) and host in (None, task.host)]
        assert found, f"no task {name!r} ran; these did: {[task.name for task in self.tasks]}\n{self.output}"
        return found[-1]

    def ok(self) -> Run:
        """Itself, once it is sure that nothing failed."""
        assert self.rc == 0, self.output
        return self


class RunningPlaybook:
    """A run that goes on. A context manager: leaving it ends what still runs."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._folder = folder
        self._json_lines = folder / "tasks.jsonl"
        with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment | {"JSON_LINES": str(self._json_lines)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """SIGKILL to ansible-playbook and to everything in its process group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def tasks(self) -> list[TaskResult]:
        """The results so far."""
        return [TaskResult(**line["task"]) for line in self._lines() if "task" in line]

    def stdout(self) -> str:
        """The output so far."""
        return self._read("stdout")

    def finish(self, timeout: float = 600) -> Run:
        """Waits for the end; after ``timeout`` seconds it is killed and subprocess.TimeoutExpired raised."""
        try:
            rc = self.process.wait(timeout)
        except subprocess.TimeoutExpired as expired:
            self.kill()
            expired.add_note(self.stdout() + self._read("stderr"))
            raise
        stats = [line["stats"] for line in self._lines() if "stats" in line]
        return Run(rc, self.stdout(), self._read("stderr"), self.tasks(), stats[-1] if stats else {})

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text(encoding="utf-8", errors="replace")

    def _lines(self) -> list[dict[str, Any]]:
        # the last line may still be in the making
        whole = self._json_lines.read_text(encoding="utf-8").rpartition("\n")[0] if self._json_lines.exists() else ""
        return [json.loads(line) for line in whole.splitlines()]


class Playbook:
    """Runs playbooks with a home of their own below ``home``; state (leases, checksum cache) stays between its runs.

    :param shares_compiled: they begin with the modules that other tests have packed and compiled.
    """

    def __init__(self, home: Path, *, shares_compiled: bool = True) -> None:
        self.home = home
        self._cache_home = home / "cache"
        self._shares_compiled = shares_compiled
        self.state_home = home / "state"
        self.remote_tmp = home / "remote_tmp"
        self._collections = REPOSITORY / "collections"

    def start(
        self,
        plays: str | list[dict[str, Any]] | Path,
        *arguments: str,
        server: Emulator | None = None,
        hosts: dict[str, dict[str, Any]] | None = None,
        variables: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
        check: bool = False,
        diff: bool = False,
    ) -> RunningPlaybook:
        """Starts ansible-playbook.

        :param plays: YAML text, plays as data, or a Path: a playbook's file or its name (``photoyard.immich.upload``).
        :param arguments: more arguments of ansible-playbook.
        :param server: its url and keys go into the controller's environment.
        :param hosts: the inventory: name → variables. Default: ``localhost``.
        :param variables: extra variables, passed in a file.
        """
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self._made(self.home)))
        inventory = folder / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts or {"localhost": local_host()}}}))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), *arguments]
        if variables:
            extra = folder / "variables.json"
            extra.write_text(json.dumps(variables))
            command += ["-e", f"@{extra}"]
        if check:
            command.append("--check")
        if diff:
            command.append("--diff")
        command.append(str(plays if isinstance(plays, Path) else self._written(plays, folder)))
        if self._shares_compiled:
            compiled.lend(self._cache_home)
        return RunningPlaybook(command, self.environment(server) | (environment or {}), folder)

    def run(self, plays: str | list[dict[str, Any]] | Path, *arguments: str, timeout: float = 600, **options: Any) -> Run:
        """Runs ansible-playbook to its end; ``options`` as in ``start``."""
        with self.start(plays, *arguments, **options) as running:
            finished = running.finish(timeout)
        if self._shares_compiled:
            compiled.collect(self._cache_home)
        return finished

    def environment(self, server: Emulator | None) -> dict[str, str]:
        """The environment of a run: nothing of the caller's own Ansible or Immich."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "IMMICH_", "XDG_"))}
        return (
            kept
            | (immich_environment(server) if server else {})
            | ({"PYTHONPATH": compiled.python_path()} if self._shares_compiled else {})
            | {
                "HOME": str(self._made(self.home / "home")),
                "XDG_STATE_HOME": str(self.state_home),
                "XDG_CACHE_HOME": str(self._cache_home),
                "ANSIBLE_CONFIG": str(self._configuration(self.home / "ansible.cfg")),
                "ANSIBLE_HOME": str(self.home / "ansible"),
                "ANSIBLE_REMOTE_TMP": str(self.remote_tmp),
                "ANSIBLE_ASYNC_DIR": str(self.home / "async"),
                "ANSIBLE_COLLECTIONS_PATH": str(self._collections),
                "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callback_plugins")),
                "ANSIBLE_CALLBACKS_ENABLED": "json_lines",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_LOCALHOST_WARNING": "0",
                "ANSIBLE_MODULE_UTILS": str(compiled.NO_FOLDER),  # not below ANSIBLE_HOME: modules are packed from it
                "PYTHONDONTWRITEBYTECODE": "",  # else nothing is kept of what is packed and compiled
            }
        )

    @staticmethod
    def _configuration(file: Path) -> Path:
        """Nothing but that Ansible, while a task runs, looks a hundred times a second for its end, and not a thousand times."""
        file.write_text("[defaults]\ninternal_poll_interval = 0.01\n")
        return file

    @staticmethod
    def _made(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @staticmethod
    def _written(plays: str | list[dict[str, Any]], folder: Path) -> Path:
        file = folder / "playbook.yml"
        file.write_text(plays if isinstance(plays, str) else yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
        return file
