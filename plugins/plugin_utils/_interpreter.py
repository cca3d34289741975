# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Python a task's module runs on."""

from __future__ import annotations

from typing import Any, Mapping


def find_interpreter(action: Any, variables: Mapping[str, Any]) -> str:
    """The Python of the host that the action (Ansible's class) runs its module on: a path, or several words such as /usr/bin/env python3.

    It is the one that a variable names, or that Ansible has found, which is in the task's variables once a module has run; "" if neither.
    """
    delegated_to = action._task.delegate_to
    of_host = variables.get("ansible_delegated_vars", {}).get(delegated_to, {}) if delegated_to else variables
    named = str(action._templar.template(of_host.get("ansible_python_interpreter", "auto"))).strip()
    if named and not named.startswith("auto"):
        return named
    return str(of_host.get("ansible_facts", {}).get("discovered_interpreter_python", ""))
