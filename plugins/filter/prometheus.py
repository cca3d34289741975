# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `prometheus`: Immich's queues and the leases on them, as metrics."""

from __future__ import annotations

DOCUMENTATION = r"""
name: prometheus
short_description: Turn Immich's queues and leases into metrics for Prometheus
version_added: 1.0.0
description:
  - Returns the result of M(selfhosted.immich.immich_jobs_info) in the text format of Prometheus, for a file that the textfile collector of
    its node exporter reads. The playbook C(selfhosted.immich.metrics) writes such a file.
author:
  - selfhosted.immich contributors (@selfhosted)
options:
  _input:
    description:
      - The registered result of M(selfhosted.immich.immich_jobs_info). If it has no queues, because the task failed, C(immich_up) is 0.
    type: dict
    required: true
  previous:
    description:
      - What this filter returned the last time. Immich does not say since when a queue is paused, so a queue that was paused then keeps its
        time.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the metrics
  ansible.builtin.debug:
    msg: "{{ (jobs | selfhosted.immich.prometheus).splitlines() }}"
"""

RETURN = r"""
_value:
  description:
    - C(immich_up), and for each queue C(immich_queue_paused), C(immich_queue_leases) (how many leases hold it), C(immich_queue_jobs) by
      C(state), and, if it is paused, C(immich_queue_paused_since_timestamp_seconds).
    - For each lease C(immich_lease_expires_timestamp_seconds).
  type: str
"""

import time
from typing import Any, Callable, Mapping


def prometheus(jobs: Mapping[str, Any], previous: str = "") -> str:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.selfhosted.immich.plugins.plugin_utils import _metrics

    return _metrics.metrics(jobs, previous, time.time())


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"prometheus": prometheus}
