# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `immich_info`: runs a module as any action would, and tells it the variables of a role, which its messages name.

The modules that have no action of their own have this one by `meta/runtime.yml`.
"""

from __future__ import annotations

from typing import Any

from ansible.utils.vars import merge_hash

from ansible_collections.photoyard.immich.plugins.plugin_utils import _option_names
from ansible_collections.photoyard.immich.plugins.plugin_utils._packing import QuickPacking


class ActionModule(QuickPacking):
    """Runs the module that the task names."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._task.environment = [*self._task.environment, *_option_names.environment_of(self._task)]
        result = merge_hash(result, self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
        if self._task.async_val:
            return result
        self._remove_tmp_path(self._connection._shell.tmpdir)
        self._follow_up(result, task_vars or {})
        return result

    def _follow_up(self, result: dict[str, Any], variables: dict[str, Any]) -> None:
        """What has to be done once the module has ended, before anything else can fail."""
