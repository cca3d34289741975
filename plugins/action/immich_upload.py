# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `immich_upload`: runs the module of the same name as any action would, and shows its progress meanwhile."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import merge_hash

from ansible_collections.selfhosted.immich.plugins.plugin_utils._progress import audience, line, peek, snapshot
from ansible_collections.selfhosted.immich.plugins.plugin_utils._progress.watch import Unreadable, Watch

display = Display()

INTERVAL_VARIABLE = "immich_upload_progress_interval"
INTERVAL_ENVIRONMENT = "ANSIBLE_IMMICH_PROGRESS_INTERVAL"
DEFAULT_INTERVAL = 5.0


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Runs the module. Nothing is shown of a task with `async`, for which nobody waits, nor of the role's look ahead."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's own result, whatever becomes of the progress."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        interval = self._interval(variables)
        if self._task.async_val or self._task.args.get("_look_only") or not interval:
            result = merge_hash(result, self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
        else:
            result = merge_hash(result, self._run_watched(variables, interval))
        if not self._task.async_val:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _run_watched(self, variables: dict[str, Any], interval: float) -> dict[str, Any]:
        host = variables.get("inventory_hostname", self._play_context.remote_addr)
        to_stderr = not audience.stdout_is_for_people()

        def tell(text: str) -> None:
            display.display(f"[{host}] {text}", stderr=to_stderr)

        def give_up(reason: str) -> None:
            display.v(f"[{host}] no progress is shown: {reason}")

        with self._private_folder() as folder:
            if not folder:
                give_up("the user who uploads cannot make a temporary folder")
                return self._execute_module(task_vars=variables)  # type: ignore[no-any-return]  # ansible-core has no types
            path = self._connection._shell.join_path(folder, "progress.json")
            try:
                look = self._look(path)
            except Exception as exc:  # noqa: BLE001  # a connection plugin may raise anything when it is made a second time
                give_up(str(exc))
                return self._execute_module(task_vars=variables)  # type: ignore[no-any-return]  # ansible-core has no types
            with Watch(look, tell, give_up, interval) as watch:
                result: dict[str, Any] = self._execute_module(module_args={**self._task.args, "_progress_path": path}, task_vars=variables)
            try:
                last = snapshot.parse(self._look_once(path)) or watch.latest
            except Unreadable:
                last = watch.latest
        if last is not None:
            tell(line.closing(last, check_mode=self._task.check_mode))
        return result

    def _look(self, path: str) -> Callable[[], str]:
        """How the thread reads the file."""
        return peek.local(path) if self._here else peek.by_command(peek.twin(self), path)

    def _look_once(self, path: str) -> str:
        """The file once the module has ended, and its connection is free again."""
        text: str = (peek.local(path) if self._here else peek.by_command(self, path))()
        return text

    @property
    def _here(self) -> bool:
        return self._connection.transport == "local" and not self._connection.become

    @contextmanager
    def _private_folder(self) -> Iterator[str]:
        """A folder on the managed host that the module can write to, and nobody else can read; "" when there is none."""
        if not self._is_become_unprivileged():
            yield self._connection._shell.tmpdir or self._make_tmp_path()  # the task's own, which `run` removes
            return
        # the task's own belongs to the user who logs in, and the one who uploads may not write there
        shell = self._connection._shell
        name = shell._generate_temp_dir_name()
        made = self._low_level_execute_command(shell.mkdtemp(basefile=name, system=True, tmpdir="/tmp"))
        folder = made["stdout"].strip().rpartition(f"{name}=")[2] if made["rc"] == 0 else ""
        try:
            yield folder
        finally:
            if folder:
                self._low_level_execute_command(shell.remove(folder, recurse=True))

    def _interval(self, variables: dict[str, Any]) -> float:
        """Seconds between two lines; 0 for none."""
        given = self._templar.template(variables.get(INTERVAL_VARIABLE, os.environ.get(INTERVAL_ENVIRONMENT, DEFAULT_INTERVAL)))
        try:
            return max(0.0, float(given))
        except (TypeError, ValueError):
            display.warning(
                f"{INTERVAL_VARIABLE} or {INTERVAL_ENVIRONMENT} is not a number of seconds: {given!r}. Taking {DEFAULT_INTERVAL:.0f}."
            )
            return DEFAULT_INTERVAL
