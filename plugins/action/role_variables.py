# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `role_variables`: what is wrong with a role's variables, in a sentence or two. The module of its name documents it.

It runs in the role immich_connection, on which the others depend. So it comes before Ansible's own validation of their argument
specifications, which knows nothing of misspelt names, and prints the whole specification with what it finds.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.playbook.role import Role
from ansible.playbook.role.include import RoleInclude
from ansible.plugins.action import ActionBase

from ansible_collections.photoyard.immich.plugins.plugin_utils import _role_variables


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Runs on the controller, without a connection."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """`failed` with a `msg` if something is wrong."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        # The last of the chain is the role of this task itself, the one before is the one that depends on it.
        role = next(iter((self._task.get_dep_chain() or [])[-2:-1]), None)
        if role is None or not role._should_validate:  # rolespec_validate: false, such as where nothing may stand in the way of a resume
            return result
        variables = {**(task_vars or {}), **role.get_role_params()}
        name, entry_point = role.get_name(include_role_fqcn=False), role._from_files.get("tasks", "main")
        problem = _role_variables.check(name, variables)
        if not problem:
            options = _role_variables.options(name, entry_point)
            given, problem = self._templated({name: variables[name] for name in options if name in variables})
            problem = problem or _role_variables.check_values(name, options, given)
            problem = problem or _role_variables.missing_collection(name, options, given)
            problem = problem or self._missing_role(role, _role_variables.ROLE_NAMES.get(name, ""), given)
            problem = problem or _role_variables.missing_file(name, given, variables["playbook_dir"])
        if problem:
            result.update(failed=True, msg=problem, failure={"kind": "validation"})  # as of a module that refuses its options
        return result

    def _missing_role(self, role: Role, variable: str, given: dict[str, Any]) -> str:
        """What is wrong where the role that the variable names does not exist, "" for nothing: Ansible looks for it in the middle."""
        if not given.get(variable):
            return ""
        try:
            RoleInclude.load(given[variable], play=self._task.get_play(), loader=self._loader, collection_list=role.collections)
        except AnsibleError as exc:
            return f"{variable}: {str(exc.message).rstrip('.')}. Install the role on the controller, or correct its name."
        return ""

    def _templated(self, variables: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """The values of the variables, and what is wrong with the first that has none; "" for nothing."""
        values: dict[str, Any] = {}
        for name, value in variables.items():
            try:
                values[name] = self._templar.template(value)
            except AnsibleError as exc:
                return values, f"{name} cannot be evaluated: {str(exc.message).rstrip('.')}."
        return values, ""
