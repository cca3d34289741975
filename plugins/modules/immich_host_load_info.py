#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_host_load_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_host_load_info
short_description: Measure how busy a host is
version_added: 1.0.0
description:
  - Returns the host's load averages per CPU and, on Linux, the pressure on CPU, memory and I/O.
  - Intended for the role P(photoyard.immich.immich_policy#role), which uses them to decide when to pause Immich's background jobs.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
requirements:
  - Python 3.8 or later
options: {}
"""

EXAMPLES = r"""
- name: Measure how busy the host is
  photoyard.immich.immich_host_load_info:
  register: busy

- name: Show the load average
  ansible.builtin.debug:
    msg: "The load average per CPU over five minutes is {{ busy.load5 }}."
"""

RETURN = r"""
cpus:
  description: The number of CPUs that this user's processes may use.
  returned: always
  type: int
load1:
  description: The load average per CPU over the last minute; null if the system does not have one.
  returned: always
  type: float
load5:
  description: The load average per CPU over the last five minutes.
  returned: always
  type: float
load15:
  description: The load average per CPU over the last fifteen minutes.
  returned: always
  type: float
cpu_pressure:
  description: For what percentage of the last minute some process had to wait for a CPU; null if the kernel does not report it.
  returned: always
  type: float
memory_pressure:
  description: For what percentage of the last minute some process had to wait for memory.
  returned: always
  type: float
io_pressure:
  description: For what percentage of the last minute some process had to wait for a disk.
  returned: always
  type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.photoyard.immich.plugins.module_utils._host_load import measure


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    module.exit_json(changed=False, **measure())


if __name__ == "__main__":
    main()
