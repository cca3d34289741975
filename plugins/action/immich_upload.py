# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `immich_upload`: runs the module of the same name as any action would, and shows its progress and which files failed."""

from __future__ import annotations

import os
import sys
import time
import uuid
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Iterator, Mapping

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.display import Display
from ansible.utils.vars import merge_hash

from ansible_collections.photoyard.immich.plugins.module_utils._run.progress import FILE_NAME, FOLDER_VARIABLE
from ansible_collections.photoyard.immich.plugins.plugin_utils import _main_process, _option_names, _role_variables
from ansible_collections.photoyard.immich.plugins.plugin_utils._packing import QuickPacking
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress import line, peek, shown, snapshot
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress.watch import UnreadableProgress, Watch
from ansible_collections.photoyard.immich.plugins.plugin_utils._wording import failures

display = Display()

INTERVAL_ENVIRONMENT = "ANSIBLE_IMMICH_PROGRESS_INTERVAL"
DEFAULT_INTERVAL = 5.0
ROLE = "immich_upload"
_ON_TERMINAL = sys.stdout is not None and sys.stdout.isatty()  # asked by the main process, which loads this first: a worker has no terminal
_CTRL_C = "Ctrl-C stops it; background jobs that are paused for it then run again within seconds"
_PAUSES_BEFORE_LAST_LOOKS = (0.0, 0.5, 2.0)  # in seconds: a busy ssh server refuses a session now and then


