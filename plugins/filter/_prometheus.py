# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_prometheus`: Immich's queues, leases, files, backups and versions, as metrics."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _prometheus
short_description: "[INTERNAL] Turn what modules say of Immich into metrics for Prometheus"
version_added: 1.0.0
description:
  - Returns the result of M(photoyard.immich.immich_jobs_info) in the text format of Prometheus, for a file that the textfile collector of
    its node exporter reads, and with it the results of further modules. The playbook C(photoyard.immich.metrics) writes such a file.
  - A result of a task that failed adds no metrics but a comment that says why, for example because the key lacks a scope.
author:
  - photoyard.immich contributors (@photoyard)
options:
  _input:
    description:
      - The registered result of M(photoyard.immich.immich_jobs_info). If it has no queues, because the task failed, C(immich_up) is 0.
    type: dict
    required: true
  previous:
    description:
      - What this filter returned the last time. Immich does not say since when a queue is paused, so a queue that was paused then keeps its
        time.
    type: str
    default: ""
  server:
    description: The registered result of M(photoyard.immich.immich_info).
    type: dict
  integrity:
    description: The registered result of M(photoyard.immich.immich_integrity_info).
    type: dict
  backups:
    description: The registered result of M(photoyard.immich.immich_backup_info).
    type: dict
"""

EXAMPLES = r"""
- name: Show the metrics
  ansible.builtin.debug:
    msg: "{{ (jobs | photoyard.immich._prometheus).splitlines() }}"
"""

RETURN = r"""
_value:
  description:
    - C(immich_up), and for each queue C(immich_queue_paused), C(immich_queue_leases) (how many leases hold it), C(immich_queue_jobs) by
      C(state), and, if it is paused, C(immich_queue_paused_since_timestamp_seconds).
    - For each lease C(immich_lease_expires_timestamp_seconds).
    - With O(server), C(immich_server_info) with its C(version), and if the server looks for newer versions,
      C(immich_server_newest_info) and C(immich_server_update_available).
    - With O(integrity), C(immich_integrity_files) by C(kind).
    - With O(backups), C(immich_backup_timestamp_seconds) and C(immich_backup_size_bytes) of the newest backup on the server, and if the
      module was given a folder, C(immich_proven_backup_timestamp_seconds) and C(immich_proven_backup_size_bytes) of the newest in it that
      is whole. They are 0 if there is no backup.
    - If a backup in that folder was restored to prove it, C(immich_backup_proof_success), C(immich_backup_proof_timestamp_seconds),
      C(immich_backup_proof_duration_seconds) and, by C(kind), C(immich_backup_proof_objects) of the newest that was.
  type: str
"""

import time
from typing import Any, Callable, Mapping


def prometheus(
    jobs: Mapping[str, Any],
    previous: str = "",
    *,
    server: Mapping[str, Any] | None = None,
    integrity: Mapping[str, Any] | None = None,
    backups: Mapping[str, Any] | None = None,
) -> str:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils import _metrics

    return _metrics.metrics(jobs, previous, time.time(), server=server, integrity=integrity, backups=backups)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_prometheus": prometheus}
