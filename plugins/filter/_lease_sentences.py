# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_lease_sentences`: who holds which queues, for a person."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _lease_sentences
short_description: "[INTERNAL] Say in sentences who keeps background queues paused"
version_added: 1.0.0
description:
  - Turns the leases that M(photoyard.immich.immich_jobs_info) returns into sentences. Times are those of the controller's time zone.
  - The roles P(photoyard.immich.immich_jobs#role) and P(photoyard.immich.immich_heal#role) print them.
author:
  - photoyard.immich contributors (@photoyard)
options:
  _input:
    description: The leases, RV(photoyard.immich.immich_jobs_info#module:leases).
    type: list
    elements: dict
    required: true
  how_to_end:
    description: Whether to name the command that ends a lease, unless a process of this host keeps it alive.
    type: bool
    default: false
seealso:
  - module: photoyard.immich.immich_jobs_info
"""

EXAMPLES = r"""
- name: List the leases
  photoyard.immich.immich_jobs_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
  register: jobs

- name: Show who keeps queues paused
  ansible.builtin.debug:
    msg: "{{ jobs.leases | photoyard.immich._lease_sentences }}"
"""

RETURN = r"""
_value:
  description: A sentence or two on each lease.
  type: list
  elements: str
  sample:
    - "nas-20260131T013004Z-upload-3f2a (an upload on nas since 02:30) holds 9 queues until 02:47, renewed 12 s ago."
"""

from typing import Any, Callable, Iterable, Mapping


def lease_sentences(leases: Iterable[Mapping[str, Any]], how_to_end: bool = False) -> list[str]:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils._wording import queues

    return [sentence for lease in leases for sentence in queues.describe_lease(lease, how_to_end=how_to_end)]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_lease_sentences": lease_sentences}