class ActionModule(QuickPacking):
    """Runs the module. Nothing is shown of a task with `async`, for which nobody waits."""

    _supports_check_mode = True
    _supports_async = True
    interval_variable = "immich_upload_progress_interval"

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, whatever becomes of the progress; less of it where it failed, because Ansible prints that."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        problem = self._problem_of_the_role(variables)
        if problem:
            failure = {"kind": "validation"}  # as of a module that refuses its options
            return merge_hash(result, {"failed": True, "msg": problem, "failure": failure})  # type: ignore[no-any-return]  # as above
        self._task.environment = [*self._task.environment, *_option_names.environment_of(self._task)]
        interval = self._interval(variables)
        if self._task.async_val:
            return merge_hash(result, self._execute_module(task_vars=task_vars, wrap_async=True))  # type: ignore[no-any-return]  # as above
        with _main_process.task_ends_with_playbook():
            done = self._run_watched(variables, interval) if interval else self._execute_module(task_vars=task_vars)
        result = merge_hash(result, done)
        self._remove_tmp_path(self._connection._shell.tmpdir)
        # What a play asks in check mode is a look ahead of the upload, which then shows the files that failed.
        shows_files = bool(interval) and self._task.check_mode == variables.get("ansible_check_mode", False)
        if shows_files:
            for text in failures.failed_files(result, "immich_upload_report" if _is_in_role(variables) else "report"):
                self._show(variables, text)
        return failures.reduce_result(result, shows_files) if result.get("failed") else result

    def _show(self, variables: dict[str, Any], text: str) -> None:
        shown.show_line(variables.get("inventory_hostname", self._play_context.remote_addr), text)

    def _problem_of_the_role(self, variables: dict[str, Any]) -> str:
        """What is wrong with the role's variables, which Ansible does not find; "" for nothing, or where no role runs this."""
        if not _is_in_role(variables):
            return ""
        problem = _role_variables.check(ROLE, variables)  # where rolespec_validate is false, nothing has checked them before
        if problem or "pause_queues" not in self._task.args:
            return problem
        if boolean(self._templar.template(variables["immich_upload_exclusive"])):
            return (
                "immich_upload_exclusive has no effect on a task that pauses and uploads at once. Use the playbook "
                "photoyard.immich.upload, or a play like it that pauses, uploads and resumes step by step."
            )
        if not boolean(self._templar.template(variables["immich_upload_pause_jobs"])):
            return ""
        if not self._task.args["pause_queues"]:
            return "immich_upload_pause_queues is empty. Name queues, or set immich_upload_pause_jobs: false."
        coordinator = self._templar.template(variables["immich_upload_coordinator"])
        if coordinator not in ("", variables["inventory_hostname"]):
            return (
                f"This host cannot pause on {coordinator}, which immich_upload_coordinator names, and upload in one task. Use the playbook "
                "photoyard.immich.upload, or a play like it that pauses, uploads and resumes step by step."
            )
        return ""

    def _run_watched(self, variables: dict[str, Any], interval: float) -> dict[str, Any]:
        host = variables.get("inventory_hostname", self._play_context.remote_addr)
        show = partial(self._show, variables)

        if _ON_TERMINAL and not self._task.check_mode and (self._task.args.get("pause_queues") or self._task.args.get("lease")):
            show(_CTRL_C)  # afterwards, Ansible prints nothing but that it was interrupted

        def give_up(reason: str) -> None:
            display.v(f"[{host}] no progress is shown: {reason}")

        with self._module_folder() as folder:
            if not folder:
                give_up("the user who uploads cannot create a temporary folder")
                return self._execute_module(task_vars=variables)
            path = self._connection._shell.join_path(folder, FILE_NAME)
            try:
                look = self._look(path)
            except Exception as exc:  # noqa: BLE001  # a connection plugin may raise anything when it is made a second time
                give_up(str(exc))
                return self._execute_module(task_vars=variables)
            self._task.environment = [*self._task.environment, {FOLDER_VARIABLE: folder}]
            with Watch(look, show, give_up, interval) as watch:
                result: dict[str, Any] = self._execute_module(task_vars=variables)
            last = self._last_look(path) or watch.latest
        if last is not None and (last.files_seen or last.scan_done):  # else it failed before it had begun, which its message says
            show(line.closing(last, check_mode=self._task.check_mode))
        return result

    def _look(self, path: str) -> Callable[[], str]:
        """How the thread reads the file."""
        return peek.local(path) if self._here else peek.by_command(peek.with_own_connection(self), path)

    def _last_look(self, path: str) -> snapshot.Snapshot | None:
        """What the file says once the module has ended, and its connection is free again; None if there is no way to know."""
        look = peek.local(path) if self._here else peek.by_command(self, path)
        for pause in _PAUSES_BEFORE_LAST_LOOKS:
            time.sleep(pause)
            try:
                return snapshot.parse(look())
            except UnreadableProgress:
                continue
        return None

    @property
    def _here(self) -> bool:
        return self._connection.transport == "local" and not self._connection.become

    @contextmanager
    def _module_folder(self) -> Iterator[str]:
        """The folder in which the module says how far it is, which nobody else can read; "" when there is none."""
        shell = self._connection._shell
        if not self._connection.become or self.get_become_option("become_user") in self.get_shell_option("admin_users", ["root"]):
            yield shell.tmpdir or self._make_tmp_path()  # the task's own, which `run` removes
            return
        # the task's own belongs to the user who logs in, and the one who uploads may not write there
        name = f"immich-{uuid.uuid4().hex}"
        made = self._low_level_execute_command(shell.mkdtemp(basefile=name, system=True, tmpdir="/tmp"))
        folder = made["stdout"].strip().rpartition(f"{name}=")[2] if made["rc"] == 0 else ""
        try:
            yield folder
        finally:
            if folder:
                self._low_level_execute_command(shell.remove(folder, recurse=True))

    def _interval(self, variables: dict[str, Any]) -> float:
        """Seconds between two lines; 0 for none."""
        given = self._templar.template(variables.get(self.interval_variable, os.environ.get(INTERVAL_ENVIRONMENT, DEFAULT_INTERVAL)))
        try:
            return max(0.0, float(given))
        except (TypeError, ValueError):
            display.warning(
                f"{self.interval_variable} or {INTERVAL_ENVIRONMENT} is not a number of seconds: {given!r}. Using {DEFAULT_INTERVAL:.0f}."
            )
            return DEFAULT_INTERVAL


def _is_in_role(variables: Mapping[str, Any]) -> bool:
    """Whether the task is one of the role's own."""
    return variables.get("ansible_role_name") == f"photoyard.immich.{ROLE}"
