# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `immich_jobs`: runs the module of the same name as any action would, and sees to it that a lease ends with the playbook.

The guard that the module leaves on its host sees the playbook only if that host is the controller. For any other host, a process here
waits for the playbook's end, and runs the module once more, to release the lease, if no task has done so.
"""

from __future__ import annotations

from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.photoyard.immich.plugins.action import immich_info
from ansible_collections.photoyard.immich.plugins.plugin_utils import _lease_end

# What becomes of a lease that is not released belongs to the pause; the rest says how to reach the server and the ledger.
_OF_A_RELEASE = ("lease", "lease_ttl", "ledger", "ledger_dir")
_OF_A_CONNECTION = (
    "url",
    "api_key",
    "api_key_file",
    "validate_certs",
    "ca_path",
    "client_cert",
    "client_key",
    "timeout",
    "retries",
    "headers",
)

_UPLOADS_ROLE = "photoyard.immich.immich_upload"
_NOT_RENEWED = " is not renewed, because "


class ActionModule(immich_info.ActionModule):
    """Runs the module."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.async_val:
            return result
        if (task_vars or {}).get("ansible_role_name") == _UPLOADS_ROLE:
            # the upload itself renews it; a warning of ansible-core 2.19 and later is not a text
            result["warnings"] = [warning for warning in result.get("warnings", []) if _NOT_RENEWED not in str(warning)]
        return result

    def _follow_up(self, result: dict[str, Any], variables: dict[str, Any]) -> None:
        """Has a process wait for the playbook's end, or ends that process."""
        args = self._task.args
        lease, state = args.get("lease"), args.get("state")
        if self._task.check_mode or not lease or self._connection.transport == "local":
            return
        if state == "running" and not result.get("failed"):
            _lease_end.forget(lease)
        if state == "paused" and boolean(args.get("renew", False)) and result.get("lease"):
            try:
                _lease_end.watch(lease, _lease_end.write_playbook(self, self._release_args(), variables))
            except Exception as exc:  # noqa: BLE001  # whatever a connection plugin raises, the pause has begun
                problem = f"If ansible-playbook is killed, the pause of {lease} goes on until its lease has run out: {exc}"
                result["warnings"] = [*result.get("warnings", []), problem]

    def _release_args(self) -> dict[str, Any]:
        """The arguments with which the module releases the lease."""
        given = {name: self._task.args[name] for name in (*_OF_A_RELEASE, *_OF_A_CONNECTION) if name in self._task.args}
        return {**given, "state": "running", "queues": []}
