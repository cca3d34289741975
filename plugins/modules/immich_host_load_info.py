#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_host_load_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_host_load_info
short_description: Measure how busy a host is, and what it sees
version_added: 1.0.0
description:
  - Returns the host's load averages per CPU and, on Linux, the pressure on CPU, memory and I/O.
  - Also looks which of O(paths) are there, and whether a machine-learning host answers. After five seconds, what has not answered counts
    as away.
  - Intended for the role P(photoyard.immich.immich_policy#role), which uses all this to decide when to pause Immich's background jobs.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
requirements:
  - Python 3.8 or later
options:
  paths:
    description: Absolute paths that should be there, such as a file on a disk that is mounted.
    type: list
    elements: str
    default: []
  machine_learning_url:
    description:
      - Address of a machine-learning host of Immich, such as V(http://pc:3003). It is asked for C(/ping), without a key or a proxy, and
        redirects are not followed.
    type: str
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
missing:
  description: Those of O(paths) that are not there, or that this user cannot see.
  returned: always
  type: list
  elements: str
  sample: [/mnt/nas/.mounted]
machine_learning_answers:
  description: Whether the host at O(machine_learning_url) answered with the status 200; null if no address was given.
  returned: always
  type: bool
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module, _presence
from ansible_collections.photoyard.immich.plugins.module_utils._host_load import measure

SPEC = _module.Spec({"paths": {"type": "list", "elements": "str", "default": []}, "machine_learning_url": {"type": "str"}})


def run(params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Measures and looks."""
    url = params["machine_learning_url"]
    return {
        "changed": False,
        **measure(),
        "missing": _presence.find_missing(params["paths"]),
        "machine_learning_answers": _presence.answers_ping(url) if url else None,
    }


def main() -> None:
    """Runs the module."""
    _module.run_without_server(SPEC, run)


if __name__ == "__main__":
    main()
