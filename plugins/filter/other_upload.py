# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `other_upload`: the lease of an upload of another run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: other_upload
short_description: Find the lease of an upload of another run
version_added: 1.0.0
description:
  - Finds among the leases that M(selfhosted.immich.immich_jobs_info) returns one that an upload of another run holds.
  - The role P(selfhosted.immich.immich_upload#role) uses it for its variable C(immich_upload_exclusive).
author:
  - selfhosted.immich contributors (@selfhosted)
options:
  _input:
    description: The leases, RV(selfhosted.immich.immich_jobs_info#module:leases).
    type: list
    elements: dict
    required: true
  lease:
    description: The name of the lease that is one's own; empty if there is none.
    type: str
    default: ""
seealso:
  - module: selfhosted.immich.immich_jobs_info
  - plugin: selfhosted.immich.upload_summary
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the leases
  selfhosted.immich.immich_jobs_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
  register: jobs

- name: Show which upload is running
  ansible.builtin.debug:
    msg: "{{ (jobs.leases | selfhosted.immich.other_upload).holder | default('none') }}"
"""

RETURN = r"""
_value:
  description: The lease, as M(selfhosted.immich.immich_jobs_info) returns it; empty if no other upload is running.
  type: dict
"""

from typing import Any, Callable, Iterable, Mapping

_UPLOAD = ", upload of "
"""What the lease of an upload has in its name, between the host and the time."""


def other_upload(leases: Iterable[Mapping[str, Any]], lease: str = "") -> Mapping[str, Any]:
    """See the documentation above."""
    running = (one for one in leases if not one["expired"] and one["holder"] != lease and _UPLOAD in one["holder"])
    return next(running, {})


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"other_upload": other_upload}
