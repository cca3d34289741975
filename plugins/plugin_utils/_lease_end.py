# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A process on the controller that outlives the playbook, to release a lease on another host that no task has released.

It is a program of its own, which runs a small playbook: with the same connection as the task that took the lease, as far as the options of
its plugins say.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterator, Mapping

import yaml
from ansible import constants

from ansible_collections.photoyard.immich.plugins.module_utils._queues import processes

from . import _after_playbook
from ._interpreter import find_interpreter
from ._main_process import MainProcess

_HOST = "host"  # its name in the playbook; where it is, the options of the connection say
_PLAIN = (bool, int, float)
_COLLECTIONS = Path(__file__).parents[5]


class _Dumper(yaml.SafeDumper):
    """Marks texts that are values, so that Ansible does not take them for templates."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class _Value(str):
    """A text that is a value."""


_Dumper.add_representer(_Value, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


def write_playbook(action: Any, args: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    """A playbook that runs the action's module with these arguments, where and as whom the action does. `variables` are the task's."""
    connection, task = action._connection, action._task
    plugins = [connection, connection._shell, *([connection.become] if connection.become else [])]
    environment = {name: value for given in task.environment for name, value in (action._templar.template(given) or {}).items()}
    play = {
        "hosts": _HOST,
        "gather_facts": False,
        "strategy": "ansible.builtin.linear",
        "connection": str(connection.ansible_name),
        "become": bool(connection.become),
        "vars": {name: value for plugin in plugins for name, value in _variables(plugin)},
        "environment": _values(environment),
        "tasks": [{str(task.action): _values(args), "no_log": True}],
    }
    if connection.become:
        play["become_method"] = str(connection.become.ansible_name)
    interpreter = find_interpreter(action, variables)
    if interpreter:
        play["vars"]["ansible_python_interpreter"] = _values(interpreter)
    return yaml.dump([play], Dumper=_Dumper)


def _variables(plugin: Any) -> Iterator[tuple[str, Any]]:
    """The variables that give a plugin the options that it has: of several for one option, the one that goes before the others."""
    for option, value in plugin.get_options().items():
        names = [variable["name"] for variable in plugin.option_definitions[option].get("vars", [])]
        names = [name for name in names if name.isidentifier() and name != "inventory_hostname"]
        if names and value is not None:
            yield str(names[-1]), _values(value)


def _values(value: Any) -> Any:
    """What Ansible's own types hold, as YAML has it."""
    if isinstance(value, Mapping):
        return {str(name): _values(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_values(inner) for inner in value]
    plain = next((kind(value) for kind in _PLAIN if isinstance(value, kind)), None)
    return plain if plain is not None or value is None else _Value(value)


def watch(lease: str, playbook: str) -> subprocess.Popen[str]:
    """Starts a process, and returns it, that runs the playbook when that of this task has ended, some times at most until it succeeds.

    What it cannot do the lease's guard on the host does when the lease has run out.
    """
    forget(lease)
    command = [sys.executable, "-m", "ansible", "playbook", "--inventory", f"{_HOST},", "/dev/stdin"]
    process = subprocess.Popen(
        [sys.executable, _after_playbook.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the playbook
        env={**os.environ, **_environment()},
        text=True,
    )
    with suppress(OSError):
        _pid_file(lease).write_text(f"{process.pid} {_started(process.pid)}", encoding="ascii")
    with suppress(BrokenPipeError), process.stdin as stream:  # type: ignore[union-attr]  # it is a pipe
        json.dump({"process": MainProcess().pid, "command": command, "playbook": playbook}, stream)
    return process


def _environment() -> dict[str, str]:
    """Where the collections are, also those beside a playbook; and nobody is told of the second playbook."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(_COLLECTIONS), *constants.COLLECTIONS_PATHS]),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.minimal",
        "ANSIBLE_LOG_PATH": os.devnull,
    }


def forget(lease: str) -> None:
    """The lease has been released: nobody has to wait for the playbook's end. Another process that has the id by now is left alone."""
    with suppress(OSError, ValueError):
        pid, since = _pid_file(lease).read_text(encoding="ascii").split(" ")
        if not processes.has_process_ended(int(pid), int(since)):
            os.kill(int(pid), signal.SIGKILL)
    with suppress(OSError):
        _pid_file(lease).unlink()


def _started(pid: int) -> int:
    """When a process was started; 0 where that cannot be seen, and its id has to do."""
    process = processes.find_process(pid)
    return 0 if process is None else process.started


def _pid_file(lease: str) -> Path:
    """Where the worker of a later task finds the process. The folder is this playbook's alone."""
    return Path(constants.DEFAULT_LOCAL_TMP) / f"immich-{hashlib.sha256(lease.encode()).hexdigest()[:16]}.pid"
