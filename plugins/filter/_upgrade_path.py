# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_upgrade_path`: what stands against an upgrade of Immich."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _upgrade_path
short_description: "[INTERNAL] Say what stands against an upgrade of Immich"
version_added: 1.0.0
description:
  - Compares two versions of Immich, and says which one has to be started in between, which breaking changes lie on the way, and whether the
    database has an extension that the new version refuses.
author:
  - photoyard.immich contributors (@photoyard)
positional: wanted
options:
  _input:
    description: The version that runs.
    type: str
    required: true
  wanted:
    description: The version to upgrade to.
    type: str
    required: true
  extensions:
    description: The extensions of the database, as M(photoyard.immich.immich_backup_proof_info) returns them.
    type: list
    elements: str
    default: []
  acknowledged:
    description: Versions whose breaking changes are dealt with.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Say what stands against the upgrade
  ansible.builtin.debug:
    msg: "{{ ('2.7.5' | photoyard.immich._upgrade_path('3.1.0')).problems }}"
"""

RETURN = r"""
_value:
  description: What was found.
  type: dict
  contains:
    problems:
      description: A sentence for each thing that stands against it.
      type: list
      elements: str
    notes:
      description: A sentence for each thing to know.
      type: list
      elements: str
"""

from typing import Any, Callable, Sequence


def upgrade_path(current: str, wanted: str, extensions: Sequence[str] = (), acknowledged: Sequence[str] = ()) -> dict[str, Any]:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils import _upgrade_path

    return _upgrade_path.find_problems(str(current), str(wanted), extensions, acknowledged)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_upgrade_path": upgrade_path}
