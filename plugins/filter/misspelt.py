# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `misspelt`: variables of a play that look like a role's but are none."""

from __future__ import annotations

DOCUMENTATION = r"""
name: misspelt
short_description: Find variables that look like those of a role of this collection but are none
version_added: 1.0.0
description:
  - Compares the names of variables with those in a role's argument specification. A variable that is misspelt would otherwise be ignored.
  - Warns about names that begin like a variable of the role and are not close to any.
author:
  - selfhosted.immich contributors (@selfhosted)
positional: role
options:
  _input:
    description: The names of the variables.
    type: list
    elements: str
    required: true
  role:
    description: The role's name, such as V(immich_policy).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Check the variables
  ansible.builtin.assert:
    that: problem == ''
    fail_msg: "{{ problem }}"
  vars:
    problem: "{{ q('ansible.builtin.varnames', '^immich_policy_') | selfhosted.immich.misspelt('immich_policy') }}"
"""

RETURN = r"""
_value:
  description: Which names are wrong and what was probably meant, in a sentence for each. Empty if none is.
  type: str
  sample: immich_policy_windos is not a variable of this role. Did you mean immich_policy_windows?
"""

from typing import Any, Callable, Sequence

from ansible.utils.display import Display


def misspelt(names: Sequence[str], role: str) -> str:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.selfhosted.immich.plugins.plugin_utils import _role_variables

    problem, warning = _role_variables.check(role, names)
    if warning and not problem:
        Display().warning(warning)
    return problem


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"misspelt": misspelt}
