# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `immich_setup`: runs the module of the same name as any action would, and says when it waits for the server."""

from __future__ import annotations

from typing import Any

from ansible_collections.photoyard.immich.plugins.action import immich_info
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress import shown

_SAID_AFTER = 5.0  # seconds
_DEFAULT_TIMEOUT = 300  # seconds, as the module has it


class ActionModule(immich_info.ActionModule):
    """Runs the module."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        host = (task_vars or {}).get("inventory_hostname", self._play_context.remote_addr)
        url = str(self._task.args.get("url") or "Immich")
        server = "Immich" if "@" in url else url  # the module refuses a password in it
        timeout = self._task.args.get("wait_timeout", _DEFAULT_TIMEOUT)
        with shown.line_after(_SAID_AFTER, host, f"waiting for {server}, at most {timeout} s"):
            result: dict[str, Any] = super().run(tmp, task_vars)
        return result
