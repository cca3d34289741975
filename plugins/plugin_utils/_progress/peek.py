# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the progress file on the managed host, through a second connection."""

from __future__ import annotations

import copy
import shlex
from typing import Any, Callable

from ansible.errors import AnsibleError

from .. import _main_process
from .watch import UnreadableProgress


def local(path: str) -> Callable[[], str]:
    """Reads a file of this machine."""

    def look() -> str:
        try:
            with open(path, encoding="utf-8") as stream:
                return stream.read()
        except FileNotFoundError:
            return ""
        except OSError as exc:
            raise UnreadableProgress(exc.strerror or str(exc)) from exc

    return look


def by_command(action: Any, path: str) -> Callable[[], str]:
    """Reads the file with a command on the action's connection, as the user who runs the module."""
    command = f"cat {shlex.quote(path)} 2>/dev/null || true"

    def look() -> str:
        try:
            with _main_process.signals_delivered():  # what ends the playbook has to end this command too
                answer = action._low_level_execute_command(command)
        except (AnsibleError, OSError) as exc:
            raise UnreadableProgress(str(exc)) from exc
        if answer["rc"] != 0:
            raise UnreadableProgress(answer["stderr"].strip() or f"exit code {answer['rc']}")
        return str(answer["stdout"])

    return look


def with_own_connection(action: Any) -> Any:
    """The same action on a second connection to the same host, for use in a thread.

    It shares nothing that changes: the connection, its shell and the become plugin are objects of its own, with the same options.
    With OpenSSH's ControlPersist the second connection goes through the first one's master and costs next to nothing.

    :raises UnreadableProgress: there is no second connection of this kind.
    """
    first = action._connection
    second = action._shared_loader_obj.connection_loader.get(
        first.ansible_name, action._play_context, new_stdin=None, shell=copy.copy(first._shell)
    )
    if second is None:
        raise UnreadableProgress(f"the connection {first.ansible_name} cannot be opened a second time")
    second.set_options(direct=first.get_options())
    if first.become is not None:
        second.set_become_plugin(copy.copy(first.become))
    other = copy.copy(action)
    other._connection = second
    return other
