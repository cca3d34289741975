#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_jobs_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_jobs_info
short_description: List Immich's background queues
version_added: 1.0.0
description:
  - Returns every background queue that the server has, with what runs, what waits and whether it is paused.
  - Needs an administrator's key with the scope C(queue.read) (Immich 2.4 and later) or C(job.read).
author:
  - selfhosted.immich contributors (@selfhosted)
extends_documentation_fragment:
  - selfhosted.immich.connection
  - selfhosted.immich.attributes
  - selfhosted.immich.attributes.info_module
  - selfhosted.immich.attributes.actiongroup_immich
seealso:
  - module: selfhosted.immich.immich_jobs
"""

EXAMPLES = r"""
- name: Look at the queues
  selfhosted.immich.immich_jobs_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
  register: jobs

- name: Name those that are paused
  ansible.builtin.debug:
    msg: "{{ jobs.queues | selectattr('paused') | map(attribute='name') | join(', ') | default('none', true) }}"
"""

RETURN = r"""
queues:
  description: The background queues, those of the upload chain first and in its order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The queue's name in Immich's API.
      type: str
    paused:
      description: Whether it is paused.
      type: bool
    active:
      description: How many jobs run.
      type: int
    waiting:
      description: How many jobs wait, those that a pause holds back among them.
      type: int
    delayed:
      description: How many jobs are to run later.
      type: int
    failed:
      description: How many jobs Immich counts as failed. It counts those that stalled, not those that met an error.
      type: int
"""

from ansible_collections.selfhosted.immich.plugins.module_utils import _module
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.info import describe


def main() -> None:
    """Runs the module."""
    _module.run(_module.CONNECTION, describe)


if __name__ == "__main__":
    main()
