# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_lease_name`: a new name for a lease."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _lease_name
short_description: "[INTERNAL] Name a lease after a host and its work"
version_added: 1.0.0
description:
  - Makes a name for O(photoyard.immich.immich_jobs#module:lease) that says where and when the work began, and that no other lease has.
  - The name has neither blanks nor quotes, so that a shell takes it as it stands.
  - The roles of this collection use it.
author:
  - photoyard.immich contributors (@photoyard)
options:
  _input:
    description: The host on which the work is done. What a shell would not take as it stands becomes V(-).
    type: str
    required: true
  work:
    description: What is done, in one word of lower case.
    type: str
    required: true
  workflow:
    description: The number of AWX's workflow job, if there is one.
    type: str
    default: ""
  job:
    description: The number of AWX's job, if there is one.
    type: str
    default: ""
seealso:
  - module: photoyard.immich.immich_jobs
"""

EXAMPLES = r"""
- name: Pause everything for a backup
  photoyard.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    queues: [maintenance]
    state: paused
    lease: "{{ inventory_hostname | photoyard.immich._lease_name('backup') }}"
    renew: true
  register: pause
"""

RETURN = r"""
_value:
  description: The name. Each call gives another one.
  type: str
  sample: nas-20260131T013004Z-backup-3f2a
"""

from typing import Any, Callable


def lease_name(host: str, work: str, workflow: Any = "", job: Any = "") -> str:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.lease_name import new_lease_name

    return new_lease_name(str(host), work, workflow=str(workflow), job=str(job))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_lease_name": lease_name}
